//! What a package will hold once it is mounted, and whether somebody has to say so first.
//!
//! What the version that runs was granted goes over by itself, where the new one is from the same source, asks for no more,
//! opens no route to more people, and nobody has said yet what it gets. And it goes over by the hand of who orders the
//! update: of what they could not grant themselves, nothing does. Else whoever may put a package in its place could
//! bring along one of their own under the id of another, and have what somebody else said of that.

use std::collections::BTreeSet;

use vestry_contract::registration::{Access, Route};
use vestry_phrases::{Words, words};
use vestry_storage::Reader;

use crate::additions::verb;
use crate::capability::Capability;
use crate::known::{Known, Result};

/// Whether who orders a package from this source could give it something themselves.
pub type Gives<'a> = &'a dyn Fn(&str, &Capability) -> bool;

/// What a package will hold, and what it asks for and will not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entitlement {
    pub granted: Vec<Capability>,
    pub refused: Vec<Capability>,
    /// Of what is granted, what the version that runs was granted, and this one was not itself: to be written down for it
    /// when it is mounted.
    pub carried: Vec<Capability>,
    /// What the version that runs does not ask for; all of it where nothing runs, or what runs is from elsewhere.
    pub wider: Vec<Capability>,
    /// Routes that let in more people than those of the version that runs, such as `GET /x to everybody`.
    pub opened: Vec<Words>,
    /// Of what is refused, what would go over from the version that runs if who orders this could grant it.
    pub withheld: Vec<Capability>,
    /// Somebody has said what this package itself gets, or it was in its place before.
    pub decided: bool,
}

impl Entitlement {
    /// What is granted to this package itself; and where what runs is from the same source, and this asks for no more than
    /// that, also what that one was granted, as far as who orders it `gives` it.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn of(reader: &Reader<'_>, package: &Known, running: Option<&Known>, gives: Gives<'_>) -> Result<Self> {
        let asks: Vec<Capability> = package.asks().into_iter().map(|ask| ask.capability).collect();
        let own = granted(reader, package)?;
        let decided = package.row.decided > 0 || package.row.used > 0 || !own.is_empty();
        let running = running.filter(|running| running.row.digest != package.row.digest);
        let opened = running.map(|running| opened(&package.info.routes, &running.info.routes)).unwrap_or_default();
        let same_source = running.filter(|running| running.row.source == package.row.source);
        let (wider, former) = match same_source {
            Some(running) => (wider(package, running), granted(reader, running)?),
            None => (asks.clone(), BTreeSet::new()),
        };
        let carries = same_source.is_some() && !decided && wider.is_empty() && opened.is_empty();
        let mut entitlement = Self { wider, opened, decided, ..Self::default() };
        for ask in asks {
            if own.contains(&ask) {
                entitlement.granted.push(ask);
            } else if !(carries && covers(&former, &ask)) {
                entitlement.refused.push(ask);
            } else if gives(&package.row.source, &ask) {
                entitlement.carried.push(ask.clone());
                entitlement.granted.push(ask);
            } else {
                entitlement.withheld.push(ask.clone());
                entitlement.refused.push(ask);
            }
        }
        Ok(entitlement)
    }

    /// Why somebody has to say what it gets before it takes the place of a version that runs: what it asks for beyond that
    /// one, and what who orders it cannot hand on.
    #[must_use]
    pub fn more(&self) -> Vec<String> {
        let withheld = self.withheld.iter().map(|capability| format!("{capability}, which you cannot hand on"));
        let opened = self.opened.iter().map(|route| format!("to open {route}"));
        self.wider.iter().map(Capability::to_string).chain(opened).chain(withheld).collect()
    }

    /// Whether it is to wait until somebody has said what it gets: it would take the place of a version that asks for less,
    /// or holds what cannot be handed on, and nobody has said so yet.
    #[must_use]
    pub fn waits(&self, running: Option<&Known>) -> bool {
        running.is_some() && !self.decided && !self.more().is_empty()
    }
}

