//! Looking changes nothing: every GET that there is, walked as an administrator, leaves the database as it was.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use vestry_tests::database::Snapshot;
use vestry_tests::{Client, House};

/// Pages of the host that no link may lead to.
const OWN: &[&str] =
    &["/", "/menu", "/routes", "/healthz", "/safe", "/account", "/account/sign-in", "/account/sign-out"];
/// Pages that differ by their query alone are enough a few times.
const QUERIES_EACH: usize = 6;

#[test]
fn looking_changes_nothing() {
    let house = House::open("get-changes-nothing");
    for plugin in ["probe", "hello"] {
        house.install(plugin);
    }
    house.person("Lena Looked-At", &["developer"]);
    let client = house.as_admin();
    let before = Snapshot::of(house.server.data());
    let walked = walk(&client);
    let mut missed = Vec::new();
    for pattern in registered(&client) {
        let seen = walked.iter().any(|(walked, status)| *status < 400 && matches(&pattern, walked));
        if !seen {
            let answer = client.get(&filled(&pattern));
            // What the probe passes on is a refusal of the gate, not of the route.
            if answer.status == 403 && !pattern.ends_with("-strict") {
                missed.push(format!("{pattern} is refused"));
            }
        }
    }
    assert!(walked.len() > 10, "the walk sees pages: {walked:?}");
    assert!(missed.is_empty(), "an administrator may look at everything: {missed:#?}");
    let changes = before.changes(&Snapshot::of(house.server.data()));
    // The probe tries to write while it is looked at. That it was refused is written down.
    let is_refusal = |change: &String| change.starts_with("+ audit:") && change.contains("outcome=refused");
    let changes: Vec<String> = changes.into_iter().filter(|change| !is_refusal(change)).collect();
    assert!(changes.is_empty(), "{changes:#?}");
}

/// Pages that show what a failure looks like, on purpose.
const FAILURES: &str = "/styleguide/failure";

/// Every page that can be reached by links, with what it answered.
fn walk(client: &Client) -> BTreeMap<String, u16> {
    let mut waiting: VecDeque<String> = OWN.iter().map(|path| (*path).to_owned()).collect();
    let menu = client.get_json("/menu").expect(200).json();
    waiting.extend(menu.as_array().into_iter().flatten().filter_map(|entry| entry["href"].as_str()).map(str::to_owned));
    let mut walked = BTreeMap::new();
    let mut queries: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(path) = waiting.pop_front() {
        let place = path.split('?').next().unwrap_or_default().to_owned();
        let count = queries.entry(place).or_default();
        if walked.contains_key(&path) || *count >= QUERIES_EACH {
            continue;
        }
        *count += 1;
        let answer = client.get(&path);
        assert!(
            answer.status < 500 || path.starts_with(FAILURES),
            "{path} answers {}: {}",
            answer.status,
            answer.text()
        );
        let page = answer.page();
        waiting.extend(page.links());
        let forms = page.forms().into_iter().filter(|form| form.method == "get");
        waiting.extend(forms.map(|form| form.action).filter(|action| action.starts_with('/')));
        waiting.extend(answer.location());
        client.get_json(&path);
        client.call("HEAD", &path).send();
        walked.insert(path, answer.status);
    }
    walked
}

/// The path of every GET route that a mounted plugin registered.
fn registered(client: &Client) -> BTreeSet<String> {
    let routes = client.get_json("/routes").expect(200).json();
    let routes = routes.as_array().expect("the routes are a list").iter().filter(|route| route["verb"] == "GET");
    let found: BTreeSet<String> =
        routes.map(|route| route["path"].as_str().expect("a route has a path").to_owned()).collect();
    assert!(found.len() > 5, "there are routes: {found:?}");
    found
}

fn matches(pattern: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default().trim_end_matches('/');
    let (pattern, path): (Vec<&str>, Vec<&str>) =
        (pattern.trim_end_matches('/').split('/').collect(), path.split('/').collect());
    pattern.len() == path.len() && pattern.iter().zip(&path).all(|(part, given)| part.starts_with('{') || part == given)
}

fn filled(pattern: &str) -> String {
    let parts = pattern.split('/').map(|part| if part.starts_with('{') { "something" } else { part });
    parts.collect::<Vec<_>>().join("/")
}
