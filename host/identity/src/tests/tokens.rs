use super::{House, activate, refused, take};
use crate::{Actor, CallerKind, NewToken};

const DAY: u64 = 24 * 60 * 60 * 1000;

fn make(
    house: &House,
    actor: &Actor,
    account: &str,
    scopes: &[&str],
    days: Option<u32>,
) -> Result<NewToken, crate::IdentityError> {
    let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    house.identity.create_token(actor, account, "CI", &scopes, days)
}

#[tokio::test]
async fn a_token_may_do_what_it_names_and_no_more() {
    let house = House::new();
    house.privilege("manager", &["users.read", "users.write"]);
    let id = house.person("anna", &["manager"]);
    let actor = house.actor("anna").await;
    let all = make(&house, &actor, &id, &[], None).unwrap();
    let some = make(&house, &actor, &id, &["users.read", "vestry:admin/users.apply"], None).unwrap();
    let caller = |token: &NewToken| house.identity.authenticate_bearer(&token.token).unwrap().unwrap();
    assert_eq!((caller(&all).kind, caller(&all).account.as_str()), (CallerKind::Token, id.as_str()));
    assert!(
        caller(&all).permissions.holds_name("users.write") && !caller(&all).names_function("vestry:admin/users.apply")
    );
    assert!(caller(&some).permissions.holds_name("users.read") && !caller(&some).permissions.holds_name("users.write"));
    assert!(
        caller(&some).names_function("vestry:admin/users.apply")
            && !caller(&some).names_function("vestry:admin/users.get")
    );
    assert!(!caller(&all).is_fresh(0) && caller(&all).session.is_none());
    house.does(&Actor::console(), take(&id, "manager"));
    assert!(!caller(&some).permissions.holds_name("users.read"), "what the account lost its tokens lost");
}

#[tokio::test]
async fn nobody_makes_a_token_that_holds_more_than_they_do() {
    let house = House::new();
    house.privilege("reader", &["users.read"]);
    let (anna, root) = (house.person("anna", &["reader"]), house.person("root", &["admin"]));
    let (owner, admin) = (house.actor("anna").await, house.actor("root").await);
    assert_eq!(
        refused(make(&house, &owner, &anna, &["users.write"], None)),
        "The account does not hold `users.write`."
    );
    for (actor, account) in [(&owner, &root), (&admin, &anna)] {
        assert!(
            refused(make(&house, actor, account, &[], None)).starts_with("Tokens are made and revoked by their owner")
        );
    }
    let token = make(&house, &owner, &anna, &["users.read"], None).unwrap();
    let program = Actor::of(&house.identity.authenticate_bearer(&token.token).unwrap().unwrap());
    assert!(refused(make(&house, &program, &anna, &[], None)).starts_with("Tokens are made"), "no token makes another");
    assert!(make(&house, &Actor::console(), &anna, &["users.read"], None).is_ok());
    assert_eq!(
        refused(make(&house, &Actor::console(), &anna, &["users.write"], None)),
        "The account does not hold `users.write`."
    );
    for scope in ["no such", "users", "vestry:a b"] {
        assert!(make(&house, &Actor::console(), &root, &[scope], None).is_err(), "{scope}");
    }
}

#[tokio::test]
async fn a_token_ends_with_time_with_its_account_and_when_revoked() {
    let house = House::new();
    let id = house.person("anna", &[]);
    let console = Actor::console();
    let works = |token: &NewToken| house.identity.authenticate_bearer(&token.token).unwrap().is_some();
    let (short, long) =
        (make(&house, &console, &id, &[], Some(1)).unwrap(), make(&house, &console, &id, &[], None).unwrap());
    house.clock.advance(DAY - 1);
    assert!(works(&short));
    house.clock.advance(1);
    assert!(!works(&short) && works(&long));
    house.does(&console, activate(&id, false));
    assert!(!works(&long));
    house.does(&console, activate(&id, true));
    assert!(works(&long));
    assert!(house.identity.revoke_token(&console, &id, &long.id).unwrap());
    assert!(!works(&long) && !house.identity.revoke_token(&console, &id, &long.id).unwrap());
    assert_eq!(house.identity.tokens(&id).unwrap().len(), 1);
    for days in [0, 3651] {
        assert!(refused(make(&house, &console, &id, &[], Some(days))).starts_with("A token lasts"));
    }
}

#[tokio::test]
async fn the_use_of_a_token_is_noted() {
    let house = House::new();
    let id = house.person("anna", &[]);
    let token = make(&house, &Actor::console(), &id, &[], None).unwrap();
    house.identity.authenticate_bearer(&token.token).unwrap();
    assert_eq!(house.identity.write_visits().unwrap(), 1);
    assert_eq!(house.identity.tokens(&id).unwrap()[0].last_used, Some(house.clock.now()));
    assert_eq!(house.row(&id).last_seen, Some(house.clock.now()));
}
