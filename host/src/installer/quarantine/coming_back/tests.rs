//! Which version comes back, with which grants, and when none does.

use vestry_storage::{GrantRow, NewJob, PackageJobRow, PluginRow};

use super::*;
use crate::installer::orders;
use crate::installer::placing::place;
use crate::installer::placing::tests::{House, ID};

/// Builds of one plugin, each mounted in the place of the one before, with all that they ask for.
async fn builds<const N: usize>(numbers: [u8; N]) -> (House, [Known; N]) {
    let house = House::new();
    let mut builds = Vec::new();
    for number in numbers {
        builds.push(house.added(number).await);
    }
    (house, builds.try_into().unwrap())
}

impl House {
    async fn put(&self, package: &Known) {
        let wish = self.write(|tx| Ok(orders::current(tx, package).unwrap()));
        place(&self.ground.installer(), &self.commission(), &wish).await.unwrap();
    }

    async fn comes_back(&self, failing: &Known) -> bool {
        come_back(&self.ground.installer(), ID, &failing.row.digest, "It failed.").await.unwrap()
    }

    fn write<T>(&self, body: impl FnOnce(&Transaction<'_>) -> Result<T, StorageError>) -> T {
        self.ground.services.database.write(|tx| body(tx)).unwrap()
    }

    fn plugin(&self) -> PluginRow {
        self.write(|tx| tx.plugin(ID)).unwrap()
    }

    fn grants(&self, package: &Known) -> Vec<String> {
        self.write(|tx| tx.grants(ID, &package.row.digest)).into_iter().map(|grant| grant.capability).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_meanwhile_stays_taken_back() {
    let (house, [first, second]) = builds([1, 2]).await;
    let all = house.grants(&first);
    let taken = all[0].clone();
    house.write(|tx| tx.delete_grant(ID, &second.row.digest, &taken));
    // What the failing version never asked for says nothing about the former.
    let beside = "origin https://api.example.org".to_owned();
    let (digest, granted_by) = (first.row.digest.clone(), String::new());
    let grant = GrantRow { plugin: ID.into(), digest, capability: beside.clone(), granted_by, granted: 1 };
    house.write(|tx| tx.insert_grant(&grant));
    assert!(house.comes_back(&second).await);
    assert_eq!(house.plugin().digest, first.row.digest);
    let left: Vec<String> = all.into_iter().filter(|capability| *capability != taken).chain([beside]).collect();
    let mut held = house.grants(&first);
    held.sort_by_key(|capability| left.iter().position(|known| known == capability));
    assert_eq!(held, left);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_switched_off_or_stopped_does_not_come_back() {
    let (house, [first, second]) = builds([1, 2]).await;
    house.write(|tx| tx.set_plugin_enabled(ID, false, 9));
    assert!(!house.comes_back(&second).await && house.plugin().digest == second.row.digest, "somebody switched it off");
    house.write(|tx| {
        tx.set_plugin_enabled(ID, true, 9)?;
        tx.set_plugin_quarantine(ID, Some("It failed."), 9)
    });
    assert!(!house.comes_back(&second).await, "another process has stopped it");
    // Whoever puts another version there starts it anew; what is switched off stays so.
    house.put(&first).await;
    assert_eq!((house.plugin().enabled, house.plugin().quarantined), (true, None));
    house.write(|tx| tx.set_plugin_enabled(ID, false, 9));
    house.put(&second).await;
    assert!(house.plugin().digest == second.row.digest && !house.plugin().enabled);
    house.put(&second).await;
    assert!(!house.plugin().enabled, "it is there already");
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_that_failed_are_not_gone_back_to() {
    let (house, [first, second, third]) = builds([1, 2, 3]).await;
    let failed = || house.write(|tx| failed_versions(tx, ID)).into_iter().collect::<Vec<_>>();
    assert!(failed().is_empty());
    house.put(&second).await;
    assert!(house.comes_back(&second).await);
    assert_eq!(house.plugin().digest, third.row.digest);
    assert_eq!(failed(), [second.row.digest.as_str()]);
    // Put there by somebody again, it counts as any other, until it fails once more.
    house.put(&second).await;
    assert!(failed().is_empty());
    let event = house.write(|tx| tx.package_events(ID, 1)).remove(0);
    house.write(|tx| tx.add_package_event(&PackageEventRow { kind: PackageEventKind::Quarantined, ..event }));
    house.put(&first).await;
    assert_eq!(failed(), [second.row.digest.as_str()]);
    assert!(!house.comes_back(&first).await, "the one before had failed as well");
    assert_eq!(house.plugin().digest, first.row.digest);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_changing_the_place_goes_on() {
    let (house, [first, second]) = builds([1, 2]).await;
    let job = |id| {
        let (account, token, schedule) = (None, None, None);
        let placings = serde_json::json!([{ "digest": first.row.digest, "swap": false, "take-over": false }]);
        let input = serde_json::json!({ "kind": "place", "placings": placings }).to_string();
        let row = PackageJobRow { job: id, kind: "place".into(), plugin: ID.into(), ..PackageJobRow::default() };
        let (plugin, name, through) = (vestry_catalog::order::HOST, "place", "");
        house.write(|tx| {
            tx.insert_job(&NewJob { id: &row.job, plugin, name, input: &input, account, token, schedule, through }, 1)?;
            tx.insert_package_job(&row)
        });
    };
    job("j1".to_owned());
    assert!(!house.comes_back(&second).await);
    assert_eq!(house.plugin().digest, second.row.digest);
    house.write(|tx| tx.cancel_job("j1", 2));
    assert!(house.comes_back(&second).await);
}