/// What one version asks for and the other does not.
#[must_use]
pub fn wider(package: &Known, running: &Known) -> Vec<Capability> {
    let before: BTreeSet<Capability> = running.asks().into_iter().map(|ask| ask.capability).collect();
    package.asks().into_iter().map(|ask| ask.capability).filter(|ask| !covers(&before, ask)).collect()
}

/// Routes that let in more people than before: under the same name, or at the same address; or new, and open to everybody.
fn opened(routes: &[Route], before: &[Route]) -> Vec<Words> {
    let opens = |route: &&Route| {
        let mut same = before.iter().filter(|other| is_same(route, other)).peekable();
        match same.peek() {
            None => matches!(route.access, Access::Everyone),
            Some(_) => same.any(|other| is_looser(&route.access, &other.access)),
        }
    };
    routes.iter().filter(opens).map(to_whom).collect()
}

fn is_same(route: &Route, other: &Route) -> bool {
    let (mine, theirs) = (route.path.split('/'), other.path.split('/'));
    let is_any = |part: &str| part.starts_with('{');
    let same_path = mine.clone().count() == theirs.clone().count()
        && mine.zip(theirs).all(|(mine, theirs)| mine == theirs || (is_any(mine) && is_any(theirs)));
    route.name == other.name || (route.verb == other.verb && same_path)
}

/// Who may come in by one access and might not by the other. Another permission may be held by others.
fn is_looser(access: &Access, than: &Access) -> bool {
    match (than, access) {
        (Access::Everyone, _) => false,
        (Access::SignedIn, access) => matches!(access, Access::Everyone),
        (Access::Permission(before), Access::Permission(now)) => before != now,
        (Access::Permission(_), Access::Everyone | Access::SignedIn) => true,
    }
}

fn to_whom(route: &Route) -> Words {
    let opened = format!("{} {}", verb(route.verb), route.path);
    match &route.access {
        Access::Everyone => words!("{route} to everybody, also without signing in", route = opened),
        Access::SignedIn => words!("{route} to everybody who is signed in", route = opened),
        Access::Permission(permission) => {
            words!("{route} to who has the permission {permission}", route = opened, permission)
        }
    }
}

/// Whether something is among these, or less than something that is.
#[must_use]
pub fn covers(held: &BTreeSet<Capability>, ask: &Capability) -> bool {
    held.contains(ask)
        || match ask {
            Capability::Directory { name, write: false } => {
                held.contains(&Capability::Directory { name: name.clone(), write: true })
            }
            _ => false,
        }
}

