//! Servers that do not answer, answer with something else, or mean harm.

use std::time::{Duration, Instant};

use gix::objs::Kind;

use crate::packs::Writer;
use crate::repositories::{Repositories, component};
use crate::server::{Server, Way};
use crate::{House, at, git, says};

const MIB: u64 = 1 << 20;

#[tokio::test]
async fn addresses_inside_are_refused_at_every_hop() {
    let repositories = Repositories::new();
    repositories.hello();
    let server = Server::start(Way::Backend(repositories.path().to_owned())).await;
    let nowhere = House::new(&[], None);
    says!(
        nowhere.fetch(&at(&server.url("hello/.git")), None).await,
        Refused,
        "127.0.0.0/8",
        "networks: [127.0.0.1/32]"
    );
    assert!(server.asked().is_empty());
    let server = Server::start(Way::Redirect("https://10.1.2.3".into())).await;
    says!(House::calling().fetch(&at(&server.url("hello/.git")), None).await, Refused, "10.0.0.0/8", "redirects");
    // Nor does what this machine serves without TLS lead into the open.
    let server = Server::start(Way::Redirect("http://git.example.org".into())).await;
    let fetched = House::calling().fetch(&at(&server.url("hello/.git")), None).await;
    says!(fetched, Refused, "leads on to http://git.example.org: without TLS");
}

#[tokio::test]
async fn what_cannot_be_reached_or_is_no_git_server_says_so() {
    let house = House::calling();
    says!(house.references(&at("https://nothing.invalid/x.git"), None).await, Unavailable, "https://nothing.invalid");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    says!(house.references(&at(&format!("http://{closed}/x.git")), None).await, Unavailable, closed.to_string());
    let page = Server::start(Way::Status(200)).await;
    says!(house.references(&at(&page.url("x.git")), None).await, Content, "not as a Git server does");
    let sick = Server::start(Way::Status(503)).await;
    says!(house.references(&at(&sick.url("x.git")), None).await, Unavailable, "status 503", "try again");
    let closed = Server::start(Way::Status(403)).await;
    says!(house.references(&at(&closed.url("x.git")), None).await, Access, "give a user and a token");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left() {
    let server = Server::start(Way::Silence).await;
    let began = Instant::now();
    let asked = House::calling().references(&at(&server.url("x.git")), None).await;
    says!(asked, Unavailable, server.address.to_string());
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_is_given_up_leaves_nothing() {
    let server = Server::start(Way::Silence).await;
    let (house, source) = (House::calling(), at(&server.url("x.git")));
    let fetched = tokio::time::timeout(Duration::from_millis(500), house.fetch(&source, None)).await;
    assert!(fetched.is_err() && server.asked().len() == 1);
    house.is_tidy();
}

#[tokio::test]
async fn a_pack_that_breaks_off_is_not_taken() {
    let repositories = Repositories::new();
    repositories.hello();
    for bytes in [0, 40, 400] {
        let server = Server::start(Way::Cut(repositories.path().to_owned(), bytes)).await;
        let fetched = House::calling().fetch(&at(&server.url("hello/.git")), None).await;
        says!(fetched, Content, server.address.to_string(), "broke off");
    }
}

#[tokio::test]
async fn a_pack_that_is_not_what_it_says_is_not_taken() {
    let server = Server::start(Way::Made(Writer::new().finish())).await;
    assert_eq!(House::calling().fetch(&at(&server.url("x.git")), None).await.unwrap().component, component("made"));
    let mut changed = Writer::new().finish();
    let middle = changed.bytes.len() / 2;
    changed.bytes[middle] ^= 1;
    let server = Server::start(Way::Made(changed)).await;
    says!(House::calling().fetch(&at(&server.url("x.git")), None).await, Content, server.address.to_string());
    let mut other = Writer::new().finish();
    other.commit = gix::ObjectId::null(gix::hash::Kind::Sha1);
    let server = Server::start(Way::Made(other)).await;
    says!(House::calling().fetch(&at(&server.url("x.git")), None).await, Content, server.address.to_string());
}

#[tokio::test]
async fn a_file_that_grows_ends_in_an_error() {
    let mut zeros = Writer::new();
    zeros.zeros(1024 * MIB);
    let zeros = zeros.finish();
    assert!(zeros.bytes.len() < 8 << 20);
    let server = Server::start(Way::Made(zeros)).await;
    let source = at(&server.url("x.git"));
    says!(House::calling().fetch(&source, None).await, Content, "more than 128 MiB");
    let commit = git(&server.url("x.git"), Some(&"1".repeat(40)), None);
    says!(House::calling().fetch(&commit, None).await, Content, "more than 128 MiB");

    let mut copies = Writer::new();
    let base = copies.zeros(MIB);
    copies.repeated(base, MIB, 4000, 1);
    let server = Server::start(Way::Made(copies.finish())).await;
    says!(House::calling().fetch(&at(&server.url("x.git")), None).await, Content, "more than 128 MiB");
}

/// Each is within bounds, and made of the one before, which is kept for the other that is made of it.
#[tokio::test]
async fn many_files_that_are_held_together_end_in_an_error() {
    let mut chain = Writer::new();
    let (mut base, mut size) = (chain.zeros(100 * MIB), 100 * MIB);
    for _ in 0..40 {
        chain.repeated(base, size, 1, 1);
        (base, size) = (chain.repeated(base, size, 1, 2), size + 1);
    }
    let chain = chain.finish();
    assert!(chain.bytes.len() < 1 << 20);
    let server = Server::start(Way::Made(chain)).await;
    says!(
        House::calling().fetch(&at(&server.url("x.git")), None).await,
        Content,
        server.address.to_string(),
        "more memory than fetching may take"
    );
}

#[tokio::test]
async fn a_list_without_end_and_a_pack_that_announces_too_much_end_in_an_error() {
    let server = Server::start(Way::EndlessList).await;
    let house = House::calling();
    says!(house.references(&at(&server.url("x.git")), None).await, Content, server.address.to_string(), "more than");
    says!(house.fetch(&at(&server.url("x.git")), None).await, Content, "x.git", "memory", "not taken");
    let mut announces = Writer::new().finish();
    announces.bytes[8..12].fill(0xff);
    let server = Server::start(Way::Made(announces)).await;
    says!(House::calling().fetch(&at(&server.url("x.git")), None).await, Content, "more files than are read");
}

#[tokio::test]
async fn a_large_file_within_bounds_is_read() {
    let mut large = Writer::new();
    let base = large.zeros(120 * MIB);
    large.repeated(base, 120 * MIB, 1, 1);
    large.object(Kind::Blob, b"small");
    let server = Server::start(Way::Made(large.finish())).await;
    assert!(House::calling().fetch(&at(&server.url("x.git")), None).await.is_ok());
}
