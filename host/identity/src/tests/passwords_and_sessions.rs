use super::{House, PASSWORD, activate, delete, refused};
use crate::{Actor, FRESH, IdentityError};

const MINUTE: u64 = 60 * 1000;
const HOUR: u64 = 60 * MINUTE;

#[tokio::test]
async fn a_session_ends_when_it_is_not_used() {
    let house = House::new();
    house.person("anna", &[]);
    let session = house.session("anna").await;
    house.clock.advance(12 * HOUR - 1);
    assert!(house.caller(&session).is_some());
    // That use counts for another twelve hours, also for who did not see it.
    house.identity.write_visits().unwrap();
    house.clock.advance(12 * HOUR - 1);
    assert!(House::over(house.database.clone(), house.clock.clone()).caller(&session).is_some());
    assert!(house.caller(&session).is_some());
    house.clock.advance(12 * HOUR);
    assert!(house.caller(&session).is_none());
}

#[tokio::test]
async fn being_looked_at_again_is_no_use_of_a_session() {
    let house = House::new();
    house.person("anna", &[]);
    let session = house.session("anna").await;
    let caller = house.caller(&session).unwrap();
    for _ in 0..11 {
        house.clock.advance(HOUR);
        assert!(house.identity.current(&caller).unwrap().is_some());
    }
    house.clock.advance(HOUR);
    assert!(house.identity.current(&caller).unwrap().is_none(), "a page that is left open keeps no session alive");
    assert!(house.caller(&session).is_none());
}

#[tokio::test]
async fn a_session_ends_after_thirty_days_however_much_it_is_used() {
    let house = House::new();
    house.person("anna", &[]);
    let session = house.session("anna").await;
    for _ in 0..(30 * 24 - 1) {
        house.clock.advance(HOUR);
        assert!(house.caller(&session).is_some());
        house.identity.write_visits().unwrap();
    }
    house.clock.advance(HOUR - 1);
    assert!(house.caller(&session).is_some());
    house.clock.advance(1);
    assert!(house.caller(&session).is_none());
    house.identity.tidy().unwrap();
    assert!(house.database.read(|reader| reader.session(&session.token.hash())).unwrap().is_none());
}

#[tokio::test]
async fn a_visit_is_noted_once_a_minute_and_later() {
    let house = House::new();
    let id = house.person("anna", &[]);
    let session = house.session("anna").await;
    let signed_in = house.clock.now();
    house.clock.advance(MINUTE - 1);
    house.caller(&session);
    assert_eq!(house.identity.write_visits().unwrap(), 0);
    house.clock.advance(1);
    for _ in 0..10 {
        house.caller(&session);
    }
    assert_eq!(house.row(&id).last_seen, Some(signed_in), "off the request's path");
    assert_eq!(house.identity.write_visits().unwrap(), 1);
    assert_eq!(house.row(&id).last_seen, Some(signed_in + MINUTE));
    assert_eq!(house.identity.write_visits().unwrap(), 0);
}

#[tokio::test]
async fn signing_out_ends_that_session_at_once() {
    let house = House::new();
    let id = house.person("anna", &[]);
    let (one, other) = (house.session("anna").await, house.session("anna").await);
    house.identity.sign_out(&house.caller(&one).unwrap()).await.unwrap();
    assert!(house.caller(&one).is_none() && house.caller(&other).is_some());
    assert_eq!(house.identity.sessions(&id).unwrap().len(), 1);
}

#[tokio::test]
async fn deactivating_and_deleting_end_sessions() {
    let house = House::new();
    let (anna, ben) = (house.person("anna", &[]), house.person("ben", &[]));
    let (one, other) = (house.session("anna").await, house.session("ben").await);
    assert!(house.caller(&one).is_some() && house.caller(&other).is_some());
    house.does(&Actor::console(), activate(&anna, false));
    house.does(&Actor::console(), delete(&ben));
    assert!(house.caller(&one).is_none() && house.caller(&other).is_none());
    house.does(&Actor::console(), activate(&anna, true));
    assert!(house.caller(&one).is_none(), "it does not come back");
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let house = House::new();
    house.person("anna", &[]);
    let (here, elsewhere) = (house.session("anna").await, house.session("anna").await);
    let caller = house.caller(&here).unwrap();
    let change = async |current: &str, new: &str| house.identity.change_password(&caller, current, new).await;
    assert!(matches!(change("wrong", "other plain words").await, Err(IdentityError::WrongPassword { retry_after: 0 })));
    assert!(matches!(change(PASSWORD, "short").await, Err(IdentityError::Invalid(_))));
    assert!(matches!(change(PASSWORD, "Anna@example.org").await, Err(IdentityError::Invalid(_))));
    assert!(house.caller(&elsewhere).is_some());
    change(PASSWORD, "other plain words").await.unwrap();
    assert!(house.caller(&here).is_some() && house.caller(&elsewhere).is_none());
    assert!(house.try_sign_in("anna", PASSWORD).await.is_err());
    assert!(house.try_sign_in("anna", "other plain words").await.is_ok());
}

