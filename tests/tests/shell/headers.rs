//! What every answer carries, whatever it is: a page, an error, a redirect, data, a file of the front end.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use vestry_tests::{Answer, Client, House};

static HOUSE: LazyLock<House> = LazyLock::new(|| House::open("headers"));

/// Every kind of answer there is: what it is called, and the answer.
fn every_kind(client: &Client) -> Vec<(&'static str, Answer)> {
    let asset = client.get("/users").page().attributes("link[rel=stylesheet]", "href").into_iter().next();
    let asset = asset.expect("a page has a style sheet");
    vec![
        ("a page of a plugin", client.get("/users").expect(200)),
        ("a page of the host", client.get("/account").expect(200)),
        ("the sign-in form", HOUSE.visitor().get("/account/sign-in").expect(200)),
        ("the page without plugins", client.get("/safe").expect(200)),
        ("data", client.get_json("/users").expect(200)),
        ("the menu", client.get_json("/menu").expect(200)),
        ("a redirect", HOUSE.visitor().get("/users")),
        ("a page that is not there", client.get("/nowhere").expect(404)),
        ("data that is not there", client.get_json("/nowhere").expect(404)),
        ("a method that is not there", client.call("DELETE", "/users").send()),
        (
            "a refused origin",
            client.call("POST", "/account/sign-out").header("origin", "https://evil.example").send().expect(403),
        ),
        ("a broken path", client.get("/users/%ff%fe")),
        ("too much", client.call("POST", "/account/sign-in").flood("application/x-www-form-urlencoded", 4 << 20)),
        ("a style sheet", client.get(&asset).expect(200)),
        ("a file that is not there", client.get("/assets/nothing.js").expect(404)),
        ("health", client.get("/healthz").expect(200)),
    ]
}

#[test]
fn every_answer_carries_the_headers() {
    let client = HOUSE.as_admin();
    for (kind, answer) in every_kind(&client) {
        for (name, expected) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(expected), "{name} on {kind}");
        }
        assert!(answer.header("permissions-policy").is_some(), "permissions-policy on {kind}");
        let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{kind} has no policy"));
        assert!(policy.contains("default-src 'none'"), "{kind}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'") || policy.contains("frame-ancestors 'self'"),
            "{kind}: {policy}"
        );
        assert!(policy.contains("base-uri 'none'"), "{kind}: {policy}");
        for weak in ["unsafe-inline", "unsafe-eval", "strict-dynamic", "*", "http:", "https:"] {
            assert!(!policy.contains(weak), "{kind} allows {weak}: {policy}");
        }
        for name in ["server", "x-powered-by"] {
            assert!(answer.header(name).is_none(), "{kind} says what it runs on: {name}");
        }
    }
}

#[test]
fn pages_are_kept_by_nobody_and_files_for_long() {
    let client = HOUSE.as_admin();
    for (kind, answer) in every_kind(&client) {
        let cache = answer.header("cache-control").unwrap_or_default().to_owned();
        if kind == "a style sheet" {
            assert!(cache.contains("immutable") && cache.contains("max-age=31536000"), "{kind}: {cache}");
        } else {
            assert!(cache.contains("no-store") || cache.contains("no-cache"), "{kind}: {cache:?}");
        }
    }
}

#[test]
fn each_answer_has_a_nonce_of_its_own() {
    let client = HOUSE.as_admin();
    let mut nonces = BTreeSet::new();
    for path in ["/users", "/users", "/account", "/safe", "/nowhere", "/styleguide"] {
        let answer = client.get(path);
        let policy = answer.header("content-security-policy").expect("a policy").to_owned();
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
        let nonce = nonce.unwrap_or_else(|| panic!("{path} has no nonce: {policy}")).to_owned();
        assert!(nonce.len() >= 22, "128 bits: {nonce}");
        let page = answer.page();
        for element in ["script", "style"] {
            let (all, with) = (page.texts(element).len(), page.attributes(&format!("{element}[nonce]"), "nonce"));
            let linked = page.attributes(&format!("{element}[src]"), "src").len();
            assert!(with.len() + linked >= all, "an inline {element} on {path} lacks the nonce");
            assert!(with.iter().all(|value| *value == nonce), "{path} has another nonce inside");
        }
        assert!(nonces.insert(nonce), "{path} repeats a nonce");
    }
}

#[test]
fn no_page_holds_script_or_style_in_its_attributes() {
    let client = HOUSE.as_admin();
    for path in ["/users", "/account", "/safe", "/nowhere", "/styleguide", "/account/sign-in"] {
        let page = client.get(path).page();
        for attribute in ["onclick", "onload", "onerror", "onsubmit", "onchange", "oninput", "style"] {
            assert!(!page.has(&format!("[{attribute}]")), "{path} has {attribute}=");
        }
        let elsewhere =
            page.attributes("[src], link[href]", "src").into_iter().chain(page.attributes("link[href]", "href"));
        for address in elsewhere {
            assert!(address.starts_with('/') && !address.starts_with("//"), "{path} fetches {address}");
        }
    }
}

#[test]
fn a_file_is_sent_packed() {
    let client = HOUSE.as_admin();
    let sheet = client.get("/users").page().attributes("link[rel=stylesheet]", "href").remove(0);
    let packed = client.call("GET", &sheet).header("accept-encoding", "br, gzip").send().expect(200);
    // Only the released program holds its files packed.
    let is_packed = matches!(packed.header("content-encoding"), Some("br" | "gzip"));
    assert!(is_packed || cfg!(debug_assertions), "{:?}", packed.headers);
    assert!(packed.header("content-type").is_some_and(|kind| kind.starts_with("text/css")), "{:?}", packed.headers);
}

#[test]
fn behind_tls_cookies_belong_to_this_host_alone() {
    let server = vestry_tests::Server::start_with("headers-tls", |data| {
        std::fs::write(data.join("vestry.yml"), "public-url: https://vestry.example\n")
            .expect("settings can be written");
    });
    server.command(&["user", "add", "ada@example.org", "--name", "Ada", "--password-stdin"], "correct horse of ada");
    let client = Client::new(server.address());
    let fields = [("email", "ada@example.org"), ("password", "correct horse of ada"), ("next", "/")];
    let call = client.call("POST", "/account/sign-in").header("origin", "https://vestry.example");
    let answer = call.header("host", "vestry.example").form(&fields).send();
    assert!((300..400).contains(&answer.status), "{}", answer.text());
    let cookies: Vec<&str> =
        answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
    assert!(!cookies.is_empty());
    for cookie in cookies {
        assert!(cookie.starts_with("__Host-") && cookie.to_lowercase().contains("; secure"), "{cookie}");
    }
    let transport = answer.header("strict-transport-security").expect("browsers are told to stay with TLS");
    assert!(transport.contains("max-age="), "{transport}");
}
