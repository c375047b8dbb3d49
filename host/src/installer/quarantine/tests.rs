//! When a plugin is stopped, and when the version before comes back instead.

use vestry_identity::{Actor, Cost, Options};
use vestry_storage::{Clock, Database, PackageRow};

use super::*;

const ID: &str = "org.example.a";

fn failures(failures: u32, minutes: u32) -> Failures {
    Failures::new(Quarantine { failures, minutes })
}

fn failing(digest: &str) -> Failing {
    Failing { id: ID.into(), digest: digest.into(), reason: "It failed.".into(), witnesses: BTreeSet::new() }
}

#[test]
fn what_fails_often_in_a_short_time_is_stopped() {
    let (failures, now) = (failures(3, 5), Instant::now());
    let count = |plugin: &str, digest: &str, account: &str, seconds: u64| {
        failures.count(plugin, digest, account, now + Duration::from_secs(seconds))
    };
    let at = |seconds: u64| count(ID, "d1", "ann", seconds).is_some();
    assert!(!at(0) && !at(10));
    assert!(!at(301), "the first is forgotten");
    let witnesses = count(ID, "d1", "bob", 302).map(|met| met.into_iter().collect::<Vec<_>>());
    assert_eq!(witnesses, Some(vec!["ann".to_owned(), "bob".to_owned()]), "who met it");
    assert!(!at(303) && !at(304), "it is counted anew");
    assert!(count(ID, "d2", "ann", 305).is_none(), "another version");
    assert!(count("org.example.b", "d1", "ann", 305).is_none(), "another plugin");
}

#[test]
fn nothing_is_stopped_where_that_is_not_wanted() {
    let never = failures(0, 5);
    assert!((0..100).all(|_| never.count(ID, "d1", "ann", Instant::now()).is_none()));
    assert!(never.counted.lock().is_empty());
    assert!(failures(1, 0).count(ID, "d1", "ann", Instant::now()).is_some());
}

#[test]
fn one_account_out_of_many_brings_no_old_version_back() {
    let database = Database::temporary().unwrap();
    let options = Options { cost: Cost::TEST, ..Options::default() };
    let identity = Identity::new(database, Clock::standing_at(1_000), options).unwrap();
    let account = |name: &str, privileges: &[&str]| -> String {
        let (email, held) = (format!("{name}@example.org"), privileges.iter().map(|name| (*name).to_owned()));
        let held: Vec<String> = held.collect();
        identity.create_account(&Actor::console(), &email, name, &held, None).unwrap().into()
    };
    let (ann, bob, cid) = (account("ann", &[]), account("bob", &[]), account("cid", &["developer"]));
    let witnessed = |by: &[&String]| {
        let witnesses = by.iter().map(|account| (*account).clone()).collect();
        Failing { witnesses, ..failing("d2") }.is_witnessed(&identity).unwrap()
    };
    assert!(!witnessed(&[&ann]) && !witnessed(&[]));
    assert!(witnessed(&[&ann, &bob]));
    assert!(witnessed(&[&cid]), "they could do it themselves");
}

#[test]
fn people_are_told_what_happened() {
    assert_eq!(
        failures(5, 5).sentences("it used more than 1000 ms of CPU time"),
        "It failed 5 times within 5 minutes. The last time: it used more than 1000 ms of CPU time."
    );
    assert!(failures(1, 1).sentences(&"x".repeat(10_000)).len() < 450);
}

#[test]
fn who_waits_or_asks_for_what_is_not_there_stops_nobody() {
    assert!(!counts(&CallError::Busy) && !counts(&CallError::NotExported));
    assert!(!counts(&CallError::Waited(Duration::from_secs(1))), "another server was slow");
    assert!(counts(&CallError::TooLong(Duration::from_secs(1))));
    assert!(counts(&CallError::Trapped { reason: String::new(), said: String::new() }));
}

fn database() -> Database {
    let database = Database::temporary().unwrap();
    let package = |digest: &str, id: &str| PackageRow {
        digest: digest.into(),
        id: id.into(),
        version: "1.0.0".into(),
        registration: "{}".into(),
        ..PackageRow::default()
    };
    database
        .write(|tx| {
            for (digest, id) in [("d1", ID), ("d2", ID), ("other", "org.example.b")] {
                tx.insert_package(&package(digest, id))?;
            }
            mount(tx, "d2")
        })
        .unwrap();
    database
}

fn mount(tx: &Transaction<'_>, digest: &str) -> Result<(), StorageError> {
    tx.put_plugin(&PluginRow {
        id: ID.into(),
        digest: digest.into(),
        mount: "a".into(),
        enabled: true,
        quarantined: None,
        updated: 1,
    })
}

#[test]
fn only_an_update_of_late_goes_back() {
    let database = database();
    let lately = |digest: &str, now| database.read(|reader| failing(digest).was_updated_lately(reader, now)).unwrap();
    let after = |kind, former: &str, plugin: &str, now| {
        let event = PackageEventRow {
            plugin: ID.into(),
            time: 1_000,
            kind,
            digest: "d2".into(),
            version: "1.0.0".into(),
            mount: "a".into(),
            former: former.into(),
            former_plugin: plugin.into(),
            account: None,
            reason: String::new(),
        };
        database.write(|tx| tx.add_package_event(&event)).unwrap();
        lately("d2", now)
    };
    let mounted = PackageEventKind::Mounted;
    assert!(!lately("d2", 1_000), "nothing is known");
    assert!(after(mounted, "d1", ID, 1_000 + UPDATED_LATELY - 1));
    assert!(after(PackageEventKind::Refused, "d2", ID, 1_001), "another was refused since");
    assert!(!lately("d1", 1_001), "another runs");
    assert!(!after(mounted, "d1", ID, 1_000 + UPDATED_LATELY), "long ago");
    assert!(!after(mounted, "", "", 1_001), "the first");
    assert!(!after(mounted, "other", "org.example.b", 1_001), "a swap");
    assert!(!after(PackageEventKind::CameBack, "d1", ID, 1_001));
    assert!(!after(PackageEventKind::RolledBack, "d1", ID, 1_001));
    assert!(!after(PackageEventKind::Quarantined, "", "", 1_001));
}

#[test]
fn a_quarantine_is_written_once_and_for_what_runs() {
    let database = database();
    let stop = |digest: &str| database.write(|tx| failing(digest).write(tx, 7)).unwrap();
    let generation = database.generation();
    assert!(!stop("d1"), "another version runs by now");
    assert_eq!(database.generation(), generation);
    assert!(stop("d2"));
    assert!(database.generation() > generation);
    assert!(!stop("d2"), "it is stopped already");
    let (plugin, events) =
        database.read(|reader| Ok::<_, StorageError>((reader.plugin(ID)?, reader.package_events(ID, 9)?))).unwrap();
    assert_eq!(plugin.and_then(|plugin| plugin.quarantined), Some(format!("It failed. It was stopped. {AGAIN}")));
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].kind, events[0].reason.as_str()), (PackageEventKind::Quarantined, "It failed."));
}
