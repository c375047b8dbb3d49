//! Answers that do not end, that are too much, and that are none.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use vestry_outbound::{Kind, MOST_ANSWER, OutboundError, Request, Verb};

use crate::server::{Server, ok, to};
use crate::{get, here, send};

/// Sends a beginning, then the same piece for ever, with a pause behind each.
async fn endless(beginning: &'static str, piece: Vec<u8>, pause: Duration) -> Server {
    Server::serving(move |mut stream, _| {
        let piece = piece.clone();
        async move {
            let _ = stream.write_all(beginning.as_bytes()).await;
            while stream.write_all(&piece).await.is_ok() {
                tokio::time::sleep(pause).await;
            }
        }
    })
    .await
}

async fn fails_in_time(server: &Server, time: Duration) -> OutboundError {
    let began = Instant::now();
    let error = send(&here(), get(&server.url("/")).within(time).unwrap()).await.unwrap_err();
    assert!(began.elapsed() < time + Duration::from_secs(2), "{:?}", began.elapsed());
    error
}

#[tokio::test]
async fn slow_heads_and_slow_bodies_end_by_time() {
    let pause = Duration::from_millis(20);
    let slow = [
        ("", &b""[..]),
        ("HTTP/1.1 200 OK\r\n", b"x-note: a\r\n"),
        ("HTTP/1.1 200 OK\r\nx-note: ", b"a"),
        ("", b"HTTP/1.1 100 Continue\r\n\r\n"),
        ("HTTP/1.1 200 OK\r\n\r\n", b"a"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", b"a"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    ];
    for (beginning, piece) in slow {
        let server = endless(beginning, piece.to_vec(), pause).await;
        let error = fails_in_time(&server, Duration::from_millis(400)).await;
        assert!(matches!(error, OutboundError::TooSlow { .. }), "{beginning:?}: {error}");
        assert_eq!(error.kind(), Kind::Exhausted);
    }
}

#[tokio::test]
async fn redirects_and_bodies_share_one_time() {
    let server = Server::serving(|mut stream, _| async move {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let _ = stream.write_all(to("/again").as_bytes()).await;
    })
    .await;
    let error = fails_in_time(&server, Duration::from_millis(400)).await;
    assert!(matches!(error, OutboundError::TooSlow { .. }), "{error}");
}

#[tokio::test]
async fn endless_bodies_end_by_size() {
    let piece = vec![b'a'; 64 << 10];
    let chunk = [b"10000\r\n".as_slice(), &piece, b"\r\n"].concat();
    for (beginning, piece) in
        [("HTTP/1.1 200 OK\r\n\r\n", piece), ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", chunk)]
    {
        let server = endless(beginning, piece, Duration::ZERO).await;
        let error = fails_in_time(&server, Duration::from_secs(20)).await;
        assert!(matches!(error, OutboundError::AnswerTooLong { most: MOST_ANSWER, .. }), "{error}");
        assert_eq!(error.kind(), Kind::Exhausted);
    }
}

#[tokio::test]
async fn the_largest_body_is_read_and_one_byte_more_is_not() {
    let server = Server::answering(|head| {
        let length = head.split(' ').nth(1).unwrap()[1..].parse().unwrap();
        ok(&"a".repeat(length))
    })
    .await;
    let ask = |length: usize| get(&server.url(&format!("/{length}"))).within(Duration::from_secs(20)).unwrap();
    assert_eq!(send(&here(), ask(MOST_ANSWER)).await.unwrap().body.len(), MOST_ANSWER);
    assert!(matches!(send(&here(), ask(MOST_ANSWER + 1)).await, Err(OutboundError::AnswerTooLong { .. })));
    // Who has less left reads less.
    assert_eq!(send(&here(), ask(10).at_most(10)).await.unwrap().body.len(), 10);
    assert!(matches!(send(&here(), ask(11).at_most(10)).await, Err(OutboundError::AnswerTooLong { most: 10, .. })));
    assert!(send(&here(), ask(MOST_ANSWER + 1).at_most(usize::MAX)).await.is_err());
}

#[tokio::test]
async fn a_length_that_is_too_much_is_refused_before_the_body_comes() {
    for length in ["8388609", "18446744073709551615"] {
        let server = Server::serving(move |mut stream, _| async move {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
            let _ = stream.write_all(head.as_bytes()).await;
            tokio::time::sleep(Duration::from_secs(30)).await;
        })
        .await;
        let began = Instant::now();
        let error = send(&here(), get(&server.url("/"))).await.unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(2));
        assert_eq!(error.kind(), Kind::Exhausted, "{error}");
        // A HEAD says how long it would be, and that is all.
        let request = Request::new(Verb::Head, &server.url("/"), vec![], bytes::Bytes::new()).unwrap();
        if length == "8388609" {
            assert_eq!(send(&here(), request).await.unwrap().body, "");
        }
    }
}

#[tokio::test]
async fn heads_have_limits() {
    let note = |count: usize, length: usize| format!("x-note: {}\r\n", "a".repeat(length)).repeat(count);
    for (headers, is_read) in [
        (note(99, 10), true),
        (note(101, 10), false),
        (note(10_000, 1), false),
        (note(1, 60_000), true),
        (note(1, 70_000), false),
        (note(90, 1_000), false),
        (note(1, 2 << 20), false),
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{headers}content-length: 0\r\n\r\n");
        let server = Server::answering(move |_| answer.clone()).await;
        let length = headers.len();
        match send(&here(), get(&server.url("/"))).await {
            Ok(_) => assert!(is_read, "{length}"),
            Err(error) => {
                assert!(!is_read, "{length}: {error}");
                assert!(matches!(error, OutboundError::AnswerHeaders { .. }), "{length}: {error}");
                assert_eq!(error.kind(), Kind::Exhausted);
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_answer_broke_off() {
    let broken = [
        "",
        "hello\r\n\r\n",
        "HTTP/0.9 200 OK\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\naXX0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad name: a\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx-note: a\0b\r\n\r\n",
    ];
    for answer in broken {
        let server = Server::answering(move |_| answer.to_owned()).await;
        let error = send(&here(), get(&server.url("/path?word=secret"))).await.unwrap_err();
        assert!(matches!(error, OutboundError::BrokeOff { .. }), "{answer:?}: {error:?}");
        assert_eq!(error.kind(), Kind::Unavailable);
        assert!(!error.to_string().contains("word=secret"), "{error}");
    }
}

#[tokio::test]
async fn nothing_is_sent_twice() {
    let server = Server::serving(|stream, _| async move { drop(stream) }).await;
    for verb in [Verb::Get, Verb::Post, Verb::Put, Verb::Delete] {
        let before = server.requests().len();
        assert!(
            send(&here(), Request::new(verb, &server.url("/"), vec![], bytes::Bytes::new()).unwrap()).await.is_err()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(server.requests().len(), before + 1, "{verb:?}");
    }
}
