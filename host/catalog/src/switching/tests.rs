use vestry_contract::registration::{Need, PluginInfo};
use vestry_storage::{AuditFilter, BadgeRow, Database, KvChange};

use super::*;
use crate::past::history;
use crate::testing::{add, info, mount, unreadable};

const A: &str = "org.example.a";
const B: &str = "org.example.b";

/// A server with `a`, which has data, and `b`, which needs it.
fn server() -> (Database, String) {
    let database = Database::temporary().unwrap();
    let one = add(&database, "1", &info(A, "1.0.0"), &[], "file");
    mount(&database, &info(A, "1.0.0"), &one, 5);
    let b = PluginInfo { needs: vec![Need { what: A.into(), at_least: String::new() }], ..info(B, "1.0.0") };
    mount(&database, &b, &add(&database, "b", &b, &[], "file"), 7);
    let badge = BadgeRow { plugin: A.into(), route: "home".into(), label: "3".into(), level: "info".into() };
    database
        .write(|tx| {
            tx.start_space(A, 1, 5)?;
            tx.kv_commit(A, &[], &[KvChange::Set { key: "key", value: b"value" }], 1, 5)?;
            tx.start_space(A, 2, 6)?;
            let active = tx.active_space(A)?.unwrap().space;
            tx.kv_commit(&active, &[], &[KvChange::Set { key: "key", value: b"value" }], 2, 6)?;
            tx.put_badge(&badge)
        })
        .unwrap();
    (database, one)
}

fn done(database: &Database, id: &str, what: Switch) -> Result<(), String> {
    database.write(|tx| switch(tx, &Actor::console(), id, what, false, 10)).map_err(|error| error.to_string())
}

fn values(database: &Database, space: &str) -> usize {
    let range = vestry_storage::KvRange { start: "", end: "", limit: 10, reverse: false };
    database.read(|reader| reader.kv_scan(space, &range, 1000, 10)).unwrap().len()
}

#[test]
fn what_others_need_stays() {
    let (database, _) = server();
    let refused = done(&database, A, Switch::Unmount { data: false }).unwrap_err();
    assert!(refused.contains("org.example.b needs org.example.a"), "{refused}");
    assert!(database.read(|reader| reader.plugin(A)).unwrap().is_some());
    done(&database, B, Switch::Unmount { data: false }).unwrap();
    done(&database, A, Switch::Unmount { data: false }).unwrap();
    assert!(done(&database, A, Switch::Enable).unwrap_err().contains("no plugin"));
    let forced = server().0;
    forced.write(|tx| switch(tx, &Actor::console(), A, Switch::Unmount { data: false }, true, 10)).unwrap();
}

#[test]
fn data_goes_when_that_is_said_and_all_of_it() {
    let (database, one) = server();
    let active = database.read(|reader| reader.active_space(A)).unwrap().unwrap().space;
    done(&database, B, Switch::Unmount { data: true }).unwrap();
    let generation = database.generation();
    done(&database, A, Switch::Unmount { data: false }).unwrap();
    assert!(database.generation() > generation);
    assert_eq!((values(&database, A), values(&database, &active)), (1, 1), "it is kept");
    mount(&database, &info(A, "1.0.0"), &one, 11);
    done(&database, A, Switch::Unmount { data: true }).unwrap();
    assert_eq!((values(&database, A), values(&database, &active)), (0, 0));
    let left = database.read(|reader| {
        Ok::<_, vestry_storage::StorageError>((reader.active_space(A)?, reader.retired_spaces(A)?, reader.badges()?))
    });
    let (active, retired, badges) = left.unwrap();
    assert!(active.is_none() && retired.is_empty() && badges.is_empty());
    assert!(database.read(|reader| reader.package(&one)).unwrap().is_some(), "its packages stay");
    let kinds: Vec<_> =
        database.read(|reader| history(reader, A)).unwrap().into_iter().map(|it| (it.kind, it.reason)).collect();
    let unmounted = |reason: &str| ("unmounted".to_owned(), reason.to_owned());
    assert_eq!(kinds, [unmounted("with its data"), unmounted("")]);
}

