use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use vestry_catalog::Capability;
use vestry_identity::{Actor as Person, Caller, Cost, Identity, Options};
use vestry_outbound::{Outbound, Policy};
use vestry_sources::{Sources, SourcesSettings};
use vestry_storage::{Clock, Database};

use super::*;
use crate::call::{Actor, CallSettings, Effect, Services, Subject};
use crate::directories::Directories;
use crate::inbox::Inbox;
use crate::nowhere::NOWHERE;
use crate::secret_store::Secrets;
use crate::table::FILES_ENTRIES;

const PLUGIN: &str = "org.example.reader";
const LOGS: &str = house::LOGS.name;
const PASSWORD: &str = "many plain words";

/// A server with logs and a plugin's own directory `files`.
struct Place {
    services: Services,
    root: tempfile::TempDir,
}

impl Place {
    fn new(granted: &[Capability]) -> Self {
        let (database, root) = (Database::temporary().unwrap(), tempfile::tempdir().unwrap());
        for name in ["logs", "files"] {
            fs::create_dir(root.path().join(name)).unwrap();
            fs::write(root.path().join(name).join("a.log"), format!("of {name}")).unwrap();
        }
        let options = Options { cost: Cost::TEST, ..Options::default() };
        let identity = Identity::new(database.clone(), Clock::standing_at(1_000_000), options).unwrap();
        let secrets = Secrets::new(database, [7; 32], Default::default());
        let outbound = Outbound::new(Policy::allowing(Vec::new()), None).unwrap();
        let sources = Sources::new(SourcesSettings::new(outbound.clone(), root.path().join("fetching")));
        // The configuration cannot give the name another place.
        let places = BTreeMap::from([
            ("files".to_owned(), root.path().join("files")),
            (LOGS.to_owned(), root.path().join("files")),
        ]);
        let directories = Directories::new(BTreeMap::from([(PLUGIN.to_owned(), places)]))
            .with_own(&house::LOGS, root.path().join("logs"));
        let inbox = Inbox::open(root.path()).unwrap();
        let services = Services::new(identity, secrets, outbound, sources, directories, inbox);
        Self { services: services.granting(granted.iter().cloned().collect()), root }
    }

    async fn person(&self, name: &str, privileges: &[&str]) -> Arc<Caller> {
        let (identity, email) = (&self.services.identity, format!("{name}@example.org"));
        let privileges: Vec<String> = privileges.iter().map(|name| (*name).to_owned()).collect();
        identity.create_account(&Person::console(), &email, name, &privileges, Some(PASSWORD)).unwrap();
        let session = identity.sign_in(&email, PASSWORD, None, "Browser").await.unwrap();
        identity.authenticate_session(&session.token).unwrap().unwrap()
    }

    fn subject() -> Subject {
        Subject {
            id: PLUGIN.into(),
            version: "1.0.0".into(),
            title: "Reader".into(),
            digest: "digest".into(),
            settings: "{}".into(),
            space: PLUGIN.into(),
            messages: Vec::new(),
        }
    }

    fn call(&self, actor: Actor) -> Call {
        Call::new(CallSettings {
            services: self.services.clone(),
            subject: Arc::new(Self::subject()),
            actor,
            reading: false,
            effect: Effect::WithAnswer,
            visitor: String::new(),
            request: "request".into(),
            bytes: 1 << 20,
            until: Instant::now() + Duration::from_secs(60),
            uploads: Vec::new(),
            surroundings: Arc::new(NOWHERE),
            approvals: Vec::new(),
        })
    }

    async fn read(&self, actor: Actor, directory: &str) -> Result<String, String> {
        let mut call = self.call(actor);
        let pass = call.admit(&[FILES_READ], &()).map_err(said)?;
        let piece = read(&mut call, pass, directory.into(), "a.log".into(), None, 0, 100).await.map_err(said)?;
        Ok(String::from_utf8(piece.content).unwrap())
    }

    async fn entries(&self, actor: Actor) -> Result<usize, String> {
        let mut call = self.call(actor);
        let pass = call.admit(&[FILES_ENTRIES], &()).map_err(said)?;
        let listing = entries(&mut call, pass, LOGS.into(), String::new(), None).await.map_err(said)?;
        Ok(listing.files.len())
    }
}

