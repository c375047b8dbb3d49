//! Redirects, each looked at as if it were the first address.

use bytes::Bytes;
use vestry_outbound::{Header, Kind, Origin, OutboundError, Request, Secret, Verb};

use crate::server::{Server, ok, path, to};
use crate::{get, here, send, text};

/// A server that leads to the address in its query.
async fn leading() -> Server {
    Server::answering(|head| path(head).split_once('?').map_or_else(|| ok("arrived"), |(_, location)| to(location)))
        .await
}

fn reason(error: OutboundError) -> OutboundError {
    match error {
        OutboundError::Redirected { reason, .. } => *reason,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_refused() {
    let server = leading().await;
    let port = server.address.port();
    for location in [
        "http://127.0.0.2/",
        "http://10.0.0.7/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706434/",
        "//10.0.0.7/",
        "\\\\10.0.0.7\\",
        "http://[::1]:80/",
        "http://[::ffff:127.0.0.1]/",
        "https://192.168.0.1/",
    ] {
        let error = send(&here(), get(&server.url(&format!("/?{location}")))).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Denied, "{location}");
        assert!(error.to_string().starts_with(&format!("http://127.0.0.1:{port} redirects, and")), "{error}");
        assert!(matches!(reason(error), OutboundError::Refused { .. }), "{location}");
    }
    assert_eq!(server.requests().len(), 9);
}

#[tokio::test]
async fn a_redirect_to_another_origin_needs_its_grant() {
    let (server, other) = (leading().await, Server::answering(|_| ok("other")).await);
    let url = server.url(&format!("/?{}", other.url("/x")));
    let granted: Origin = server.url("").parse().unwrap();
    let error = here().send(get(&url), &|origin| *origin == granted).await.unwrap_err();
    assert!(matches!(reason(error), OutboundError::NotGranted(origin) if origin.to_string() == other.url("")));
    assert_eq!(other.requests(), Vec::<String>::new());
    let answer = send(&here(), get(&url)).await.unwrap();
    assert_eq!((answer.body, answer.origin.to_string()), (Bytes::from("other"), other.url("")));
}

#[tokio::test]
async fn redirects_are_read_against_the_address_that_gave_them() {
    let server = Server::answering(|head| match path(head) {
        "/a/b/c" => to("d?x=1"),
        "/a/b/d?x=1" => to("../e"),
        "/a/e" => to("/f#part"),
        "/f" => to("?y=2"),
        "/f?y=2" => ok("arrived"),
        other => panic!("{other}"),
    })
    .await;
    assert_eq!(send(&here(), get(&server.url("/a/b/c#part"))).await.unwrap().body, "arrived");
}

#[tokio::test]
async fn five_are_followed_and_a_loop_ends() {
    let server = Server::answering(|head| match path(head)[1..].parse::<u32>() {
        Ok(0) => ok("arrived"),
        Ok(left) => to(&format!("/{}", left - 1)),
        Err(_) => to("/around"),
    })
    .await;
    assert_eq!(send(&here(), get(&server.url("/5"))).await.unwrap().body, "arrived");
    assert_eq!(server.requests().len(), 6);
    for path in ["/6", "/around"] {
        let error = send(&here(), get(&server.url(path))).await.unwrap_err();
        assert!(matches!(error, OutboundError::TooManyRedirects { .. }), "{error}");
        assert_eq!(error.kind(), Kind::Unavailable);
    }
    assert_eq!(server.requests().len(), 18);
}

#[tokio::test]
async fn only_looking_follows_and_stays_what_it_is() {
    for status in
        ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
    {
        let server =
            Server::answering(
                move |head| {
                    if path(head) == "/" { to("/there").replace("302 Found", status) } else { ok("") }
                },
            )
            .await;
        let url = server.url("/");
        for (verb, sent) in [(Verb::Get, "GET"), (Verb::Head, "HEAD")] {
            let request = Request::new(verb, &url, vec![], Bytes::new()).unwrap();
            assert_eq!(send(&here(), request).await.unwrap().status, 200, "{status}");
            assert!(server.requests().last().unwrap().starts_with(&format!("{sent} /there ")));
        }
        for verb in [Verb::Post, Verb::Put, Verb::Patch, Verb::Delete] {
            let asked = server.requests().len();
            let answer = send(&here(), Request::new(verb, &url, vec![], Bytes::new()).unwrap()).await.unwrap();
            assert_eq!(answer.status.to_string(), status[..3]);
            assert!(answer.headers.contains(&("location".into(), "/there".into())));
            assert_eq!(server.requests().len(), asked + 1);
        }
    }
}

#[tokio::test]
async fn a_redirect_that_leads_nowhere_is_said() {
    let server = leading().await;
    for location in ["ftp://example.org/", "file:///etc/passwd", "http://user:word@127.0.0.1/", "http://127.0.0.1.1/"] {
        let error = send(&here(), get(&server.url(&format!("/?{location}")))).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable, "{location}");
        assert!(matches!(reason(error), OutboundError::Location(_)), "{location}");
    }
    // Without a place to go to it is an answer as any other.
    let server = Server::answering(|_| "HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n".into()).await;
    assert_eq!(send(&here(), get(&server.url("/"))).await.unwrap().status, 302);
}

