use std::net::IpAddr;

use super::{House, PASSWORD};
use crate::accounts::Mode;
use crate::{Actor, Cost, Identity, Options, SignInError};

/// Seconds to wait; the failure's one message is checked on the way.
fn wait(result: Result<crate::NewSession, SignInError>) -> u64 {
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), "The e-mail address or the password is not right, or there were too many attempts.");
    match error {
        SignInError::Refused { retry_after } => retry_after,
        SignInError::Failed(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn the_right_password_makes_a_session() {
    let house = House::new();
    let id = house.person("anna", &["developer"]);
    house.clock.advance(77);
    let address: IpAddr = "2001:db8::7".parse().unwrap();
    let session = house.identity.sign_in(" Anna@EXAMPLE.org ", PASSWORD, Some(address), "Browser\n1").await.unwrap();
    assert_eq!(session.account.as_str(), id);
    let caller = house.caller(&session).unwrap();
    assert_eq!(
        (caller.name.as_str(), caller.email.as_deref(), caller.privileges.as_str()),
        ("anna", Some("anna@example.org"), "developer user")
    );
    let listed = house.identity.sessions(&id).unwrap();
    assert_eq!((listed.len(), listed[0].address.as_str(), listed[0].agent.as_str()), (1, "2001:db8::7", "Browser1"));
    assert_eq!(listed[0].hash, session.token.hash());
    assert_eq!(house.row(&id).last_seen, Some(house.clock.now()));
    assert_eq!(house.audited(1), [("session.start".to_owned(), "done".to_owned())]);
}

#[tokio::test]
async fn every_failure_looks_the_same() {
    let house = House::new();
    house.person("anna", &[]);
    let inactive = house.person("ben", &[]);
    house.identity.create_account(&Actor::console(), "carla@example.org", "Carla", &[], None).unwrap();
    house.apply(&Actor::console(), &[super::activate(&inactive, false)], Mode::AllOrNothing);
    for (name, password) in
        [("anna", "wrong"), ("nobody", PASSWORD), ("ben", PASSWORD), ("carla", PASSWORD), ("carla", "")]
    {
        assert_eq!(wait(house.try_sign_in(name, password).await), 0, "{name}");
    }
    assert_eq!(wait(house.identity.sign_in("not an address", PASSWORD, None, "").await), 0);
    assert_eq!(house.audited(1), [("session.start".to_owned(), "refused".to_owned())]);
}

#[tokio::test]
async fn an_account_is_delayed_also_where_it_does_not_exist() {
    for name in ["anna", "nobody"] {
        let house = House::new();
        house.person("anna", &[]);
        for _ in 0..4 {
            assert_eq!(wait(house.try_sign_in(name, "wrong").await), 0);
        }
        assert_eq!(wait(house.try_sign_in(name, "wrong").await), 1);
        // Not even the right one is looked at, and asking does not make it longer.
        assert_eq!(wait(house.try_sign_in(name, PASSWORD).await), 1);
        assert_eq!(
            wait(house.identity.sign_in(&format!("{}@EXAMPLE.org", name.to_uppercase()), PASSWORD, None, "").await),
            1
        );
        house.clock.advance(1000);
        assert_eq!(wait(house.try_sign_in(name, "wrong").await), 2);
        house.clock.advance(1999);
        assert_eq!(wait(house.try_sign_in(name, "wrong").await), 1);
        house.clock.advance(1);
        assert_eq!(wait(house.try_sign_in(name, "wrong").await), 4);
    }
}

#[tokio::test]
async fn nobody_is_locked_out_for_good() {
    let house = House::new();
    house.person("anna", &[]);
    let mut longest = 0;
    for _ in 0..40 {
        let seconds = wait(house.try_sign_in("anna", "wrong").await);
        longest = longest.max(seconds);
        house.clock.advance(seconds * 1000);
    }
    assert_eq!(longest, 900);
    house.session("anna").await;
    assert_eq!(wait(house.try_sign_in("anna", "wrong").await), 0, "the right password starts anew");
}

#[tokio::test]
async fn an_address_is_delayed_for_every_account() {
    let house = House::new();
    house.person("anna", &[]);
    let from = |number: u8| Some(IpAddr::from([192, 0, 2, number]));
    for number in 0..5 {
        let _ = house.identity.sign_in(&format!("p{number}@example.org"), "wrong", from(7), "").await;
    }
    assert_eq!(wait(house.identity.sign_in("anna@example.org", PASSWORD, from(7), "").await), 1);
    assert!(house.identity.sign_in("anna@example.org", PASSWORD, from(8), "").await.is_ok());
}

#[tokio::test]
async fn guesses_at_the_same_time_do_not_pass_the_delay() {
    let house = House::new();
    house.person("anna", &[]);
    let guesses: Vec<_> = (0..30)
        .map(|number| {
            let identity = house.identity.clone();
            tokio::spawn(
                async move { identity.sign_in("anna@example.org", &format!("guess {number}"), None, "").await },
            )
        })
        .collect();
    for guess in guesses {
        assert!(guess.await.unwrap().is_err());
    }
    let looked_at =
        house.audited(100).iter().filter(|(action, outcome)| action == "session.start" && outcome == "refused").count();
    assert_eq!(looked_at, 5);
}

#[tokio::test]
async fn a_hash_of_yesterday_is_renewed_on_sign_in() {
    let house = House::new();
    let id = house.person("anna", &[]);
    let stored = || house.database.read(|reader| reader.password(&id)).unwrap().unwrap().phc.unwrap();
    let before = stored();
    let options = Options { cost: Cost { memory: 32, passes: 1 }, ..Options::default() };
    let today = Identity::new(house.database.clone(), house.clock.clone(), options).unwrap();
    today.sign_in("anna@example.org", "wrong", None, "").await.unwrap_err();
    assert_eq!(stored(), before);
    today.sign_in("anna@example.org", PASSWORD, None, "").await.unwrap();
    assert!(stored() != before && stored().contains("m=32,"));
    let renewed = stored();
    today.sign_in("anna@example.org", PASSWORD, None, "").await.unwrap();
    assert_eq!(stored(), renewed);
}
