use std::sync::Arc;
use std::time::{Duration, Instant};

use vestry_catalog::Capability;
use vestry_contract::phrases::{Change, Host, Query, Translation};
use vestry_identity::{Actor as Person, Cost, Identity, Options};
use vestry_outbound::{Outbound, Policy};
use vestry_sources::{Sources, SourcesSettings};
use vestry_storage::{Clock, Database};

use super::*;
use crate::call::{Actor, Call, CallSettings, Effect, Services, Subject};
use crate::directories::Directories;
use crate::grants::Grants;
use crate::inbox::Inbox;
use crate::nowhere::NOWHERE;
use crate::secret_store::Secrets;

const PLUGIN: &str = "org.example.translates";
const FILES: &str = "{count} files";

/// A server that has shown three phrases, Spanish for none of them, and a clock that stands.
struct House {
    services: Services,
    clock: Clock,
    admin: Actor,
    _data: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        let (database, clock) = (Database::temporary().unwrap(), Clock::standing_at(1_000));
        let data = tempfile::tempdir().unwrap();
        let options = Options { cost: Cost::TEST, ..Options::default() };
        let identity = Identity::new(database.clone(), clock.clone(), options).unwrap();
        let secrets = Secrets::new(database.clone(), [7; 32], Default::default());
        let outbound = Outbound::new(Policy::allowing(Vec::new()), None).unwrap();
        let sources = Sources::new(SourcesSettings::new(outbound.clone(), data.path().join("fetching")));
        let inbox = Inbox::open(data.path()).unwrap();
        let grants: Grants = [Capability::Interface("vestry:admin/phrases".to_owned())].into_iter().collect();
        let services =
            Services::new(identity, secrets, outbound, sources, Directories::default(), inbox).granting(grants);
        database
            .write(|tx| {
                tx.start_space(PLUGIN, 1, 1_000)?;
                tx.note_phrases("", &[(FILES, "/"), ("A phrase of the server", "/")], 1_000)?;
                tx.note_phrases("org.example.a", &[("Save it", "/")], 1_000)
            })
            .unwrap();
        let mut house = Self { services, clock, admin: Actor::Nobody, _data: data };
        house.admin = house.person("anna", &["admin"]).await;
        house
    }

    async fn person(&self, name: &str, privileges: &[&str]) -> Actor {
        let privileges: Vec<String> = privileges.iter().map(|name| (*name).to_owned()).collect();
        let (identity, email, password) = (&self.services.identity, format!("{name}@example.org"), "many plain words");
        identity.create_account(&Person::console(), &email, name, &privileges, Some(password)).unwrap();
        let session = identity.sign_in(&email, password, None, "Browser").await.unwrap();
        Actor::Person(identity.authenticate_session(&session.token).unwrap().unwrap())
    }

    fn call_of(&self, actor: &Actor, reading: bool) -> Call {
        let subject = Subject {
            id: PLUGIN.into(),
            version: "1.0.0".into(),
            title: "Translates".into(),
            digest: "digest".into(),
            settings: "{}".into(),
            space: PLUGIN.into(),
            messages: Vec::new(),
        };
        Call::new(CallSettings {
            services: self.services.clone(),
            subject: Arc::new(subject),
            actor: actor.clone(),
            reading,
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

    fn call(&self) -> Call {
        self.call_of(&self.admin, false)
    }

    async fn add(&self, tag: &str) {
        let mut call = self.call();
        call.put_language(tag.into(), true).await.unwrap();
        call.commit().unwrap();
    }

    /// What is there, as a person sees it.
    async fn found(&self, change: impl FnOnce(&mut Query)) -> Vec<String> {
        let mut query = query();
        change(&mut query);
        let found = self.call().find(query).await.unwrap();
        let line = |entry: vestry_contract::phrases::Entry| {
            let forms: Vec<String> = entry.forms.iter().map(|(form, words)| format!("{form}={words}")).collect();
            format!("{}|{}|{}|{}|{}", entry.plugin, entry.phrase, entry.state, forms.join(","), entry.changed_by)
        };
        found.entries.into_iter().map(line).collect()
    }
}

/// Everything in Spanish.
fn query() -> Query {
    Query { language: "es".into(), plugin: None, state: None, text: String::new(), cursor: None, limit: 100 }
}

fn set(plugin: &str, phrase: &str, forms: &[(&str, &str)]) -> Change {
    Change::Set(Translation {
        plugin: plugin.into(),
        phrase: phrase.into(),
        forms: forms.iter().map(|(form, words)| ((*form).to_owned(), (*words).to_owned())).collect(),
        machine: false,
        expected: None,
    })
}

#[tokio::test]
async fn what_is_said_in_a_language_is_found_again() {
    let house = House::new().await;
    house.add("es").await;
    let mut call = house.call();
    let changes = vec![
        set("", FILES, &[("other", "{count} archivos"), ("one", "un archivo"), ("many", "{count} de archivos")]),
        set("org.example.a", "Save it", &[("other", "Guardar")]),
    ];
    let outcome = call.apply("es".into(), changes).await.unwrap();
    assert_eq!((outcome.changed, outcome.unchanged, outcome.refusals.len()), (2, 0, 0));
    assert_eq!(house.found(|query| query.state = Some("done".into())).await.len(), 0, "nothing counts before the end");
    call.commit().unwrap();
    assert_eq!(
        house.found(|query| query.state = Some("done".into())).await,
        [
            "|{count} files|done|one=un archivo,many={count} de archivos,other={count} archivos|anna",
            "org.example.a|Save it|done|other=Guardar|anna"
        ]
    );
    assert_eq!(house.found(|query| query.plugin = Some("org.example.a".into())).await.len(), 1);
    let covered = house.call().coverage("es".into()).await.unwrap();
    let counts: Vec<_> =
        covered.iter().map(|one| (one.title.as_str(), one.phrases, one.translated, one.machine)).collect();
    assert_eq!(counts, [("Vestry", 2, 1, 0), ("org.example.a", 1, 1, 0)]);
    // The same again changes nothing; taken away, it is missing.
    let mut call = house.call();
    let again =
        vec![set("org.example.a", "Save it", &[("other", "Guardar")]), Change::Clear((String::new(), FILES.into()))];
    let outcome = call.apply("es".into(), again).await.unwrap();
    assert_eq!((outcome.changed, outcome.unchanged), (1, 1));
    call.commit().unwrap();
    assert_eq!(house.found(|query| query.state = Some("missing".into())).await.len(), 2);
}

#[tokio::test]
async fn what_cannot_be_said_is_refused_and_the_rest_is_said() {
    let house = House::new().await;
    house.add("es").await;
    let mut call = house.call();
    let outdated = Change::Set(Translation {
        plugin: "org.example.a".into(),
        phrase: "Save it".into(),
        forms: vec![("other".into(), "Guardar".into())],
        machine: true,
        expected: Some(7),
    });
    let changes = vec![
        set("", FILES, &[("other", "archivos")]),
        set("", FILES, &[("other", "{count} archivos"), ("few", "x")]),
        set("", FILES, &[("some", "{count}")]),
        set("", FILES, &[("other", "{count}"), ("other", "{count}")]),
        set("", "Never shown", &[("other", "Nunca")]),
        outdated,
        set("", FILES, &[("other", "{count} archivos")]),
    ];
    let outcome = call.apply("es".into(), changes).await.unwrap();
    assert_eq!(outcome.changed, 1);
    let said: Vec<(u32, &str)> = outcome.refusals.iter().map(|one| (one.index, one.reason.as_str())).collect();
    for (number, words) in [
        "{count} is missing",
        "`es` has no form `few`",
        "no form `some`",
        "comes twice",
        "no such phrase",
        "somebody else",
    ]
    .into_iter()
    .enumerate()
    {
        assert!(said[number].0 as usize == number && said[number].1.contains(words), "{said:?}");
    }
    call.commit().unwrap();
    assert_eq!(house.found(|query| query.state = Some("done".into())).await.len(), 1);
    let long = Query { text: "x".repeat(60_000), ..query() };
    assert!(matches!(house.call().find(long).await, Err(Failure::Invalid(_))));
    let many = (0..1_001).map(|_| set("", FILES, &[])).collect();
    assert!(matches!(house.call().apply("es".into(), many).await, Err(Failure::Exhausted(_))));
    assert!(matches!(house.call().apply("de".into(), vec![]).await, Err(Failure::NotFound(_))));
    assert!(matches!(house.call().apply("no language".into(), vec![]).await, Err(Failure::Invalid(_))));
}

#[tokio::test]
async fn who_is_faster_wins_and_the_other_one_looks_again() {
    let house = House::new().await;
    house.add("es").await;
    let (mut one, mut other) = (house.call(), house.call());
    for (call, words) in [(&mut one, "Guardar"), (&mut other, "Grabar")] {
        call.apply("es".into(), vec![set("org.example.a", "Save it", &[("other", words)])]).await.unwrap();
    }
    one.commit().unwrap();
    house.clock.advance(1);
    assert!(matches!(other.commit(), Err(crate::transaction::CommitError::Conflict(_))));
}

#[tokio::test]
async fn a_language_comes_with_what_was_shipped_and_goes_when_somebody_says_so_to_the_host() {
    let house = House::new().await;
    let described = house.call().describe("AR-eg".into()).await.unwrap();
    assert_eq!((described.tag.as_str(), described.right_to_left, described.added), ("ar-EG", true, false));
    assert_eq!(described.plurals, ["zero", "one", "two", "few", "many", "other"]);
    assert!(matches!(house.call().describe("xx".into()).await, Err(Failure::Invalid(_))));
    house.add("es").await;
    let rows = house.services.database.read(|reader| reader.translations("es")).unwrap();
    assert!(rows.len() > 100 && rows.iter().all(|row| row.state == SHIPPED), "{}", rows.len());
    // What somebody says stays when the program is updated, and what it brought along goes with it.
    house
        .services
        .database
        .write(|tx| {
            let mine = TranslationRow { forms: r#"{"other":"Mine"}"#.into(), state: DONE.into(), ..rows[0].clone() };
            let gone = TranslationRow { phrase: "Not in the program any more".into(), ..rows[1].clone() };
            tx.put_translation("es", &mine)?;
            tx.put_translation("es", &gone)?;
            let language = Language::parse("es").unwrap();
            assert!(bring_in_shipped(tx, &language, 9)? && !bring_in_shipped(tx, &language, 9)?);
            Ok::<_, vestry_storage::StorageError>(())
        })
        .unwrap();
    let after = house.services.database.read(|reader| reader.translations("es")).unwrap();
    assert_eq!((after.len(), after[0].state.as_str(), &after[1]), (rows.len(), DONE, &rows[1]));
    let mut call = house.call();
    let asked = call.remove_language("es".into()).await.unwrap_err();
    assert!(matches!(asked, Failure::Confirm(_)), "{asked:?}");
    assert_eq!(house.call().languages().await.unwrap().len(), 1);
    assert!(matches!(house.call().remove_language("de".into()).await, Err(Failure::NotFound(_))));
    assert!(matches!(house.call().put_language("en".into(), false).await, Err(Failure::Invalid(_))));
}

#[tokio::test]
async fn there_is_room_for_so_many_languages_however_they_come() {
    let house = House::new().await;
    let tags = ('a'..='z').flat_map(|first| ('a'..='z').map(move |second| format!("{first}{second}")));
    let tags: Vec<String> =
        tags.filter(|tag| Language::parse(tag).is_ok_and(|one| one.tag() == tag)).take(51).collect();
    let mut call = house.call();
    for tag in &tags {
        call.put_language(tag.clone(), true).await.unwrap();
    }
    assert!(matches!(call.commit(), Err(crate::transaction::CommitError::Exhausted(_))));
    for tag in &tags[..50] {
        house.add(tag).await;
    }
    assert!(matches!(house.call().put_language(tags[50].clone(), true).await, Err(Failure::Exhausted(_))));
    house.add(&tags[0]).await;
}

#[tokio::test]
async fn only_who_may_sees_or_changes_anything() {
    let house = House::new().await;
    house.add("es").await;
    let nobody = house.person("bert", &[]).await;
    assert!(matches!(house.call_of(&nobody, false).languages().await, Err(Failure::Denied(_))));
    assert!(matches!(house.call_of(&nobody, false).apply("es".into(), vec![]).await, Err(Failure::Denied(_))));
    let mut looking = house.call_of(&house.admin, true);
    assert!(matches!(looking.put_language("de".into(), true).await, Err(Failure::Denied(_))));
    looking.languages().await.unwrap();
}

#[tokio::test]
async fn the_servers_own_questions_are_worded_by_who_looks_after_it() {
    let house = House::new().await;
    house.add("es").await;
    let database = &house.services.database;
    database
        .write(|tx| {
            tx.note_phrases("", &[("Cancel", "/")], 1)?;
            tx.insert_privilege("translators", "Translators")?;
            tx.add_privilege_permission("translators", "phrases.read")?;
            tx.add_privilege_permission("translators", "phrases.write")
        })
        .unwrap();
    let translator = house.person("tina", &["translators"]).await;
    let changes = || {
        vec![
            set("", "Cancel", &[("other", "Aprobar")]),
            Change::Clear((String::new(), "Cancel".into())),
            set("", "A phrase of the server", &[("other", "Una frase")]),
        ]
    };
    let mut call = house.call_of(&translator, false);
    let outcome = call.apply("es".into(), changes()).await.unwrap();
    assert_eq!((outcome.changed, outcome.refusals.len()), (1, 2), "{:?}", outcome.refusals);
    assert!(outcome.refusals.iter().all(|refusal| refusal.reason.contains("server.manage")));
    let mut call = house.call();
    assert!(call.apply("es".into(), changes()).await.unwrap().refusals.is_empty());
}

#[tokio::test]
async fn pages_meet_each_phrase_once() {
    let house = House::new().await;
    house.add("es").await;
    let (mut cursor, mut met) = (None, Vec::new());
    loop {
        let found = house.call().find(Query { cursor, limit: 1, ..query() }).await.unwrap();
        assert_eq!(found.total, 3);
        met.extend(found.entries.into_iter().map(|entry| entry.phrase));
        cursor = found.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(met, ["A phrase of the server", FILES, "Save it"]);
}
