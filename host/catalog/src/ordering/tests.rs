use vestry_sources::Source;
use vestry_storage::{AuditFilter, Database};

use super::*;
use crate::past::work;
use crate::testing::{add, info};
use crate::{Digest, order::Placing};

#[test]
fn an_order_is_a_job_of_the_hosts_with_all_that_is_known_of_it() {
    let database = Database::temporary().unwrap();
    let one = add(&database, "1", &info("org.example.a", "1.0.0"), &[], "file");
    let actor = Actor::console().through("org.vestry.packages", "d").in_request("r");
    let by = Orderer { actor: &actor, token: None, through: "org.vestry.packages" };
    let placing = Placing {
        digest: Digest::parse(&one).unwrap(),
        mount: None,
        swap: false,
        take_over: false,
        data: None,
        expected: None,
        replaces: None,
        proposals: Vec::new(),
        decided: false,
    };
    let (source, _) = Source::git("https://u:secret-token@example.org/a.git", "main", "").unwrap();
    let orders = [
        Order::Place { placings: vec![placing] },
        Order::Fetch(Fetch::Source { source, access: None }),
        Order::Fetch(Fetch::Shipped { plugin: "org.vestry.users".into() }),
        Order::Fetch(Fetch::Inbox { file: "f".into(), name: "hello.wasm".into() }),
        Order::Check { plugins: Vec::new() },
    ];
    for (number, order) in orders.iter().enumerate() {
        database.write(|tx| write_order(tx, &format!("j{number}"), order, &by, 10)).unwrap();
    }
    let job = database.read(|reader| reader.job("j0")).unwrap().unwrap();
    assert_eq!((job.plugin.as_str(), job.through.as_str(), job.name.as_str()), (HOST, "org.vestry.packages", "place"));
    assert_eq!(serde_json::from_str::<Order>(&job.input).unwrap(), orders[0]);
    let row = database.read(|reader| reader.package_job("j0")).unwrap().unwrap();
    assert_eq!((row.plugin.as_str(), row.mount.as_str(), row.digest), ("org.example.a", "a", one.clone()));
    let entries = database.read(|reader| reader.audit_entries(&AuditFilter::default(), 10)).unwrap();
    let said: Vec<_> = entries.iter().rev().map(|it| format!("{} {} {}", it.action, it.subject, it.detail)).collect();
    assert_eq!(
        said,
        [
            format!("packages.place j0 {one}"),
            "packages.fetch j1 git https://example.org/a.git".to_owned(),
            "packages.fetch j2 shipped org.vestry.users".to_owned(),
            "packages.fetch j3 file hello.wasm".to_owned(),
            "packages.check j4 all".to_owned(),
        ]
    );
    let found = database.read(|reader| work(reader, "j0")).unwrap().unwrap();
    assert_eq!((found.kind.as_str(), found.state.as_str(), found.digest), ("place", "queued", Some(one)));
    assert!(database.read(|reader| work(reader, "j9")).unwrap().is_none());
}

#[test]
fn what_went_wrong_is_said_from_what_was_found_else_from_the_failure() {
    let database = Database::temporary().unwrap();
    let actor = Actor::console();
    let by = Orderer { actor: &actor, token: None, through: "" };
    let check = Order::Check { plugins: Vec::new() };
    let said = |job: &str| {
        let work = database.read(|reader| work(reader, job)).unwrap().unwrap();
        work.problems.iter().map(crate::known::plain).collect::<Vec<_>>()
    };
    for job in ["j1", "j2"] {
        database.write(|tx| write_order(tx, job, &check, &by, 10)).unwrap();
        assert!(said(job).is_empty());
        let lease = vestry_storage::Lease { job: job.into(), number: 1 };
        let failure = r#"{"Unavailable":"It did not answer."}"#;
        database
            .write(|tx| {
                tx.take_job(&lease, "w", 11, 99)?;
                tx.end_job(&lease, vestry_storage::JobState::Failed, None, Some(failure), 12)
            })
            .unwrap();
    }
    database.write(|tx| tx.set_package_job("j2", "", "", r#"["One.","Two."]"#)).unwrap();
    assert_eq!((said("j1"), said("j2")), (vec!["It did not answer.".to_owned()], vec!["One.".into(), "Two.".into()]));
}

#[test]
fn nobody_lets_more_wait_than_a_few_fetches() {
    let database = Database::temporary().unwrap();
    let account = |name: &str| {
        let id = vestry_identity::AccountId::generate().unwrap();
        let row = vestry_storage::NewAccount { id: id.as_str(), email: None, name, created: 1 };
        database.write(|tx| tx.insert_account(&row)).unwrap();
        Actor { account: Some(id), ..Actor::nobody() }
    };
    let (ann, ben) = (account("Ann"), account("Ben"));
    let order = |id: &str, actor: &Actor, order: &Order| {
        let by = Orderer { actor, token: None, through: "" };
        database.write(|tx| write_order(tx, id, order, &by, 10))
    };
    let fetch = Order::Fetch(Fetch::Shipped { plugin: "org.vestry.users".into() });
    let check = Order::Check { plugins: Vec::new() };
    for number in 0..MOST_FETCHES {
        order(&format!("j{number}"), &ann, if number % 2 == 0 { &fetch } else { &check }).unwrap();
    }
    let refused = [order("more", &ann, &fetch), order("more", &ann, &check)];
    for refused in refused {
        let Err(OrderError::TooManyOfYours) = refused else { panic!("one more waits: {refused:?}") };
        assert!(refused.unwrap_err().to_string().contains("20 packages or sources"));
    }
    assert!(database.read(|reader| may_wait(reader, &ann)).is_err());
    order("ben", &ben, &fetch).unwrap();
    let one = add(&database, "1", &info("org.example.a", "1.0.0"), &[], "file");
    let placing = serde_json::json!({
        "digest": one, "mount": null, "swap": false, "take-over": false, "data": null, "expected": null,
    });
    let place = Order::Place { placings: vec![serde_json::from_value(placing).unwrap()] };
    order("place", &ann, &place).unwrap();
    database.write(|tx| tx.cancel_job("j3", 11)).unwrap();
    order("again", &ann, &fetch).unwrap();
}
