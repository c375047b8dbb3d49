use vestry_storage::StorageError;

use super::{House, activate, create, delete, give, rename, take};
use crate::accounts::{Mode, apply};
use crate::{Actor, PermissionSet};

#[test]
fn every_change_does_what_it_says_and_is_written_down() {
    let house = House::new();
    let console = Actor::console();
    let outcome =
        house.apply(&console, &[create(" Anna@Example.org", " Anna Berg ", &["developer"])], Mode::AllOrNothing);
    let id = outcome.created[0].clone();
    let row = house.row(&id);
    assert_eq!(
        (row.email.as_deref(), row.name.as_str(), row.privileges.as_str(), row.active),
        (Some("anna@example.org"), "Anna Berg", "developer user", true)
    );
    let before = house.database.generation();
    for change in [
        rename(&id, "Anna Holm"),
        give(&id, "trainer"),
        take(&id, "developer"),
        activate(&id, false),
        activate(&id, true),
    ] {
        house.does(&console, change);
    }
    let row = house.row(&id);
    assert_eq!((row.name.as_str(), row.privileges.as_str(), row.active), ("Anna Holm", "trainer user", true));
    assert!(row.version > 5 && house.database.generation() > before);
    house.does(&console, delete(&id));
    assert_eq!(house.database.read(|reader| reader.account(&id)).unwrap(), None::<vestry_storage::AccountRow>);
    let audited: Vec<String> = house.audited(7).into_iter().map(|(action, _)| action).collect();
    let expected = [
        "users.delete",
        "users.activate",
        "users.deactivate",
        "users.take",
        "users.give",
        "users.rename",
        "users.create",
    ];
    assert_eq!(audited, expected);
    assert_eq!(house.database.read(|reader| reader.verify_audit()).unwrap(), None);
}

#[test]
fn what_is_so_already_is_unchanged() {
    let house = House::new();
    let id = house.person("anna", &["developer"]);
    let before = (house.row(&id), house.database.generation());
    let changes = [rename(&id, "anna"), give(&id, "developer"), take(&id, "trainer"), activate(&id, true)];
    let outcome = house.apply(&Actor::console(), &changes, Mode::AllOrNothing);
    assert_eq!((outcome.changed, outcome.unchanged, outcome.refused), (0, 4, 0));
    assert_eq!((house.row(&id), house.database.generation()), before);
}

#[test]
fn refusals_are_sentences_that_say_what_is_wrong() {
    let house = House::new();
    let id = house.person("anna", &[]);
    let console = Actor::console();
    let cases = [
        (rename("nobody", "B"), "There is no such account."),
        (give(&id, "wizard"), "There is no privilege `wizard`."),
        (take(&id, "wizard"), "There is no privilege `wizard`."),
        (create("b@example.org", "B", &["wizard"]), "There is no privilege `wizard`."),
        (
            create("ANNA@example.org ", "B", &[]),
            "There is already an account with the e-mail address anna@example.org.",
        ),
        (create("anna", "B", &[]), "The e-mail address needs one @ between a name and a domain."),
        (create("b@example.org", "  ", &[]), "The name is missing."),
        (rename(&id, "a\u{0}b"), "The name has no line breaks or other invisible characters."),
    ];
    for (change, sentence) in cases {
        assert_eq!(house.refusal(&console, change), sentence);
    }
}

#[tokio::test]
async fn the_last_active_administrator_stays_one() {
    let house = House::new();
    let (first, second) = (house.person("first", &["admin"]), house.person("second", &["admin"]));
    let console = Actor::console();
    house.does(&console, activate(&second, false));
    for change in [take(&first, "admin"), activate(&first, false), delete(&first)] {
        assert!(house.refusal(&console, change).starts_with("This is the last active administrator."));
    }
    // An inactive one does not count, and is not protected either.
    house.does(&console, take(&second, "admin"));
    house.does(&console, give(&second, "admin"));
    assert!(house.refusal(&console, take(&first, "admin")).starts_with("This is the last"));
    house.does(&console, activate(&second, true));
    house.does(&console, take(&first, "admin"));
    // Within one list too: the first change leaves the second no other administrator.
    house.does(&console, give(&first, "admin"));
    for two in [
        [take(&first, "admin"), take(&second, "admin")],
        [activate(&first, false), activate(&second, false)],
        [delete(&first), delete(&second)],
    ] {
        let outcome = house.apply(&console, &two, Mode::Rehearse);
        assert_eq!((outcome.changed, outcome.refused), (1, 1), "{two:?}");
    }
    let outcome = house.apply(&console, &[delete(&first), take(&second, "admin")], Mode::SkipRefused);
    assert_eq!((outcome.changed, outcome.refused), (1, 1));
    // A new one counts at once.
    let changes = [create("third@example.org", "Third", &["admin"]), take(&second, "admin")];
    assert_eq!(house.apply(&console, &changes, Mode::AllOrNothing).changed, 2);
}

