//! Who may have links made, what they open, and until when.

use vestry_storage::Hash;

use super::{House, PASSWORD, activate, give, refused, take};
use crate::invitations::{self, Invited, Request};
use crate::{AcceptError, AccountId, Actor, Email, IdentityError, LinkPurpose, LinkToken, NewSession};

const NEW: &str = "another good sentence";
const DAY: u64 = 24 * 60 * 60 * 1000;

fn link() -> (LinkToken, Hash) {
    let token = LinkToken::generate().unwrap();
    let hash = token.hash();
    (token, hash)
}

impl House {
    fn invite(&self, actor: &Actor, name: &str, privileges: &[&str]) -> Result<(LinkToken, AccountId), IdentityError> {
        let (token, hash) = link();
        let account = AccountId::generate()?;
        let invited = Invited {
            account: account.clone(),
            email: format!("{name}@example.org"),
            name: name.to_owned(),
            privileges: privileges.iter().map(|name| (*name).to_owned()).collect(),
        };
        let now = self.clock.now();
        self.database.write(|tx| invitations::invite(tx, actor, &invited, &hash, now))?;
        Ok((token, account))
    }

    fn reset(&self, actor: &Actor, account: &str) -> Result<LinkToken, IdentityError> {
        let (token, hash) = link();
        let now = self.clock.now();
        self.database.write(|tx| invitations::reset(tx, actor, account, &hash, now))?;
        Ok(token)
    }

    async fn accept(&self, purpose: LinkPurpose, token: &LinkToken, password: &str) -> Result<NewSession, AcceptError> {
        self.identity.accept_link(purpose, token, password, None, "test").await
    }

    fn opens(&self, purpose: LinkPurpose, token: &LinkToken) -> bool {
        self.identity.link_opens(purpose, token).unwrap().is_some()
    }
}

fn is_void(result: &Result<NewSession, AcceptError>) -> bool {
    matches!(result, Err(AcceptError::Void))
}

#[tokio::test]
async fn who_is_invited_sets_a_password_once_and_is_signed_in() {
    let house = House::new();
    house.person("ada", &["admin"]);
    let ada = house.actor("ada").await;
    let (token, account) = house.invite(&ada, "nele", &["trainer"]).unwrap();
    assert!(house.row(account.as_str()).privileges.contains("trainer"));
    assert!(house.opens(LinkPurpose::Invitation, &token) && !house.opens(LinkPurpose::Reset, &token));
    assert!(is_void(&house.accept(LinkPurpose::Reset, &token, NEW).await), "for another purpose");

    let weak = house.accept(LinkPurpose::Invitation, &token, "password").await;
    assert!(matches!(weak, Err(AcceptError::Failed(IdentityError::Invalid(_)))));
    let session = house.accept(LinkPurpose::Invitation, &token, NEW).await.unwrap();
    assert_eq!(house.caller(&session).unwrap().account, account);
    assert!(is_void(&house.accept(LinkPurpose::Invitation, &token, NEW).await), "a second time");
    house.try_sign_in("nele", NEW).await.unwrap();
    let audited: Vec<String> = house.audited(6).into_iter().map(|(action, _)| action).collect();
    for action in ["users.invite", "password.set", "session.start"] {
        assert!(audited.iter().any(|known| known == action), "{action} in {audited:?}");
    }
}

#[tokio::test]
async fn a_reset_leaves_the_old_password_until_it_is_used_and_then_ends_every_session() {
    let house = House::new();
    house.person("ada", &["admin"]);
    let kim = house.person("kim", &[]);
    let before = house.session("kim").await;
    let ada = house.actor("ada").await;
    let older = house.reset(&ada, &kim).unwrap();
    let token = house.reset(&ada, &kim).unwrap();
    assert!(is_void(&house.accept(LinkPurpose::Reset, &older, NEW).await), "a newer one took its place");
    house.try_sign_in("kim", PASSWORD).await.unwrap();

    let session = house.accept(LinkPurpose::Reset, &token, NEW).await.unwrap();
    assert!(house.caller(&session).is_some() && house.caller(&before).is_none());
    assert!(house.try_sign_in("kim", PASSWORD).await.is_err());
    house.try_sign_in("kim", NEW).await.unwrap();
}

