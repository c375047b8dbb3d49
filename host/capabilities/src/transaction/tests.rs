use std::sync::Arc;

use vestry_contract::types::Failure;
use vestry_identity::{Cost, Identity, Options};
use vestry_outbound::{Outbound, Policy};
use vestry_sources::{Sources, SourcesSettings};
use vestry_storage::{Clock, Database, SpaceRow};

use super::CommitError;
use crate::call::{Actor, Call, CallSettings, Effect, Services, Subject};
use crate::directories::Directories;
use crate::grants::Grants;
use crate::inbox::Inbox;
use crate::kv;
use crate::nowhere::NOWHERE;
use crate::secret_store::Secrets;
use crate::table::{KV_COMMIT, KV_GET, MENU_SET_BADGE};
use vestry_catalog::Capability;

const PLUGIN: &str = "org.example.a";
const NOW: u64 = 1_000_000;
const UNTIL: u64 = NOW + 5_000;

/// A server with one plugin that has a space, and a clock that stands.
fn server() -> (Services, Clock) {
    let (database, clock) = (Database::temporary().unwrap(), Clock::standing_at(NOW));
    database.write(|tx| tx.start_space(PLUGIN, 1, NOW)).unwrap();
    let options = Options { cost: Cost::TEST, ..Options::default() };
    let identity = Identity::new(database.clone(), clock.clone(), options).unwrap();
    let secrets = Secrets::new(database, [7; 32], Default::default());
    let outbound = Outbound::new(Policy::allowing(Vec::new()), None).unwrap();
    let grants: Grants = [KV_COMMIT.interface, MENU_SET_BADGE.interface]
        .map(|interface| Capability::Interface(interface.to_owned()))
        .into_iter()
        .collect();
    (
        Services::new(identity, secrets, outbound.clone(), sources(outbound), Directories::default(), inbox())
            .granting(grants),
        clock,
    )
}

fn call(services: &Services, space: &str, effect: Effect) -> Call {
    let subject = Subject {
        id: PLUGIN.into(),
        version: "1.0.0".into(),
        title: "A".into(),
        digest: "digest".into(),
        settings: "{}".into(),
        space: space.into(),
        messages: Vec::new(),
    };
    Call::new(CallSettings {
        services: services.clone(),
        subject: Arc::new(subject),
        actor: Actor::Nobody,
        reading: false,
        effect,
        visitor: String::new(),
        request: "request".into(),
        bytes: 1 << 20,
        until: std::time::Instant::now() + std::time::Duration::from_secs(60),
        uploads: Vec::new(),
        surroundings: Arc::new(NOWHERE),
        approvals: Vec::new(),
    })
}

/// What the plugin does with `kv.commit`.
async fn set(call: &mut Call, key: &str) -> Result<(), Failure> {
    let pass = call.admit(&[KV_COMMIT], &())?;
    let change = vestry_contract::kv::Change::Set((key.into(), b"value".to_vec()));
    kv::commit(call, pass, Vec::new(), vec![change]).await.map(drop)
}

fn has(services: &Services, space: &str, key: &str) -> bool {
    services.database.read(|reader| reader.kv_get(space, &[key], 100, NOW)).unwrap()[0].is_some()
}

/// Holds the data and copies it, as an update does.
fn copy(services: &Services) -> (SpaceRow, String) {
    let before = services.database.read(|reader| reader.active_space(PLUGIN)).unwrap().unwrap();
    let copy = services.database.write(|tx| tx.copy_space(&before, 2, NOW, UNTIL)).unwrap().unwrap();
    (before, copy)
}

#[tokio::test]
async fn a_call_that_began_before_writes_neither_under_the_hold_nor_after_the_change() {
    let (services, clock) = server();
    let begun = async |key| {
        let mut call = call(&services, PLUGIN, Effect::WithAnswer);
        set(&mut call, key).await.unwrap();
        call
    };
    let (first, second, third) = (begun("first").await, begun("second").await, begun("third").await);
    let (_, copy) = copy(&services);
    assert!(matches!(first.commit(), Err(CommitError::Conflict(_))));
    clock.advance(4_999);
    assert!(matches!(second.commit(), Err(CommitError::Conflict(_))));
    assert!(services.database.write(|tx| tx.finish_copy(&copy, clock.now())).unwrap());
    clock.advance(60_000);
    assert!(matches!(third.commit(), Err(CommitError::Conflict(_))), "that space is no longer what is read");
    assert!(["first", "second", "third"].iter().all(|key| !has(&services, PLUGIN, key) && !has(&services, &copy, key)));
    let mut now = call(&services, &copy, Effect::WithAnswer);
    set(&mut now, "now").await.unwrap();
    now.commit().unwrap();
    assert!(has(&services, &copy, "now"));
}

#[tokio::test]
async fn a_hold_that_has_passed_holds_nobody() {
    let (services, clock) = server();
    let mut before = call(&services, PLUGIN, Effect::WithAnswer);
    set(&mut before, "kept").await.unwrap();
    copy(&services);
    clock.advance(5_000);
    before.commit().unwrap();
    assert!(has(&services, PLUGIN, "kept"));
}

#[tokio::test]
async fn a_migration_writes_its_copy_at_once_and_nothing_else() {
    let (services, clock) = server();
    let (_, copy) = copy(&services);
    let mut migrating = call(&services, &copy, Effect::Migration);
    set(&mut migrating, "new").await.unwrap();
    assert!(has(&services, &copy, "new") && !has(&services, PLUGIN, "new"));
    assert!(matches!(migrating.admit(&[MENU_SET_BADGE], &()), Err(Failure::Denied(_))));
    migrating.admit(&[KV_GET], &()).unwrap();
    // Broken off by its limits, it may still be writing: too late.
    clock.advance(5_000);
    assert!(matches!(set(&mut migrating, "late").await, Err(Failure::Conflict(_))));
    assert!(!has(&services, &copy, "late"));
    let mut elsewhere = call(&services, PLUGIN, Effect::Migration);
    assert!(matches!(set(&mut elsewhere, "x").await, Err(Failure::Conflict(_))), "the active space is no copy");
}

fn inbox() -> Inbox {
    Inbox::open(tempfile::tempdir().unwrap().path()).unwrap()
}

fn sources(outbound: Outbound) -> Sources {
    Sources::new(SourcesSettings::new(outbound, std::path::PathBuf::new()))
}
