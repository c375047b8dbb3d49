use vestry_contract::registration::{Need, PluginInfo};
use vestry_storage::{Database, PackageEventRow};

use super::*;
use crate::facts::Still;
use crate::testing::{add, info, mount, unreadable};

const A: &str = "org.example.a";

fn all(database: &Database) -> Vec<Plugin> {
    database.read(|reader| installed(reader, &Still)).unwrap()
}

fn event(plugin: &str, kind: PackageEventKind, former: &str) -> PackageEventRow {
    PackageEventRow {
        plugin: plugin.into(),
        time: 1,
        kind,
        digest: "d".into(),
        version: "1.0.0".into(),
        mount: "a".into(),
        former: "d".into(),
        former_plugin: former.into(),
        account: None,
        reason: String::new(),
    }
}

#[test]
fn a_plugin_is_shown_with_its_versions_and_who_needs_it() {
    let database = Database::temporary().unwrap();
    let versions = ["1.0.0", "1.1.0", "1.2.0"];
    for (number, version) in versions.iter().enumerate() {
        let digest = add(&database, &format!("{number}"), &info(A, version), &[], "git x");
        mount(&database, &info(A, version), &digest, 5 + number as u64);
    }
    add(&database, "9", &info(A, "2.0.0"), &[], "git x");
    let b =
        PluginInfo { needs: vec![Need { what: A.into(), at_least: "1.0.0".into() }], ..info("org.example.b", "1.0.0") };
    mount(&database, &b, &add(&database, "b", &b, &[], "file"), 7);
    let check = PackageCheckRow { plugin: A.into(), newer: "1.3.0".into(), checked: 9, ..PackageCheckRow::default() };
    database
        .write(|tx| {
            tx.put_package_check(&check)?;
            tx.set_plugin_quarantine("org.example.b", Some("failed"), 8)
        })
        .unwrap();
    let [a, b] = all(&database).try_into().unwrap();
    assert_eq!((a.package.version.as_str(), a.state.as_str(), a.mount.as_str()), ("1.2.0", "on", "a"));
    assert_eq!(a.versions.iter().map(|it| it.version.as_str()).collect::<Vec<_>>(), ["1.1.0", "1.0.0"]);
    assert_eq!(
        (a.newer.as_deref(), a.checked, a.needed_by.as_slice()),
        (Some("1.3.0"), 9, &["org.example.b".to_owned()][..])
    );
    assert_eq!((b.state.as_str(), b.reason.as_str(), b.newer), ("quarantined", "failed", None));
    database.write(|tx| tx.put_package_check(&PackageCheckRow { newer: "1.2.0".into(), ..check })).unwrap();
    assert_eq!(all(&database)[0].newer, None, "it runs by now");
    let waits: Vec<_> = database.read(waiting).unwrap().into_iter().map(|it| it.version).collect();
    assert_eq!(waits, ["2.0.0"], "what can be gone back to does not wait");
    database.write(|tx| tx.delete_plugin("org.example.b")).unwrap();
    assert!(database.read(waiting).unwrap().iter().any(|it| it.id == "org.example.b"));
}

#[test]
fn who_was_swapped_away_can_come_back() {
    let database = Database::temporary().unwrap();
    let other = "org.example.other";
    let theirs = PluginInfo { mount: "a".into(), ..info(other, "1.0.0") };
    let one = add(&database, "1", &info(A, "1.0.0"), &[], "file");
    mount(&database, &info(A, "1.0.0"), &one, 5);
    assert_eq!(all(&database)[0].displaced, None);
    let two = add(&database, "2", &theirs, &[], "file");
    let swap = |away: &str, info: &PluginInfo, digest: &str| {
        database.write(|tx| tx.delete_plugin(away)).unwrap();
        mount(&database, info, digest, 6);
        database.write(|tx| tx.add_package_event(&event(&info.id, PackageEventKind::Mounted, away))).unwrap();
    };
    swap(A, &theirs, &two);
    database.write(|tx| tx.add_package_event(&event(other, PackageEventKind::Mounted, other))).unwrap();
    assert_eq!(all(&database)[0].displaced.as_deref(), Some(A), "an update of its own changes nothing");
    swap(other, &info(A, "1.0.0"), &one);
    assert_eq!(all(&database)[0].displaced.as_deref(), Some(other));
    database.write(|tx| tx.delete_package(&two)).unwrap();
    assert_eq!(all(&database)[0].displaced, None, "nothing is left of it");
}

#[test]
fn a_plugin_that_is_changed_at_this_moment_says_by_which_job() {
    use crate::order::{Order, Placing};
    let database = Database::temporary().unwrap();
    let one = add(&database, "1", &info(A, "1.0.0"), &[], "file");
    mount(&database, &info(A, "1.0.0"), &one, 5);
    let placing = Placing {
        digest: crate::Digest::parse(&one).unwrap(),
        mount: None,
        swap: false,
        take_over: false,
        data: None,
        expected: None,
        replaces: None,
        proposals: Vec::new(),
        decided: false,
    };
    let actor = vestry_identity::Actor::console();
    let by = crate::Orderer { actor: &actor, token: None, through: "" };
    let order = Order::Place { placings: vec![placing.clone(), placing] };
    database.write(|tx| crate::write_order(tx, "j", &order, &by, 10)).unwrap();
    assert_eq!(all(&database)[0].job.as_deref(), Some("j"));
}

#[test]
fn what_cannot_be_read_any_more_is_shown_with_the_way_out() {
    let database = Database::temporary().unwrap();
    let one = add(&database, "1", &info(A, "1.0.0"), &[], "file");
    mount(&database, &info(A, "1.0.0"), &one, 5);
    let two = add(&database, "2", &info(A, "2.0.0"), &[], "file");
    unreadable(&database, &one);
    let shown = all(&database);
    assert_eq!((shown.len(), shown[0].id.as_str(), shown[0].package.version.as_str()), (1, A, "1.0.0"));
    assert!(shown[0].state == "broken" && shown[0].reason.contains("fetch it again"), "{:?}", shown[0]);
    let running = database.read(|reader| Known::running(reader, A)).unwrap().unwrap();
    assert!(!running.is_legible() && running.row.digest == one, "another version can be compared with it");
    let seen = |digest: &str| {
        let gives = |_: &str, _: &crate::Capability| true;
        let secrets = |_: &str| crate::meaning::Known::Missing;
        database.read(|reader| crate::inspection(reader, &Still, &secrets, &gives, digest)).unwrap().unwrap()
    };
    assert!(seen(&two).installed.is_some_and(|installed| installed.digest == one));
    assert!(crate::plain(&seen(&one).warnings[0]).contains("fetch it again"));
    unreadable(&database, &two);
    assert_eq!(database.read(waiting).unwrap().len(), 1);
}