#[tokio::test]
async fn a_password_from_outside_ends_all_sessions_and_needs_all_permissions() {
    let house = House::new();
    let (anna, root) = (house.person("anna", &[]), house.person("root", &["admin"]));
    let session = house.session("anna").await;
    let actor = Actor::of(&house.caller(&session).unwrap());
    assert!(
        refused(house.identity.set_password(&actor, &root, "other plain words"))
            .starts_with("This account may do things")
    );
    house.identity.set_password(&Actor::console(), &anna, "other plain words").unwrap();
    assert!(house.caller(&session).is_none());
    assert!(house.try_sign_in("anna", "other plain words").await.is_ok());
}

#[tokio::test]
async fn one_is_fresh_for_five_minutes_after_giving_the_password() {
    let house = House::new();
    house.person("anna", &[]);
    let session = house.session("anna").await;
    let fresh = || house.caller(&session).unwrap().is_fresh(house.clock.now());
    assert!(fresh());
    house.clock.advance(FRESH);
    assert!(!fresh());
    let caller = house.caller(&session).unwrap();
    assert!(house.identity.reauthenticate(&caller, "wrong").await.is_err());
    assert!(!fresh());
    house.identity.reauthenticate(&caller, PASSWORD).await.unwrap();
    assert!(fresh());
    house.clock.advance(FRESH);
    assert!(!fresh());
}

#[tokio::test]
async fn an_open_browser_is_no_place_to_try_passwords() {
    let house = House::new();
    house.person("anna", &[]);
    let caller = house.caller(&house.session("anna").await).unwrap();
    for _ in 0..5 {
        house.identity.reauthenticate(&caller, "wrong").await.unwrap_err();
    }
    let refused = house.identity.reauthenticate(&caller, PASSWORD).await;
    assert!(matches!(refused, Err(IdentityError::WrongPassword { retry_after: 1 })));
}

#[tokio::test]
async fn sessions_are_ended_by_their_owner_or_by_who_may_do_more() {
    let house = House::new();
    let (anna, root) = (house.person("anna", &[]), house.person("root", &["admin"]));
    let (one, two, admins) = (house.session("anna").await, house.session("anna").await, house.session("root").await);
    let of = |session| Actor::of(&house.caller(session).unwrap());
    let (owner, admin) = (of(&one), of(&admins));
    assert!(refused(house.identity.end_sessions(&owner, &root, None)).starts_with("This account may do things"));
    assert!(house.identity.end_session(&owner, &anna, &two.token.hash()).unwrap());
    assert!(!house.identity.end_session(&owner, &anna, &admins.token.hash()).unwrap(), "another's session");
    assert!(house.caller(&two).is_none() && house.caller(&admins).is_some());
    house.session("anna").await;
    assert_eq!(house.identity.end_sessions(&owner, &anna, Some(&one.token.hash())).unwrap(), 1);
    assert!(house.caller(&one).is_some());
    assert_eq!(house.identity.end_sessions(&admin, &anna, None).unwrap(), 1);
    assert!(house.caller(&one).is_none());
    house.person("ben", &[]);
    let ben = house.actor("ben").await;
    assert_eq!(refused(house.identity.end_sessions(&ben, &anna, None)), "You may not end the sessions of others.");
}

#[tokio::test]
async fn everyone_may_change_their_own_name() {
    let house = House::new();
    let id = house.person("anna", &[]);
    let session = house.session("anna").await;
    let caller = house.caller(&session).unwrap();
    house.identity.rename_oneself(&caller, " Anna Holm ").unwrap();
    assert_eq!(
        (house.row(&id).name.as_str(), house.caller(&session).unwrap().name.as_str()),
        ("Anna Holm", "Anna Holm")
    );
    assert!(matches!(house.identity.rename_oneself(&caller, " "), Err(IdentityError::Invalid(_))));
    house.does(&Actor::console(), delete(&id));
    assert_eq!(refused(house.identity.rename_oneself(&caller, "Gone")), "There is no such account.");
}
