//! What a plugin writes in one request takes effect together when it answers, and not at all when it does not.

use std::sync::LazyLock;

use vestry_tests::accounts::key_of;
use vestry_tests::database::Snapshot;
use vestry_tests::{Client, House};

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let house = House::forgiving("transaction");
    house.install("probe");
    house
});

/// What a route of the probe shows: the result of its call, as Rust writes it.
fn shown(client: &Client, path: &str) -> String {
    let page = client.get_json(path).expect(200).json();
    page["blocks"]["result"]["text"].as_str().unwrap_or_else(|| panic!("a result: {page:#}")).to_owned()
}

fn is_there(client: &Client, key: &str) -> bool {
    shown(client, &format!("/probe/kv/get?key={key}")).contains("Some(")
}

/// What the button "Approve" sends.
const YES: &[(&str, &str)] = &[("answer", "approve")];

#[test]
fn an_answer_keeps_what_was_written() {
    let client = HOUSE.as_admin();
    assert!(!is_there(&client, "kept"));
    client.post("/probe/kv/set", &[("key", "kept"), ("value", "a value")]).expect(200);
    assert!(is_there(&client, "kept"));
    assert!(is_there(&HOUSE.as_admin(), "kept"), "for everybody");
    client.post("/probe/kv/delete", &[("key", "kept")]).expect(200);
    assert!(!is_there(&client, "kept"));
}

#[test]
fn a_request_sees_what_it_wrote_itself() {
    let client = HOUSE.as_admin();
    let answer = client.post("/probe/kv/read-own-write", &[("value", "mine")]).expect(200);
    assert!(answer.page().text("main").contains("Ok(true)"), "{}", answer.page().text("main"));
}

#[test]
fn a_trap_and_a_failure_leave_nothing() {
    let client = HOUSE.as_admin();
    for (path, key) in [("/probe/kv/then-trap", "before-trap"), ("/probe/kv/then-fail", "before-failure")] {
        let answer = client.post(path, &[]);
        assert!(answer.status >= 500, "{path} answers {}", answer.status);
        assert!(!is_there(&client, key), "{path} keeps what was written");
        assert!(!Snapshot::of(HOUSE.server.data()).contains(&format!("key={key} ")), "{path}");
    }
}

#[test]
fn a_conflict_is_tried_again_twice_and_leaves_nothing() {
    let client = HOUSE.as_admin();
    client.call("POST", "/probe/kv/conflict").header("accept", "application/json").send().expect_problem(409);
    assert!(!is_there(&client, "conflict"));
}

#[test]
fn looking_cannot_write() {
    let client = HOUSE.as_admin();
    assert!(shown(&client, "/probe/kv/write").starts_with("Err("), "the plugin is told that it may not");
    client.get_json("/probe/kv/write-strict").expect_problem(403);
    assert!(!is_there(&client, "from-a-get"));
    let person = HOUSE.person("Luisa Looked-At", &[]);
    let key = key_of(&client, &person.email);
    let refused = shown(&client, &format!("/probe/users/apply?change=rename&id={key}&value=Changed"));
    assert!(refused.starts_with("Err("), "{refused}");
    assert!(HOUSE.server.command(&["user", "list"], "").contains("Luisa Looked-At"));
}

#[test]
fn what_is_counted_at_once_is_counted_each_time() {
    let client = HOUSE.as_admin();
    let before = counter(&client);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let window = client.another_window();
            std::thread::spawn(move || {
                let counted = (0..5).filter(|_| window.post("/probe/kv/counter", &[]).status == 200);
                counted.count()
            })
        })
        .collect();
    let counted: usize = threads.into_iter().map(|thread| thread.join().expect("a thread ends")).sum();
    assert!(counted >= 5, "{counted} of 20 got through");
    assert_eq!(counter(&client), before + counted, "each that was answered counts, and no other");
}

fn counter(client: &Client) -> usize {
    let text = shown(client, "/probe/kv/counter");
    let digits = text.trim_start_matches("Ok(").trim_end_matches(')');
    digits.parse().unwrap_or_else(|error| panic!("{text} is no number: {error}"))
}

#[test]
fn without_a_yes_nothing_grave_is_done_and_a_yes_counts_once() {
    let client = HOUSE.as_admin();
    let person = HOUSE.person("Gero Grave", &[]);
    let key = key_of(&client, &person.email);
    let fields = [("change", "give"), ("id", key.as_str()), ("value", "trainer")];
    let is_trainer = || {
        let list = HOUSE.server.command(&["user", "list"], "");
        list.lines().any(|line| line.contains(&person.email) && line.contains("trainer"))
    };

    let question = client.post("/probe/users/apply-strict", &fields).location().expect("the host asks");
    assert!(question.starts_with("/account/confirm/") && !is_trainer());
    let page = client.get(&question).expect(200).page();
    let words = page.text("main");
    assert!(words.contains("Gero Grave") && words.contains("trainer"), "{words}");
    // Neither another session of the same person nor somebody else can answer it.
    for other in [HOUSE.as_admin(), HOUSE.signed_in(&HOUSE.person("Oda Other", &["admin"]))] {
        assert!(other.post(&question, YES).status >= 400);
    }
    assert!(!is_trainer());
    assert!(client.post(&question, &[]).status == 400 && !is_trainer(), "saying nothing is no yes");
    client.post(&question, YES).expect(200);
    assert!(is_trainer());
    assert!(client.post(&question, YES).status >= 400, "a yes counts once");

    // Whoever shows the failure instead of passing it on gets nothing done either.
    let fields = [("change", "take"), ("id", key.as_str()), ("value", "trainer")];
    let answer = client.post("/probe/users/apply", &fields);
    assert!(is_trainer(), "{}", answer.text());
    let rehearsed =
        client.post("/probe/users/apply", &[fields[0], fields[1], fields[2], ("mode", "rehearse")]).expect(200);
    assert!(rehearsed.page().text("main").contains("changed: 1"), "{}", rehearsed.page().text("main"));
    assert!(is_trainer(), "a rehearsal changes nothing");
}

#[test]
fn what_was_granted_reaches_no_further_than_the_person() {
    let nobody = HOUSE.signed_in(&HOUSE.person("Ugo User", &[]));
    for path in ["/probe/users/find", "/probe/users/find-columns", "/probe/users/get?id=x", "/probe/users/privileges"] {
        let result = shown(&nobody, path);
        assert!(result.starts_with("Err("), "{path}: {result}");
    }
    let visitor = HOUSE.visitor();
    visitor.get("/probe/everyone/users").expect(200);
    assert!(shown(&visitor, "/probe/everyone/users").starts_with("Err("));
    nobody.get_json("/probe/own").expect_problem(403);
}
