//! Who one is, and to whom that is said.

use vestry_sources::{Access, SourceError};

use crate::server::{Server, authorization, digest, hello, manifest, ok, path, status, titled, to, who};
use crate::{COMPONENT, ann, fetch, here};

/// `ann:open-sesame`, as Basic has it.
const ANN: &str = "Basic YW5uOm9wZW4tc2VzYW1l";

/// Shows its package to who brings a token, which is given out here or elsewhere.
async fn wanting_token(realm: Option<String>, access: bool) -> Server {
    Server::answering(move |head| {
        let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        let realm = realm.clone().unwrap_or_else(|| format!("http://{host}/token?account=x"));
        if path(head).starts_with("/token") {
            return given(head, access);
        }
        if authorization(head) == Some("Bearer ticket") {
            return hello().answer(head);
        }
        let bearer = format!("Bearer realm=\"{realm}\",service=\"registry\",scope=\"repository:team/hello:pull,push\"");
        who(&["Negotiate", &bearer])
    })
    .await
}

fn given(head: &str, access: bool) -> String {
    if access && authorization(head) != Some(ANN) {
        return status("401 Unauthorized");
    }
    ok(r#"{"access_token":"ticket","expires_in":300}"#)
}

#[tokio::test]
async fn a_token_is_asked_for_and_brought() {
    for (access, given) in [(false, None), (true, Some(ann()))] {
        let server = wanting_token(None, access).await;
        let fetched = fetch(&server.hello(":1.2.0"), given.as_ref()).await.unwrap();
        assert_eq!((fetched.component, fetched.readme.as_str()), (COMPONENT.into(), "# Hello"));
        let requests = server.requests();
        let paths: Vec<&str> = requests.iter().map(|head| path(head).split(['?', ':']).next().unwrap()).collect();
        // Asked for once, for all of it.
        assert_eq!(paths[..3], ["/v2/team/hello/manifests/1.2.0", "/token", "/v2/team/hello/manifests/1.2.0"]);
        assert_eq!(paths[3..], ["/v2/team/hello/blobs/sha256"; 2]);
        // To read, whatever the challenge says, and beside what the address had.
        assert_eq!(path(&requests[1]), "/token?account=x&service=registry&scope=repository%3Ateam%2Fhello%3Apull");
        assert_eq!(authorization(&requests[1]), given.as_ref().map(|_| ANN));
        // Access goes to where tokens are given out, and nowhere else.
        assert!(requests.iter().filter(|head| head.contains(ANN)).count() <= 1);
    }
}

#[tokio::test]
async fn access_is_refused_in_words_without_it() {
    let server = wanting_token(None, true).await;
    let error = fetch(&server.hello(":1.2.0"), None).await.unwrap_err();
    assert!(matches!(error, SourceError::Access(_)), "{error:?}");
    assert!(error.to_string().contains("shows team/hello to nobody without access, or has none"), "{error}");
    let wrong = Access { user: "ann".into(), token: "abracadabra".into() };
    let error = fetch(&server.hello(":1.2.0"), Some(&wrong)).await.unwrap_err();
    assert!(matches!(error, SourceError::Access(_)), "{error:?}");
    assert!(error.to_string().contains("does not show team/hello with this access: check"), "{error}");
    assert!(!format!("{error:?}{error}{wrong:?}").contains("abracadabra"));
}

#[tokio::test]
async fn basic_is_answered_where_there_is_access() {
    let server = Server::answering(|head| match authorization(head) {
        Some(ANN) => hello().answer(head),
        Some("Basic dG9rZW46b3Blbi1zZXNhbWU=") => hello().answer(head),
        _ => who(&["Basic realm=\"Registry\""]),
    })
    .await;
    assert_eq!(fetch(&server.hello(":1.2.0"), Some(&ann())).await.unwrap().component, COMPONENT.as_bytes());
    // A token alone.
    let alone = Access { user: String::new(), ..ann() };
    assert_eq!(fetch(&server.hello(":1.2.0"), Some(&alone)).await.unwrap().component, COMPONENT.as_bytes());
    assert!(matches!(fetch(&server.hello(":1.2.0"), None).await.unwrap_err(), SourceError::Access(_)));
    let wrong = Access { token: "wrong".into(), ..ann() };
    assert!(matches!(fetch(&server.hello(":1.2.0"), Some(&wrong)).await.unwrap_err(), SourceError::Access(_)));
    let error = here().references(&server.hello(""), None).await.unwrap_err();
    assert!(matches!(error, SourceError::Access(_)), "{error:?}");
}

#[tokio::test]
async fn nothing_is_said_before_it_is_asked() {
    let server = Server::of(hello()).await;
    fetch(&server.hello(":1.2.0"), Some(&ann())).await.unwrap();
    assert!(server.requests().iter().all(|head| authorization(head).is_none()));
}

#[tokio::test]
async fn a_token_is_asked_for_at_the_registry_or_by_tls() {
    // Another port of the same host is the same machine.
    let giving = Server::answering(|head| given(head, true)).await;
    let server = wanting_token(Some(giving.url("/token")), true).await;
    assert!(fetch(&server.hello(":1.2.0"), Some(&ann())).await.is_ok());
    assert_eq!(giving.requests().len(), 1);
    // Another host is not, and what is no address neither.
    let elsewhere = giving.url("/token").replace("127.0.0.1", "localhost");
    for (realm, said) in [
        (elsewhere, "is not asked by TLS"),
        ("http://registry.example/token".into(), "http://registry.example, where it is given out, is not asked by TLS"),
        ("http://ann:x@127.0.0.1/token".into(), "no user and no password"),
        ("ftp://127.0.0.1/token".into(), "it must begin with https:// or http://"),
        ("/token".into(), "it does not say where"),
        (String::new(), "it does not say where"),
    ] {
        let server = wanting_token(Some(realm.clone()), true).await;
        let error = fetch(&server.hello(":1.2.0"), Some(&ann())).await.unwrap_err();
        assert!(matches!(error, SourceError::Refused(_)), "{realm}: {error:?}");
        assert!(error.to_string().contains(said), "{realm}: {error}");
    }
    assert_eq!(giving.requests().len(), 1);
    // Nor in the house.
    let server = wanting_token(Some("https://10.0.0.7/token".into()), true).await;
    let error = fetch(&server.hello(":1.2.0"), Some(&ann())).await.unwrap_err();
    assert!(
        matches!(error, SourceError::Refused(_)) && error.to_string().contains("networks: [10.0.0.7/32]"),
        "{error}"
    );
}

#[tokio::test]
async fn an_address_that_gives_out_tokens_does_not_say_itself_for_what() {
    let giving = Server::answering(|head| given(head, true)).await;
    let realm =
        giving.url("/token?scope=repository:other/secret:pull,push&Service=other&account=x&SCOPE=registry:catalog:*");
    let server = wanting_token(Some(realm), true).await;
    fetch(&server.hello(":1.2.0"), Some(&ann())).await.unwrap();
    let asked = giving.requests();
    assert_eq!(path(&asked[0]), "/token?account=x&service=registry&scope=repository%3Ateam%2Fhello%3Apull");
}

#[tokio::test]
async fn what_a_registry_repeats_of_who_asked_is_not_passed_on() {
    // As it was sent, and as it reads.
    for repeated in ["open-sesame.txt", "of YW5uOm9wZW4tc2VzYW1l"] {
        let server = Server::answering(move |head| match authorization(head) {
            Some(ANN) => ok(&manifest(&[titled(repeated, "x")])),
            _ => who(&["Basic realm=\"Registry\""]),
        })
        .await;
        let error = fetch(&server.hello(":1.2.0"), Some(&ann())).await.unwrap_err().to_string();
        assert!(error.contains("holds no component, but") && error.contains("•••"), "{error}");
        assert!(!error.contains("open-sesame") && !error.contains("b3Blbi1zZXNhbWU"), "{error}");
    }
}

#[tokio::test]
async fn who_was_led_to_learns_nothing() {
    // Where a layer lies, and what asks for a token there.
    for answer in [ok(COMPONENT), who(&["Basic realm=\"Storage\""])] {
        let taken = answer.contains("200 OK");
        let storage = Server::answering(move |_| answer.clone()).await;
        let away = to(&storage.url("/storage"));
        let server = Server::answering(move |head| match authorization(head) {
            Some(ANN) if path(head).ends_with(&digest(COMPONENT)) => away.clone(),
            Some(ANN) => hello().answer(head),
            _ => who(&["Basic realm=\"Registry\""]),
        })
        .await;
        let fetched = fetch(&server.hello(":1.2.0"), Some(&ann())).await;
        assert_eq!(fetched.is_ok(), taken, "{fetched:?}");
        assert_eq!(storage.requests().len(), 1);
        assert!(authorization(&storage.requests()[0]).is_none(), "{:?}", storage.requests());
    }
    // Where tokens are given out, and it leads away.
    let other = Server::answering(|_| ok(r#"{"token":"ticket"}"#)).await;
    let away = to(&other.url("/token"));
    let giving = Server::answering(move |_| away.clone()).await;
    let server = wanting_token(Some(giving.url("/token")), true).await;
    fetch(&server.hello(":1.2.0"), Some(&ann())).await.unwrap();
    assert_eq!(authorization(&giving.requests()[0]), Some(ANN));
    assert_eq!(authorization(&other.requests()[0]), None);
}

#[tokio::test]
async fn a_registry_that_is_never_content_is_asked_twice() {
    let server = Server::answering(|head| match path(head) {
        "/token?scope=repository%3Ateam%2Fhello%3Apull" => ok(r#"{"token":"ticket"}"#),
        _ => {
            let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
            who(&[&format!("Bearer realm=\"http://{host}/token\"")])
        }
    })
    .await;
    let error = fetch(&server.hello(":1.2.0"), Some(&ann())).await.unwrap_err();
    assert!(matches!(error, SourceError::Access(_)), "{error:?}");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn tokens_that_are_none_are_said() {
    for (answer, said) in [
        (ok("<html>"), "gives out no token"),
        (ok("{}"), "gives out no token"),
        (ok(r#"{"token":""}"#), "gives out no token"),
        (ok(r#"{"token":"a\r\nx-other: b"}"#), "cannot be sent"),
        (ok(&format!(r#"{{"token":"{}"}}"#, "x".repeat(65_536))), "more than 65536 bytes"),
        (status("500 Internal Server Error"), "answers with the status 500"),
    ] {
        let giving = Server::answering(move |_| answer.clone()).await;
        let server = wanting_token(Some(giving.url("/token")), true).await;
        let error = fetch(&server.hello(":1.2.0"), Some(&ann())).await.unwrap_err();
        assert!(error.to_string().contains(said), "{said}: {error}");
    }
}
