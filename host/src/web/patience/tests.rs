use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::{any, get};
use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

async fn connected(patience: Duration) -> (PatientStream, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (server, _) = Patient { listener, patience, limits: LIMITS }.accept().await;
    (server, client)
}

#[tokio::test]
async fn who_takes_nothing_is_given_up() {
    let (mut server, _client) = connected(Duration::from_millis(100)).await;
    let ended = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            if let Err(error) = server.write_all(&[0; 1 << 20]).await {
                return error.kind();
            }
        }
    });
    assert_eq!(ended.await.unwrap(), io::ErrorKind::TimedOut);
}

#[tokio::test]
async fn who_takes_a_little_now_and_then_is_not() {
    let (mut server, mut client) = connected(Duration::from_millis(400)).await;
    let taking = tokio::spawn(async move {
        let mut taken = vec![0; 1 << 20];
        let mut all = 0;
        while all < 24 << 20 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            match client.read(&mut taken).await.unwrap() {
                0 => break,
                read => all += read,
            }
        }
        all
    });
    for _ in 0..24 {
        server.write_all(&[0; 1 << 20]).await.unwrap();
    }
    assert_eq!(taking.await.unwrap(), 24 << 20);
}

const HEAD: Duration = Duration::from_millis(300);
const IDLE: Duration = Duration::from_millis(1200);

/// A server that waits this long for its clients, and a connection to it.
async fn served() -> (SocketAddr, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    // Ten words, as slow as those of a page that is followed.
    let words = || {
        let words = stream::unfold(0, |said| async move {
            tokio::time::sleep(IDLE / 6).await;
            (said < 10).then_some((Ok::<_, io::Error>(Bytes::from("word.")), said + 1))
        });
        Body::from_stream(words)
    };
    let router = Router::new()
        .route(
            "/",
            any(async |ConnectInfo(peer): ConnectInfo<SocketAddr>, body: Bytes| {
                format!("{} {}", peer.ip(), body.len())
            }),
        )
        .route("/slow", get(async || tokio::time::sleep(2 * IDLE).await))
        .route("/words", get(async move || words()));
    let service = router.layer(axum::middleware::from_fn(answered)).into_make_service_with_connect_info::<Peer>();
    let listener = Patient { listener, patience: PATIENCE, limits: Limits { head: HEAD, idle: IDLE } };
    tokio::spawn(async move { axum::serve(listener, service).await });
    (address, TcpStream::connect(address).await.unwrap())
}

/// What comes until this is in it.
async fn answer(client: &mut TcpStream, end: &str) -> String {
    let mut all = Vec::new();
    while !String::from_utf8_lossy(&all).contains(end) {
        assert!(client.read_buf(&mut all).await.unwrap() > 0, "it was cut: {}", String::from_utf8_lossy(&all));
    }
    String::from_utf8(all).unwrap()
}

/// After how long the server ends the connection.
async fn ends(client: &mut TcpStream) -> Duration {
    let began = Instant::now();
    let ended = tokio::time::timeout(Duration::from_secs(10), client.read(&mut [0; 100])).await.expect("it ends");
    assert!(!ended.is_ok_and(|read| read > 0), "something was answered");
    began.elapsed()
}

#[tokio::test]
async fn half_a_head_and_none_are_given_up() {
    let (address, mut silent) = served().await;
    assert!(ends(&mut silent).await < IDLE, "nothing was said");
    let mut half = TcpStream::connect(address).await.unwrap();
    let began = Instant::now();
    half.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX: ").await.unwrap();
    // A byte now and then makes it no longer.
    while half.write_all(b"x").await.is_ok() {
        tokio::time::sleep(HEAD / 10).await;
        assert!(began.elapsed() < Duration::from_secs(10), "half a head stands open");
    }
    assert!(began.elapsed() >= HEAD);
}

#[tokio::test]
async fn a_connection_is_kept_for_a_while_and_the_next_head_has_its_time() {
    let (address, mut client) = served().await;
    for _ in 0..3 {
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        assert!(answer(&mut client, "127.0.0.1 0").await.contains("content-length: 11"));
        tokio::time::sleep(2 * HEAD).await;
    }
    client.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let took = ends(&mut client).await;
    assert!(took >= HEAD - HEAD / 10 && took < IDLE, "{took:?}");
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    answer(&mut idle, "127.0.0.1 0").await;
    assert!(ends(&mut idle).await >= IDLE - IDLE / 10);
}

#[tokio::test]
async fn bodies_and_answers_have_all_the_time_that_they_take() {
    let (address, mut sending) = served().await;
    sending.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n").await.unwrap();
    let mut followed = TcpStream::connect(address).await.unwrap();
    followed.write_all(b"GET /words HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    for _ in 0..10 {
        tokio::time::sleep(IDLE / 5).await;
        sending.write_all(b"x").await.unwrap();
    }
    answer(&mut sending, "127.0.0.1 10").await;
    let words = answer(&mut followed, "\r\n0\r\n\r\n").await;
    assert_eq!(words.matches("word.").count(), 10);
    answer(&mut slow, "\r\n\r\n").await;
    // All three can be used again.
    for client in [&mut sending, &mut followed, &mut slow] {
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        answer(client, "127.0.0.1 0").await;
    }
}