fn said(failure: Failure) -> String {
    let Failure::Denied(said) = failure else { panic!("not denied: {failure:?}") };
    said
}

fn interface() -> Capability {
    Capability::Interface(FILES_READ.interface.to_owned())
}

fn directory(name: &str, write: bool) -> Capability {
    Capability::Directory { name: name.to_owned(), write }
}

#[tokio::test]
async fn the_servers_own_directory_is_read_for_who_may_see_it_alone() {
    let place = Place::new(&[interface(), directory(LOGS, false), directory("files", false)]);
    let (admin, user) = (place.person("anna", &["admin"]).await, place.person("otto", &[]).await);
    assert_eq!(place.read(Actor::Person(admin.clone()), LOGS).await.unwrap(), "of logs");
    assert_eq!(place.read(Actor::Job(admin.clone()), LOGS).await.unwrap(), "of logs");
    assert_eq!(place.entries(Actor::Person(admin.clone())).await, Ok(1));
    for actor in [Actor::Person(user.clone()), Actor::Token(user.clone()), Actor::Job(user.clone()), Actor::Visitor] {
        let told = place.read(actor.clone(), LOGS).await.unwrap_err();
        assert!(told.contains("it needs the permission logs.read"), "{told}");
        assert!(place.entries(actor).await.is_err());
    }
    // What is the plugin's own needs nothing of whoever asks.
    assert_eq!(place.read(Actor::Person(user.clone()), "files").await.unwrap(), "of files");
    // Downloads of files go another way.
    let subject = Place::subject();
    for (caller, held) in [(Some(&*admin), true), (Some(&*user), false), (None, false)] {
        assert_eq!(place.services.has_directory(&subject, caller, LOGS).unwrap(), held);
        assert_eq!(place.services.open_file(&subject, caller, LOGS, "a.log").await.is_ok(), held);
        assert!(place.services.has_directory(&subject, caller, "files").unwrap());
    }
}

#[tokio::test]
async fn without_a_grant_nobody_reads_it_through_the_plugin() {
    let place = Place::new(&[interface(), directory("files", false)]);
    let admin = place.person("anna", &["admin"]).await;
    let told = place.read(Actor::Person(admin.clone()), LOGS).await.unwrap_err();
    assert!(!told.contains("permission"), "{told}");
    assert!(!place.services.has_directory(&Place::subject(), Some(&admin), LOGS).unwrap());
}

#[tokio::test]
async fn who_signs_out_loses_it_at_once() {
    let place = Place::new(&[interface(), directory(LOGS, false)]);
    let user = place.person("otto", &["admin"]).await;
    assert!(place.read(Actor::Person(user.clone()), LOGS).await.is_ok());
    place.services.identity.sign_out(&user).await.unwrap();
    assert!(place.read(Actor::Person(user.clone()), LOGS).await.is_err());
    assert!(!place.services.has_directory(&Place::subject(), Some(&user), LOGS).unwrap());
}

#[tokio::test]
async fn nobody_writes_there_whatever_was_granted() {
    let place = Place::new(&[interface(), directory(LOGS, true), directory(LOGS, false), directory("files", true)]);
    let admin = Actor::Person(place.person("anna", &["admin"]).await);
    let mut call = place.call(admin);
    for (name, told) in [(LOGS, true), ("files", false)] {
        let pass = call.admit(&[FILES_WRITE], &()).unwrap();
        let written = write(&mut call, pass, name.into(), "b.log".into(), b"forged".to_vec()).await;
        assert_eq!(written.clone().is_err(), told);
        if let Err(failure) = written {
            assert!(said(failure).contains("only read"));
        }
        let pass = call.admit(&[FILES_REMOVE], &()).unwrap();
        assert_eq!(remove(&mut call, pass, name.into(), "a.log".into()).await.is_err(), told);
    }
    let names = |name: &str| fs::read_dir(place.root.path().join(name)).unwrap().flatten().map(|it| it.file_name());
    assert_eq!(names("logs").collect::<Vec<_>>(), ["a.log"]);
    assert_eq!(names("files").collect::<Vec<_>>(), ["b.log"]);
}
