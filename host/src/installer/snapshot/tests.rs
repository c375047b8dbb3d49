//! Which versions that were replaced still answer.

use std::time::Duration;

use vestry_capabilities::Call;
use vestry_sandbox::{Compiler, SandboxSettings};
use vestry_storage::{Database, Transaction};

use super::*;
use crate::installer::shipped::SHIPPED;

const MOUNT: &str = "here";
const START: u64 = 1_795_300_000_000;

/// A server's rows, and what is served of them.
struct Ground {
    _data: tempfile::TempDir,
    database: Database,
    store: Store,
    sandbox: Sandbox,
    settings: Settings,
    now: u64,
    served: Snapshot,
    /// What plugins register, made out to another id where that is asked for.
    registration: PluginInfo,
}

impl Ground {
    async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let settings =
            SandboxSettings { compiled: data.path().join("compiled"), key: [1; 32], compiler: Compiler::InProcess };
        let sandbox = Sandbox::new(settings).unwrap();
        let digest = store.keep(&component(0)).unwrap();
        let loaded = sandbox.load(digest.as_str(), &store.file(&digest)).await.unwrap();
        let registration = sandbox.register(&loaded, Call::closed(Arc::new(nobody()))).await.unwrap();
        Self {
            _data: data,
            database: Database::temporary().unwrap(),
            store,
            sandbox,
            settings: Settings::default(),
            now: START,
            served: Snapshot::default(),
            registration,
        }
    }

    /// A package of a plugin; which build of it is said by a number.
    fn package(&self, id: &str, number: u8) -> String {
        let digest = self.store.keep(&component(number)).unwrap().as_str().to_owned();
        let info = PluginInfo { id: id.to_owned(), ..self.registration.clone() };
        let row = PackageRow {
            digest: digest.clone(),
            id: id.to_owned(),
            version: format!("1.0.{number}"),
            source: "file".into(),
            registration: serde_json::to_string(&info).unwrap(),
            ..PackageRow::default()
        };
        self.write(|tx| {
            tx.insert_package(&row)?;
            if tx.active_space(id)?.is_none() {
                tx.start_space(id, 1, START)?;
            }
            Ok(())
        });
        digest
    }

    fn write(&self, work: impl Fn(&Transaction<'_>) -> Result<(), StorageError>) {
        self.database
            .write(|tx| {
                work(tx)?;
                tx.raise_generation().map(drop)
            })
            .unwrap();
    }

    /// Puts a package in its place, in place of whatever is there.
    fn place(&mut self, id: &str, digest: &str, kind: PackageEventKind) {
        self.now += 1_000;
        let now = self.now;
        self.write(|tx| {
            let there = tx.plugins()?.into_iter().find(|plugin| plugin.mount == MOUNT);
            if let Some(other) = there.as_ref().filter(|other| other.id != id) {
                tx.delete_plugin(&other.id)?;
            }
            tx.put_plugin(&PluginRow {
                id: id.to_owned(),
                digest: digest.to_owned(),
                mount: MOUNT.into(),
                enabled: true,
                quarantined: None,
                updated: now,
            })?;
            tx.add_package_event(&PackageEventRow {
                plugin: id.to_owned(),
                time: now,
                kind,
                digest: digest.to_owned(),
                version: String::new(),
                mount: MOUNT.into(),
                former: there.as_ref().map(|there| there.digest.clone()).unwrap_or_default(),
                former_plugin: there.map(|there| there.id).unwrap_or_default(),
                account: None,
                reason: String::new(),
            })
        });
    }

    async fn mounted(&mut self, id: &str, digest: &str) {
        self.place(id, digest, PackageEventKind::Mounted);
        self.serve().await;
    }

    async fn serve(&mut self) {
        let Self { database, store, sandbox, settings, served, .. } = self;
        self.served = make(database, store, sandbox, settings, served).await.unwrap();
    }

    /// Whether a form that this package drew is answered by it.
    fn answers(&self, digest: &str) -> bool {
        self.answers_at(digest, Instant::now())
    }

    fn answers_at(&self, digest: &str, now: Instant) -> bool {
        self.served.former(MOUNT, &digest[..16], now).is_some_and(|plugin| plugin.subject.digest == digest)
    }
}

fn nobody() -> Subject {
    Subject {
        id: String::new(),
        version: String::new(),
        title: String::new(),
        digest: String::new(),
        space: String::new(),
        messages: Vec::new(),
        settings: "{}".into(),
    }
}

/// A component with a section that says nothing (WebAssembly, custom sections) behind it: another build of the same.
fn component(number: u8) -> Vec<u8> {
    let mut bytes = SHIPPED[1].component.to_vec();
    bytes.extend([0, 3, 1, b'n', number]);
    bytes
}

