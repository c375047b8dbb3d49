use vestry_contract::registration::{Need, PluginInfo};
use vestry_storage::{Database, JobState, NewAccount};

use super::*;
use crate::order::{Order, Replaced};
use crate::ordering::{OrderError, Orderer, write_order};
use crate::testing::{add, digest, grant, info, mount};
use vestry_identity::Actor;

const A: &str = "org.example.a";
const KV: &str = "vestry:plugin/kv";

fn placing(digest: &str, expected: Option<&str>) -> Placing {
    Placing {
        digest: Digest::parse(digest).unwrap(),
        mount: None,
        swap: false,
        take_over: false,
        data: None,
        expected: expected.and_then(Digest::parse),
        replaces: None,
        proposals: Vec::new(),
        decided: false,
    }
}

fn plan(database: &Database, placing: &Placing) -> Result<Plan, String> {
    let made = database.read(|reader| Plan::make(reader, placing, &mut Mounted::read(reader)?, None, &|_, _| true));
    made.map_err(|obstacle: Obstacle| obstacle.to_string())
}

fn refused(database: &Database, placing: &Placing, words: &[&str]) {
    let said = plan(database, placing).unwrap_err();
    assert!(words.iter().all(|word| said.contains(word)), "{words:?} stand in: {said}");
}

/// A server on which a 1.0.0 is mounted.
fn server() -> (Database, String) {
    let database = Database::temporary().unwrap();
    let one = add(&database, "1", &info(A, "1.0.0"), &[KV], "file");
    mount(&database, &info(A, "1.0.0"), &one, 5);
    (database, one)
}

#[test]
fn an_update_keeps_its_place_and_its_grants() {
    let (database, one) = server();
    grant(&database, A, &one, KV);
    let two = add(&database, "2", &info(A, "1.1.0"), &[KV], "file");
    let made = plan(&database, &placing(&two, Some(&one))).unwrap();
    assert_eq!((made.mount.as_str(), made.entitlement.carried.len(), made.replaces.is_none()), ("a", 1, true));
    assert_eq!(made.former().unwrap().digest, one);
}

#[test]
fn what_changed_since_the_person_decided_is_named() {
    let (database, one) = server();
    let two = add(&database, "2", &info(A, "1.1.0"), &[], "file");
    refused(&database, &placing(&two, None), &["1.0.0", &one]);
    refused(&database, &placing(&two, Some(&two)), &["1.0.0", &one]);
    refused(&database, &placing(&digest("9"), None), &["no package", "fetch"]);
    let first = add(&database, "3", &info("org.example.b", "1.0.0"), &[], "file");
    refused(&database, &placing(&first, Some(&one)), &["unmounted"]);
    plan(&database, &placing(&first, None)).unwrap();
}

#[test]
fn a_place_that_is_taken_is_taken_over_when_that_is_said() {
    let (database, _) = server();
    let other = PluginInfo { mount: "a".into(), ..info("org.example.other", "1.0.0") };
    let other = add(&database, "2", &other, &[], "file");
    refused(&database, &placing(&other, None), &["/a", A]);
    let swapped = plan(&database, &Placing { swap: true, ..placing(&other, None) }).unwrap();
    assert_eq!(swapped.replaces.unwrap().row.id, A);
    let moved = plan(&database, &Placing { mount: Some("elsewhere".into()), ..placing(&other, None) }).unwrap();
    assert_eq!((moved.mount.as_str(), moved.replaces.is_none()), ("elsewhere", true));
}

#[test]
fn what_goes_away_is_what_the_person_saw() {
    let (database, one) = server();
    let other = PluginInfo { mount: "a".into(), ..info("org.example.other", "1.0.0") };
    let other = add(&database, "2", &other, &[], "file");
    let swap = Placing { swap: true, take_over: true, ..placing(&other, None) };
    let settled = plan(&database, &swap).unwrap().settled(swap);
    let replaces = Replaced { id: A.into(), digest: Digest::parse(&one).unwrap() };
    assert_eq!((settled.replaces.as_ref(), settled.mount.as_deref()), (Some(&replaces), Some("a")));
    assert!(settled.swap && !settled.take_over, "nothing is taken over that was nobody's");
    plan(&database, &settled).unwrap();
    let later = add(&database, "3", &info(A, "1.1.0"), &[], "file");
    mount(&database, &info(A, "1.1.0"), &later, 6);
    refused(&database, &settled, &["org.example.a 1.1.0", &later, "look again"]);
    database.write(|tx| tx.delete_plugin(A)).unwrap();
    refused(&database, &settled, &["nothing else is there by now", "look again"]);
    let b = PluginInfo { mount: "a".into(), ..info("org.example.b", "1.0.0") };
    mount(&database, &b, &add(&database, "b", &b, &[], "file"), 7);
    refused(&database, &settled, &["org.example.b 1.0.0", "look again"]);
    // Where nothing was to go away, nothing does.
    let first = plan(&database, &Placing { mount: Some("c".into()), swap: true, ..placing(&other, None) }).unwrap();
    assert!(!first.settled(placing(&other, None)).swap);
}

