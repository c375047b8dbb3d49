//! What goes along, and what does not.

use bytes::Bytes;
use vestry_outbound::{Header, Kind, OutboundError, Request, Secret, Verb};

use crate::server::{Server, ok};
use crate::{get, here, send, text};

fn with(header: Header) -> Result<Request, OutboundError> {
    Request::new(Verb::Get, "http://127.0.0.1:1/", vec![header], Bytes::new())
}

fn secret(value: &str, bound_to: &str) -> Header {
    Header::Secret {
        name: "authorization".into(),
        prefix: "Bearer ".into(),
        value: Secret::new(value.into()),
        bound_to: bound_to.parse().unwrap(),
    }
}

#[test]
fn nothing_is_smuggled_into_a_head() {
    for value in [
        "a\r\nx-other: b",
        "a\nb",
        "a\rb",
        "a\0b",
        "a\r\n\r\nGET / HTTP/1.1",
        "\r\n",
        "a\u{7f}",
        "ü",
        "a\u{2028}b",
        "\u{85}",
    ] {
        let error = with(text("x-note", value)).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid("headers"), "{value:?}");
        let error = with(secret(value, "http://127.0.0.1:1")).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid("headers"), "{value:?}");
    }
    for name in ["", "a b", "a:", "a\r\nb", "a\n", "ü", "x-note\0", "(x)", ":path"] {
        assert_eq!(with(text(name, "a")).unwrap_err().kind(), Kind::Invalid("headers"), "{name:?}");
    }
    assert!(with(text("x-note", "plain, with\ttabs")).is_ok());
}

#[test]
fn what_carries_a_request_is_not_for_plugins_to_say() {
    for name in [
        "Host",
        "connection",
        "Keep-Alive",
        "Transfer-Encoding",
        "CONTENT-LENGTH",
        "Upgrade",
        "TE",
        "Trailer",
        "Expect",
        "Proxy-Authorization",
        "Proxy-Connection",
        "proxy-anything",
        "Cookie",
        "Cookie2",
        "Set-Cookie",
        "User-Agent",
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Real-IP",
        "Via",
        "HTTP2-Settings",
        "X-HTTP-Method-Override",
    ] {
        assert!(matches!(with(text(name, "a")), Err(OutboundError::Header { .. })), "{name}");
    }
    for name in ["accept", "authorization", "content-type", "x-proxy", "range", "te-st", "hosts", "x-cookie"] {
        assert!(with(text(name, "a")).is_ok(), "{name}");
    }
}

#[test]
fn headers_and_bodies_have_limits() {
    let many = |count: usize| vec![text("x-note", "a"); count];
    let ask = |verb, headers, body: usize| Request::new(verb, "http://127.0.0.1:1/", headers, vec![0; body].into());
    assert!(ask(Verb::Get, many(100), 0).is_ok());
    assert_eq!(ask(Verb::Get, many(101), 0).unwrap_err().kind(), Kind::Invalid("headers"));
    assert_eq!(ask(Verb::Get, vec![text("x", &"a".repeat(64 << 10))], 0).unwrap_err().kind(), Kind::Invalid("headers"));
    assert!(ask(Verb::Post, vec![], 8 << 20).is_ok());
    assert_eq!(ask(Verb::Post, vec![], (8 << 20) + 1).unwrap_err().kind(), Kind::Exhausted);
    assert_eq!(ask(Verb::Head, vec![], 1).unwrap_err().kind(), Kind::Invalid("body"));
    let far = format!("http://127.0.0.1/{}", "a".repeat(9 << 10));
    assert_eq!(Request::new(Verb::Get, &far, vec![], Bytes::new()).unwrap_err().kind(), Kind::Invalid("url"));
    for verb in ["get", "TRACE", "CONNECT", "OPTIONS", "", "GET ", "GET / HTTP/1.1\r\n"] {
        assert_eq!(verb.parse::<Verb>().unwrap_err().kind(), Kind::Invalid("verb"), "{verb}");
    }
    assert_eq!(
        get("http://127.0.0.1/").within(std::time::Duration::from_millis(60_001)).unwrap_err().kind(),
        Kind::Invalid("timeout-ms")
    );
}

#[test]
fn a_secret_shows_in_nothing_that_is_written() {
    let header = secret("open-sesame", "http://127.0.0.1:1");
    assert!(!format!("{header:?}").contains("sesame"));
    let request = with(header).unwrap();
    assert!(!format!("{request:?} {request:#?}").contains("sesame"));
    let broken = with(secret("open-sesame\n", "http://127.0.0.1:1")).unwrap_err();
    assert!(!format!("{broken} {broken:?}").contains("sesame"));
}

#[test]
fn a_secret_goes_to_the_origin_that_it_is_bound_to() {
    for elsewhere in ["http://127.0.0.1:2", "https://127.0.0.1:1", "http://localhost:1", "http://example.org"] {
        let error = with(secret("open-sesame", elsewhere)).unwrap_err();
        assert_eq!(error.kind(), Kind::Denied, "{elsewhere}");
        assert!(error.to_string().contains(elsewhere) && !format!("{error} {error:?}").contains("sesame"));
    }
}

#[tokio::test]
async fn what_is_sent_is_what_was_asked_and_no_more() {
    let server = Server::answering(|_| ok("")).await;
    let headers = vec![text("X-Note", "a"), text("x-note", "b"), text("content-type", "text/plain")];
    let request = Request::new(Verb::Post, &server.url("/p?q=1#f"), headers, "words".into()).unwrap();
    send(&here(), request).await.unwrap();
    let sent = server.requests().remove(0);
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<&str> = head.lines().collect();
    assert_eq!(lines.remove(0), "POST /p?q=1 HTTP/1.1");
    lines.sort_unstable();
    let agent = format!("user-agent: Vestry/{}", env!("CARGO_PKG_VERSION"));
    let host = format!("host: {}", server.address);
    let expected =
        ["accept: */*", "content-length: 5", "content-type: text/plain", &host, &agent, "x-note: a", "x-note: b"];
    assert_eq!(lines, expected);
    assert_eq!(body, "words");
}

#[tokio::test]
async fn what_comes_back_is_told_as_it_is_but_cookies() {
    let server = Server::serving(|mut stream, _| async move {
        let answer = b"HTTP/1.1 418 Teapot\r\nX-Note: a\r\nx-note: b\r\nSet-Cookie: id=1\r\nX-Odd: \xff\r\n\
            Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab\xff\r\n2\r\ncd\r\n0\r\nx-trailer: t\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await.unwrap();
    })
    .await;
    let answer = send(&here(), get(&server.url("/"))).await.unwrap();
    assert_eq!(answer.status, 418);
    assert_eq!(&answer.body[..], b"ab\xffcd");
    let told = |name: &str| -> Vec<&str> {
        answer.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(told("x-note"), ["a", "b"]);
    assert_eq!(told("x-odd"), ["\u{fffd}"]);
    assert_eq!(told("content-encoding"), ["gzip"]);
    assert_eq!(told("set-cookie"), Vec::<&str>::new());
    assert_eq!(told("x-trailer"), Vec::<&str>::new());
    // Nothing is remembered of it.
    send(&here(), get(&server.url("/"))).await.unwrap();
    assert!(!server.requests()[1].to_lowercase().contains("cookie"));
}