const A: &str = "org.example.a";
const B: &str = "org.example.b";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_updated_or_swapped_away_answers_its_forms_for_a_while() {
    let mut ground = Ground::new().await;
    let (first, second, other) = (ground.package(A, 1), ground.package(A, 2), ground.package(B, 3));
    ground.mounted(A, &first).await;
    assert!(!ground.answers(&first), "it is mounted itself");
    ground.mounted(A, &second).await;
    assert!(ground.answers(&first) && !ground.answers(&second));
    assert!(ground.served.former("there", &first[..16], Instant::now()).is_none(), "elsewhere it was not");
    let late = Instant::now() + former::KEPT + Duration::from_secs(1);
    assert!(!ground.answers_at(&first, late), "its time is over");

    ground.mounted(B, &other).await;
    assert!(ground.answers(&first) && ground.answers(&second), "both were drawn here");
    let of_first = ground.served.former(MOUNT, &first[..16], Instant::now()).unwrap().clone();
    let then = ground.served.as_before(&of_first);
    assert_eq!(then.at(MOUNT).unwrap().subject.digest, first);
    assert_eq!(then.by_id(B).map(|plugin| plugin.subject.digest.as_str()), None, "one mount, one plugin, also then");

    // And back again.
    ground.mounted(A, &first).await;
    assert!(!ground.answers(&first) && ground.answers(&second) && ground.answers(&other));

    // Calls of one plugin share their permits, whichever version they are of, and what they have used.
    let (now, before) = (ground.served.by_id(A).unwrap(), ground.served.former(MOUNT, &second[..16], Instant::now()));
    assert!(Arc::ptr_eq(&now.usage, &before.unwrap().usage));

    // Two changes, faster than it is looked.
    ground.place(A, &second, PackageEventKind::Mounted);
    ground.mounted(B, &other).await;
    assert!(ground.answers(&first) && ground.answers(&second));
    ground.mounted(A, &first).await;

    // A plugin that is mounted elsewhere by now is not here any more.
    let now = ground.now;
    ground.write(|tx| {
        tx.put_plugin(&PluginRow {
            id: B.into(),
            digest: other.clone(),
            mount: "there".into(),
            enabled: true,
            quarantined: None,
            updated: now,
        })
    });
    ground.serve().await;
    assert!(!ground.answers(&other) && ground.answers(&second));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_a_plugin_stops_what_was_before_it() {
    let mut ground = Ground::new().await;
    let (first, second) = (ground.package(A, 1), ground.package(A, 2));
    let begin = async |ground: &mut Ground| {
        for digest in [&first, &second] {
            ground.mounted(A, digest).await;
        }
        assert!(ground.answers(&first));
    };
    type End = fn(&Transaction<'_>, u64) -> Result<(), StorageError>;
    let ends: [(&str, End); 4] = [
        ("switched off", |tx, now| tx.set_plugin_enabled(A, false, now + 1).map(drop)),
        ("switched off and on again, faster than it is looked", |tx, now| {
            tx.set_plugin_enabled(A, false, now + 1)?;
            tx.set_plugin_enabled(A, true, now + 2).map(drop)
        }),
        ("quarantined", |tx, now| tx.set_plugin_quarantine(A, Some("it failed"), now + 1).map(drop)),
        ("unmounted", |tx, _| tx.delete_plugin(A).map(drop)),
    ];
    for (what, end) in ends {
        begin(&mut ground).await;
        let now = ground.now;
        ground.write(|tx| end(tx, now));
        ground.serve().await;
        assert!(!ground.answers(&first), "{what}");
        // What is switched on again begins anew.
        ground.write(|tx| {
            tx.set_plugin_enabled(A, true, now + 3)?;
            tx.set_plugin_quarantine(A, None, now + 3).map(drop)
        });
        ground.now += 10_000;
        ground.serve().await;
        assert!(!ground.answers(&first), "{what}, and on again");
    }

    begin(&mut ground).await;
    let now = ground.now;
    ground.write(|tx| tx.start_space(A, 1, now + 1).map(drop));
    ground.serve().await;
    assert!(!ground.answers(&first), "its data is another");

    begin(&mut ground).await;
    ground.write(|tx| tx.delete_package(&first).map(drop));
    ground.serve().await;
    assert!(!ground.answers(&first), "its package was removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_away_for_failing_answers_nothing() {
    let mut ground = Ground::new().await;
    let (first, second) = (ground.package(A, 1), ground.package(A, 2));
    ground.mounted(A, &first).await;
    ground.mounted(A, &second).await;
    ground.place(A, &first, PackageEventKind::CameBack);
    ground.serve().await;
    assert!(!ground.answers(&second));
    // Taken off its mount, and another put there, between two looks: that is no swap.
    let other = ground.package(B, 3);
    ground.write(|tx| tx.delete_plugin(A).map(drop));
    ground.place(B, &other, PackageEventKind::Mounted);
    ground.serve().await;
    assert!(!ground.answers(&first));
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_holds_are_of_the_plugin_whichever_version_answers() {
    let mut ground = Ground::new().await;
    let (first, second) = (ground.package(A, 1), ground.package(A, 2));
    ground.mounted(A, &first).await;
    ground.mounted(A, &second).await;
    ground.write(|tx| tx.set_limit(A, "wall-ms", Some(1_234)));
    ground.serve().await;
    let wall = |ground: &Ground| ground.served.former(MOUNT, &first[..16], Instant::now()).map(|it| it.limits.wall);
    assert_eq!(wall(&ground), Some(Duration::from_millis(1_234)));
    let active = ground.database.read(|reader| reader.active_space(A)).unwrap().unwrap();
    let now = ground.now;
    ground.write(|tx| tx.copy_space(&active, 2, now, now + 5_000).map(drop));
    ground.serve().await;
    let former = ground.served.former(MOUNT, &first[..16], Instant::now()).unwrap();
    assert!(former.is_held(now) && ground.served.at(MOUNT).unwrap().is_held(now));
}