#[test]
fn a_stranger_is_let_in_when_that_is_said_and_without_what_the_other_was_granted() {
    let (database, one) = server();
    grant(&database, A, &one, KV);
    let two = add(&database, "2", &info(A, "1.1.0"), &[KV], "git https://elsewhere.example.org/a.git");
    refused(&database, &placing(&two, Some(&one)), &["file", "elsewhere.example.org"]);
    let taken = plan(&database, &Placing { take_over: true, ..placing(&two, Some(&one)) }).unwrap();
    assert_eq!(taken.takes_over.as_deref(), Some("file"));
    assert!(taken.entitlement.granted.is_empty());
    assert!(taken.entitlement.waits(taken.running.as_ref()));
}

#[test]
fn needs_hold_before_and_after_also_within_one_order() {
    let (database, one) = server();
    let need = |at_least: &str| vec![Need { what: A.into(), at_least: at_least.into() }];
    let needing = PluginInfo { needs: need("1.1.0"), ..info("org.example.b", "1.0.0") };
    let b = add(&database, "b", &needing, &[], "file");
    refused(&database, &placing(&b, None), &["org.example.b needs org.example.a 1.1.0", "1.0.0 is here"]);
    let two = add(&database, "2", &info(A, "1.1.0"), &[], "file");
    let both: Result<Vec<Plan>, Obstacle> = database.read(|reader| {
        let mut mounted = Mounted::read(reader)?;
        let placings = [placing(&two, Some(&one)), placing(&b, None)];
        placings.iter().map(|placing| Plan::make(reader, placing, &mut mounted, None, &|_, _| true)).collect()
    });
    assert_eq!(both.unwrap().len(), 2, "the first brings what the second needs");
    mount(&database, &info(A, "1.1.0"), &two, 6);
    mount(&database, &needing, &b, 7);
    refused(&database, &placing(&one, Some(&two)), &["org.example.b needs", "1.1.0 or later"]);
    let other = PluginInfo { mount: "a".into(), ..info("org.example.other", "1.0.0") };
    let other = add(&database, "3", &other, &[], "file");
    refused(&database, &Placing { swap: true, ..placing(&other, None) }, &["org.example.b needs", "not mounted"]);
}

#[test]
fn data_is_chosen_where_it_does_not_fit() {
    let (database, one) = server();
    database.write(|tx| tx.start_space(A, 3, 6)).unwrap();
    let two = PluginInfo { data_version: 2, ..info(A, "1.1.0") };
    let two = add(&database, "2", &two, &[], "file");
    let with = |data| Placing { data, ..placing(&two, Some(&one)) };
    refused(&database, &with(None), &["shape 3", "shape 2"]);
    refused(&database, &with(Some(Choice::Then)), &["shape 3"]);
    assert_eq!(plan(&database, &with(Some(Choice::Fresh))).unwrap().data, Some(Choice::Fresh));
    let three = PluginInfo { data_version: 3, ..info(A, "1.2.0") };
    let three = add(&database, "3", &three, &[], "file");
    let asked = Placing { data: Some(Choice::Then), ..placing(&three, Some(&one)) };
    refused(&database, &asked, &["No data of the shape 3"]);
}

#[test]
fn one_order_at_a_time_changes_a_place() {
    let (database, one) = server();
    let ann = vestry_identity::AccountId::generate().unwrap();
    let account = NewAccount { id: ann.as_str(), email: None, name: "Ann", created: 1 };
    database.write(|tx| tx.insert_account(&account)).unwrap();
    let actor = Actor { account: Some(ann), ..Actor::nobody() };
    let by = Orderer { actor: &actor, token: None, through: "org.vestry.packages" };
    let two = add(&database, "2", &info(A, "1.1.0"), &[], "file");
    let order = |digest: &str| Order::Place { placings: vec![placing(digest, Some(&one))] };
    database.write(|tx| write_order(tx, "j1", &order(&two), &by, 10)).unwrap();
    let three = add(&database, "3", &info(A, "1.2.0"), &[], "file");
    refused(&database, &placing(&three, Some(&one)), &["Ann is changing", "j1"]);
    let second = database.write(|tx| write_order(tx, "j2", &order(&three), &by, 11));
    assert!(matches!(second, Err(OrderError::UnderWay(said)) if said.contains("Ann")));
    let own = database.read(|reader| {
        Plan::make(reader, &placing(&two, Some(&one)), &mut Mounted::read(reader)?, Some("j1"), &|_, _| true).map(drop)
    });
    assert!(own.is_ok_and(|()| true), "its own job is not in its way");
    let other = PluginInfo { mount: "a".into(), ..info("org.example.other", "1.0.0") };
    let other = add(&database, "4", &other, &[], "file");
    refused(&database, &Placing { swap: true, ..placing(&other, None) }, &["Ann is changing /a"]);
    assert_eq!(database.write(|tx| tx.cancel_job("j1", 12)).unwrap(), Some(JobState::Queued));
    database.write(|tx| write_order(tx, "j3", &order(&three), &by, 13)).unwrap();
}
