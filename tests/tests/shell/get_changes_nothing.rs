//! Looking changes nothing: every GET that there is, walked as an administrator, leaves the database as it was.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::time::Duration;

use rusqlite::Connection;
use url::form_urlencoded::Serializer;
use vestry_tests::accounts::key_of;
use vestry_tests::database::Snapshot;
use vestry_tests::{Client, House, Stream, wait_for};

/// Pages of the host that no link may lead to.
const OWN: &[&str] =
    &["/", "/menu", "/routes", "/healthz", "/safe", "/account", "/account/sign-in", "/account/sign-out"];
/// What every plugin here must have among its routes: those that a server ships with, and those of the tests.
const ROUTES: &[&str] = &[
    "/users",
    "/jobs",
    "/jobs/{key}",
    "/styleguide",
    "/hello",
    "/worker/log",
    "/worker/big",
    "/probe/call/{function}",
];
/// Pages that differ by their query alone are enough a few times.
const QUERIES_EACH: usize = 6;

#[test]
fn looking_changes_nothing() {
    let house = House::open("get-changes-nothing");
    for plugin in ["probe", "hello", "worker"] {
        house.install(plugin);
    }
    house.person("Lena Looked-At", &["developer"]);
    let client = house.as_admin();
    client.post("/worker/start", &[("name", "count")]).expect(303);
    rest(&house);
    let before = Snapshot::of(house.server.data());
    let walked = walk(&client);
    let mut missed = Vec::new();
    let registered = registered(&client);
    for route in ROUTES {
        assert!(registered.contains(*route), "{route} is among {registered:#?}");
    }
    for place in ["/jobs", "/worker", "/probe", "/users", "/styleguide"] {
        assert!(walked.get(place).is_some_and(|status| *status == 200), "{place} is walked: {walked:#?}");
    }
    for pattern in registered {
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
    let changes = but_refusals(changes);
    assert!(changes.is_empty(), "{changes:#?}");
}

/// The probe tries to write while it is looked at. That it was refused is written down.
fn but_refusals(changes: Vec<String>) -> Vec<String> {
    let is_refusal = |change: &String| change.starts_with("+ audit:") && change.contains("outcome=refused");
    changes.into_iter().filter(|change| !is_refusal(change)).collect()
}

/// Waits until no job is under way, and puts off the schedules: what they do is nobody's who looks.
fn rest(house: &House) {
    let database = Connection::open(house.server.data().join("vestry.db")).expect("the database can be opened");
    database.busy_timeout(Duration::from_secs(10)).expect("it can wait");
    database.execute("UPDATE schedules SET due = 4102444800000", []).expect("schedules are for the year 2100");
    let waiting = "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')";
    let count = || database.query_row(waiting, [], |row| row.get::<_, u32>(0)).expect("jobs can be counted");
    wait_for(Duration::from_secs(20), || (count() == 0).then_some(())).expect("the jobs end");
}

/// Everything that a plugin can do beyond reading, with what it is called with: `{account}` and `{job}` are there.
const CHANGES: &[(&str, &[(&str, &str)])] = &[
    ("kv.set", &[("key", "x"), ("value", "y")]),
    ("files.write", &[("path", "new"), ("content", "words")]),
    ("files.append", &[("path", "kept"), ("content", "words")]),
    ("files.rename", &[("old", "kept"), ("new", "renamed")]),
    ("files.remove", &[("path", "kept")]),
    ("uploads.keep", &[("index", "0"), ("path", "new")]),
    ("http-client.send", &[("verb", "POST"), ("url", "http://127.0.0.1:47001/")]),
    ("http-client.send", &[("verb", "PUT"), ("url", "http://127.0.0.1:47001/")]),
    ("http-client.send", &[("verb", "PATCH"), ("url", "http://127.0.0.1:47001/")]),
    ("http-client.send", &[("verb", "DELETE"), ("url", "http://127.0.0.1:47001/")]),
    ("http-client.send", &[("verb", "get"), ("url", "http://127.0.0.1:47001/")]),
    ("jobs.start", &[("name", "call"), ("input", "{}")]),
    ("jobs.cancel", &[("id", "{job}")]),
    ("jobs.progress", &[("percent", "50"), ("message", "words")]),
    ("mail.send", &[("account", "{account}"), ("values", "text: words")]),
    ("mail.send", &[("values", "text: words")]),
    ("users.apply", &[("id", "{account}"), ("name", "Renamed")]),
    ("users.invite", &[("email", "new@example.org"), ("name", "New")]),
    ("users.reset-password", &[("id", "{account}")]),
    ("queue.cancel", &[("id", "{job}")]),
    ("queue.retry", &[("id", "{job}")]),
];

#[test]
fn no_function_changes_anything_while_a_page_is_looked_at() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("kept"), "as it was").expect("a file can be written");
    let place = folder.path().display().to_string();
    let house = House::prepared("get-changes-nothing-called", |_| {
        format!("directories: {{org.example.probe: {{files: {place}}}}}\noutbound: {{networks: [127.0.0.1/32]}}\n")
    });
    house.install("probe");
    let person = house.person("Lena Looked-At", &[]);
    let (admin, visitor) = (house.as_admin(), house.visitor());
    let account = key_of(&admin, &person.email);
    // The same function in a POST, so that it is the GET that refuses it.
    let made = called(&admin, "POST", "/probe/call/", "files.append", &[("path", "kept"), ("content", ".")]);
    assert!(made.starts_with("Ok("), "{made}");
    let started = called(&admin, "POST", "/probe/call/", "jobs.start", &[("name", "call"), ("input", "{}")]);
    let job = started.split('"').nth(1).expect("a job was started").to_owned();
    rest(&house);
    let before = Snapshot::of(house.server.data());
    for (function, values) in CHANGES {
        let values: Vec<(&str, String)> = values
            .iter()
            .map(|(name, value)| (*name, value.replace("{account}", &account).replace("{job}", &job)))
            .collect();
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let query = query(&values);
        for (place, answered) in [
            ("a page", called(&admin, "GET", "/probe/call/", function, &values)),
            ("a visitor's page", called(&visitor, "GET", "/probe/everyone/call/", function, &values)),
            ("a download", admin.get(&format!("/probe/stream/{function}?{query}")).expect(200).text()),
            ("a page that is followed", told(&admin, &format!("/probe/follow/{function}?{query}"))),
        ] {
            let denied = answered.contains("Denied(") && answered.contains("a GET changes nothing");
            assert!(denied, "{function} {values:?} in {place}: {answered}");
        }
    }
    // Word to others is no more than that, so it has no failure: it is not passed on, and that is written down.
    let mut page = follow(&admin, "/probe/follow/kv.get?key=x");
    page.next(Duration::from_secs(5)).expect("it is asked as it begins");
    called(&admin, "GET", "/probe/call/", "events.publish", &[("topic", "probe")]);
    let woken = page.next(Duration::from_secs(1)).filter(|event| !event.updates().is_empty());
    assert_eq!(woken, None, "a GET publishes nothing");

    let later = Snapshot::of(house.server.data());
    let changes = before.changes(&later);
    for function in ["events.publish", "uploads.keep", "mail.send", "http-client.send (change)"] {
        let is_told = |change: &String| change.contains("outcome=refused") && change.contains(function);
        assert!(changes.iter().any(is_told), "the audit tells of {function}: {changes:#?}");
    }
    let changes = but_refusals(changes);
    assert!(changes.is_empty(), "{changes:#?}");
    let files: Vec<_> =
        fs::read_dir(folder.path()).expect("it can be read").flatten().map(|file| file.file_name()).collect();
    assert_eq!(files, ["kept"]);
    assert_eq!(fs::read_to_string(folder.path().join("kept")).expect("it is there"), "as it was.");
}

