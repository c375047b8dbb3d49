use super::{KEPT, LONGEST_HOLD, SpaceRow};
use crate::{Database, KvChange, KvRange};

const NOW: u64 = 1_000_000;
const UNTIL: u64 = NOW + 5_000;

fn set(database: &Database, space: &str, key: &str, value: &[u8]) {
    database.write(|tx| tx.kv_commit(space, &[], &[KvChange::Set { key, value }], 1, NOW)).unwrap();
}

fn values(database: &Database, space: &str) -> Vec<(String, Vec<u8>)> {
    let everything = KvRange { start: "", end: "", limit: 100, reverse: false };
    let found = database.read(|reader| reader.kv_scan(space, &everything, usize::MAX, NOW)).unwrap();
    found.into_iter().map(|entry| (entry.key, entry.value)).collect()
}

fn active(database: &Database) -> SpaceRow {
    database.read(|reader| reader.active_space("org.a")).unwrap().unwrap()
}

fn retired(database: &Database) -> Vec<SpaceRow> {
    database.read(|reader| reader.retired_spaces("org.a")).unwrap()
}

fn writable(database: &Database, space: &str, now: u64) -> bool {
    database.read(|reader| reader.is_writable("org.a", space, now)).unwrap()
}

fn copy(database: &Database) -> String {
    let before = active(database);
    database.write(|tx| tx.copy_space(&before, 2, NOW, UNTIL)).unwrap().unwrap()
}

/// One plugin with two values, of which one expires; another plugin beside it.
fn filled() -> Database {
    let database = Database::temporary().unwrap();
    database.write(|tx| tx.start_space("org.a", 1, NOW)).unwrap();
    database.write(|tx| tx.start_space("org.b", 1, NOW)).unwrap();
    set(&database, "org.a", "é", b"1");
    set(&database, "org.b", "other", b"2");
    let change = [KvChange::SetUntil { key: "gone", value: b"x", expires: NOW }];
    database.write(|tx| tx.kv_commit("org.a", &[], &change, 1, NOW - 1)).unwrap();
    database
}

#[test]
fn a_copy_has_what_is_there_and_stands_alone() {
    let database = filled();
    let copy = copy(&database);
    assert_eq!(values(&database, &copy), [("é".to_owned(), b"1".to_vec())]);
    assert_eq!(database.read(|reader| reader.kv_used(&copy)).unwrap(), 3, "what expired is not in it");
    set(&database, &copy, "é", b"new shape");
    assert_eq!(values(&database, "org.a"), [("é".to_owned(), b"1".to_vec())]);
    assert_eq!(active(&database).space, "org.a");
    assert_eq!(values(&database, "org.b").len(), 1);
}

#[test]
fn nobody_writes_while_a_copy_is_made_and_a_hold_passes() {
    let database = filled();
    assert!(writable(&database, "org.a", NOW));
    let copy = copy(&database);
    assert!(!writable(&database, "org.a", UNTIL - 1) && writable(&database, "org.a", UNTIL));
    assert!(!writable(&database, &copy, NOW), "the copy is not what the plugin works with");
    let open = |now| database.read(|reader| reader.is_open_copy(&copy, now)).unwrap();
    assert!(open(UNTIL - 1) && !open(UNTIL));
    // A second update waits for the first; a fresh start and a way back do too.
    let held = active(&database);
    assert_eq!(database.write(|tx| tx.copy_space(&held, 3, NOW + 1, UNTIL + 1)).unwrap(), None);
    assert!(!database.write(|tx| tx.start_space("org.a", 3, NOW + 1)).unwrap());
    // Whoever comes too late changes nothing.
    assert!(!database.write(|tx| tx.finish_copy(&copy, UNTIL)).unwrap());
    assert_eq!(active(&database).data_version, 1);
    assert_eq!(database.write(|tx| tx.purge_spaces(UNTIL - 1)).unwrap(), 0);
    assert_eq!(database.write(|tx| tx.purge_spaces(UNTIL)).unwrap(), 1);
    assert!(values(&database, &copy).is_empty() && !values(&database, "org.a").is_empty());
}

#[test]
fn a_clock_that_is_set_back_keeps_nothing_held() {
    const AN_HOUR: u64 = 3_600_000;
    let database = filled();
    let late = copy(&database);
    // By less than a hold lasts: it passes a little later.
    let before = NOW - (LONGEST_HOLD - 5_000);
    assert!(active(&database).is_held(before) && !writable(&database, "org.a", before));
    for before in [before - 1, NOW - AN_HOUR / 4] {
        assert!(!active(&database).is_held(before) && writable(&database, "org.a", before), "{before}");
        assert!(!database.read(|reader| reader.is_open_copy(&late, before)).unwrap());
        // Others have written since.
        assert!(!database.write(|tx| tx.finish_copy(&late, before)).unwrap());
    }
    let (now, again) = (NOW - AN_HOUR / 4, active(&database));
    let next = database.write(|tx| tx.copy_space(&again, 2, now, now + 5_000)).unwrap().unwrap();
    assert_eq!(database.write(|tx| tx.purge_spaces(now)).unwrap(), 1, "the one that was left");
    assert!(!writable(&database, "org.a", now) && database.write(|tx| tx.finish_copy(&next, now)).unwrap());
}