#[tokio::test]
async fn nobody_deactivates_or_deletes_themselves() {
    let house = House::new();
    let anna = house.person("anna", &["admin"]);
    house.person("ben", &["admin"]);
    let actor = house.actor("anna").await;
    assert_eq!(house.refusal(&actor, activate(&anna, false)), "You cannot deactivate your own account.");
    assert_eq!(house.refusal(&actor, delete(&anna)), "You cannot delete your own account.");
    house.does(&actor, rename(&anna, "Anna B"));
}

#[tokio::test]
async fn each_kind_of_change_needs_its_permission() {
    let house = House::new();
    let target = house.person("target", &[]);
    let kinds = [
        ("users.write", rename(&target, "Renamed")),
        ("users.activate", activate(&target, false)),
        ("users.privileges", give(&target, "trainer")),
        ("users.privileges", take(&target, "user")),
        ("users.create", create("new@example.org", "New", &[])),
        ("users.delete", delete(&target)),
    ];
    let all = [
        "users.read",
        "users.write",
        "users.activate",
        "users.privileges",
        "users.create",
        "users.delete",
        "server.manage",
    ];
    for (number, (needed, change)) in kinds.into_iter().enumerate() {
        let (with, without) = (format!("with{number}"), format!("without{number}"));
        house.privilege(&with, &[needed]);
        house.privilege(&without, &all.into_iter().filter(|name| name != &needed).collect::<Vec<_>>());
        house.person(&with, &[&with]);
        house.person(&without, &[&without]);
        let refusal = house.refusal(&house.actor(&without).await, change.clone());
        assert!(refusal.contains(&format!("needs the permission {needed}.")), "{change:?}: {refusal}");
        let outcome = house.apply(&house.actor(&with).await, std::slice::from_ref(&change), Mode::Rehearse);
        assert_eq!((outcome.changed, outcome.refused), (1, 0), "{change:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn nobody_gives_or_takes_what_they_do_not_hold() {
    let house = House::new();
    house.privilege("clerk", &["users.privileges", "users.create", "users.read"]);
    house.privilege("reader", &["users.read"]);
    house.privilege("remover", &["users.delete"]);
    house.person("root", &["admin"]);
    house.person("clerk", &["clerk"]);
    let target = house.person("target", &[]);
    let actor = house.actor("clerk").await;
    house.does(&actor, give(&target, "reader"));
    house.does(&actor, take(&target, "reader"));
    let new = |privilege: &str| create("new@example.org", "New", &["reader", privilege]);
    for privilege in ["remover", "admin"] {
        for change in [give(&target, privilege), take(&target, privilege), new(privilege)] {
            let refusal = house.refusal(&actor, change);
            assert!(
                refusal.starts_with(&format!("You do not hold all that the privilege `{privilege}` permits")),
                "{refusal}"
            );
        }
    }
    house.does(&actor, new("clerk"));
}

#[tokio::test]
async fn who_changes_an_account_must_hold_all_that_it_holds() {
    let house = House::new();
    house.privilege("manager", &["users.write", "users.activate", "users.privileges", "users.delete", "users.read"]);
    house.privilege("remover", &["server.manage"]);
    let admin = house.person("root", &["admin"]);
    house.person("root2", &["admin"]);
    house.person("manager", &["manager"]);
    let special = house.person("special", &["remover"]);
    let plain = house.person("plain", &["trainer"]);
    let actor = house.actor("manager").await;
    for account in [&admin, &special] {
        for change in [
            rename(account, "X"),
            activate(account, false),
            give(account, "manager"),
            take(account, "user"),
            delete(account),
        ] {
            let refusal = house.refusal(&actor, change.clone());
            assert_eq!(refusal, "This account may do things that you may not, so you cannot change it.", "{change:?}");
        }
    }
    for change in [rename(&plain, "X"), activate(&plain, false), give(&plain, "manager"), delete(&plain)] {
        house.does(&actor, change);
    }
}

#[tokio::test]
async fn what_was_lost_since_the_request_began_is_lost_here() {
    let house = House::new();
    let manager = house.person("manager", &["admin"]);
    let other = house.person("other", &["admin"]);
    let actor = house.actor("manager").await;
    house.does(&Actor::console(), take(&manager, "admin"));
    assert!(house.refusal(&actor, rename(&other, "X")).contains("users.write"));
    house.does(&Actor::console(), give(&manager, "admin"));
    house.does(&actor, rename(&other, "X"));
    house.does(&Actor::console(), activate(&manager, false));
    assert!(house.refusal(&actor, rename(&other, "Y")).contains("users.write"));
}

#[test]
fn a_service_may_do_what_it_was_granted() {
    let house = House::new();
    let (id, admin) = (house.person("anna", &[]), house.person("root", &["admin"]));
    let service = Actor::service("nightly", ["users.write"].into_iter().collect::<PermissionSet>());
    house.does(&service, rename(&id, "Renamed"));
    assert!(house.refusal(&service, rename(&admin, "X")).starts_with("This account may do things"));
    assert!(house.refusal(&Actor::nobody(), rename(&id, "X")).starts_with("You may not rename"));
}

#[test]
fn a_rehearsal_answers_and_changes_nothing() {
    let house = House::new();
    let id = house.person("anna", &[]);
    let before = (house.row(&id), house.database.generation(), house.audited(100));
    let changes =
        [rename(&id, "X"), delete("nobody"), create("b@example.org", "B", &[]), delete(&id), rename(&id, "Y")];
    let outcome = house.apply(&Actor::console(), &changes, Mode::Rehearse);
    // The last one sees that the account is gone.
    assert_eq!((outcome.changed, outcome.refused, outcome.created.len()), (3, 2, 0));
    assert_eq!(outcome.refusals.iter().map(|refusal| refusal.index).collect::<Vec<_>>(), [1, 4]);
    assert_eq!((house.row(&id), house.database.generation(), house.audited(100)), before);
    assert_eq!(house.database.poll_generation().unwrap(), before.1);
}

#[test]
fn one_refusal_stops_all_or_only_itself() {
    let house = House::new();
    let id = house.person("anna", &[]);
    let before = house.row(&id);
    let changes = [rename(&id, "X"), delete("nobody"), create("b@example.org", "B", &[])];
    let outcome = house.apply(&Actor::console(), &changes, Mode::AllOrNothing);
    assert_eq!((outcome.changed, outcome.refused, outcome.created.len()), (0, 1, 0));
    assert_eq!((outcome.refusals[0].index, outcome.refusals[0].account.as_str()), (1, "nobody"));
    assert_eq!(house.row(&id), before);
    assert_eq!(house.audited(1), [("users.apply".to_owned(), "refused".to_owned())]);
    let outcome = house.apply(&Actor::console(), &changes, Mode::SkipRefused);
    assert_eq!((outcome.changed, outcome.refused, outcome.created.len()), (2, 1, 1));
    assert_eq!(house.row(&id).name, "X");
    assert_eq!(house.audited(1), [("users.apply".to_owned(), "refused".to_owned())]);
}

#[test]
fn it_is_part_of_a_transaction_that_can_still_fail() {
    let house = House::new();
    let id = house.person("anna", &[]);
    let before = (house.row(&id), house.database.generation());
    let failed: Result<(), crate::IdentityError> = house.database.write(|tx| {
        apply(tx, &Actor::console(), &[rename(&id, "X")], Mode::AllOrNothing, 1)?;
        Err(StorageError::Conflict { key: "k".into() }.into())
    });
    assert!(failed.is_err());
    assert_eq!((house.row(&id), house.database.generation()), before);
}

#[test]
fn a_hundred_refusals_are_listed_and_all_counted() {
    let house = House::new();
    let changes: Vec<_> = (0..150).map(|_| delete("nobody")).collect();
    let outcome = house.apply(&Actor::console(), &changes, Mode::SkipRefused);
    assert_eq!((outcome.refused, outcome.refusals.len()), (150, 100));
}