#[tokio::test]
async fn links_end_with_time_with_the_account_and_with_another_password() {
    let house = House::new();
    house.person("ada", &["admin"]);
    let kim = house.person("kim", &[]);
    let ada = house.actor("ada").await;
    let (invitation, _) = house.invite(&ada, "nele", &[]).unwrap();
    let token = house.reset(&ada, &kim).unwrap();
    house.clock.advance(DAY - 1);
    assert!(house.opens(LinkPurpose::Reset, &token));
    house.clock.advance(1);
    assert!(!house.opens(LinkPurpose::Reset, &token), "24 hours");
    house.clock.advance(6 * DAY - 1);
    assert!(house.opens(LinkPurpose::Invitation, &invitation));
    house.clock.advance(1);
    assert!(!house.opens(LinkPurpose::Invitation, &invitation), "7 days");

    let ada = house.actor("ada").await;
    let token = house.reset(&ada, &kim).unwrap();
    house.does(&ada, activate(&kim, false));
    assert!(!house.opens(LinkPurpose::Reset, &token), "an account that is not active");
    assert!(refused(house.reset(&ada, &kim)).contains("not active"));
    house.does(&ada, activate(&kim, true));
    assert!(!house.opens(LinkPurpose::Reset, &token), "nor once it is active again");
    assert!(is_void(&house.accept(LinkPurpose::Reset, &token, NEW).await));
    let token = house.reset(&ada, &kim).unwrap();
    house.identity.set_password(&ada, &kim, "set by somebody else").unwrap();
    assert!(!house.opens(LinkPurpose::Reset, &token), "a password set in another way");
}

#[tokio::test]
async fn nobody_has_a_link_made_to_more_than_they_hold() {
    let house = House::new();
    let ada = house.person("ada", &["admin"]);
    house.privilege("helper", &["users.read", "users.activate", "users.create"]);
    house.person("hilde", &["helper"]);
    let kim = house.person("kim", &[]);
    let hilde = house.actor("hilde").await;
    assert!(refused(house.reset(&hilde, &ada)).contains("may do things that you may not"));
    assert!(refused(house.invite(&hilde, "nele", &["admin"])).contains("neither give nor take"));
    assert!(house.database.read(|reader| reader.account_by_email("nele@example.org")).unwrap().is_none());
    let nobody = house.actor("kim").await;
    assert!(refused(house.reset(&nobody, &kim)).contains("users.activate"));
    assert!(refused(house.invite(&nobody, "nele", &[])).contains("users.create"));
}

#[tokio::test]
async fn a_link_opens_no_more_than_who_had_it_made_may_change_now() {
    let house = House::new();
    house.person("ada", &["admin"]);
    house.privilege("helper", &["users.read", "users.activate", "users.create"]);
    let hilde = house.person("hilde", &["helper"]);
    let kim = house.person("kim", &[]);
    let token = house.reset(&house.actor("hilde").await, &kim).unwrap();
    let ada = house.actor("ada").await;
    house.does(&ada, give(&kim, "admin"));
    assert!(!house.opens(LinkPurpose::Reset, &token), "kim may do more than hilde by now");
    assert!(is_void(&house.accept(LinkPurpose::Reset, &token, NEW).await));
    house.does(&ada, take(&kim, "admin"));
    assert!(house.opens(LinkPurpose::Reset, &token));
    house.does(&ada, take(&hilde, "helper"));
    assert!(!house.opens(LinkPurpose::Reset, &token), "hilde may not reset passwords any more");
}

