//! Answers that are read as they come.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use vestry_outbound::{Header, Incoming, Kind, Limits, OutboundError, Request, Secret, Verb};

use crate::server::{Server, ok, path, to};
use crate::{everywhere, get, here};

const USUAL: Limits = Limits { bytes: 1 << 20, time: Duration::from_secs(10), silence: Duration::from_secs(5) };

async fn open(url: &str, limits: Limits) -> Result<Incoming, OutboundError> {
    here().open(get(url), limits, &everywhere).await
}

/// Writes the pieces with a pause before each, and then keeps the line open.
async fn in_pieces(pieces: &'static [&'static str], pause: Duration) -> Server {
    Server::serving(move |mut stream, _| async move {
        for piece in pieces {
            tokio::time::sleep(pause).await;
            let _ = stream.write_all(piece.as_bytes()).await;
        }
        tokio::time::sleep(Duration::from_secs(20)).await;
    })
    .await
}

#[tokio::test]
async fn pieces_come_before_the_answer_is_whole() {
    let server = in_pieces(&["HTTP/1.1 200 OK\r\ncontent-length: 9\r\nX-Note: a\r\n\r\n", "one"], Duration::ZERO).await;
    let mut incoming = open(&server.url("/there?word=secret"), USUAL).await.unwrap();
    assert_eq!((incoming.status, incoming.length, incoming.header("x-note")), (200, Some(9), Some("a")));
    assert_eq!(incoming.url.path(), "/there");
    assert_eq!(incoming.chunk().await.unwrap().unwrap(), "one");
    assert!(!format!("{incoming:?}").contains("secret"));
}

#[tokio::test]
async fn all_of_it_comes_and_then_nothing() {
    let server = Server::answering(|_| ok(&"a".repeat(USUAL.bytes))).await;
    let mut incoming = open(&server.url("/"), USUAL).await.unwrap();
    let (mut came, mut pieces) = (0, 0);
    while let Some(piece) = incoming.chunk().await.unwrap() {
        came += piece.len();
        pieces += 1;
    }
    assert_eq!(came, USUAL.bytes);
    assert!(pieces > 1, "{pieces}");
    assert_eq!(incoming.chunk().await.unwrap(), None);
    assert_eq!(open(&server.url("/"), USUAL).await.unwrap().rest().await.unwrap().len(), USUAL.bytes);
    // Larger than what is held of a call's answer.
    let large = 20 << 20;
    let server = Server::answering(move |_| ok(&"a".repeat(large))).await;
    let incoming = open(&server.url("/"), Limits { bytes: large, ..USUAL }).await.unwrap();
    assert_eq!(incoming.rest().await.unwrap().len(), large);
}

#[tokio::test]
async fn silence_ends_it_wherever_it_falls() {
    const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n";
    let limits = Limits { silence: Duration::from_millis(300), ..USUAL };
    for pieces in [&[][..], &["HTTP/1.1 200 OK\r\n"][..], &[HEAD][..], &[HEAD, "abc"][..]] {
        let server = in_pieces(pieces, Duration::from_millis(50)).await;
        let began = Instant::now();
        let error = match open(&server.url("/"), limits).await {
            Ok(incoming) => incoming.rest().await.unwrap_err(),
            Err(error) => error,
        };
        assert!(began.elapsed() < Duration::from_secs(2), "{pieces:?}: {:?}", began.elapsed());
        assert!(matches!(error, OutboundError::Stalled { .. }), "{pieces:?}: {error:?}");
        assert_eq!(error.kind(), Kind::Exhausted);
        assert_eq!(error.to_string(), format!("{} sent nothing for 0.3 s", server.url("")));
    }
}

#[tokio::test]
async fn a_trickle_ends_by_the_time_of_all() {
    let server = Server::serving(|mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let limits = Limits { time: Duration::from_millis(500), silence: Duration::from_millis(300), ..USUAL };
    let began = Instant::now();
    let error = open(&server.url("/"), limits).await.unwrap().rest().await.unwrap_err();
    assert!(matches!(error, OutboundError::TooSlow { .. }), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test]
async fn one_byte_too_much_is_refused_and_sooner_where_it_is_announced() {
    let limits = Limits { bytes: 10, ..USUAL };
    let server = Server::answering(|head| match path(head) {
        "/announced" => ok("elevenbytes"),
        "/chunked" => "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nb\r\nelevenbytes\r\n0\r\n\r\n".into(),
        "/open" => "HTTP/1.1 200 OK\r\n\r\nelevenbytes".into(),
        _ => "HTTP/1.1 200 OK\r\n\r\ntenbytes..".into(),
    })
    .await;
    let announced = open(&server.url("/announced"), limits).await.unwrap_err();
    assert!(matches!(announced, OutboundError::AnswerTooLong { most: 10, .. }), "{announced:?}");
    for path in ["/chunked", "/open"] {
        let error = open(&server.url(path), limits).await.unwrap().rest().await.unwrap_err();
        assert!(matches!(error, OutboundError::AnswerTooLong { most: 10, .. }), "{path}: {error:?}");
    }
    assert_eq!(open(&server.url("/fits"), limits).await.unwrap().rest().await.unwrap(), "tenbytes..");
}

#[tokio::test]
async fn what_breaks_off_is_said() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc",
    ] {
        let server = Server::answering(move |_| answer.to_owned()).await;
        let error = open(&server.url("/"), USUAL).await.unwrap().rest().await.unwrap_err();
        assert!(matches!(error, OutboundError::BrokeOff { .. }), "{answer:?}: {error:?}");
    }
}

#[tokio::test]
async fn each_hop_is_looked_at_and_secrets_stay_with_the_first() {
    let other = Server::answering(|_| ok("blob")).await;
    let away = other.url("/blob");
    let server = Server::answering(move |head| match path(head) {
        "/away" => to(&away),
        "/inside" => to("http://10.0.0.7/"),
        _ => to("http://127.0.0.2/"),
    })
    .await;
    let ask = |path: &str| {
        let value = Secret::new("open-sesame".into());
        let bound_to = server.url("").parse().unwrap();
        let header = Header::Secret { name: "authorization".into(), prefix: "Bearer ".into(), value, bound_to };
        Request::new(Verb::Get, &server.url(path), vec![header], bytes::Bytes::new()).unwrap()
    };
    let incoming = here().open(ask("/away"), USUAL, &everywhere).await.unwrap();
    assert_eq!((incoming.url.as_str(), incoming.origin.to_string()), (other.url("/blob").as_str(), other.url("")));
    assert_eq!(incoming.rest().await.unwrap(), "blob");
    assert!(server.requests()[0].contains("open-sesame"));
    assert!(!other.requests()[0].contains("open-sesame"), "{}", other.requests()[0]);
    for path in ["/inside", "/this-machine"] {
        let error = here().open(ask(path), USUAL, &everywhere).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Denied, "{error}");
    }
    let error = here().open(ask("/away"), USUAL, &|_| false).await.unwrap_err();
    assert!(matches!(error, OutboundError::NotGranted(_)), "{error}");
}
