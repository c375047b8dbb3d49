use vestry_capabilities::TABLE;
use vestry_catalog::Digest;
use vestry_contract::registration::PluginInfo;
use vestry_contract::types::Text;
use vestry_storage::{PackageRow, PluginRow};

use super::*;

const DIGEST: &str = "d1";

fn asks() -> Vec<Capability> {
    ["vestry:plugin/kv", "public", "permission users.delete", "secret smtp"].map(|name| name.parse().unwrap()).to_vec()
}

fn wanted(names: &[&str]) -> BTreeSet<Capability> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn decide(database: &Database, actor: &Actor, ticked: &Ticked) -> Result<Done, GrantError> {
    let asks = asks();
    super::decide(database, actor, &Decided { plugin: "p", digest: DIGEST, asks: &asks }, Some(ticked), None, 10)
}

fn given(given: usize, taken: usize) -> Done {
    Done { given, taken, job: None }
}

fn holds(names: &[&str]) -> Actor {
    Actor::service("s", names.iter().map(|name| (*name).to_owned()).collect())
}

/// As somebody ticks who sees what is granted.
fn ticked(database: &Database, names: &[&str]) -> Ticked {
    let shown = granted(database);
    Ticked { shown: wanted(&shown.iter().map(String::as_str).collect::<Vec<_>>()), wanted: wanted(names) }
}

fn granted(database: &Database) -> Vec<String> {
    let rows = database.read(|reader| reader.grants("p", DIGEST)).unwrap();
    rows.into_iter().map(|row| row.capability).collect()
}

#[test]
fn grants_become_those_that_are_wanted_and_nothing_else_is_granted() {
    let database = Database::temporary().unwrap();
    let console = Actor::console();
    let decide = |names: &[&str]| decide(&database, &console, &ticked(&database, names)).unwrap();
    let generation = database.generation();
    assert_eq!(decide(&["vestry:plugin/kv", "public", "vestry:admin/users"]), given(2, 0));
    assert!(database.generation() > generation);
    let mut now = granted(&database);
    now.sort();
    assert_eq!(now, ["public", "vestry:plugin/kv"], "what it does not ask for is not granted");
    assert_eq!(decide(&["vestry:plugin/kv", "permission users.delete"]), given(1, 1));
    let generation = database.generation();
    assert_eq!(decide(&["vestry:plugin/kv", "permission users.delete"]), Done::default());
    assert_eq!(database.generation(), generation);
    let entries = database.read(|reader| reader.audit_entries(&Default::default(), 10)).unwrap();
    let entries: Vec<_> = entries.iter().map(|entry| (entry.action.as_str(), entry.subject.as_str())).collect();
    assert!(entries.contains(&("grant.take", "public")) && entries.contains(&("grant.give", "public")));
    assert_eq!(entries.len(), 4);
}

#[test]
fn what_another_gave_or_took_meanwhile_is_left_alone() {
    let database = Database::temporary().unwrap();
    let console = Actor::console();
    let decide = |ticked: &Ticked| decide(&database, &console, ticked);
    let late = ticked(&database, &["public"]);
    decide(&ticked(&database, &["vestry:plugin/kv"])).unwrap();
    assert!(matches!(decide(&late), Err(GrantError::Stale)), "given meanwhile");
    assert_eq!(granted(&database), ["vestry:plugin/kv"], "it stays, and nothing else is granted");
    let late = ticked(&database, &["vestry:plugin/kv", "public"]);
    decide(&ticked(&database, &[])).unwrap();
    assert!(matches!(decide(&late), Err(GrantError::Stale)), "taken meanwhile");
    assert!(granted(&database).is_empty());
}