fn query(values: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(values).finish()
}

/// What a function answered on a page, as Rust writes it.
#[track_caller]
fn called(client: &Client, verb: &str, place: &str, function: &str, values: &[(&str, &str)]) -> String {
    let path = format!("{place}{function}");
    let call = match verb {
        "GET" => client.call("GET", &format!("{path}?{}", query(values))),
        _ => client.call(verb, &path).form(values),
    };
    let page = call.header("accept", "application/json").send().expect(200).json();
    page["blocks"]["result"]["text"].as_str().unwrap_or_else(|| panic!("a result: {page:#}")).to_owned()
}

/// Follows a page as a program does.
#[track_caller]
fn follow(client: &Client, path: &str) -> Stream {
    let page = client.get_json(path).expect(200).json();
    let stream = page["follow"]["stream"].as_str().unwrap_or_else(|| panic!("{path} is followed: {page:#}"));
    Stream::open(client.call("GET", stream).header("accept", "application/json, text/event-stream"))
}

/// The first thing that a followed page is told.
#[track_caller]
fn told(client: &Client, path: &str) -> String {
    let mut stream = follow(client, path);
    let update = wait_for(Duration::from_secs(10), || {
        stream.next(Duration::from_secs(5)).and_then(|event| event.updates().into_iter().next())
    });
    let update = update.unwrap_or_else(|| panic!("{path} is told something"));
    update["data"]["text"].as_str().unwrap_or_else(|| panic!("a result: {update:#}")).to_owned()
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
