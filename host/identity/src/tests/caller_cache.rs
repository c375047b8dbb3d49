use std::sync::Arc;
use std::time::Instant;

use vestry_storage::{Clock, Database};

use super::{House, give, take};
use crate::{Actor, Cost, Identity, Options, SessionToken};

#[tokio::test]
async fn a_caller_is_kept_until_something_changes() {
    let house = House::new();
    let id = house.person("anna", &["developer"]);
    let session = house.session("anna").await;
    let first = house.caller(&session).unwrap();
    assert!(Arc::ptr_eq(&first, &house.caller(&session).unwrap()), "from memory");
    house.privilege("reader", &["users.read"]);
    assert!(!house.caller(&session).unwrap().permissions.holds_name("users.read"));
    house.does(&Actor::console(), give(&id, "reader"));
    assert!(house.caller(&session).unwrap().permissions.holds_name("users.read"), "at once");
    house.does(&Actor::console(), take(&id, "reader"));
    assert!(!house.caller(&session).unwrap().permissions.holds_name("users.read"));
}

#[tokio::test]
async fn what_another_process_changes_counts_after_a_look() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Clock::standing_at(1_000_000);
    let open = || House::over(Database::open(directory.path()).unwrap(), clock.clone());
    let (here, there) = (open(), open());
    let id = here.person("anna", &[]);
    let session = here.session("anna").await;
    here.privilege("reader", &["users.read"]);
    assert!(here.caller(&session).is_some());
    there.does(&Actor::console(), give(&id, "reader"));
    here.database.poll_generation().unwrap();
    assert!(here.caller(&session).unwrap().permissions.holds_name("users.read"));
    there.identity.end_sessions(&Actor::console(), &id, None).unwrap();
    here.database.poll_generation().unwrap();
    assert!(here.caller(&session).is_none());
}

#[tokio::test]
async fn what_is_kept_is_bounded() {
    let house = House::new();
    house.person("anna", &[]);
    let options = Options { cost: Cost::TEST, cached: 10, ..Options::default() };
    let identity = Identity::new(house.database.clone(), house.clock.clone(), options).unwrap();
    for _ in 0..35 {
        let session = house.session("anna").await;
        assert!(identity.authenticate_session(&session.token).unwrap().is_some());
        assert!(identity.authenticate_session(&SessionToken::generate().unwrap()).unwrap().is_none());
        assert!(identity.cached() <= 10);
    }
}

#[tokio::test]
async fn what_user_holds_everyone_holds_and_admin_holds_what_comes_later() {
    let house = House::new();
    house.person("anna", &["trainer"]);
    house.person("root", &["admin"]);
    let plain = house.person("plain", &[]);
    house.does(&Actor::console(), take(&plain, "user"));
    house
        .database
        .write(|tx| {
            tx.add_privilege_permission("user", "org.example.home/see")?;
            tx.add_privilege_permission("trainer", "org.example.home/train")?;
            tx.raise_generation()
        })
        .unwrap();
    let holds = async |name: &str| {
        let permissions = house.caller(&house.session(name).await).unwrap().permissions.clone();
        (
            permissions.holds_name("org.example.home/see"),
            permissions.holds_name("org.example.home/train"),
            permissions.holds_name("org.example.later/x"),
        )
    };
    assert_eq!(holds("plain").await, (true, false, false));
    assert_eq!(holds("anna").await, (true, true, false));
    assert_eq!(holds("root").await, (true, true, true));
}

/// Prints what it costs to know who it is; for people, since machines differ.
#[tokio::test]
#[ignore = "prints measurements"]
async fn price_of_knowing_who_it_is() {
    let house = House::new();
    house.person("anna", &["admin"]);
    let text = house.session("anna").await.token.expose();
    let measure = |what: &str, rounds: u32, raise: bool| {
        let begun = Instant::now();
        for _ in 0..rounds {
            if raise {
                house.identity.forget(&SessionToken::parse(&text).unwrap().hash());
            }
            let token = SessionToken::parse(&text).unwrap();
            assert!(house.identity.authenticate_session(&token).unwrap().is_some());
        }
        println!("{what}: {:.2} us", begun.elapsed().as_secs_f64() * 1e6 / f64::from(rounds));
    };
    measure("from memory", 200_000, false);
    measure("from the database", 20_000, true);
}
