use std::sync::Arc;
use std::time::{Duration, Instant};

use vestry_catalog::{Digest, Facts, Shipped, Still, UNUSED};
use vestry_contract::packages::{Access, Git, Host, Limit, Placing, Source, Used};
use vestry_contract::registration::{Access as RouteAccess, Need, PluginInfo, Route, Verb};
use vestry_contract::server::{Host as _, Overview};
use vestry_contract::types::Text;
use vestry_identity::{Actor as Person, Cost, Identity, Options};
use vestry_outbound::{Outbound, Policy};
use vestry_sources::{Sources, SourcesSettings};
use vestry_storage::{Clock, Database, GrantRow, JobRow, PackageRow, PluginRow, StorageError};

use super::*;
use crate::call::{Effect, Services, Subject};
use crate::directories::Directories;
use crate::gate::Approval;
use crate::inbox::Inbox;
use crate::nowhere::Nowhere;
use crate::secret_store::{Holder, Secrets};
use crate::source_access::{SealedAccess, source_access};
use crate::uploads::Upload;

const PACKAGES: &str = "org.vestry.packages";
const A: &str = "org.example.a";
const B: &str = "org.example.b";
const KV: &str = "vestry:plugin/kv";
const PASSWORD: &str = "many plain words";
const NOW: u64 = 1_000_000_000;
const TOKEN: &str = "correct-horse-battery";

/// A server with a table of limits, that brought a plugin along.
#[derive(Debug)]
struct Around;

fn describe(services: &Services) -> Result<Overview, StorageError> {
    let plugins = services.database.read(|reader| reader.plugins())?;
    Ok(Overview {
        version: "0.1.0".into(),
        built_with: Vec::new(),
        started: NOW,
        nodes: Vec::new(),
        plugins: Vec::new(),
        limits: Vec::new(),
        stores: Vec::new(),
        way: Vec::new(),
        sandbox: vec![("plugins".into(), plugins.len().to_string())],
        extra: Vec::new(),
    })
}

impl Facts for Around {
    fn used(&self, _: &str) -> (Used, Used) {
        (Used { calls: 7, ..UNUSED }, UNUSED)
    }
    fn broken(&self, plugin: &str) -> Option<String> {
        Still.broken(plugin)
    }
    fn limits(&self, chosen: &[(String, u64)]) -> Vec<Limit> {
        let value = chosen.iter().find(|(name, _)| name == "cpu-ms").map(|(_, value)| *value);
        let limit = Limit {
            name: "cpu-ms".into(),
            value: value.unwrap_or(1_000),
            default: 1_000,
            least: 10,
            most: 60_000,
            chosen: value.is_some(),
        };
        vec![limit]
    }
    fn wrong_mount(&self, mount: &str) -> Option<String> {
        (mount == "account").then(|| "the mount `account` belongs to the host".to_owned())
    }
    fn shipped(&self) -> Vec<Shipped> {
        vec![Shipped { id: A.into(), version: "1.0.0".into(), digest: Digest::of(b"a") }]
    }
    fn version(&self) -> String {
        "0.1.0".into()
    }
}

struct House {
    services: Services,
    admin: Actor,
    _data: tempfile::TempDir,
}

fn info(id: &str, version: &str) -> PluginInfo {
    let name = id.rsplit('.').next().unwrap();
    let words = |text: &str| Text::Phrase(text.into());
    let home = Route {
        name: "home".into(),
        verb: Verb::Get,
        path: "/".into(),
        access: RouteAccess::SignedIn,
        summary: words(""),
        max_body: 0,
        extra: Vec::new(),
    };
    PluginInfo {
        id: id.into(),
        version: version.into(),
        title: words(&name.to_uppercase()),
        summary: words(""),
        language: "en".into(),
        mount: name.into(),
        routes: vec![home],
        menu: Vec::new(),
        permissions: Vec::new(),
        wishes: Vec::new(),
        contributions: Vec::new(),
        points: Vec::new(),
        needs: Vec::new(),
        schedules: Vec::new(),
        messages: Vec::new(),
        data_version: 1,
        settings: None,
        extra: Vec::new(),
    }
}

impl House {
    async fn new() -> Self {
        let (database, data) = (Database::temporary().unwrap(), tempfile::tempdir().unwrap());
        let options = Options { cost: Cost::TEST, ..Options::default() };
        let identity = Identity::new(database.clone(), Clock::standing_at(NOW), options).unwrap();
        let secrets = Secrets::new(database, [7; 32], Default::default());
        let outbound = Outbound::new(Policy::allowing(Vec::new()), None).unwrap();
        let sources = Sources::new(SourcesSettings::new(outbound.clone(), data.path().join("fetching")));
        let inbox = Inbox::open(data.path()).unwrap();
        let services = Services::new(identity, secrets, outbound, sources, Directories::default(), inbox);
        let mut house = Self { services, admin: Actor::Nobody, _data: data };
        house.admin = house.person("anna", &["admin"]).await;
        for interface in ["vestry:admin/packages", "vestry:admin/server", "vestry:plugin/jobs"] {
            house.grant(PACKAGES, PACKAGES, interface);
        }
        house
    }