#[tokio::test]
async fn what_is_secret_stays_with_the_first_origin() {
    let other = Server::answering(|_| ok("other")).await;
    let away = other.url("/landed");
    let server = Server::answering(move |head| match path(head) {
        "/same" => to("/next"),
        "/away" => to(&away),
        "/over" => to(&format!("{}?back", away)),
        _ => ok("arrived"),
    })
    .await;
    let first: Origin = server.url("").parse().unwrap();
    let ask = |path: &str| {
        let secret = |name: &str, prefix: &str| Header::Secret {
            name: name.into(),
            prefix: prefix.into(),
            value: Secret::new("open-sesame".into()),
            bound_to: first.clone(),
        };
        let headers = vec![secret("X-Key", ""), text("authorization", "Basic plugin-own"), text("x-plain", "plain")];
        Request::new(Verb::Get, &server.url(path), headers, Bytes::new()).unwrap()
    };
    send(&here(), ask("/same")).await.unwrap();
    for request in server.requests() {
        assert!(request.contains("x-key: open-sesame") && request.contains("Basic plugin-own"), "{request}");
    }
    send(&here(), ask("/away")).await.unwrap();
    let landed = other.requests().remove(0);
    assert!(landed.contains("x-plain: plain"), "{landed}");
    assert!(!landed.contains("open-sesame") && !landed.contains("plugin-own") && !landed.contains("x-key"), "{landed}");
}

#[tokio::test]
async fn who_was_elsewhere_gets_no_secret_on_the_way_back() {
    let back = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
    let home = back.clone();
    let other = Server::answering(move |_| to(home.get().unwrap())).await;
    let away = other.url("/");
    let server = Server::answering(move |head| match path(head) {
        "/" => to(&away),
        "/chosen-by-the-other" => to("/further"),
        _ => ok("back"),
    })
    .await;
    back.set(server.url("/chosen-by-the-other")).unwrap();
    let header = Header::Secret {
        name: "authorization".into(),
        prefix: "Bearer ".into(),
        value: Secret::new("open-sesame".into()),
        bound_to: server.url("").parse().unwrap(),
    };
    let request = Request::new(Verb::Get, &server.url("/"), vec![header], Bytes::new()).unwrap();
    assert_eq!(send(&here(), request).await.unwrap().body, "back");
    let requests = server.requests();
    assert!(requests[0].contains("authorization: Bearer open-sesame"), "{}", requests[0]);
    assert_eq!(requests.len(), 3);
    assert!(!requests[1..].iter().any(|request| request.contains("open-sesame")), "{requests:?}");
}