#[test]
fn a_copy_that_passed_does_not_finish_under_the_hold_of_another() {
    let database = filled();
    let late = copy(&database);
    let again = active(&database);
    let next = database.write(|tx| tx.copy_space(&again, 2, UNTIL, UNTIL + 5_000)).unwrap().unwrap();
    assert!(!database.write(|tx| tx.finish_copy(&late, UNTIL + 1)).unwrap());
    database.write(|tx| tx.drop_copy(&late)).unwrap();
    assert!(!writable(&database, "org.a", UNTIL + 1), "the hold of the other stands");
    assert!(database.write(|tx| tx.finish_copy(&next, UNTIL + 1)).unwrap());
}

#[test]
fn a_copy_takes_the_place_of_what_it_was_made_of() {
    let database = filled();
    let copy = copy(&database);
    assert!(database.write(|tx| tx.finish_copy(&copy, NOW + 10)).unwrap());
    let now = active(&database);
    assert_eq!((now.space.as_str(), now.data_version, now.held_until, now.bytes), (copy.as_str(), 2, None, 3));
    assert!(writable(&database, &copy, NOW + 11) && !writable(&database, "org.a", NOW + 11));
    let before = retired(&database);
    assert_eq!((before[0].space.as_str(), before[0].retired), ("org.a", Some(NOW + 10)));
    // And back: what came later is kept.
    assert!(database.write(|tx| tx.take_space_back(&before[0], NOW + 20)).unwrap());
    assert_eq!((active(&database).space.as_str(), active(&database).retired), ("org.a", None));
    assert_eq!(retired(&database)[0].space, copy);
}

#[test]
fn a_dropped_copy_leaves_what_was_there() {
    let database = filled();
    let copy = copy(&database);
    database.write(|tx| tx.drop_copy(&copy)).unwrap();
    assert!(writable(&database, "org.a", NOW));
    assert!(values(&database, &copy).is_empty());
    assert_eq!(database.read(|reader| reader.kv_used(&copy)).unwrap(), 0);
    database.write(|tx| tx.drop_copy("org.a")).unwrap();
    assert!(!values(&database, "org.a").is_empty(), "only copies can be dropped");
}

#[test]
fn what_is_retired_is_kept_for_thirty_days_and_what_is_active_for_ever() {
    let database = filled();
    assert!(database.write(|tx| tx.start_space("org.a", 1, NOW)).unwrap());
    assert!(values(&database, &active(&database).space).is_empty());
    assert_eq!(database.write(|tx| tx.purge_spaces(NOW + KEPT - 1)).unwrap(), 0);
    assert_eq!(database.write(|tx| tx.purge_spaces(NOW + KEPT)).unwrap(), 1);
    assert_eq!(database.write(|tx| tx.purge_spaces(u64::MAX >> 1)).unwrap(), 0);
    assert!(retired(&database).is_empty() && values(&database, "org.a").is_empty());
    assert!(!values(&database, "org.b").is_empty());
}

#[test]
fn a_plugin_without_a_space_has_the_one_that_is_called_as_it_is() {
    let database = Database::temporary().unwrap();
    assert!(writable(&database, "org.a", NOW) && !writable(&database, "org.a/1", NOW));
}

#[test]
fn data_from_before_there_were_spaces_is_in_one() {
    let directory = tempfile::tempdir().unwrap();
    let raw = rusqlite::Connection::open(directory.path().join("vestry.db")).unwrap();
    raw.execute_batch(include_str!("../migrations/0001_first.sql")).unwrap();
    raw.execute_batch(
        r#"PRAGMA user_version = 1;
        INSERT INTO packages VALUES
            ('d1', 'org.a', '1.0.0', 'file', '{"data_version":3}', 1, 10),
            ('d2', 'org.a', '2.0.0', 'file', '{"data_version":4}', 1, 20),
            ('d3', 'org.unmounted', '1.0.0', 'file', '{"data_version":1}', 1, 30),
            ('d4', 'org.unmounted', '2.0.0', 'file', '{"data_version":2}', 1, 40),
            ('d5', 'org.plain', '2.0.0', 'file', '{}', 1, 50);
        INSERT INTO plugins VALUES ('org.a', 'd1', 'a', 1, NULL, 10), ('org.plain', 'd5', 'plain', 1, NULL, 50);
        INSERT INTO kv VALUES ('org.a', 'key', X'76616c7565', 1, NULL);
        INSERT INTO kv_used VALUES ('org.a', 8);"#,
    )
    .unwrap();
    drop(raw);
    let database = Database::open(directory.path()).unwrap();
    let space = |plugin| database.read(|reader| reader.active_space(plugin)).unwrap().unwrap();
    assert_eq!((space("org.a").space.as_str(), space("org.a").data_version, space("org.a").bytes), ("org.a", 3, 8));
    assert_eq!((space("org.unmounted").data_version, space("org.plain").data_version), (2, 1));
    assert_eq!(values(&database, "org.a"), [("key".to_owned(), b"value".to_vec())]);
}