    /// Somebody who is signed in.
    async fn person(&self, name: &str, privileges: &[&str]) -> Actor {
        let privileges: Vec<String> = privileges.iter().map(|name| (*name).to_owned()).collect();
        let email = format!("{name}@example.org");
        let identity = &self.services.identity;
        identity.create_account(&Person::console(), &email, name, &privileges, Some(PASSWORD)).unwrap();
        let session = identity.sign_in(&email, PASSWORD, None, "Browser").await.unwrap();
        Actor::Person(identity.authenticate_session(&session.token).unwrap().unwrap())
    }

    /// A program with a token for these.
    fn program(&self, scopes: &[&str]) -> Actor {
        let Actor::Person(caller) = &self.admin else { panic!("nobody is signed in") };
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let identity = &self.services.identity;
        let token = identity.create_token(&Person::of(caller), caller.account.as_str(), "x", &scopes, None).unwrap();
        Actor::Token(identity.authenticate_bearer(&token.token).unwrap().unwrap())
    }

    fn grant(&self, plugin: &str, digest: &str, capability: &str) {
        let row = GrantRow {
            plugin: plugin.into(),
            digest: digest.into(),
            capability: capability.into(),
            granted_by: String::new(),
            granted: 0,
        };
        self.services.database.write(|tx| tx.insert_grant(&row).and_then(|_| tx.raise_generation())).unwrap();
    }

    fn add(&self, info: &PluginInfo, imports: &[&str]) -> String {
        let digest = Digest::of(format!("{} {} {imports:?}", info.id, info.version).as_bytes()).to_string();
        let row = PackageRow {
            digest: digest.clone(),
            id: info.id.clone(),
            version: info.version.clone(),
            source: "file".into(),
            registration: serde_json::to_string(info).unwrap(),
            imports: Some(serde_json::to_string(imports).unwrap()),
            added: 5,
            ..PackageRow::default()
        };
        self.services.database.write(|tx| tx.insert_package(&row)).unwrap();
        digest
    }

    fn mount(&self, info: &PluginInfo, digest: &str) {
        let row = PluginRow {
            id: info.id.clone(),
            digest: digest.into(),
            mount: info.mount.clone(),
            enabled: true,
            quarantined: None,
            updated: 5,
        };
        let mounted = self.services.database.write(|tx| {
            tx.claim_owner(&info.id, "file", 5)?;
            tx.set_package_used(digest, 5)?;
            tx.put_plugin(&row)
        });
        mounted.unwrap();
    }

    /// `a` 1.0.0, mounted; answers its digest.
    fn with_a(&self) -> String {
        let digest = self.add(&info(A, "1.0.0"), &[KV]);
        self.mount(&info(A, "1.0.0"), &digest);
        digest
    }

    fn call(&self) -> Call {
        self.call_of(&self.admin, PACKAGES, Vec::new())
    }

    fn agreed(&self, approval: Approval) -> Call {
        self.call_of(&self.admin, PACKAGES, vec![approval])
    }

    fn call_of(&self, actor: &Actor, plugin: &str, approvals: Vec<Approval>) -> Call {
        let subject = Subject {
            id: plugin.into(),
            version: "1.0.0".into(),
            title: "Packages".into(),
            // Grants are kept by digest.
            digest: plugin.into(),
            settings: "{}".into(),
            space: plugin.into(),
            messages: Vec::new(),
        };
        Call::new(CallSettings {
            services: self.services.clone(),
            subject: Arc::new(subject),
            actor: actor.clone(),
            reading: false,
            effect: Effect::WithAnswer,
            visitor: String::new(),
            request: "request".into(),
            bytes: 8 << 20,
            until: Instant::now() + Duration::from_secs(60),
            uploads: vec![Upload::from(b"component".to_vec()).named("hello.wasm")],
            surroundings: Arc::new(Nowhere { facts: Around, describe }),
            approvals,
        })
    }

    fn job(&self, id: &str) -> JobRow {
        self.services.database.read(|reader| reader.job(id)).unwrap().unwrap()
    }

    fn order(&self, id: &str) -> Order {
        serde_json::from_str(&self.job(id).input).unwrap()
    }

    fn actions(&self) -> Vec<String> {
        let entries = self.services.database.read(|reader| reader.audit_entries(&Default::default(), 20)).unwrap();
        let of_plugin = entries.into_iter().rev().filter(|entry| entry.plugin == PACKAGES);
        of_plugin.map(|entry| format!("{} {}", entry.action, entry.detail).trim_end().to_owned()).collect()
    }
}

fn placing(digest: &str, expected: &str) -> Placing {
    Placing { digest: digest.into(), mount: None, swap: false, take_over: false, data: None, expected: expected.into() }
}