#[test]
fn who_may_not_grants_nothing() {
    let database = Database::temporary().unwrap();
    let decide = |actor: &Actor, names: &[&str]| decide(&database, actor, &ticked(&database, names));
    assert!(matches!(decide(&holds(&["users.read"]), &["public"]), Err(GrantError::Forbidden)));
    let manager = holds(&[GRANT]);
    let refused = decide(&manager, &["public", "permission users.delete"]);
    assert!(matches!(refused, Err(GrantError::NotHeld(permission)) if permission == "users.delete"));
    assert!(matches!(decide(&manager, &["public", "secret smtp"]), Err(GrantError::Secret)));
    assert!(matches!(decide(&holds(&["server.manage", MANAGE]), &["secret smtp"]), Err(GrantError::Forbidden)));
    assert!(granted(&database).is_empty(), "nothing of it was granted");
    assert_eq!(decide(&holds(&[GRANT, MANAGE]), &["secret smtp"]).unwrap(), given(1, 0));
    assert_eq!(decide(&manager, &["secret smtp"]).unwrap(), Done::default(), "it stays as it is");
    assert_eq!(decide(&manager, &[]).unwrap(), given(0, 1), "taking needs no more");
    decide(&holds(&[GRANT, "users.delete"]), &["permission users.delete"]).unwrap();
    assert_eq!(decide(&manager, &["permission users.delete"]).unwrap(), Done::default(), "it stays as it is");
    assert_eq!(decide(&manager, &[]).unwrap(), given(0, 1), "taking needs no more");
}

#[test]
fn what_reaches_the_server_is_granted_by_who_may_reach_it() {
    let set = |names: &[&str]| -> PermissionSet { names.iter().map(|name| (*name).to_owned()).collect() };
    let refused = |ask: &str, names: &[&str]| {
        ask.parse().ok().and_then(|ask| refusal(&ask, &set(names))).map(|error| error.to_string())
    };
    for interface in ["vestry:admin/users", "vestry:admin/queue", "vestry:admin/packages", "vestry:admin/server"] {
        let rows = || TABLE.iter().filter(|row| row.interface == interface).filter_map(|row| row.permission);
        assert!(rows().count() > 0, "{interface} is a row");
        let all: Vec<&str> = rows().collect();
        assert_eq!(refused(interface, &all), None, "{interface}");
        for missing in &all {
            let others: Vec<&str> = all.iter().copied().filter(|name| name != missing).collect();
            assert!(refused(interface, &others).unwrap().contains(missing), "{interface} without {missing}");
        }
        assert_eq!(refusal(&interface.parse().unwrap(), &PermissionSet::all()).map(|error| error.to_string()), None);
    }
    assert_eq!(refused("vestry:plugin/kv", &[]), None);
    for directory in ["directory logs", "directory-write logs"] {
        assert!(refused(directory, &[GRANT]).unwrap().contains(SERVER));
        assert_eq!(refused(directory, &[SERVER]), None);
    }
}

const ID: &str = "org.example.a";

fn info(id: &str, version: &str) -> PluginInfo {
    let words = || Text::Phrase(String::new());
    PluginInfo {
        id: id.into(),
        version: version.into(),
        title: words(),
        summary: words(),
        language: "en".into(),
        mount: "a".into(),
        routes: Vec::new(),
        menu: Vec::new(),
        permissions: Vec::new(),
        wishes: Vec::new(),
        contributions: Vec::new(),
        points: Vec::new(),
        needs: Vec::new(),
        schedules: Vec::new(),
        messages: Vec::new(),
        data_version: 1,
        settings: None,
        extra: Vec::new(),
    }
}

/// A server with two versions of a plugin, the first of them mounted, and another plugin.
struct Ground {
    database: Database,
    first: Digest,
    second: Digest,
    other: Digest,
}

impl Ground {
    fn new() -> Self {
        let database = Database::temporary().unwrap();
        let add = |info: &PluginInfo, imports: &[&str], number: u8| {
            let digest = Digest::of(&[number]);
            let row = PackageRow {
                digest: digest.as_str().to_owned(),
                id: info.id.clone(),
                version: info.version.clone(),
                source: "file".into(),
                registration: serde_json::to_string(info).unwrap(),
                imports: Some(serde_json::to_string(imports).unwrap()),
                ..PackageRow::default()
            };
            database.write(|tx| tx.insert_package(&row)).unwrap();
            digest
        };
        let (kv, jobs) = ("vestry:plugin/kv", "vestry:plugin/jobs");
        let first = add(&info(ID, "1.0.0"), &[kv, "vestry:admin/users"], 1);
        let second = add(&info(ID, "1.1.0"), &[kv, "vestry:admin/users"], 2);
        let other = add(&info("org.example.b", "1.0.0"), &[kv, jobs], 3);
        let ground = Self { database, first, second, other };
        ground
            .database
            .write(|tx| {
                tx.claim_owner(ID, "file", 1)?;
                tx.put_plugin(&PluginRow {
                    id: ID.into(),
                    digest: ground.first.as_str().to_owned(),
                    mount: "a".into(),
                    enabled: true,
                    quarantined: None,
                    updated: 1,
                })?;
                tx.insert_grant(&GrantRow {
                    plugin: ID.into(),
                    digest: ground.first.as_str().to_owned(),
                    capability: "vestry:admin/users".into(),
                    granted_by: "one".into(),
                    granted: 1,
                })
            })
            .unwrap();
        ground
    }

