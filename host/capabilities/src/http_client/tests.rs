use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use vestry_contract::http_client::Host;
use vestry_identity::{Cost, Identity, Options};
use vestry_outbound::{Outbound, Policy};
use vestry_sources::{Sources, SourcesSettings};
use vestry_storage::{Clock, Database, GrantRow};
use vestry_vault::{SecretName, SecretValue};

use super::*;
use crate::call::{Actor, CallSettings, Effect};
use crate::directories::Directories;
use crate::inbox::Inbox;
use crate::nowhere::NOWHERE;
use crate::secret_store::Secrets;

const PLUGIN: &str = "org.example.caller";
const HTTP: &str = "vestry:plugin/http-client";
const VALUE: &str = "correct horse battery";

/// A call of a plugin that holds these grants, in a server that may call 127.0.0.1.
fn call(grants: &[&str], reading: bool) -> Call {
    call_with(grants, reading, Effect::WithAnswer)
}

fn call_with(grants: &[&str], reading: bool, effect: Effect) -> Call {
    let database = Database::temporary().unwrap();
    for capability in grants {
        let grant = GrantRow {
            plugin: PLUGIN.into(),
            digest: "digest".into(),
            capability: (*capability).into(),
            granted_by: String::new(),
            granted: 0,
        };
        database.write(|tx| tx.insert_grant(&grant)).unwrap();
    }
    let options = Options { cost: Cost::TEST, ..Options::default() };
    let identity = Identity::new(database.clone(), Clock::standing_at(1_000), options).unwrap();
    let secrets = Secrets::new(database, [7; 32], Default::default());
    let outbound = Outbound::new(Policy::allowing(vec!["127.0.0.1/32".parse().unwrap()]), None).unwrap();
    let subject = Subject {
        id: PLUGIN.into(),
        version: "1.0.0".into(),
        title: "Caller".into(),
        digest: "digest".into(),
        settings: "{}".into(),
        space: String::new(),
        messages: Vec::new(),
    };
    Call::new(CallSettings {
        services: Services::new(
            identity,
            secrets,
            outbound.clone(),
            sources(outbound),
            Directories::default(),
            inbox(),
        ),
        subject: Arc::new(subject),
        actor: Actor::Visitor,
        reading,
        effect,
        visitor: String::new(),
        request: "request".into(),
        bytes: 1 << 20,
        until: Instant::now() + Duration::from_secs(60),
        uploads: Vec::new(),
        surroundings: Arc::new(NOWHERE),
        approvals: Vec::new(),
    })
}

fn set_secret(call: &Call, name: &str, origin: Option<&str>) {
    let secrets = &call.settings().unwrap().services.secrets;
    let origin = origin.map(|origin| vestry_vault::Origin::parse(origin).unwrap());
    let (name, value) = (SecretName::parse(name).unwrap(), SecretValue::parse(VALUE).unwrap());
    secrets.set(&vestry_identity::Actor::console(), &name, origin.as_ref(), &value, 1_000).unwrap();
}

fn outgoing(verb: &str, url: &str) -> Outgoing {
    Outgoing { verb: verb.into(), url: url.into(), headers: Vec::new(), body: Vec::new(), timeout_ms: 5_000 }
}

fn with_secret(url: &str, name: &str) -> Outgoing {
    let header = Header::Secret(("Authorization".into(), "Bearer ".into(), name.into()));
    Outgoing { headers: vec![header], ..outgoing("GET", url) }
}

/// A server that answers a body of so many bytes, and notes what it was asked.
async fn server(bytes: usize) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = vec![0; 4096];
            let read = stream.read(&mut head).await.unwrap();
            noted.lock().unwrap().push(String::from_utf8_lossy(&head[..read]).into_owned());
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n{}", "a".repeat(bytes));
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, asked)
}

#[tokio::test]
async fn what_was_granted_is_called_and_nothing_else() {
    let (address, asked) = server(5).await;
    let origin = format!("origin http://127.0.0.1:{}", address.port());
    let url = format!("http://{address}/path?word=1");
    let mut granted = call(&[HTTP, &origin], true);
    let answer = granted.send(outgoing("GET", &url)).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"aaaaa"[..]));

    let other = format!("origin http://127.0.0.1:{}", address.port() ^ 1);
    for grants in [&[HTTP][..], &[HTTP, &other], &[HTTP, "origin *"], &[&origin]] {
        let mut call = call(grants, true);
        let Err(Failure::Denied(told)) = call.send(outgoing("GET", &url)).await else { panic!("{grants:?}") };
        assert!(!told.contains("word=1"), "{told}");
        assert_eq!(call.refusals().lock().len(), 1, "{grants:?}");
    }
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_grant_opens_no_network_of_the_house() {
    let mut call = call(&[HTTP, "origin http://10.0.0.7"], true);
    let Err(Failure::Denied(told)) = call.send(outgoing("GET", "http://10.0.0.7/")).await else { panic!() };
    assert!(told.contains("networks: [10.0.0.7/32]"), "{told}");
    assert_eq!(call.refusals().lock().len(), 1);
}