/// What the host asks, and the yes to it.
fn asked<T: std::fmt::Debug>(call: &Call, answered: Result<T, Failure>) -> (String, Approval) {
    assert!(matches!(answered, Err(Failure::Confirm(_))), "{answered:?}");
    let asked = call.asked().unwrap();
    (asked.sentences.join("\n"), Approval { function: asked.function.clone(), arguments: asked.arguments })
}

fn conflict<T: std::fmt::Debug>(answered: Result<T, Failure>, words: &[&str]) {
    let Err(Failure::Conflict(said)) = answered else { panic!("no conflict: {answered:?}") };
    assert!(words.iter().all(|word| said.contains(word)), "{words:?} stand in: {said}");
}

fn field<T: std::fmt::Debug>(answered: Result<T, Failure>, field: &str) -> String {
    let Err(Failure::Invalid(errors)) = answered else { panic!("not invalid: {answered:?}") };
    assert_eq!(errors[0].field, field);
    vestry_catalog::plain(&errors[0].message)
}

fn git(url: &str) -> Source {
    Source::Git(Git { url: url.into(), reference: String::new(), path: String::new() })
}

#[tokio::test]
async fn nothing_goes_without_the_grant_and_the_permission() {
    let house = House::new().await;
    let digest = house.with_a();
    let user = house.person("otto", &[]).await;
    let without_grant = house.call_of(&house.admin, "org.example.other", Vec::new());
    for (mut call, expected) in [(house.call_of(&user, PACKAGES, Vec::new()), "permission"), (without_grant, "granted")]
    {
        let id = || A.to_owned();
        let answers: Vec<(&str, Option<Failure>)> = vec![
            ("plugins", call.plugins().await.err()),
            ("waiting", call.waiting().await.err()),
            ("history", call.history(id()).await.err()),
            ("inspect", call.inspect(digest.clone()).await.err()),
            ("outcome", call.outcome("j".into()).await.err()),
            ("upgrades", call.upgrades().await.err()),
            ("references", call.references(git("https://example.org/a.git"), None).await.err()),
            ("fetch", call.fetch(Source::Upload(0), None).await.err()),
            ("check", call.check(Vec::new()).await.err()),
            ("place", call.place(vec![placing(&digest, &digest)]).await.err()),
            ("set-enabled", call.set_enabled(id(), false).await.err()),
            ("retry", call.retry(id()).await.err()),
            ("set-limits", call.set_limits(id(), Vec::new()).await.err()),
            ("uninstall", call.uninstall(id(), true).await.err()),
            ("discard", call.discard(digest.clone()).await.err()),
            ("describe", call.describe().await.err()),
        ];
        for (function, answer) in answers {
            let denied = matches!(&answer, Some(Failure::Denied(said)) if said.contains(expected));
            assert!(denied, "{function}: {answer:?}");
        }
        assert!(!call.has_written());
        assert!(house.services.inbox.list().unwrap().is_empty(), "not even a file is kept");
    }
}

#[tokio::test]
async fn what_is_known_is_told() {
    let house = House::new().await;
    let digest = house.with_a();
    let waits = house.add(&info(B, "1.0.0"), &[KV]);
    let mut call = house.call();
    let [plugin] = call.plugins().await.unwrap().try_into().unwrap();
    assert_eq!((plugin.package.digest, plugin.since_start.calls, plugin.limits[0].value), (digest, 7, 1_000));
    assert_eq!(call.waiting().await.unwrap()[0].digest, waits);
    assert_eq!(call.inspect(waits).await.unwrap().asks[0].capability, KV);
    assert!(matches!(call.inspect("x".into()).await, Err(Failure::NotFound(_))));
    assert!(matches!(call.outcome("x".into()).await, Err(Failure::NotFound(_))));
    assert!(call.history(A.into()).await.unwrap().is_empty());
    assert!(call.upgrades().await.unwrap().iter().all(|upgrade| upgrade.newer.is_empty()));
    assert_eq!(call.describe().await.unwrap().sandbox[0].1, "1");
}

