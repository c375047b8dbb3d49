//! Translate system phrases: languages, the editor, files out and in, and who may do what. One server for most of it: each
//! test has a language of its own.

mod catalogues;
mod editing;
mod machine;
mod rights;
mod tags;

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;
use vestry_tests::accounts::confirmed;
use vestry_tests::{Answer, Client, Form, House, wait_for};

const WORDS: &str = "org.example.words";
/// What a job or a phrase that was shown may take until it is known, on a machine that is busy with other tests.
const SOON: Duration = Duration::from_secs(30);

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let house = House::open("translate");
    house.install("words");
    for (name, permissions) in [("readers", "phrases.read"), ("translators", "phrases.read,phrases.write")] {
        let mut arguments = vec!["privilege", "add", name, "--title", name];
        arguments.extend(permissions.split(',').flat_map(|permission| ["--permission", permission]));
        house.server.command(&arguments, "");
    }
    let admin = house.as_admin();
    admin.get("/words?count=3").expect(200);
    add(&admin, "da");
    let known = wait_for(SOON, || (total(&admin, "da", &format!("plugin={WORDS}&q=files")) == 1).then_some(()));
    assert!(known.is_some(), "what was shown is known");
    house
});

#[track_caller]
fn add(client: &Client, tag: &str) {
    let answer = client.post("/utilities/translate", &[("tag", tag)]).expect(303);
    assert_eq!(answer.location(), Some(format!("/utilities/translate/{tag}")));
}

/// The page of a language, as data.
fn language(client: &Client, tag: &str) -> Value {
    client.get_json(&format!("/utilities/translate/{tag}")).expect(200).json()
}

/// The value of a fact.
#[track_caller]
fn fact(page: &Value, block: &str, label: &str) -> Value {
    let facts = page["blocks"][block].as_array().unwrap_or_else(|| panic!("facts `{block}`: {page:#}"));
    let fact = facts.iter().find(|fact| fact["label"] == label);
    fact.unwrap_or_else(|| panic!("`{label}` is among {facts:#?}"))["value"].clone()
}

fn editor(client: &Client, tag: &str, query: &str) -> Answer {
    client.get(&format!("/utilities/translate/{tag}/phrases?{query}")).expect(200)
}

/// How many phrases the editor finds.
fn total(client: &Client, tag: &str, query: &str) -> u64 {
    let page = client.get_json(&format!("/utilities/translate/{tag}/phrases?{query}")).expect(200).json();
    let lead = page["lead"].as_str().unwrap_or_default().to_owned();
    lead.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("a number: {lead}"))
}

/// The form of the editor.
fn form(client: &Client, tag: &str, query: &str) -> Form {
    editor(client, tag, query).page().form_with("phrase-0")
}

/// The numbers of the phrases of a form, with each of them.
fn phrases(form: &Form) -> Vec<(usize, String)> {
    (0..25).map_while(|number| Some((number, form.value(&format!("phrase-{number}"))?.to_owned()))).collect()
}

/// What the server and the plugin say. Of other plugins more becomes known while tests run.
fn yaml(client: &Client, tag: &str) -> String {
    let of = |plugin: &str| {
        client.get(&format!("/utilities/translate/{tag}/catalogue?plugin={plugin}&format=yaml")).expect(200).text()
    };
    [of("vestry"), of(WORDS)].concat()
}

#[track_caller]
fn remove(client: &Client, tag: &str) {
    let button = client.get(&format!("/utilities/translate/{tag}")).expect(200).page().button("Remove the language");
    let answer = client.submit(&button);
    assert!(answer.location().is_some_and(|to| to.starts_with("/account/confirm/")), "the host asks: {answer:?}");
    let page = client.follow(confirmed(client, answer)).expect(200);
    assert!(page.page().text("main").contains("is removed"), "{}", page.page().text("main"));
}
