//! Names that lie, and names that change their minds.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use vestry_outbound::{Kind, LookingUp, Names, Outbound, OutboundError};

use crate::server::{Server, ok, path, to};
use crate::{get, policy, send};

/// Answers one list of addresses after the other, then that there is none.
#[derive(Debug, Clone, Default)]
struct Changing {
    answers: Arc<Mutex<VecDeque<Vec<IpAddr>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Changing {
    fn new(answers: &[&[&str]]) -> Self {
        let parsed = answers.iter().map(|one| one.iter().map(|address| address.parse().unwrap()).collect());
        Self { answers: Arc::new(Mutex::new(parsed.collect())), asked: Arc::default() }
    }

    /// 127.0.0.1 takes the part of a public address.
    fn outbound(&self) -> Outbound {
        Outbound::with_names(policy(&["127.0.0.1/32"]), None, self.clone()).unwrap()
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Names for Changing {
    fn look_up(&self, host: &str) -> LookingUp {
        self.asked.lock().unwrap().push(host.to_owned());
        let answer = self.answers.lock().unwrap().pop_front();
        Box::pin(async move { answer.ok_or_else(|| io::Error::other("no such name")) })
    }
}

#[tokio::test]
async fn a_name_that_leads_into_the_house_is_refused() {
    for address in
        ["127.0.0.2", "10.0.0.7", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::a00:7", "fe80::1", "0.0.0.0"]
    {
        let names = Changing::new(&[&[address]]);
        let error = send(&names.outbound(), get("http://inside.example/")).await.unwrap_err();
        assert!(matches!(error, OutboundError::Refused { .. }), "{address}: {error}");
        assert!(error.to_string().starts_with(&format!("http://inside.example is at {address}, which ")), "{error}");
        assert_eq!(error.kind(), Kind::Denied);
    }
}

#[tokio::test]
async fn one_private_address_among_public_ones_refuses_the_name() {
    let server = Server::answering(|_| ok("reached")).await;
    let url = format!("http://mixed.example:{}/", server.address.port());
    for answer in [["127.0.0.1", "10.0.0.7"], ["10.0.0.7", "127.0.0.1"], ["127.0.0.1", "::1"]] {
        let error = send(&Changing::new(&[&answer]).outbound(), get(&url)).await.unwrap_err();
        assert!(matches!(error, OutboundError::Refused { .. }), "{answer:?}: {error}");
    }
    assert_eq!(server.requests(), Vec::<String>::new());
    // Control: the same name without it.
    let names = Changing::new(&[&["127.0.0.1"]]);
    assert_eq!(send(&names.outbound(), get(&url)).await.unwrap().body, "reached");
}

#[tokio::test]
async fn what_was_checked_is_what_is_connected_to() {
    // It would take a second request on the same connection.
    let server = Server::serving(|mut stream, _| async move {
        let _ = stream.write_all(ok("reached").as_bytes()).await;
        tokio::time::sleep(Duration::from_secs(30)).await;
    })
    .await;
    let url = format!("http://rebinding.example:{}/", server.address.port());
    let names = Changing::new(&[&["127.0.0.1"], &["127.0.0.2"], &["127.0.0.1"]]);
    let outbound = names.outbound();
    assert_eq!(send(&outbound, get(&url)).await.unwrap().body, "reached");
    assert_eq!(names.asked().len(), 1, "looked up once, so there is nothing to change between the look and the call");
    // The next call looks anew, and no connection of the last is left to be used.
    assert!(matches!(send(&outbound, get(&url)).await, Err(OutboundError::Refused { .. })));
    assert_eq!(send(&outbound, get(&url)).await.unwrap().body, "reached");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_name_that_changes_on_the_way_through_redirects_is_refused() {
    let server = Server::answering(|head| if path(head) == "/" { to("/again") } else { ok("reached") }).await;
    let url = format!("http://rebinding.example:{}/", server.address.port());
    let names = Changing::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let error = send(&names.outbound(), get(&url)).await.unwrap_err();
    assert!(
        matches!(&error, OutboundError::Redirected { reason, .. } if matches!(**reason, OutboundError::Refused { .. }))
    );
    assert_eq!(error.kind(), Kind::Denied);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_is_not_granted_and_what_is_local_is_not_looked_up() {
    let names = Changing::new(&[]);
    let outbound = names.outbound();
    let nowhere = |_: &vestry_outbound::Origin| false;
    assert!(matches!(outbound.send(get("http://leak.example/"), &nowhere).await, Err(OutboundError::NotGranted(_))));
    for host in ["localhost", "a.b.localhost", "127.0.0.1", "0x7f.1"] {
        // There is nobody on port 1.
        let error = send(&outbound, get(&format!("http://{host}:1/"))).await.unwrap_err();
        assert!(matches!(error, OutboundError::Unreachable { .. }), "{host}: {error}");
        assert_eq!(error.kind(), Kind::Unavailable);
    }
    assert_eq!(names.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_name_that_is_not_known_is_unreachable() {
    let error = send(&Changing::new(&[]).outbound(), get("https://missing.example/")).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.to_string().contains("missing.example") && error.to_string().contains("no such name"), "{error}");
    let error = send(&Changing::new(&[&[]]).outbound(), get("https://empty.example/")).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
}

#[tokio::test]
async fn a_lookup_counts_into_the_time() {
    #[derive(Debug)]
    struct Slow;
    impl Names for Slow {
        fn look_up(&self, _: &str) -> LookingUp {
            Box::pin(std::future::pending())
        }
    }
    let outbound = Outbound::with_names(policy(&[]), None, Slow).unwrap();
    let began = Instant::now();
    let request = get("https://slow.example/").within(Duration::from_millis(200)).unwrap();
    assert_eq!(send(&outbound, request).await.unwrap_err().kind(), Kind::Exhausted);
    assert!(began.elapsed() < Duration::from_secs(2));
}