#[tokio::test]
async fn an_order_is_written_when_the_request_takes_effect_and_is_seen_through_its_plugin() {
    use vestry_contract::jobs::Host as _;
    let house = House::new().await;
    let mut call = house.call();
    let fetch = call.fetch(Source::Upload(0), None).await.unwrap();
    assert_eq!(call.get(fetch.clone()).await.unwrap().state, "queued");
    let check = call.check(Vec::new()).await.unwrap();
    assert!(house.services.database.read(|reader| reader.job(&fetch)).unwrap().is_none());
    call.commit().unwrap();
    let Order::Fetch(vestry_catalog::order::Fetch::Inbox { file, name }) = house.order(&fetch) else {
        panic!("no file")
    };
    assert_eq!(name, "hello.wasm");
    let mut content = String::new();
    std::io::Read::read_to_string(&mut house.services.inbox.file(&file).unwrap(), &mut content).unwrap();
    assert_eq!(content, "component");
    let job = house.job(&check);
    assert_eq!((job.plugin.as_str(), job.through.as_str(), job.account.is_some()), ("vestry", PACKAGES, true));
    let mut call = house.call();
    assert_eq!(call.get(fetch.clone()).await.unwrap().name, "fetch");
    assert_eq!(call.outcome(fetch.clone()).await.unwrap().kind, "fetch");
    house.grant("org.example.other", "org.example.other", "vestry:plugin/jobs");
    let mut other = house.call_of(&house.admin, "org.example.other", Vec::new());
    assert!(matches!(other.get(fetch.clone()).await, Err(Failure::NotFound(_))), "another plugin sees nothing of it");
    assert!(matches!(other.cancel(fetch.clone()).await, Err(Failure::NotFound(_))));
    vestry_contract::jobs::Host::cancel(&mut call, fetch.clone()).await.unwrap();
    call.commit().unwrap();
    assert_eq!(house.job(&fetch).state.name(), "cancelled");
    assert_eq!(house.actions(), ["packages.fetch file hello.wasm", "packages.check all", "jobs.cancel"]);
}

#[tokio::test]
async fn what_was_sent_is_kept_once_and_goes_where_nothing_comes_of_the_request() {
    let house = House::new().await;
    let mut call = house.call();
    for _ in 0..3 {
        call.fetch(Source::Upload(0), None).await.unwrap();
    }
    assert_eq!(house.services.inbox.list().unwrap().len(), 1);
    drop(call);
    assert!(house.services.inbox.list().unwrap().is_empty());
    let mut call = house.call();
    call.fetch(Source::Upload(0), None).await.unwrap();
    call.commit().unwrap();
    assert_eq!(house.services.inbox.list().unwrap().len(), 1, "an order names it");
}

#[tokio::test]
async fn what_a_source_is_opened_with_goes_along_sealed_and_is_kept_when_it_has_opened_it() {
    let house = House::new().await;
    let mut call = house.call();
    let access = Access { user: "anna".into(), token: TOKEN.into() };
    let job = call.fetch(git("https://git.example.org/a.git"), Some(access)).await.unwrap();
    let in_url = call.fetch(git(&format!("https://anna:{TOKEN}@git.example.org/b.git")), None).await.unwrap();
    call.commit().unwrap();
    for job in [job, in_url] {
        let Order::Fetch(vestry_catalog::order::Fetch::Source { source, access }) = house.order(&job) else {
            panic!("no source")
        };
        assert!(!house.job(&job).input.contains(TOKEN));
        assert_eq!(source_access(&house.services, &source).unwrap(), None, "nothing has been opened with it");
        let given = SealedAccess::of_text(&source, &access.unwrap(), "", 1).unwrap();
        let opened = given.open(&house.services).unwrap();
        assert_eq!((opened.user.as_str(), opened.token.as_str()), ("anna", TOKEN));
        house.services.database.write(|tx| given.keep(tx)).unwrap();
        assert_eq!(source_access(&house.services, &source).unwrap(), Some(opened));
        let (elsewhere, _) = vestry_sources::Source::git("https://git.example.org/c.git", "", "").unwrap();
        let moved = SealedAccess::of_text(&elsewhere, &given.text(), "", 1).unwrap();
        assert!(moved.open(&house.services).is_err());
        let row = house.services.database.read(|reader| reader.source_access(&source.address())).unwrap().unwrap();
        assert!(!String::from_utf8_lossy(&row.sealed).contains(TOKEN));
    }
    assert!(!house.actions().join(" ").contains(TOKEN));
    let told = |holder| house.services.secrets.words_of(holder).redact(&format!("with {TOKEN}")).contains(TOKEN);
    assert!(!told(Holder::Plugin(PACKAGES)), "it came through this one");
    // Words of the host are chosen by many, and dots in them would say to each what others entered.
    assert!(told(Holder::Host));
    let (other, _) = vestry_sources::Source::git("https://git.example.org/other.git", "", "").unwrap();
    assert_eq!(source_access(&house.services, &other).unwrap(), None);
    let row = house.services.database.read(|reader| reader.source_access("git https://git.example.org/a.git")).unwrap();
    let moved = vestry_storage::SourceAccessRow { source: other.address(), ..row.unwrap() };
    house.services.database.write(|tx| tx.put_source_access(&moved)).unwrap();
    assert!(source_access(&house.services, &other).is_err(), "it opens for its own source alone");
}

#[tokio::test]
async fn addresses_that_cannot_be_are_refused_at_their_fields() {
    let house = House::new().await;
    let mut call = house.call();
    field(call.fetch(git("git@example.org:a.git"), None).await, "url");
    field(call.references(git("nothing"), None).await, "url");
    field(call.fetch(Source::Registry("no such: thing".into()), None).await, "reference");
    field(call.fetch(Source::Other(("torrent".into(), "{}".into())), None).await, "source");
    field(call.references(Source::Upload(0), None).await, "source");
    assert!(matches!(call.fetch(Source::Upload(9), None).await, Err(Failure::NotFound(_))));
    assert!(matches!(call.fetch(Source::Shipped(B.into()), None).await, Err(Failure::NotFound(_))));
    assert!(matches!(call.check(vec![B.into()]).await, Err(Failure::NotFound(_))));
    assert!(!call.has_written());
    call.fetch(Source::Shipped(A.into()), None).await.unwrap();
    assert!(call.has_written());
}