#[test]
fn switching_is_written_down() {
    let (database, _) = server();
    done(&database, A, Switch::Disable).unwrap();
    assert!(!database.read(|reader| reader.plugin(A)).unwrap().unwrap().enabled);
    done(&database, A, Switch::Enable).unwrap();
    database.write(|tx| tx.set_plugin_quarantine(A, Some("failed"), 9)).unwrap();
    done(&database, A, Switch::Retry).unwrap();
    assert_eq!(database.read(|reader| reader.plugin(A)).unwrap().unwrap().quarantined, None);
    let entries = database.read(|reader| reader.audit_entries(&AuditFilter::default(), 10)).unwrap();
    let actions: Vec<_> = entries.iter().rev().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["plugin.disable", "plugin.enable", "plugin.retry"]);
}

#[test]
fn a_package_goes_unless_it_is_mounted() {
    let (database, one) = server();
    let brought = crate::Digest::parse(&crate::testing::digest("4")).unwrap();
    let shipped = [Shipped { id: A.into(), version: "4.0.0".into(), digest: brought }];
    let gone = |digest: &str| {
        let discarded = database.write(|tx| discard(tx, &Actor::console(), digest, &shipped, 10));
        discarded.map_err(|error| error.to_string())
    };
    assert!(gone(&one).unwrap_err().contains("mounted at /a"));
    let two = add(&database, "2", &info(A, "2.0.0"), &[], "file");
    gone(&two).unwrap();
    assert!(gone(&two).unwrap_err().contains("no package"));
    let three = add(&database, "3", &info(A, "3.0.0"), &[], "file");
    unreadable(&database, &three);
    gone(&three).unwrap();
    let four = add(&database, "4", &info(A, "4.0.0"), &[], crate::SHIPPED);
    assert!(gone(&four).unwrap_err().contains("came with this server"));
}

/// An order to place a package, that waits.
fn order(database: &Database, job: &str, digest: &str) {
    let placing = serde_json::json!({ "digest": digest, "swap": false, "take-over": false });
    let input = serde_json::json!({ "kind": "place", "placings": [placing] }).to_string();
    let (account, token, schedule) = (None, None, None);
    let (plugin, name) = (HOST, "place");
    let new = vestry_storage::NewJob { id: job, plugin, name, input: &input, account, token, schedule, through: "" };
    let row = vestry_storage::PackageJobRow { job: job.into(), kind: name.into(), ..Default::default() };
    database
        .write(|tx| {
            tx.insert_job(&new, 8)?;
            tx.insert_package_job(&row)
        })
        .unwrap();
}

#[test]
fn an_order_bars_nobody_who_may_cancel_it() {
    let (database, one) = server();
    done(&database, B, Switch::Unmount { data: false }).unwrap();
    let off = Switch::Unmount { data: false };
    order(&database, "j1", &one);
    done(&database, A, Switch::Disable).unwrap();
    assert!(done(&database, A, off).unwrap_err().contains("(job j1)"), "it says what to cancel");
    let cancel = |job: &str| {
        let cancelled = database.write(|tx| cancel(tx, &Actor::console(), job, 9));
        cancelled.map_err(|error| error.to_string())
    };
    // Also where nobody is there any more to leave it.
    let lease = vestry_storage::Lease { job: "j1".into(), number: 7 };
    assert!(database.write(|tx| tx.take_job(&lease, "w", 9, 99)).unwrap());
    assert!(done(&database, A, off).is_err());
    cancel("j1").unwrap();
    assert!(database.read(|reader| reader.is_unwanted(&lease)).unwrap());
    assert!(cancel("j1").unwrap_err().contains("j1 has ended") && cancel("none").unwrap_err().contains("no order"));
    done(&database, A, off).unwrap();

    mount(&database, &info(A, "1.0.0"), &one, 10);
    order(&database, "j2", &one);
    database.write(|tx| switch(tx, &Actor::console(), A, off, true, 11)).unwrap();
    let state = database.read(|reader| reader.job("j2")).unwrap().unwrap().state;
    assert_eq!(state, vestry_storage::JobState::Cancelled, "the way out of trouble is barred by nobody");
}
