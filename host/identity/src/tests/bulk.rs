use std::time::Instant;

use vestry_storage::{AccountFilter, NewAccount, StorageError};

use super::House;
use crate::accounts::{BulkChange, Mode, Outcome, apply_found};
use crate::{Actor, IdentityError};

fn fill(house: &House, accounts: u32) {
    house
        .database
        .write(|tx| {
            for number in 0..accounts {
                let id = format!("{number:08}");
                let email = format!("p{number}@example.org");
                tx.insert_account(&NewAccount {
                    id: &id,
                    email: Some(&email),
                    name: &format!("Person {number}"),
                    created: 1,
                })?;
                tx.give_privilege(&id, "user")?;
                if number % 10 == 0 {
                    tx.give_privilege(&id, "trainer")?;
                }
            }
            Ok::<_, StorageError>(())
        })
        .unwrap();
}

fn bulk(house: &House, actor: &Actor, filter: &AccountFilter, change: &BulkChange, mode: Mode) -> Outcome {
    house.database.write(|tx| apply_found(tx, actor, filter, change, mode, house.clock.now())).unwrap()
}

fn count(house: &House, active: bool) -> u64 {
    house.database.read(|reader| reader.count_accounts(Some(active))).unwrap()
}

#[test]
fn all_that_a_filter_finds_are_changed_and_no_others() {
    let house = House::new();
    fill(&house, 1300);
    let trainers = AccountFilter { privilege: Some("trainer".into()), ..AccountFilter::default() };
    let outcome = bulk(&house, &Actor::console(), &trainers, &BulkChange::SetActive(false), Mode::AllOrNothing);
    assert_eq!((outcome.changed, outcome.unchanged, outcome.refused), (130, 0, 0));
    assert_eq!((count(&house, true), count(&house, false)), (1170, 130));
    // The change takes accounts out of what the filter finds, or puts them in: each is met once all the same.
    let inactive = AccountFilter { active: Some(false), ..AccountFilter::default() };
    assert_eq!(
        bulk(&house, &Actor::console(), &inactive, &BulkChange::SetActive(true), Mode::AllOrNothing).changed,
        130
    );
    let outcome = bulk(&house, &Actor::console(), &trainers, &BulkChange::Take("trainer".into()), Mode::AllOrNothing);
    assert_eq!(outcome.changed, 130);
    assert_eq!(
        bulk(&house, &Actor::console(), &trainers, &BulkChange::Take("trainer".into()), Mode::AllOrNothing),
        Outcome::default()
    );
    let outcome = bulk(
        &house,
        &Actor::console(),
        &AccountFilter::default(),
        &BulkChange::Give("developer".into()),
        Mode::AllOrNothing,
    );
    assert_eq!(outcome.changed, 1300);
}

#[tokio::test]
async fn oneself_and_the_last_administrator_are_refused_among_many() {
    let house = House::new();
    fill(&house, 20);
    house.person("root", &["admin"]);
    let second = house.person("second", &["admin"]);
    let actor = house.actor("root").await;
    let everyone = AccountFilter::default();
    let refused = bulk(&house, &actor, &everyone, &BulkChange::SetActive(false), Mode::AllOrNothing);
    assert_eq!((refused.changed, refused.refused), (0, 1));
    assert_eq!(count(&house, false), 0);
    let rehearsed = bulk(&house, &actor, &everyone, &BulkChange::SetActive(false), Mode::Rehearse);
    assert_eq!((rehearsed.changed, rehearsed.refused, count(&house, false)), (21, 1, 0));
    let outcome = bulk(&house, &actor, &everyone, &BulkChange::SetActive(false), Mode::SkipRefused);
    assert_eq!((outcome.changed, outcome.refused, outcome.refusals.len()), (21, 1, 1));
    assert_eq!(outcome.refusals[0].reason, "You cannot deactivate your own account.");
    assert!(!house.row(&second).active);
    let outcome = bulk(&house, &Actor::console(), &everyone, &BulkChange::SetActive(false), Mode::SkipRefused);
    assert_eq!((outcome.unchanged, outcome.refused), (21, 1));
    assert!(outcome.refusals[0].reason.starts_with("This is the last active administrator."));
}

#[test]
fn a_rehearsal_of_ten_thousand_counts_and_changes_nothing() {
    let house = House::new();
    fill(&house, 10_000);
    let before = house.database.generation();
    let outcome =
        bulk(&house, &Actor::console(), &AccountFilter::default(), &BulkChange::SetActive(false), Mode::Rehearse);
    assert_eq!((outcome.changed, count(&house, true)), (10_000, 10_000));
    assert_eq!((house.database.generation(), house.audited(1)), (before, vec![]));
}

#[test]
fn an_unknown_privilege_is_refused_for_each() {
    let house = House::new();
    fill(&house, 3);
    let outcome = bulk(
        &house,
        &Actor::console(),
        &AccountFilter::default(),
        &BulkChange::Give("wizard".into()),
        Mode::SkipRefused,
    );
    assert_eq!((outcome.changed, outcome.refused), (0, 3));
}

/// Prints what changing all of 10,000 accounts costs; for people, since machines differ.
#[test]
#[ignore = "prints measurements"]
fn price_of_ten_thousand_changes() {
    let house = House::new();
    fill(&house, 10_000);
    for change in
        [BulkChange::SetActive(false), BulkChange::Give("developer".into()), BulkChange::Take("developer".into())]
    {
        for mode in [Mode::Rehearse, Mode::AllOrNothing] {
            let begun = Instant::now();
            let outcome = house
                .database
                .write(|tx| apply_found(tx, &Actor::console(), &AccountFilter::default(), &change, mode, 1))
                .map_err(|error: IdentityError| error)
                .unwrap();
            println!(
                "{change:?} {mode:?}: {} changed in {:.0} ms",
                outcome.changed,
                begun.elapsed().as_secs_f64() * 1000.0
            );
        }
    }
}