#[tokio::test]
async fn a_source_that_may_not_be_called_is_not_and_its_token_is_not_kept() {
    let house = House::new().await;
    let mut call = house.call();
    let access = Access { user: String::new(), token: TOKEN.into() };
    let answered = call.references(Source::Registry("127.0.0.1:1/team/a".into()), Some(access)).await;
    assert!(matches!(answered, Err(Failure::Denied(_) | Failure::Unavailable(_))), "{answered:?}");
    call.commit().unwrap();
    let source = Source::Registry("127.0.0.1:1/team/a".into());
    let Source::Registry(text) = source else { panic!("no registry") };
    let (source, entries) = (vestry_sources::Source::registry(&text).unwrap(), house.actions());
    assert_eq!(source_access(&house.services, &source).unwrap(), None);
    assert_eq!(entries, ["packages.references"], "that it was asked is written down");
}

#[tokio::test]
async fn placing_asks_what_it_would_do_and_the_yes_is_for_just_that() {
    let house = House::new().await;
    let one = house.with_a();
    house.grant(A, &one, KV);
    let two = house.add(&info(A, "1.1.0"), &[KV]);
    let mut call = house.call();
    let answered = call.place(vec![placing(&two, &one)]).await;
    let (said, yes) = asked(&call, answered);
    assert_eq!(
        said,
        "Mount org.example.a 1.1.0 at /a, from file, instead of version 1.0.0. It gets: Keep data of its own. \
         It calls itself \u{2068}“A”\u{2069}"
    );
    assert!(!call.has_written());
    let mut call = house.agreed(yes.clone());
    let job = call.place(vec![placing(&two, &one)]).await.unwrap();
    call.commit().unwrap();
    let Order::Place { placings } = house.order(&job) else { panic!("no placing") };
    assert_eq!((placings[0].digest.as_str(), placings[0].expected.as_ref().map(Digest::as_str)), (&*two, Some(&*one)));
    let mut call = house.agreed(yes);
    conflict(call.place(vec![placing(&two, &one)]).await, &["anna is changing A", &job]);
}

#[tokio::test]
async fn what_it_does_not_get_is_part_of_the_question_and_a_grant_in_between_asks_again() {
    let house = House::new().await;
    let other = PluginInfo { mount: "a".into(), ..info(B, "1.0.0") };
    let other = house.add(&other, &[KV, "vestry:admin/users"]);
    house.with_a();
    let swap = || vec![Placing { swap: true, ..placing(&other, "") }];
    let mut call = house.call();
    let answered = call.place(swap()).await;
    let (said, yes) = asked(&call, answered);
    for words in [
        "Mount org.example.b 1.0.0 at /a",
        "in the place of org.example.a 1.0.0.",
        "It gets: nothing",
        "does not get: Keep data",
    ] {
        assert!(said.contains(words), "{words} stands in: {said}");
    }
    house.grant(B, &other, KV);
    let mut call = house.agreed(yes);
    let answered = call.place(swap()).await;
    let (said, yes) = asked(&call, answered);
    assert!(
        said.contains("It gets: Keep data of its own. It asks for, and does not get: See and change accounts"),
        "{said}"
    );
    house.agreed(yes).place(swap()).await.unwrap();
}

#[tokio::test]
async fn what_is_in_the_way_is_said_at_once() {
    let house = House::new().await;
    let one = house.with_a();
    let two = house.add(&info(A, "1.1.0"), &[KV, "vestry:plugin/mail"]);
    let mut call = house.call();
    conflict(call.place(vec![placing(&two, "")]).await, &["1.0.0", "look again"]);
    conflict(call.place(vec![placing(&two, &one)]).await, &["org.example.a 1.1.0 asks for more", "vestry:plugin/mail"]);
    conflict(call.place(vec![placing(&one, &one), placing(&one, &one)]).await, &["two of the packages"]);
    let needs = vec![Need { what: A.into(), at_least: "2.0.0".into() }];
    let b = house.add(&PluginInfo { needs, ..info(B, "1.0.0") }, &[]);
    conflict(call.place(vec![placing(&b, "")]).await, &["org.example.b needs org.example.a 2.0.0"]);
    let taken = house.add(&PluginInfo { mount: "a".into(), ..info("org.example.c", "1.0.0") }, &[]);
    conflict(call.place(vec![placing(&taken, "")]).await, &["/a is taken by A (org.example.a)"]);
    let reserved = Placing { mount: Some("account".into()), ..placing(&taken, "") };
    assert!(field(call.place(vec![reserved]).await, "mount").contains("belongs to the host"));
    field(call.place(vec![Placing { data: Some("none".into()), ..placing(&taken, "") }]).await, "data");
    field(call.place(Vec::new()).await, "placings");
    assert!(matches!(call.place(vec![placing("x", "")]).await, Err(Failure::NotFound(_))));
    assert!(matches!(call.place(vec![placing(&one, &one); 101]).await, Err(Failure::Exhausted(_))));
    assert!(!call.has_written() && call.asked().is_none());
}

