//! What becomes of packages on their way to their places, from the bytes on.

use tokio::sync::watch;
use vestry_catalog::order::{Choice, HOST, Order};
use vestry_catalog::{Known, Obstacle, SHIPPED as SHIPPED_SOURCE};
use vestry_identity::Actor;
use vestry_sandbox::Compiler;
use vestry_storage::{Lease, NewJob, PackageJobRow};

use super::*;
use crate::ground::{Ground, Opening};
use crate::installer::orders::{self, Decision};
use crate::installer::package::{Arrived, From, Promised};
use crate::installer::quarantine::come_back;
use crate::installer::shipped::SHIPPED;
use crate::settings::Settings;

/// The id that the builds have, and that of the shipped plugin that they are made of.
pub(in crate::installer) const ID: &str = "org.example.job";
const MADE_OF: &str = "org.vestry.jobs";

pub(in crate::installer) struct House {
    pub(in crate::installer) ground: Ground,
    _data: tempfile::TempDir,
}

impl House {
    pub(in crate::installer) fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let opening = Opening {
            data: data.path().to_owned(),
            settings: Settings::default(),
            compiler: Compiler::InProcess,
            fetcher: (std::path::PathBuf::new(), Vec::new()),
        };
        Self { ground: Ground::open(opening).unwrap(), _data: data }
    }

    pub(in crate::installer) fn commission(&self) -> Commission {
        Commission::of_console(self.ground.services.identity.clock().now())
    }

    /// A build of a plugin, fetched from a source.
    async fn fetched(&self, number: u8, source: &str) -> Known {
        let from = From { source: source.to_owned(), origin: String::new(), detail: String::new() };
        let arrived = Arrived { component: build(number), readme: String::new(), from, promised: None };
        package::receive(&self.ground.installer(), &self.commission(), arrived).await.unwrap()
    }

    async fn add(&self, package: &Known, decision: Decision) -> Result<Placed, PackageError> {
        orders::add(&self.ground.installer(), &self.commission(), package, decision).await
    }

    pub(in crate::installer) async fn added(&self, number: u8) -> Known {
        let package = self.fetched(number, "file").await;
        self.add(&package, all(&package)).await.unwrap();
        // Times of the clock tell which was used before which.
        tokio::time::sleep(std::time::Duration::from_millis(3)).await;
        package
    }

    fn wish(&self, package: &Known) -> Placing {
        self.ground.services.database.read(|reader| orders::current(reader, package)).unwrap()
    }

    async fn place(&self, wish: &Placing) -> Result<Placed, PackageError> {
        place(&self.ground.installer(), &self.commission(), wish).await
    }

    fn running(&self) -> Option<String> {
        self.ground.services.database.read(|reader| reader.plugin(ID)).unwrap().map(|plugin| plugin.digest)
    }

    fn events(&self) -> Vec<(&'static str, String)> {
        let events = self.ground.services.database.read(|reader| reader.package_events(ID, 10)).unwrap();
        events.into_iter().map(|event| (event.kind.name(), event.digest)).collect()
    }

    fn granted(&self, package: &Known) -> usize {
        self.ground.services.database.read(|reader| reader.grants(ID, &package.row.digest)).unwrap().len()
    }
}

/// A component with a section that says nothing (WebAssembly, custom sections) behind it: another build of the same.
fn build(number: u8) -> Vec<u8> {
    let mut bytes = SHIPPED[1].component.to_vec();
    while let Some(at) = bytes.windows(MADE_OF.len()).position(|found| found == MADE_OF.as_bytes()) {
        bytes[at..at + ID.len()].copy_from_slice(ID.as_bytes());
    }
    bytes.extend([0, 3, 1, b'n', number]);
    bytes
}

