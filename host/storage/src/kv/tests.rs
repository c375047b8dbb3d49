use super::{KvChange, KvCheck, KvRange, MAX_KEY_BYTES, MAX_PLUGIN_BYTES, MAX_VALUE_BYTES};
use crate::{Database, StorageError};

const NOW: u64 = 1_000_000;

fn commit(
    database: &Database,
    plugin: &str,
    checks: &[KvCheck<'_>],
    changes: &[KvChange<'_>],
    version: u64,
) -> Result<(), StorageError> {
    database.write(|tx| tx.kv_commit(plugin, checks, changes, version, NOW))
}

fn keys(database: &Database, range: &KvRange<'_>, now: u64) -> Vec<String> {
    let found = database.read(|reader| reader.kv_scan("p", range, usize::MAX, now)).unwrap();
    found.into_iter().map(|entry| entry.key).collect()
}

#[test]
fn a_conflict_names_its_key_and_changes_nothing() {
    let database = Database::temporary().unwrap();
    let set = |key, value| KvChange::Set { key, value };
    commit(&database, "p", &[KvCheck { key: "a", version: None }], &[set("a", b"1"), set("b", b"1")], 7).unwrap();
    let checks = [KvCheck { key: "a", version: Some(7) }, KvCheck { key: "b", version: Some(6) }];
    let refused = commit(&database, "p", &checks, &[set("a", b"2")], 8).unwrap_err();
    assert!(matches!(refused, StorageError::Conflict { key } if key == "b"));
    let refused = commit(&database, "p", &[KvCheck { key: "a", version: None }], &[set("a", b"2")], 8).unwrap_err();
    assert!(matches!(refused, StorageError::Conflict { key } if key == "a"));
    let found = database.read(|reader| reader.kv_get("p", &["a", "missing", "b"], usize::MAX, NOW)).unwrap();
    let found: Vec<_> = found.into_iter().map(|entry| entry.map(|entry| (entry.value, entry.version))).collect();
    assert_eq!(found, [Some((b"1".to_vec(), 7)), None, Some((b"1".to_vec(), 7))]);
    commit(&database, "p", &checks[..1], &[set("a", b"2"), KvChange::Delete { key: "b" }], 8).unwrap();
    let found = database.read(|reader| reader.kv_get("p", &["a", "b"], usize::MAX, NOW)).unwrap();
    assert_eq!(found[0].as_ref().unwrap().version, 8);
    assert!(found[1].is_none());
}

#[test]
fn plugins_do_not_see_each_other() {
    let database = Database::temporary().unwrap();
    commit(&database, "p", &[], &[KvChange::Set { key: "a", value: b"1" }], 1).unwrap();
    commit(&database, "q", &[KvCheck { key: "a", version: None }], &[KvChange::Set { key: "a", value: b"2" }], 2)
        .unwrap();
    let of = |plugin| {
        database.read(|reader| reader.kv_get(plugin, &["a"], usize::MAX, NOW)).unwrap()[0].clone().unwrap().value
    };
    assert_eq!((of("p"), of("q")), (b"1".to_vec(), b"2".to_vec()));
    assert_eq!(database.write(|tx| tx.kv_clear("p")).unwrap(), 1);
    assert_eq!(of("q"), b"2");
}

#[test]
fn a_range_has_its_start_and_not_its_end() {
    let database = Database::temporary().unwrap();
    let changes: Vec<_> =
        ["a", "b", "b/1", "b/2", "c", "é"].iter().map(|key| KvChange::Set { key, value: b"" }).collect();
    commit(&database, "p", &[], &changes, 1).unwrap();
    let range = |start, end, limit, reverse| KvRange { start, end, limit, reverse };
    assert_eq!(keys(&database, &range("b", "c", 10, false), NOW), ["b", "b/1", "b/2"]);
    assert_eq!(keys(&database, &range("b", "c", 2, true), NOW), ["b/2", "b/1"]);
    assert_eq!(keys(&database, &range("", "", 10, false), NOW).len(), 6);
    assert_eq!(keys(&database, &range("c", "", 1, true), NOW), ["é"]);
}

#[test]
fn what_expired_is_absent_everywhere() {
    let database = Database::temporary().unwrap();
    let change = KvChange::SetUntil { key: "a", value: b"1", expires: NOW + 10 };
    commit(&database, "p", &[], &[change, KvChange::Set { key: "b", value: b"1" }], 1).unwrap();
    let everything = KvRange { start: "", end: "", limit: 10, reverse: false };
    assert_eq!(keys(&database, &everything, NOW + 9), ["a", "b"]);
    assert_eq!(keys(&database, &everything, NOW + 10), ["b"]);
    assert!(database.read(|reader| reader.kv_get("p", &["a"], usize::MAX, NOW + 10)).unwrap()[0].is_none());
    let absent = [KvCheck { key: "a", version: None }];
    database.rehearse(|tx| tx.kv_commit("p", &absent, &[], 2, NOW + 10)).unwrap();
    assert!(database.rehearse(|tx| tx.kv_commit("p", &absent, &[], 2, NOW + 9)).is_err());
    assert_eq!(database.write(|tx| tx.kv_purge(NOW + 9, 10)).unwrap(), 0);
    assert_eq!(database.write(|tx| tx.kv_purge(NOW + 10, 10)).unwrap(), 1);
    assert_eq!(database.read(|reader| reader.kv_used("p")).unwrap(), 2);
}

#[test]
fn limits_are_kept() {
    let database = Database::temporary().unwrap();
    let long = "k".repeat(MAX_KEY_BYTES + 1);
    let big = vec![0; MAX_VALUE_BYTES + 1];
    let exhausted =
        |change: KvChange<'_>| matches!(commit(&database, "p", &[], &[change], 1), Err(StorageError::Exhausted(_)));
    assert!(exhausted(KvChange::Set { key: &long, value: b"" }));
    assert!(exhausted(KvChange::Set { key: "", value: b"" }));
    assert!(exhausted(KvChange::Set { key: "a", value: &big }));
    assert!(!exhausted(KvChange::Set { key: &long[1..], value: &big[1..] }));
}

#[test]
fn a_plugin_may_fill_its_room_and_no_more() {
    let database = Database::temporary().unwrap();
    let value = vec![0; MAX_VALUE_BYTES - 4];
    let fits = MAX_PLUGIN_BYTES / MAX_VALUE_BYTES as u64;
    for number in 0..fits {
        let key = format!("{number:04}");
        commit(&database, "p", &[], &[KvChange::SetUntil { key: &key, value: &value, expires: NOW + number }], 1)
            .unwrap();
    }
    assert_eq!(database.read(|reader| reader.kv_used("p")).unwrap(), MAX_PLUGIN_BYTES);
    let more = [KvChange::Set { key: "more", value: b"" }];
    // The first one expires at NOW: it makes room; written again, nothing does.
    commit(&database, "p", &[], &more, 2).unwrap();
    let full = [KvChange::Set { key: "0000", value: &value }];
    assert!(matches!(commit(&database, "p", &[], &full, 3), Err(StorageError::Exhausted(_))));
    commit(&database, "q", &[], &full, 4).unwrap();
    commit(&database, "p", &[], &[KvChange::Delete { key: "more" }, full[0]], 5).unwrap();
}

#[test]
fn no_more_is_read_than_a_request_may() {
    let database = Database::temporary().unwrap();
    let value = vec![7; 1000];
    let set = [KvChange::Set { key: "a", value: &value }];
    database.write(|tx| tx.kv_commit("p", &[], &set, 1, NOW)).unwrap();
    let keys = ["a"; 100];
    let read = |bytes| database.read(|reader| reader.kv_get("p", &keys, bytes, NOW));
    assert!(matches!(read(50_000), Err(StorageError::Exhausted(_))));
    assert_eq!(read(100_100).unwrap().len(), 100);
    let range = KvRange { start: "", end: "", limit: 10, reverse: false };
    assert!(database.read(|reader| reader.kv_scan("p", &range, 1_000, NOW)).is_err());
}