#[tokio::test]
async fn a_program_places_where_its_token_names_that() {
    let house = House::new().await;
    let digest = house.add(&info(B, "1.0.0"), &[]);
    let named = house.program(&["packages.manage", "vestry:admin/packages.place"]);
    let mut call = house.call_of(&named, PACKAGES, Vec::new());
    let job = call.place(vec![placing(&digest, "")]).await.unwrap();
    call.commit().unwrap();
    assert!(house.job(&job).token.is_some(), "a job may do no more than the token that started it");
    let unnamed = house.program(&["packages.manage"]);
    let mut call = house.call_of(&unnamed, PACKAGES, Vec::new());
    assert!(matches!(call.place(vec![placing(&digest, "")]).await, Err(Failure::Denied(_) | Failure::Conflict(_))));
    assert!(matches!(call.uninstall(B.into(), true).await, Err(Failure::NotFound(_))));
}

#[tokio::test]
async fn taking_away_asks_says_what_becomes_of_data_and_spares_what_others_need() {
    let house = House::new().await;
    let one = house.with_a();
    let needs = vec![Need { what: A.into(), at_least: String::new() }];
    let b = PluginInfo { needs, ..info(B, "1.0.0") };
    let digest = house.add(&b, &[]);
    house.mount(&b, &digest);
    let mut call = house.call();
    conflict(call.uninstall(A.into(), false).await, &["org.example.b needs org.example.a"]);
    let answered = call.uninstall(B.into(), true).await;
    let (said, yes) = asked(&call, answered);
    let named = "It calls itself \u{2068}“B”\u{2069}";
    assert_eq!(said, format!("Take org.example.b off /b, and remove everything that it has stored, for good. {named}"));
    let mut other = house.agreed(yes.clone());
    let answered = other.uninstall(B.into(), false).await;
    let (said, _) = asked(&other, answered);
    assert_eq!(said, format!("Take org.example.b off /b; what it has stored is kept. {named}"));
    let mut call = house.agreed(yes);
    call.uninstall(B.into(), true).await.unwrap();
    call.commit().unwrap();
    assert!(house.services.database.read(|reader| reader.plugin(B)).unwrap().is_none());
    let mut call = house.call();
    assert_eq!(call.history(B.into()).await.unwrap()[0].by, "anna");
    conflict(call.discard(one).await, &["mounted at /a"]);
    let answered = call.discard(digest.clone()).await;
    let (said, yes) = asked(&call, answered);
    assert!(said.starts_with("Discard org.example.b 1.0.0, from file, which was in use"), "{said}");
    let mut call = house.agreed(yes);
    call.discard(digest.clone()).await.unwrap();
    let never = house.add(&info(B, "1.1.0"), &[]);
    call.discard(never).await.unwrap();
    call.commit().unwrap();
    assert!(house.services.database.read(|reader| reader.package(&digest)).unwrap().is_none());
    let discarded = ["packages.discard org.example.b 1.0.0", "packages.discard org.example.b 1.1.0"];
    assert_eq!(house.actions(), ["plugin.unmount with its data", discarded[0], discarded[1]]);
}

#[tokio::test]
async fn a_need_that_came_up_meanwhile_keeps_the_plugin() {
    let house = House::new().await;
    house.with_a();
    let mut call = house.call();
    let answered = call.uninstall(A.into(), false).await;
    let (_, yes) = asked(&call, answered);
    let mut call = house.agreed(yes);
    call.uninstall(A.into(), false).await.unwrap();
    let needs = vec![Need { what: A.into(), at_least: String::new() }];
    let b = PluginInfo { needs, ..info(B, "1.0.0") };
    house.mount(&b, &house.add(&b, &[]));
    assert!(matches!(call.commit(), Err(CommitError::Conflict(said)) if said.contains("org.example.b needs")));
    assert!(house.services.database.read(|reader| reader.plugin(A)).unwrap().is_some());
}