#[tokio::test]
async fn what_anybody_can_ask_for_voids_nothing_that_somebody_made() {
    let house = House::new();
    house.person("ada", &["admin"]);
    let kim = house.person("kim", &[]);
    let ada = house.actor("ada").await;
    let forgot = |name: &str| {
        let (token, hash) = link();
        let (email, now) = (Email::parse(&format!("{name}@example.org")).unwrap(), house.clock.now());
        house.database.write(|tx| invitations::forgotten(tx, &email, &hash, now)).unwrap();
        token
    };
    let (invitation, _) = house.invite(&ada, "nele", &[]).unwrap();
    forgot("nele");
    assert!(house.opens(LinkPurpose::Invitation, &invitation));
    house.accept(LinkPurpose::Invitation, &invitation, NEW).await.unwrap();

    let made = house.reset(&ada, &kim).unwrap();
    let (first, second) = (forgot("kim"), forgot("kim"));
    assert!(!house.opens(LinkPurpose::Reset, &first), "the newer one of the same kind took its place");
    assert!(house.opens(LinkPurpose::Reset, &second) && house.opens(LinkPurpose::Reset, &made));
    house.accept(LinkPurpose::Reset, &made, NEW).await.unwrap();
    assert!(!house.opens(LinkPurpose::Reset, &second), "a link that is used voids all others");
    let third = forgot("kim");
    let made = house.reset(&ada, &kim).unwrap();
    assert!(!house.opens(LinkPurpose::Reset, &third) && house.opens(LinkPurpose::Reset, &made));
}

#[tokio::test]
async fn who_forgot_a_password_is_heard_three_times_an_hour_whether_known_or_not() {
    let house = House::new();
    let kim = house.person("kim", &[]);
    for (number, name) in ["kim", "nobody"].into_iter().enumerate() {
        let email = Email::parse(&format!("{name}@example.org")).unwrap();
        let place = |last: usize| [192, 0, 2, u8::try_from(number * 10 + last).unwrap()].into();
        for turn in 0..6 {
            let expected = if turn < 3 { Request::Heard } else { Request::Ignored };
            let heard = house.identity.hear_request(&email, place(0)).await.unwrap();
            assert_eq!(heard, expected, "{name} {turn}");
        }
        // Somebody elsewhere is heard all the same, until there were nine for the address.
        for turn in 0..8 {
            let expected = if turn < 6 { Request::Heard } else { Request::Ignored };
            let heard = house.identity.hear_request(&email, place(1 + turn)).await.unwrap();
            assert_eq!(heard, expected, "{name} elsewhere {turn}");
        }
    }
    for turn in 0..12 {
        let email = Email::parse(&format!("p{turn}@example.org")).unwrap();
        let expected = if turn < 10 { Request::Heard } else { Request::TooMany };
        assert_eq!(house.identity.hear_request(&email, [192, 0, 2, 99].into()).await.unwrap(), expected, "{turn}");
    }
    house.clock.advance(60 * 60 * 1000 + 1);
    let email = Email::parse("kim@example.org").unwrap();
    assert_eq!(house.identity.hear_request(&email, [192, 0, 2, 99].into()).await.unwrap(), Request::Heard);

    let (token, hash) = link();
    let now = house.clock.now();
    let found = house.database.write(|tx| invitations::forgotten(tx, &email, &hash, now)).unwrap();
    assert_eq!(found.unwrap().id, kim);
    house.accept(LinkPurpose::Reset, &token, NEW).await.unwrap();
    let unknown = Email::parse("nobody@example.org").unwrap();
    assert!(house.database.write(|tx| invitations::forgotten(tx, &unknown, &hash, now)).unwrap().is_none());
}

#[tokio::test]
async fn guessing_at_a_link_has_to_wait() {
    let house = House::new();
    let (token, _) = link();
    let mut waited = 0;
    for _ in 0..8 {
        waited += usize::from(matches!(
            house.accept(LinkPurpose::Reset, &token, NEW).await,
            Err(AcceptError::TooMany { retry_after: 1.. })
        ));
    }
    assert_eq!(waited, 3);
}