#[tokio::test]
async fn a_get_only_looks() {
    let (address, asked) = server(0).await;
    let (origin, url) = (format!("origin http://{address}"), format!("http://{address}/"));
    let mut reading = call(&[HTTP, &origin], true);
    for verb in ["POST", "PUT", "PATCH", "DELETE", "get", "TRACE"] {
        assert!(matches!(reading.send(outgoing(verb, &url)).await, Err(Failure::Denied(_))), "{verb}");
    }
    reading.send(outgoing("HEAD", &url)).await.unwrap();
    let mut writing = call(&[HTTP, &origin], false);
    writing.send(outgoing("DELETE", &url)).await.unwrap();
    assert!(matches!(writing.send(outgoing("TRACE", &url)).await, Err(Failure::Invalid(_))));
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_secret_is_filled_in_for_who_was_granted_it_and_where_it_belongs() {
    let (address, asked) = server(0).await;
    let (here, url) = (format!("http://{address}"), format!("http://{address}/"));
    let origin = format!("origin {here}");
    let mut granted = call(&[HTTP, &origin, "secret key", "secret absent", "secret elsewhere"], true);
    set_secret(&granted, "key", Some(&here));
    set_secret(&granted, "elsewhere", Some("https://api.example.org"));
    granted.send(with_secret(&url, "key")).await.unwrap();
    assert!(asked.lock().unwrap()[0].contains(&format!("authorization: Bearer {VALUE}")));
    assert!(matches!(granted.send(with_secret(&url, "absent")).await, Err(Failure::NotFound(_))));
    assert!(matches!(granted.send(with_secret(&url, "elsewhere")).await, Err(Failure::Denied(_))));

    let mut without = call(&[HTTP, &origin], true);
    set_secret(&without, "key", Some(&here));
    let Err(Failure::Denied(told)) = without.send(with_secret(&url, "key")).await else { panic!() };
    assert!(told.contains("was not granted the secret `key`"), "{told}");
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_what_is_too_much_is_exhausted() {
    let (address, _) = server(2 << 20).await;
    let (origin, url) = (format!("origin http://{address}"), format!("http://{address}/"));
    let mut call = call(&[HTTP, &origin, "origin http://127.0.0.1:1"], false);
    let field = |failure: Result<Incoming, Failure>| match failure {
        Err(Failure::Invalid(errors)) => errors[0].field.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(field(call.send(outgoing("GET", "no address")).await), "url");
    let late = Outgoing { timeout_ms: 60_001, ..outgoing("GET", &url) };
    assert_eq!(field(call.send(late).await), "timeout-ms");
    let split = Header::Text(("x-note".into(), "a\r\nb: c".into()));
    assert_eq!(field(call.send(Outgoing { headers: vec![split], ..outgoing("GET", &url) }).await), "headers");
    assert!(matches!(call.send(outgoing("GET", "http://127.0.0.1:1/")).await, Err(Failure::Unavailable(_))));
    // The request may move 1 MiB, and the answer has two.
    assert!(matches!(call.send(outgoing("GET", &url)).await, Err(Failure::Exhausted(_))));
}

fn inbox() -> Inbox {
    Inbox::open(tempfile::tempdir().unwrap().path()).unwrap()
}

fn sources(outbound: Outbound) -> Sources {
    Sources::new(SourcesSettings::new(outbound, std::path::PathBuf::new()))
}

#[tokio::test]
async fn what_is_tried_reaches_no_server_and_no_secret() {
    let (address, asked) = server(5).await;
    let (url, origin) = (format!("http://{address}/"), format!("origin http://127.0.0.1:{}", address.port()));
    for (effect, reached) in [(Effect::Trial, false), (Effect::Migration, false), (Effect::WithAnswer, true)] {
        let grants = [HTTP, &origin, "vestry:plugin/secrets", "secret word"];
        let mut call = call_with(&grants, true, effect);
        set_secret(&call, "word", None);
        let answered = call.send(outgoing("GET", &url)).await;
        let revealed = vestry_contract::secrets::Host::reveal(&mut call, "word".into()).await;
        assert_eq!((answered.is_ok(), revealed.is_ok()), (reached, reached));
        if !reached {
            assert!(matches!(answered, Err(Failure::Unavailable(_))), "no fault of the package's");
            assert!(matches!(revealed, Err(Failure::Unavailable(_))));
            assert!(call.refusals().lock().is_empty());
        }
    }
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn what_a_server_takes_is_counted_as_its_own() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut call = call(&[HTTP, &format!("origin http://127.0.0.1:{}", address.port())], true);
    let waiting = call.waited();
    assert_eq!(waiting.time(), Duration::ZERO);
    let long = Duration::from_millis(60);
    let broken_off = tokio::time::timeout(long, call.send(outgoing("GET", &format!("http://{address}/")))).await;
    assert!(broken_off.is_err(), "nobody answers there");
    assert!(waiting.time() >= long / 2, "{:?}", waiting.time());
}