fn all(package: &Known) -> Decision {
    let grants = package.asks().into_iter().map(|ask| ask.capability).collect();
    Decision { grants: Some(grants), accept_proposals: true, ..Decision::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_takes_its_place_with_what_the_version_before_was_granted() {
    let house = House::new();
    let first = house.added(1).await;
    assert_eq!((house.running(), house.events().len()), (Some(first.row.digest.clone()), 1));
    let (second, before) = (house.fetched(2, "file").await, house.granted(&first));
    assert!(before > 0 && house.granted(&second) == 0);
    let wish = house.wish(&second);
    house.place(&wish).await.unwrap();
    assert_eq!((house.running(), house.granted(&second)), (Some(second.row.digest.clone()), before));

    // Done once, it is done.
    assert_eq!(house.place(&wish).await.unwrap().migrated, None);
    assert_eq!(house.events().len(), 2);

    // Decided on what runs no more.
    let late = house.place(&Placing { digest: wish.expected.clone().unwrap(), ..wish.clone() }).await;
    assert!(matches!(late, Err(PackageError::Obstacle(Obstacle::Changed(_)))), "{late:?}");
    assert_eq!(house.running(), Some(second.row.digest.clone()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_back_is_told_from_the_way_forward() {
    let house = House::new();
    let (first, second) = (house.added(1).await, house.added(2).await);
    house.place(&house.wish(&first)).await.unwrap();
    let kinds = house.events();
    let expected = [
        ("rolled-back", first.row.digest.clone()),
        ("mounted", second.row.digest.clone()),
        ("mounted", first.row.digest.clone()),
    ];
    assert_eq!(kinds, expected);
    let came_back = |failing: String| {
        let house = &house;
        async move { come_back(&house.ground.installer(), ID, &failing, "It failed.").await.unwrap() }
    };
    assert!(!came_back(second.row.digest.clone()).await, "that one does not run");
    assert!(came_back(first.row.digest.clone()).await);
    assert_eq!(house.running(), Some(second.row.digest.clone()));
    let latest = house.ground.services.database.read(|reader| reader.package_events(ID, 1)).unwrap().remove(0);
    assert_eq!((latest.kind.name(), latest.reason.as_str(), latest.account), ("came-back", "It failed.", None));
    assert_eq!((latest.former, latest.former_plugin), (first.row.digest, ID.to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_those_who_ask_for_more_wait_for_somebody() {
    let house = House::new();
    let first = house.added(1).await;
    let stranger = house.fetched(2, "git https://example.org/x.git").await;
    let refused = house.add(&stranger, all(&stranger)).await;
    assert!(matches!(refused, Err(PackageError::Obstacle(Obstacle::Stranger { .. }))), "{refused:?}");
    let wider = house.fetched(3, "file").await;
    let imports = r#"["vestry:plugin/kv","vestry:plugin/mail","vestry:admin/queue"]"#;
    house.ground.services.database.write(|tx| tx.set_package_imports(&wider.row.digest, imports)).unwrap();
    let refused = house.place(&house.wish(&wider)).await;
    assert!(matches!(&refused, Err(PackageError::Wider { wider, .. }) if !wider.is_empty()), "{refused:?}");
    assert_eq!(house.running(), Some(first.row.digest.clone()), "nothing was changed");
    house.place(&Placing { decided: true, ..house.wish(&wider) }).await.unwrap();
    assert_eq!(house.granted(&wider), 0, "nobody said that it gets anything");

    house.add(&stranger, Decision { take_over: true, ..all(&stranger) }).await.unwrap();
    assert_eq!(house.running(), Some(stranger.row.digest.clone()));
    let owner = house.ground.services.database.read(|reader| reader.owner(ID)).unwrap().unwrap();
    assert_eq!(owner.source, stranger.row.source);
    let refused = house.place(&house.wish(&first)).await;
    assert!(
        matches!(refused, Err(PackageError::Obstacle(Obstacle::Stranger { .. }))),
        "from elsewhere by now: {refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_keeps_its_source_and_what_waits_takes_the_last() {
    let house = House::new();
    let runs = house.added(1).await;
    assert_eq!(house.fetched(1, "git https://example.org/x.git").await.row.source, "file", "{}", runs.row.digest);
    assert_eq!(house.fetched(2, "file").await.row.source, "file");
    assert_eq!(house.fetched(2, SHIPPED_SOURCE).await.row.source, SHIPPED_SOURCE);
    // What ran once can be gone back to, and is then still whose it was.
    house.added(3).await;
    assert_eq!(house.fetched(1, "git https://example.org/x.git").await.row.source, "file");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_counts_for_who_gave_it_as_long_as_it_is_wanted() {
    let house = House::new();
    let first = house.added(1).await;
    let second = house.fetched(2, "file").await;
    let wish = house.wish(&second);
    let input = serde_json::to_string(&Order::Place { placings: vec![wish.clone()] }).unwrap();
    let lease = Lease { job: "j1".into(), number: 7 };
    let job = NewJob {
        id: "j1",
        plugin: HOST,
        name: "place",
        input: &input,
        account: None,
        token: None,
        schedule: None,
        through: "",
    };
    let row = PackageJobRow { job: "j1".into(), kind: "place".into(), problems: "[]".into(), ..Default::default() };
    let database = &house.ground.services.database;
    database
        .write(|tx| {
            tx.insert_job(&job, 1)?;
            tx.insert_package_job(&row)?;
            tx.take_job(&lease, "w", 1, u64::MAX >> 1)
        })
        .unwrap();
    let carried_out = |actor: Actor, wanted: bool| {
        let commission = Commission::of_job(actor, None, lease.clone(), watch::channel(wanted).1);
        let (house, wish) = (&house, wish.clone());
        async move { orders::place(&house.ground.installer(), &commission, &[wish]).await }
    };
    assert!(
        matches!(house.place(&wish).await, Err(PackageError::Obstacle(Obstacle::UnderWay(_)))),
        "the job goes first"
    );
    let nobody = carried_out(Actor::nobody(), true).await;
    assert!(matches!(nobody, Err(PackageError::Forbidden(_))), "{nobody:?}");
    let unwanted = carried_out(Actor::console(), false).await;
    assert!(matches!(unwanted, Err(PackageError::Unwanted)), "{unwanted:?}");
    database.write(|tx| tx.cancel_job("j1", 2)).unwrap();
    let cancelled = carried_out(Actor::console(), true).await;
    assert!(matches!(cancelled, Err(PackageError::Unwanted)), "{cancelled:?}");
    assert_eq!(house.running(), Some(first.row.digest));
    assert_eq!(house.events().len(), 1, "that nobody wants it is no fault of the package");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_begun_before_is_not_carried_out_twice() {
    let house = House::new();
    let first = house.added(1).await;
    let spaces = || house.ground.services.database.read(|reader| reader.retired_spaces(ID)).unwrap().len();
    let wish = Placing { data: Some(Choice::Fresh), ..house.wish(&first) };
    let lease = Lease { job: "j1".into(), number: 7 };
    let commission = |ordered: u64| {
        let commission = Commission::of_job(Actor::console(), None, lease.clone(), watch::channel(true).1);
        commission.ordered_at(ordered)
    };
    let installer = house.ground.installer();
    place(&installer, &commission(0), &wish).await.unwrap();
    assert_eq!(spaces(), 0, "this order, or a later one, has placed it");
    house.place(&wish).await.unwrap();
    assert_eq!(spaces(), 1, "at the command line it is done as it is said");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_any_more_is_asked_anew() {
    let house = House::new();
    let first = house.added(1).await;
    let database = &house.ground.services.database;
    database.write(|tx| tx.set_package_registration(&first.row.digest, "{}")).unwrap();
    let again = house.fetched(1, "file").await;
    assert!(again.is_legible() && again.info.routes.len() == first.info.routes.len());
    assert_eq!(again.row.registration, first.row.registration);
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_and_promises_are_held_against_what_came() {
    let house = House::new();
    let refused = async |component: Vec<u8>, source: &str, promised: Option<Promised>| {
        let from = From { source: source.to_owned(), origin: String::new(), detail: String::new() };
        let arrived = Arrived { component, readme: String::new(), from, promised };
        let received = package::receive(&house.ground.installer(), &house.commission(), arrived).await;
        received.err().map(|error| error.to_string()).unwrap_or_default()
    };
    let shipped = || SHIPPED[1].component.to_vec();
    assert!(refused(shipped(), "file", None).await.contains("belongs to what comes with Vestry"));
    assert!(house.ground.services.database.read(|reader| reader.packages(None)).unwrap().is_empty());
    assert_eq!(refused(shipped(), SHIPPED_SOURCE, None).await, "");
    let version = env!("CARGO_PKG_VERSION");
    let promise = |id: &str, version: &str| Some(Promised { id: id.to_owned(), version: version.to_owned() });
    for (id, version, said) in [
        (ID, version, ""),
        (ID, "9.9.9", "9.9.9 was announced, and what came calls itself"),
        (MADE_OF, version, "org.vestry.jobs"),
    ] {
        let found = refused(build(7), SHIPPED_SOURCE, promise(id, version)).await;
        assert!(found.contains(said) && found.is_empty() == said.is_empty(), "{id} {version}: {found}");
    }
}