fn granted(reader: &Reader<'_>, package: &Known) -> Result<BTreeSet<Capability>> {
    let rows = reader.grants(&package.row.id, &package.row.digest)?;
    Ok(rows.iter().filter_map(|grant| grant.capability.parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use vestry_contract::registration::{self, FileAccess, PluginInfo, Wish};
    use vestry_contract::types::Text;
    use vestry_storage::Database;

    use super::*;
    use crate::testing::{add, grant, info, mount, route};

    const ID: &str = "org.example.a";
    const KV: &str = "vestry:plugin/kv";
    const MAIL: &str = "vestry:plugin/mail";

    fn directory(access: FileAccess) -> PluginInfo {
        let capability = registration::Capability::Directory(("logs".into(), access));
        PluginInfo { wishes: vec![Wish { capability, reason: Text::Data("to read".into()) }], ..info(ID, "1.0.0") }
    }

    fn of(database: &Database, digest: &str) -> Entitlement {
        by(database, digest, &|_, _| true)
    }

    fn by(database: &Database, digest: &str, gives: Gives<'_>) -> Entitlement {
        let found = database.read(|reader| {
            let (package, running) = (Known::read(reader, digest)?.unwrap(), Known::running(reader, ID)?);
            Entitlement::of(reader, &package, running.as_ref(), gives)
        });
        found.unwrap()
    }

    fn names(capabilities: &[Capability]) -> Vec<String> {
        capabilities.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn grants_go_over_to_what_asks_for_no_more_and_is_from_the_same_source() {
        let database = Database::temporary().unwrap();
        let one = add(&database, "1", &info(ID, "1.0.0"), &["vestry:plugin/kv@0.1.0", MAIL], "git x");
        mount(&database, &info(ID, "1.0.0"), &one, 5);
        grant(&database, ID, &one, KV);
        let same = of(&database, &add(&database, "2", &info(ID, "1.1.0"), &[KV, MAIL], "git x"));
        assert_eq!((names(&same.granted), names(&same.carried)), (vec![KV.to_owned()], vec![KV.to_owned()]));
        assert_eq!(names(&same.refused), [MAIL], "what was refused stays refused");
        let wider = of(&database, &add(&database, "3", &info(ID, "1.1.0"), &[KV, "vestry:plugin/jobs"], "git x"));
        assert!(wider.granted.is_empty() && names(&wider.wider) == ["vestry:plugin/jobs"]);
        let elsewhere = of(&database, &add(&database, "4", &info(ID, "1.1.0"), &[KV], "git y"));
        assert!(elsewhere.granted.is_empty() && names(&elsewhere.wider) == [KV]);
    }

    #[test]
    fn what_was_said_of_the_package_itself_counts_whatever_it_asks_for() {
        let database = Database::temporary().unwrap();
        let one = add(&database, "1", &info(ID, "1.0.0"), &[KV], "file");
        mount(&database, &info(ID, "1.0.0"), &one, 5);
        let two = add(&database, "2", &info(ID, "1.1.0"), &[KV, MAIL], "file");
        let running = || database.read(|reader| Known::running(reader, ID)).unwrap();
        assert!(of(&database, &two).waits(running().as_ref()));
        grant(&database, ID, &two, MAIL);
        let now = of(&database, &two);
        assert_eq!((names(&now.granted), names(&now.refused)), (vec![MAIL.to_owned()], vec![KV.to_owned()]));
        assert!(!now.waits(running().as_ref()) && now.carried.is_empty());
        assert!(!of(&database, &one).waits(running().as_ref()), "it was in its place before");
    }

    #[test]
    fn nobody_hands_on_what_they_could_not_give_and_it_waits_for_who_can() {
        let database = Database::temporary().unwrap();
        let one = add(&database, "1", &info(ID, "1.0.0"), &[KV, MAIL], "file");
        mount(&database, &info(ID, "1.0.0"), &one, 5);
        grant(&database, ID, &one, KV);
        grant(&database, ID, &one, MAIL);
        let two = add(&database, "2", &info(ID, "1.1.0"), &[KV, MAIL], "file");
        let running = database.read(|reader| Known::running(reader, ID)).unwrap();
        let handed = by(&database, &two, &|source, ask| source == "file" && ask.to_string() == KV);
        assert_eq!((names(&handed.carried), names(&handed.withheld)), (vec![KV.to_owned()], vec![MAIL.to_owned()]));
        assert_eq!(names(&handed.refused), [MAIL]);
        assert!(handed.waits(running.as_ref()) && handed.more()[0].contains("which you cannot hand on"));
        assert!(!of(&database, &two).waits(running.as_ref()), "whoever could give both updates it at once");
        grant(&database, ID, &two, KV);
        let decided = by(&database, &two, &|_, _| false);
        assert!(!decided.waits(running.as_ref()) && names(&decided.granted) == [KV]);
    }

    #[test]
    fn what_somebody_decided_about_a_package_is_added_nothing_to() {
        let database = Database::temporary().unwrap();
        let one = add(&database, "1", &info(ID, "1.0.0"), &[KV, MAIL], "git x");
        mount(&database, &info(ID, "1.0.0"), &one, 5);
        grant(&database, ID, &one, KV);
        grant(&database, ID, &one, MAIL);
        let two = add(&database, "2", &info(ID, "1.1.0"), &[KV, MAIL], "git x");
        assert_eq!(of(&database, &two).carried.len(), 2);
        grant(&database, ID, &two, KV);
        let now = of(&database, &two);
        assert!(now.decided && now.carried.is_empty() && names(&now.granted) == [KV], "{now:?}");
        database
            .write(|tx| {
                tx.delete_grant(ID, &two, KV)?;
                tx.set_package_decided(&two, 9)
            })
            .unwrap();
        let nothing = of(&database, &two);
        assert!(nothing.decided && nothing.granted.is_empty(), "nothing at all is a decision, too");
        mount(&database, &info(ID, "1.1.0"), &two, 6);
        assert!(of(&database, &one).carried.is_empty(), "nor to one that was in its place before");
    }

    #[test]
    fn a_route_that_lets_in_more_people_waits() {
        let at = |name: &str, path: &str, access: Access| Route { access, ..route(name, path) };
        let holds = |name: &str| Access::Permission(name.to_owned());
        let before = [
            at("home", "/", Access::SignedIn),
            at("one", "/one/{id}", holds("a.b")),
            at("open", "/open", Access::Everyone),
        ];
        for (route, expected) in [
            (at("home", "/", Access::SignedIn), None),
            (at("home", "/", holds("a.b")), None),
            (at("home", "/", Access::Everyone), Some("GET / to everybody, also without signing in")),
            (at("one", "/one/{id}", holds("a.b")), None),
            (at("one", "/one/{id}", holds("a.c")), Some("GET /one/{id} to who has the permission a.c")),
            (at("one", "/elsewhere", Access::SignedIn), Some("GET /elsewhere to everybody who is signed in")),
            (at("other", "/one/{key}", Access::SignedIn), Some("GET /one/{key} to everybody who is signed in")),
            (at("open", "/open", Access::Everyone), None),
            (at("open", "/open", Access::SignedIn), None),
            (at("new", "/new", Access::SignedIn), None),
            (at("new", "/new", Access::Everyone), Some("GET /new to everybody, also without signing in")),
        ] {
            assert_eq!(
                opened(std::slice::from_ref(&route), &before).first().map(Words::english).as_deref(),
                expected,
                "{route:?}"
            );
        }
        let database = Database::temporary().unwrap();
        let one = add(&database, "1", &info(ID, "1.0.0"), &[KV], "git x");
        mount(&database, &info(ID, "1.0.0"), &one, 5);
        grant(&database, ID, &one, KV);
        let wider = PluginInfo { routes: vec![at("home", "/", Access::Everyone)], ..info(ID, "1.1.0") };
        let wider = of(&database, &add(&database, "2", &wider, &[KV], "git x"));
        let running = database.read(|reader| Known::running(reader, ID)).unwrap();
        assert!(wider.waits(running.as_ref()) && wider.carried.is_empty(), "{wider:?}");
    }

    #[test]
    fn to_read_is_less_than_to_write() {
        let database = Database::temporary().unwrap();
        let one = add(&database, "1", &directory(FileAccess::ReadWrite), &[], "file");
        mount(&database, &info(ID, "1.0.0"), &one, 5);
        grant(&database, ID, &one, "directory-write logs");
        let reads = of(&database, &add(&database, "2", &directory(FileAccess::Read), &[], "file"));
        assert_eq!(names(&reads.granted), ["directory logs"]);
        let two = database.read(|reader| Known::read(reader, &crate::testing::digest("2"))).unwrap().unwrap();
        let one = database.read(|reader| Known::read(reader, &one)).unwrap().unwrap();
        assert_eq!((names(&wider(&one, &two)), wider(&two, &one)), (vec!["directory-write logs".to_owned()], vec![]));
    }
}
