use super::{House, PASSWORD, refused};
use crate::{Actor, IdentityError};

#[tokio::test]
async fn the_link_makes_the_first_administrator_and_no_second() {
    let house = House::new();
    let link = house.identity.setup_link().unwrap().unwrap();
    assert!(house.identity.is_setup_link(&link).unwrap());
    let account = house.identity.complete_setup(&link, "Root", "root@example.org", PASSWORD).await.unwrap();
    let row = house.row(account.as_str());
    assert_eq!((row.privileges.as_str(), row.active), ("admin user", true));
    assert!(house.caller(&house.session("root").await).unwrap().permissions.is_all());
    assert!(house.audited(10).contains(&("setup.complete".to_owned(), "done".to_owned())));
    assert!(!house.identity.is_setup_link(&link).unwrap());
    let again = house.identity.complete_setup(&link, "Other", "other@example.org", PASSWORD).await;
    assert!(refused(again).starts_with("This link no longer works."));
    assert!(house.identity.setup_link().unwrap().is_none());
}

#[tokio::test]
async fn what_is_typed_wrong_does_not_use_the_link_up() {
    let house = House::new();
    let link = house.identity.setup_link().unwrap().unwrap();
    for (name, email, password) in [
        ("", "root@example.org", PASSWORD),
        ("Root", "root", PASSWORD),
        ("Root", "root@example.org", "root@example.org"),
    ] {
        let result = house.identity.complete_setup(&link, name, email, password).await;
        assert!(matches!(result, Err(IdentityError::Invalid(_))), "{name} {email}");
    }
    house.identity.complete_setup(&link, "Root", "root@example.org", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_link_counts_for_an_hour_and_until_the_next_start() {
    let house = House::new();
    let old = house.identity.setup_link().unwrap().unwrap();
    let new = house.identity.setup_link().unwrap().unwrap();
    assert!(!house.identity.is_setup_link(&old).unwrap());
    refused(house.identity.complete_setup(&old, "Root", "root@example.org", PASSWORD).await);
    house.clock.advance(60 * 60 * 1000);
    refused(house.identity.complete_setup(&new, "Root", "root@example.org", PASSWORD).await);
    assert_eq!(house.database.read(|reader| reader.count_accounts(None)).unwrap(), 0);
}

#[tokio::test]
async fn an_account_made_elsewhere_voids_the_link() {
    let house = House::new();
    let link = house.identity.setup_link().unwrap().unwrap();
    house.person("anna", &[]);
    refused(house.identity.complete_setup(&link, "Root", "root@example.org", PASSWORD).await);
}

#[tokio::test]
async fn two_who_use_the_link_at_once_make_one_administrator() {
    let house = House::new();
    let link = house.identity.setup_link().unwrap().unwrap();
    let attempts: Vec<_> = (0..6)
        .map(|number| {
            let (identity, link) = (house.identity.clone(), link.clone());
            tokio::spawn(async move {
                identity.complete_setup(&link, "Root", &format!("r{number}@example.org"), PASSWORD).await.is_ok()
            })
        })
        .collect();
    let mut made = 0;
    for attempt in attempts {
        made += u32::from(attempt.await.unwrap());
    }
    assert_eq!((made, house.database.read(|reader| reader.count_accounts(None)).unwrap()), (1, 1));
}

#[test]
fn an_account_is_made_as_a_whole_or_not() {
    let house = House::new();
    let make = |email: &str, privileges: &[&str], password| {
        let privileges: Vec<String> = privileges.iter().map(|name| (*name).to_owned()).collect();
        house.identity.create_account(&Actor::console(), email, "Anna", &privileges, password)
    };
    assert_eq!(refused(make("a@example.org", &["wizard"], Some(PASSWORD))), "There is no privilege `wizard`.");
    assert!(matches!(make("a@example.org", &[], Some("password")), Err(IdentityError::Invalid(_))));
    assert_eq!(house.database.read(|reader| reader.count_accounts(None)).unwrap(), 0);
    make("a@example.org", &["developer"], None).unwrap();
    assert!(refused(make("A@example.org", &[], None)).starts_with("There is already an account"));
}