#[tokio::test]
async fn switches_and_limits_take_effect_with_the_request() {
    let house = House::new().await;
    house.with_a();
    let mut call = house.call();
    conflict(call.retry(A.into()).await, &["not in quarantine"]);
    assert!(matches!(call.set_enabled(B.into(), true).await, Err(Failure::NotFound(_))));
    field(call.set_limits(A.into(), vec![("speed".into(), Some(1))]).await, "speed");
    assert!(field(call.set_limits(A.into(), vec![("cpu-ms".into(), Some(9))]).await, "cpu-ms").contains("10 to 60000"));
    let answered = call.set_enabled(A.into(), false).await;
    let (said, off) = asked(&call, answered);
    assert_eq!(
        said,
        "Switch off org.example.a at /a: nothing of it runs until it is on again. It calls itself \u{2068}“A”\u{2069}"
    );
    let limits = |value| vec![("cpu-ms".to_owned(), value)];
    let mut call = house.call();
    let answered = call.set_limits(A.into(), limits(Some(500))).await;
    let (said, slow) = asked(&call, answered);
    assert!(said.starts_with("Set limits of org.example.a at /a: cpu-ms 500. "), "{said}");
    let mut call = house.call_of(&house.admin, PACKAGES, vec![off, slow.clone()]);
    call.set_enabled(A.into(), false).await.unwrap();
    call.set_limits(A.into(), limits(Some(500))).await.unwrap();
    let generation = house.services.database.generation();
    call.commit().unwrap();
    assert!(house.services.database.generation() > generation);
    let [plugin] = house.call().plugins().await.unwrap().try_into().unwrap();
    assert_eq!((plugin.state.as_str(), plugin.limits[0].value, plugin.limits[0].chosen), ("off", 500, true));
    let mut call = house.agreed(slow);
    let answered = call.set_limits(A.into(), limits(None)).await;
    let (_, default) = asked(&call, answered);
    let mut call = house.agreed(default);
    call.set_limits(A.into(), limits(None)).await.unwrap();
    call.set_enabled(A.into(), true).await.unwrap();
    call.commit().unwrap();
    let [plugin] = house.call().plugins().await.unwrap().try_into().unwrap();
    assert!(!plugin.limits[0].chosen && plugin.state == "on");
    house.services.database.write(|tx| tx.set_plugin_quarantine(A, Some("failed"), NOW)).unwrap();
    let mut call = house.call();
    let answered = call.retry(A.into()).await;
    let (said, again) = asked(&call, answered);
    assert!(said.starts_with("Let org.example.a at /a run again"), "{said}");
    let mut call = house.agreed(again);
    call.retry(A.into()).await.unwrap();
    call.commit().unwrap();
    let actions = [
        "plugin.disable",
        "plugin.set-limits cpu-ms 500",
        "plugin.set-limits cpu-ms by default",
        "plugin.enable",
        "plugin.retry",
    ];
    assert_eq!(house.actions(), actions);
}

#[tokio::test]
async fn what_the_orderer_could_not_give_is_not_handed_on() {
    let house = House::new().await;
    let one = house.add(&info(A, "1.0.0"), &[KV, "vestry:admin/users"]);
    house.mount(&info(A, "1.0.0"), &one);
    house.grant(A, &one, KV);
    house.grant(A, &one, "vestry:admin/users");
    let two = house.add(&info(A, "1.1.0"), &[KV, "vestry:admin/users"]);
    let developer = house.person("dora", &["developer"]).await;
    let mut call = house.call_of(&developer, PACKAGES, Vec::new());
    conflict(call.place(vec![placing(&two, &one)]).await, &["vestry:admin/users, which you cannot hand on"]);
    let seen = call.inspect(two.clone()).await.unwrap();
    assert!(seen.wider && seen.asks.iter().any(|ask| ask.capability == KV && ask.granted), "{seen:?}");
    assert!(!seen.asks.iter().any(|ask| ask.capability == "vestry:admin/users" && ask.granted));
    let mut call = house.call();
    let answered = call.place(vec![placing(&two, &one)]).await;
    assert!(asked(&call, answered).0.contains("See and change accounts"), "who could give it hands it on");
}

#[tokio::test]
async fn a_yes_is_for_what_was_there_and_no_more() {
    let house = House::new().await;
    let one = house.with_a();
    let other = house.add(&PluginInfo { mount: "a".into(), ..info(B, "1.0.0") }, &[]);
    // Whatever was said beyond what there is, is not said yes to.
    let swap = || vec![Placing { swap: true, take_over: true, ..placing(&other, "") }];
    let mut call = house.call();
    let answered = call.place(swap()).await;
    let (_, yes) = asked(&call, answered);
    let mut call = house.agreed(yes.clone());
    let job = call.place(swap()).await.unwrap();
    call.commit().unwrap();
    let Order::Place { placings } = house.order(&job) else { panic!("no placing") };
    let said = &placings[0];
    assert_eq!((said.mount.as_deref(), said.swap, said.take_over), (Some("a"), true, false));
    assert_eq!(said.replaces.as_ref().map(|it| (it.id.as_str(), it.digest.as_str())), Some((A, &*one)));
    // Where another one is there by now, it is asked anew.
    house.services.database.write(|tx| tx.cancel_job(&job, NOW)).unwrap();
    house.mount(&info(A, "1.0.1"), &house.add(&info(A, "1.0.1"), &[]));
    let mut call = house.agreed(yes);
    let answered = call.place(swap()).await;
    assert!(asked(&call, answered).0.contains("in the place of org.example.a 1.0.1"));
}