    /// The second version in the place of the first, by who saw the first.
    fn update(&self) -> Ordered {
        let placing = Placing {
            digest: self.second.clone(),
            mount: None,
            swap: false,
            take_over: false,
            data: None,
            expected: Some(self.first.clone()),
            replaces: None,
            proposals: Vec::new(),
            decided: true,
        };
        Ordered { placing, through: "org.example.packages".into() }
    }

    fn decide(&self, actor: &Actor, names: &[&str], order: &Ordered) -> Result<Done, GrantError> {
        let asks = ["vestry:plugin/kv", "vestry:admin/users"].map(|name| name.parse().unwrap());
        let digest = order.placing.digest.as_str();
        let ticked = Ticked { shown: BTreeSet::new(), wanted: wanted(names) };
        let package = Decided { plugin: ID, digest, asks: &asks };
        super::decide(&self.database, actor, &package, Some(&ticked), Some(order), 10)
    }

    fn granted(&self) -> Vec<String> {
        let rows = self.database.read(|reader| reader.grants(ID, self.second.as_str())).unwrap();
        rows.into_iter().map(|row| row.capability).collect()
    }

    fn orders(&self) -> usize {
        self.database.read(|reader| reader.package_jobs_under_way("vestry")).unwrap().len()
    }
}

#[test]
fn grants_and_order_are_one() {
    let ground = Ground::new();
    let keeper = holds(&[GRANT, PLACE]);
    let update = ground.update();
    let refused = |order: &Ordered, words: &str| match ground.decide(&keeper, &["vestry:plugin/kv"], order) {
        Err(error) => assert!(error.to_string().contains(words), "{error}"),
        Ok(done) => panic!("{done:?}"),
    };
    let expected = Some(ground.other.clone());
    refused(&Ordered { placing: Placing { expected, ..update.placing.clone() }, ..update.clone() }, "look again");
    let proposals = vec![format!("{ID}/use user")];
    refused(&Ordered { placing: Placing { proposals, ..update.placing.clone() }, ..update.clone() }, "yourself");
    assert!(ground.granted().is_empty() && ground.orders() == 0, "neither was written without the other");
    for (actor, order) in [(holds(&[GRANT]), true), (holds(&[PLACE]), false)] {
        let decided = ground.decide(&actor, &["vestry:plugin/kv"], &update);
        assert!(matches!((decided, order), (Err(GrantError::MayNotPlace), true) | (Err(GrantError::Forbidden), false)));
    }
    let done = ground.decide(&keeper, &["vestry:plugin/kv"], &update).unwrap();
    assert_eq!((done.given, ground.granted(), ground.orders()), (1, vec!["vestry:plugin/kv".to_owned()], 1));
    let job = done.job.unwrap();
    let row = ground.database.read(|reader| reader.job(&job)).unwrap().unwrap();
    assert_eq!(
        (row.plugin.as_str(), row.through.as_str(), row.name.as_str()),
        ("vestry", "org.example.packages", "place")
    );
    let late =
        Ordered { placing: Placing { expected: Some(ground.first.clone()), ..update.placing.clone() }, ..update };
    let again = super::decide(
        &ground.database,
        &keeper,
        &Decided { plugin: ID, digest: ground.second.as_str(), asks: &[] },
        None,
        Some(&late),
        11,
    );
    assert!(matches!(&again, Err(GrantError::InTheWay(words)) if words.contains(&job)), "{again:?}");
}

