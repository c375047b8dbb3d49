use vestry_contract::registration::{self, Need, PluginInfo, Wish};
use vestry_storage::Database;

use super::*;
use crate::facts::Still;
use crate::testing::{add, digest, grant, info, mount, route};

const A: &str = "org.example.a";
const KV: &str = "vestry:plugin/kv";

fn look(database: &Database, digest: &str) -> Inspection {
    let found = database.read(|reader| inspection(reader, &Still, &|_| meaning::Known::Missing, &|_, _| true, digest));
    found.unwrap().unwrap()
}

fn warned(inspection: &Inspection) -> String {
    inspection.warnings.iter().map(plain).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_first_package_says_what_it_asks_for_the_dangerous_first() {
    let database = Database::temporary().unwrap();
    let wish = |capability, reason: &str| Wish { capability, reason: Text::Phrase(reason.into()) };
    let wishes = vec![
        wish(registration::Capability::Public, "For guests."),
        wish(registration::Capability::Identity, "To greet."),
    ];
    let one = PluginInfo { wishes, ..info(A, "1.0.0") };
    let one = add(&database, "1", &one, &["vestry:plugin/kv@0.1.0", "vestry:admin/users", "vestry:new/thing"], "file");
    let seen = look(&database, &one);
    let asks: Vec<_> = seen.asks.iter().map(|ask| (ask.capability.as_str(), ask.grave, ask.new, ask.granted)).collect();
    assert_eq!(
        asks,
        [
            ("public", true, false, false),
            ("identity", false, false, false),
            ("vestry:admin/users", true, false, false),
            (KV, false, false, false),
            ("vestry:new/thing", true, false, false),
        ]
    );
    assert_eq!(plain(&seen.asks[0].reason), "For guests.");
    assert_eq!((seen.mount.as_str(), seen.replaces.as_deref(), seen.wider), ("a", None, false));
    assert!(warned(&seen).contains("vestry:new/thing") && seen.installed.is_none());
    assert!(
        database
            .read(|reader| inspection(reader, &Still, &|_| meaning::Known::Missing, &|_, _| true, &digest("9")))
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_second_version_says_how_it_differs() {
    let database = Database::temporary().unwrap();
    let one = add(&database, "1", &info(A, "1.1.0"), &[KV], "file");
    mount(&database, &info(A, "1.1.0"), &one, 5);
    grant(&database, A, &one, KV);
    let two = PluginInfo { routes: vec![route("home", "/"), route("more", "/more")], ..info(A, "1.2.0") };
    let two = look(&database, &add(&database, "2", &two, &[KV, "vestry:plugin/mail"], "file"));
    let asks: Vec<_> = two.asks.iter().map(|ask| (ask.capability.as_str(), ask.new, ask.granted)).collect();
    assert_eq!(asks, [(KV, false, false), ("vestry:plugin/mail", true, false)], "it waits for consent");
    assert!(two.wider && two.installed.is_some_and(|installed| installed.digest == one));
    let changes: Vec<_> = two.adds.iter().map(|it| (it.name.as_str(), it.change.as_str())).collect();
    assert_eq!(changes, [("home", ""), ("more", "added")]);
    let same = look(&database, &add(&database, "3", &info(A, "1.1.0"), &[KV], "file"));
    assert!(same.asks[0].granted && !same.wider && warned(&same).contains("another build"));
    let older = look(&database, &add(&database, "4", &info(A, "1.0.0"), &[KV], "file"));
    assert!(warned(&older).contains("older than what runs, which is 1.1.0"));
    let itself = look(&database, &one);
    assert!(itself.warnings.is_empty() && itself.adds.iter().all(|it| it.change.is_empty()), "{:?}", itself.warnings);
}

#[test]
fn what_is_in_the_way_is_said_with_what_to_do() {
    let database = Database::temporary().unwrap();
    let one = add(&database, "1", &info(A, "1.0.0"), &[], "file");
    mount(&database, &info(A, "1.0.0"), &one, 5);
    database.write(|tx| tx.start_space(A, 3, 6)).unwrap();
    let b =
        PluginInfo { needs: vec![Need { what: A.into(), at_least: "1.0.0".into() }], ..info("org.example.b", "1.0.0") };
    let with_need = add(&database, "b", &b, &[], "file");
    mount(&database, &b, &with_need, 7);
    let met = look(&database, &with_need);
    assert!(met.missing.is_empty() && met.extra == [(NEED.to_owned(), "\"org.example.a 1.0.0\"".to_owned())]);
    let needs = vec![Need { what: "org.example.c".into(), at_least: "2.0.0".into() }];
    let stranger = PluginInfo { needs, data_version: 2, ..info(A, "0.9.0") };
    let seen = look(&database, &add(&database, "2", &stranger, &[], "git x"));
    assert_eq!(
        (seen.stranger_to.as_deref(), seen.missing.as_slice()),
        (Some("file"), &["org.example.c 2.0.0".to_owned()][..])
    );
    assert_eq!(seen.data_choices, ["fresh"]);
    for words in ["first came from file", "needs org.example.c 2.0.0", "org.example.b needs org.example.a", "shape 3"] {
        assert!(warned(&seen).contains(words), "{words} stands in: {}", warned(&seen));
    }
    let double = PluginInfo { title: Text::Phrase("A".into()), mount: "a".into(), ..info("org.example.z", "1.0.0") };
    let seen = look(&database, &add(&database, "3", &double, &[], "file"));
    assert_eq!(seen.replaces.as_deref(), Some(A));
    assert!(warned(&seen).contains("It is called A, as org.example.a is"));
}
