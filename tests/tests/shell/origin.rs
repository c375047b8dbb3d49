//! Unsafe requests must come from a page of this server. What does not say where it comes from is refused too, but
//! for programs with a token, which no browser sends by itself.

use std::sync::LazyLock;

use vestry_tests::database::Snapshot;
use vestry_tests::{Client, House};

static HOUSE: LazyLock<House> = LazyLock::new(|| House::open("origin"));

/// Places that answer to something else than GET, of the host and of a plugin.
const PLACES: &[(&str, &str)] = &[
    ("POST", "/account/sign-in"),
    ("POST", "/account/sign-out"),
    ("POST", "/users/invite"),
    ("POST", "/users/bulk/state"),
    ("POST", "/users/bulk/state/apply"),
    ("POST", "/safe"),
    ("POST", "/nowhere"),
    ("PUT", "/users"),
    ("PATCH", "/users"),
    ("DELETE", "/users"),
];

/// Where else a request may come from: `Origin` and `Sec-Fetch-Site`.
const ELSEWHERE: &[(Option<&str>, Option<&str>)] = &[
    (Some("https://evil.example"), None),
    (Some("https://evil.example"), Some("cross-site")),
    (Some("null"), None),
    (Some("null"), Some("same-origin")),
    (Some(""), None),
    (Some("http://127.0.0.1"), None),
    (Some("http://127.0.0.1:1"), Some("same-site")),
    (Some("http://localhost"), None),
    (Some("not an origin"), None),
    (None, Some("cross-site")),
    (None, Some("same-site")),
    (None, Some("none")),
    (None, None),
];

fn refused(client: &Client, method: &str, path: &str, origin: Option<&str>, site: Option<&str>) {
    let mut call = client.call(method, path).without("origin").without("sec-fetch-site").form(&[("a", "b")]);
    for (name, value) in [("origin", origin), ("sec-fetch-site", site)] {
        if let Some(value) = value {
            call = call.header(name, value);
        }
    }
    let answer = call.send();
    assert_eq!(answer.status, 403, "{method} {path} from {origin:?}, {site:?}");
}

#[test]
fn what_comes_from_elsewhere_is_refused() {
    // A house of its own: in the other, somebody may sign in meanwhile.
    let house = House::open("origin-elsewhere");
    let client = house.as_admin();
    let before = Snapshot::of(house.server.data());
    for (method, path) in PLACES {
        for (origin, site) in ELSEWHERE {
            refused(&client, method, path, *origin, *site);
        }
        let with_port = format!("http://{}.evil.example", house.server.host());
        refused(&client, method, path, Some(&with_port), None);
        refused(&client, method, path, Some(&client.origin()), Some("cross-site"));
    }
    let changes = before.changes(&Snapshot::of(house.server.data()));
    let changes: Vec<String> = changes.into_iter().filter(|change| !change.starts_with("+ audit")).collect();
    assert!(changes.is_empty(), "{changes:#?}");
    client.get("/users").expect(200);
}

#[test]
fn the_refusal_is_a_page_or_a_problem() {
    let client = HOUSE.as_admin();
    let call = client.call("POST", "/account/sign-out").header("origin", "https://evil.example");
    call.header("accept", "application/json").send().expect_problem(403);
    let page =
        client.call("POST", "/account/sign-out").header("origin", "https://evil.example").send().expect(403).page();
    assert!(!page.text("h1").is_empty(), "a person sees a page");
}

#[test]
fn a_token_needs_no_origin_and_a_cookie_beside_it_counts_for_nothing() {
    let token = HOUSE.token(&HOUSE.admin, &[]);
    let program = HOUSE.with_token(&token);
    let answer = program.call("POST", "/users/invite").form(&[]).send();
    assert_ne!(answer.status, 403, "a program sends no origin: {}", answer.text());

    let client = HOUSE.as_admin();
    let call = client.call("POST", "/account/sign-out").header("authorization", "Bearer nothing");
    let answer = call.header("origin", "https://evil.example").header("sec-fetch-site", "cross-site").send();
    assert!(matches!(answer.status, 401 | 403), "{}", answer.status);
    client.get("/users").expect(200);
}

#[test]
fn reading_is_open_to_links_from_elsewhere() {
    let client = HOUSE.as_admin();
    client.call("GET", "/users").header("sec-fetch-site", "cross-site").send().expect(200);
    client.call("HEAD", "/users").header("sec-fetch-site", "cross-site").send().expect(200);
}