#[test]
fn what_goes_over_from_the_version_that_runs_is_what_the_orderer_could_give() {
    let wanted_by = |source: &str, actor: &Actor| {
        let ground = Ground::new();
        let (first, second) = (ground.first.as_str(), ground.second.as_str());
        let moved = |tx: &Transaction<'_>, digest| {
            let row = tx.package(digest)?.unwrap_or_default();
            tx.set_package_source(&PackageRow { source: source.into(), ..row })
        };
        let all = ground.database.write(|tx| {
            moved(tx, first)?;
            moved(tx, second)?;
            tx.change_owner(ID, source, 1)
        });
        all.unwrap();
        ground.decide(actor, &["vestry:admin/users"], &ground.update()).map(|done| (done.given, ground))
    };
    let keeper = holds(&[GRANT, PLACE]);
    for source in ["file", "git https://example.org/a.git"] {
        let refused = wanted_by(source, &keeper).map(|(given, _)| given);
        assert!(matches!(refused, Err(GrantError::NotHeldOf(_))), "{source}: {refused:?}");
    }
    let users: Vec<&str> = TABLE
        .iter()
        .filter(|row| row.interface == "vestry:admin/users")
        .filter_map(|row| row.permission)
        .chain([GRANT, PLACE])
        .collect();
    assert_eq!(wanted_by("file", &holds(&users)).unwrap().0, 1);
    // What comes with the server is the server's own.
    let (given, ground) = wanted_by(vestry_catalog::SHIPPED, &keeper).unwrap();
    assert_eq!((given, ground.granted()), (1, vec!["vestry:admin/users".to_owned()]));
    // Without an order nothing goes over.
    let ground = Ground::new();
    let asks = ["vestry:admin/users".parse().unwrap()];
    let package = Decided { plugin: ID, digest: ground.second.as_str(), asks: &asks };
    let ticked = Ticked { shown: BTreeSet::new(), wanted: wanted(&["vestry:admin/users"]) };
    let refused = super::decide(&ground.database, &keeper, &package, Some(&ticked), None, 10);
    assert!(matches!(refused, Err(GrantError::NotHeldOf(_))), "{refused:?}");
}

#[test]
fn who_may_not_grant_updates_what_they_can_hand_on() {
    let ground = Ground::new();
    let order = ground.update();
    let order = Ordered { placing: Placing { decided: false, ..order.placing.clone() }, ..order };
    let package = Decided { plugin: ID, digest: ground.second.as_str(), asks: &[] };
    let refused = super::decide(&ground.database, &holds(&[PLACE]), &package, None, Some(&order), 10);
    let Err(GrantError::Wider(more)) = &refused else { panic!("it is ordered: {refused:?}") };
    assert!(more[0].contains("vestry:admin/users"), "{more:?}");
    assert_eq!(ground.orders(), 0);
    super::decide(&ground.database, &Actor::console(), &package, None, Some(&order), 10).unwrap();
}

#[test]
fn what_is_taken_back_does_not_come_back_with_another_version() {
    let ground = Ground::new();
    let asks: Vec<Capability> = vec!["vestry:admin/users".parse().unwrap()];
    let give = |digest: &Digest| {
        let row = GrantRow {
            plugin: ID.into(),
            digest: digest.as_str().to_owned(),
            capability: "vestry:admin/users".into(),
            granted_by: "one".into(),
            granted: 1,
        };
        ground.database.write(|tx| tx.insert_grant(&row)).unwrap();
    };
    let take = |digest: &Digest| {
        let package = Decided { plugin: ID, digest: digest.as_str(), asks: &asks };
        let ticked = Ticked { shown: wanted(&["vestry:admin/users"]), wanted: BTreeSet::new() };
        super::decide(&ground.database, &Actor::console(), &package, Some(&ticked), None, 10).unwrap()
    };
    let held = |digest: &Digest| ground.database.read(|reader| reader.grants(ID, digest.as_str())).unwrap().len();
    give(&ground.second);
    assert_eq!(take(&ground.second).taken, 1);
    assert_eq!((held(&ground.first), held(&ground.second)), (1, 0), "of one that does not run, from it alone");
    let row = ground.database.read(|reader| reader.package(ground.second.as_str())).unwrap().unwrap();
    assert_eq!(row.decided, 10, "and nothing goes over to it any more");
    give(&ground.second);
    assert_eq!(take(&ground.first).taken, 1);
    assert_eq!((held(&ground.first), held(&ground.second)), (0, 0));
}