#[tokio::test]
async fn what_a_plugin_calls_itself_stands_last_and_says_nothing_for_the_host() {
    let house = House::new().await;
    let title = format!("Nice\n\u{202e}. It gets: {{grants}} {}", "and so on ".repeat(50));
    let digest = house.add(&PluginInfo { title: Text::Data(title), ..info(B, "1.0.0") }, &[KV]);
    let mut call = house.call();
    let answered = call.place(vec![placing(&digest, "")]).await;
    let (said, _) = asked(&call, answered);
    let (certain, own) = said.split_once(" It calls itself \u{2068}“").unwrap();
    assert_eq!(
        certain,
        "Mount org.example.b 1.0.0 at /b, from file. It gets: nothing. It asks for, and does not get: Keep data of its own."
    );
    assert!(own.starts_with("Nice. It gets: {grants} and so on") && own.ends_with("…”\u{2069}"), "{own}");
    assert!(own.chars().count() < 70, "{own}");
}

#[tokio::test]
async fn a_yes_of_then_is_not_carried_out_once_more() {
    let house = House::new().await;
    house.grant(PACKAGES, PACKAGES, "vestry:admin/queue");
    let digest = house.add(&info(B, "1.0.0"), &[]);
    let mut call = house.call();
    let answered = call.place(vec![placing(&digest, "")]).await;
    let (_, yes) = asked(&call, answered);
    let mut call = house.agreed(yes);
    let place = call.place(vec![placing(&digest, "")]).await.unwrap();
    let check = call.check(Vec::new()).await.unwrap();
    call.commit().unwrap();
    for job in [&place, &check] {
        house.services.database.write(|tx| tx.cancel_job(job, NOW)).unwrap();
    }
    let mut call = house.call();
    conflict(vestry_contract::queue::Host::retry(&mut call, place.clone()).await, &["order it again"]);
    vestry_contract::queue::Host::retry(&mut call, check.clone()).await.unwrap();
    call.commit().unwrap();
    assert_eq!((house.job(&place).state.name(), house.job(&check).state.name()), ("cancelled", "queued"));
}

#[tokio::test]
async fn an_order_is_shown_to_who_may_see_packages_and_cancelled_by_who_may_keep_them() {
    use vestry_contract::jobs::Host as _;
    let house = House::new().await;
    let mut call = house.call();
    let check = call.check(Vec::new()).await.unwrap();
    call.commit().unwrap();
    let user = house.person("otto", &[]).await;
    let mut theirs = house.call_of(&user, PACKAGES, Vec::new());
    assert!(matches!(theirs.get(check.clone()).await, Err(Failure::NotFound(_))));
    assert!(matches!(vestry_contract::jobs::Host::cancel(&mut theirs, check.clone()).await, Err(Failure::NotFound(_))));
    let reader = house.program(&["packages.read"]);
    let mut theirs = house.call_of(&reader, PACKAGES, Vec::new());
    assert_eq!(theirs.get(check.clone()).await.unwrap().state, "queued");
    assert!(matches!(vestry_contract::jobs::Host::cancel(&mut theirs, check.clone()).await, Err(Failure::NotFound(_))));
    let revoked = "vestry:admin/packages";
    let take = |tx: &Transaction<'_>| tx.delete_grant(PACKAGES, PACKAGES, revoked).and_then(|_| tx.raise_generation());
    house.services.database.write(|tx| take(tx)).unwrap();
    assert!(matches!(house.call().get(check).await, Err(Failure::NotFound(_))), "it was trusted with them before");
}

#[tokio::test]
async fn too_many_fetches_of_one_person_are_refused_before_a_file_is_kept() {
    let house = House::new().await;
    let mut call = house.call();
    for _ in 0..20 {
        call.fetch(Source::Shipped(A.into()), None).await.unwrap();
    }
    call.commit().unwrap();
    let mut call = house.call();
    let refused = call.fetch(Source::Upload(0), None).await;
    assert!(matches!(&refused, Err(Failure::Exhausted(said)) if said.contains("20 packages")), "{refused:?}");
    assert!(house.services.inbox.list().unwrap().is_empty());
    let mut call = house.call();
    call.check(Vec::new()).await.unwrap();
    assert!(matches!(call.commit(), Err(CommitError::Exhausted(_))));
}

#[tokio::test]
async fn limits_are_set_of_what_is_there() {
    let house = House::new().await;
    house.with_a();
    let limits = || vec![("cpu-ms".to_owned(), Some(500))];
    let mut call = house.call();
    let answered = call.set_limits(A.into(), limits()).await;
    let (_, yes) = asked(&call, answered);
    let mut call = house.agreed(yes);
    call.set_limits(A.into(), limits()).await.unwrap();
    house.services.database.write(|tx| tx.delete_plugin(A)).unwrap();
    assert!(matches!(call.commit(), Err(CommitError::Conflict(said)) if said.contains(A)));
    assert!(house.services.database.read(|reader| reader.limits(A)).unwrap().is_empty());
}
