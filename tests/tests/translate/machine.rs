//! What is missing in a language, filled in by who translates: a server of the test's own, in both forms of calls, and all
//! that goes wrong with it.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use vestry_tests::translator::{Fault, Translator};
use vestry_tests::{Client, House, Stream, languages, wait_for};

const KEY: &str = "k3y-of-who-translates";
const WORDS: &str = "org.example.words";
/// What a job may take on a machine that is busy with other tests, one failure and the wait behind it included.
const SOON: Duration = Duration::from_secs(90);

/// A server, and who translates for it. What goes wrong there goes wrong for one test at a time.
type Pair = (House, Translator);

static DEEPL: LazyLock<Mutex<Pair>> = LazyLock::new(|| Mutex::new(open("translate-deepl", "deepl")));
static GOOGLE: LazyLock<Mutex<Pair>> = LazyLock::new(|| Mutex::new(open("translate-google", "google")));

fn alone(pair: &'static Mutex<Pair>) -> MutexGuard<'static, Pair> {
    let pair = pair.lock().unwrap_or_else(PoisonError::into_inner);
    pair.1.calls();
    pair
}

/// A server whose configuration names this one, with its key.
fn open(name: &str, form: &str) -> Pair {
    let translator = Translator::start();
    let origin = translator.origin();
    let house = House::prepared(name, |data| {
        let key = data.with_file_name("key.txt");
        std::fs::write(&key, KEY).expect("a key can be written");
        format!(
            "outbound: {{networks: [127.0.0.1/32]}}\nplugins:\n  org.vestry.utilities:\n    translation: {{form: {form}, url: \
             '{origin}/', batch: 50}}\nsecrets:\n  translation-key: {{file: '{}', origin: '{origin}'}}\n",
            key.display()
        )
    });
    house.install("words");
    house.as_admin().get("/words?count=1").expect(200);
    languages::place_soon(&house, WORDS, "{count} files");
    (house, translator)
}

fn add(client: &Client, tag: &str) {
    client.post("/utilities/translate", &[("tag", tag)]).expect(303);
}

/// Presses the button, and answers where the job is shown.
#[track_caller]
fn begin(client: &Client, tag: &str) -> String {
    let page = client.get(&format!("/utilities/translate/{tag}")).expect(200).page();
    let answer = client.submit(&page.button("Have a machine translate what is missing")).expect(303);
    let at = answer.location().expect("a page");
    assert!(at.starts_with(&format!("/utilities/translate/{tag}/filled/")), "{at}");
    at
}

/// The page of a job once it is as `wanted`.
#[track_caller]
fn until(client: &Client, at: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let page = || client.get_json(at).expect(200).json();
    let found = wait_for(SOON, || {
        std::thread::sleep(Duration::from_millis(50));
        Some(page()).filter(|page| wanted(&page["blocks"]["job"]))
    });
    found.unwrap_or_else(|| panic!("it does not come to that: {:#}", page()))
}

#[track_caller]
fn ended(client: &Client, at: &str) -> Value {
    let page = until(client, at, |job| job["state"] == "done" || job["state"] == "failed");
    assert_eq!(page["blocks"]["job"]["state"], "done", "{page:#}");
    page
}

/// How many were missing, sent, translated and unusable.
fn counts(page: &Value) -> [u64; 4] {
    let facts = page["blocks"]["counts"].as_array().unwrap_or_else(|| panic!("facts: {page:#}"));
    let value = |index: usize| facts[index]["value"].as_u64().expect("a number");
    [value(0), value(1), value(2), value(3)]
}

/// The value of each field of a plugin's phrases in the editor, by phrase and form.
fn said(client: &Client, tag: &str, query: &str) -> Vec<(String, String)> {
    let page = client.get(&format!("/utilities/translate/{tag}/phrases?{query}")).expect(200).page();
    let form = page.form_with("phrase-0");
    let fields = form.fields.iter().filter_map(|(name, value)| {
        let (plural, number) = name.split_once('-')?;
        let is_form = ["one", "two", "few", "many", "other", "zero"].contains(&plural);
        let phrase = form.value(&format!("phrase-{number}"))?;
        is_form.then(|| (format!("{phrase}|{plural}"), value.clone()))
    });
    fields.collect()
}

#[track_caller]
fn is_said(said: &[(String, String)], key: &str, words: &str) {
    let found = said.iter().find(|(known, _)| known == key);
    assert_eq!(found.map(|(_, value)| value.as_str()), Some(words), "{key} in {said:#?}");
}

#[test]
fn deepl_is_asked_for_what_is_missing_and_no_more() {
    let pair = alone(&DEEPL);
    let (house, translator) = &*pair;
    let admin = house.as_admin();
    add(&admin, "pl");
    let query = format!("plugin={WORDS}&q=Says+things");
    let form = admin.get(&format!("/utilities/translate/pl/phrases?{query}")).page().form_with("phrase-0");
    admin.submit(&form.with("other-0", "Po ludzku")).expect(303);
    let page = ended(&admin, &begin(&admin, "pl"));
    let [missing, sent, translated, unusable] = counts(&page);
    assert!(missing > 100 && sent == missing && translated == missing && unusable == 0, "{page:#}");

    let calls = translator.calls();
    assert!(calls.len() as u64 >= missing / 50, "in batches: {} for {missing}", calls.len());
    for call in &calls {
        assert_eq!(
            (call.path.as_str(), call.header("authorization")),
            ("/v2/translate", &*format!("DeepL-Auth-Key {KEY}"))
        );
        assert!(call.texts().len() <= 50);
        let how = ["source_lang", "target_lang", "tag_handling"].map(|name| call.body[name].as_str().expect("a word"));
        assert_eq!(how, ["EN", "PL", "xml"]);
        assert_eq!(call.body["ignore_tags"], serde_json::json!(["x"]));
    }
    let texts: Vec<String> = calls.iter().flat_map(|call| call.texts()).collect();
    assert!(texts.iter().any(|text| text == "A letter from <x>{who}</x>"), "{texts:#?}");
    assert!(!texts.iter().any(|text| text == "Says things"), "what is there is not sent");
    for text in ["1 files", "3 files", "11 files", "<x>{count}</x> files"] {
        assert!(texts.iter().any(|sent| sent == text), "{text} of {texts:#?}");
    }
    let said = said(&admin, "pl", &format!("plugin={WORDS}"));
    is_said(&said, "A letter from {who}|other", "PL: A letter from {who}");
    is_said(&said, "Says things|other", "Po ludzku");
    for plural in ["one", "few", "many", "other"] {
        is_said(&said, &format!("{{count}} files|{plural}"), "PL: {count} files");
    }
    let page = admin.get_json("/utilities/translate").expect(200).json();
    let rows = page["blocks"]["languages"]["rows"].as_array().expect("a table");
    let row = rows.iter().find(|row| row["key"] == "pl").expect("it is in the list");
    assert_eq!(row["machine"], translated);
    // What became known meanwhile is done as well; then nothing is left.
    let told = wait_for(SOON, || {
        std::thread::sleep(Duration::from_millis(1_200));
        let answer = admin.post("/utilities/translate/pl/filled", &[]).expect(303);
        let at = answer.location().expect("a page");
        if at.contains("/filled/") {
            ended(&admin, &at);
            return None;
        }
        Some(admin.get(&at).expect(200).page())
    });
    let page = told.expect("it comes to an end");
    assert!(page.text("body").contains("Nothing is missing"), "{}", page.text("body"));
    assert!(page.buttons().iter().all(|button| !button.label.starts_with("Have a machine")), "there is no button");
    vestry_tests::grep::nowhere(&house.server, &[KEY]);
}

#[test]
fn google_is_asked_in_its_own_way() {
    let pair = alone(&GOOGLE);
    let (house, translator) = &*pair;
    let admin = house.as_admin();
    add(&admin, "zh-Hant");
    let page = ended(&admin, &begin(&admin, "zh-Hant"));
    let [missing, _, translated, unusable] = counts(&page);
    assert!(translated == missing && unusable == 0, "{page:#}");
    let calls = translator.calls();
    for call in &calls {
        assert_eq!((call.path.as_str(), call.header("x-goog-api-key")), ("/language/translate/v2", KEY));
        let how = ["source", "target", "format"].map(|name| call.body[name].as_str().expect("a word"));
        assert_eq!(how, ["en", "zh-TW", "html"]);
    }
    let texts: Vec<String> = calls.iter().flat_map(|call| call.texts()).collect();
    assert!(texts.iter().any(|text| text == "A letter from <span translate=\"no\">{who}</span>"), "{texts:#?}");
    is_said(
        &said(&admin, "zh-Hant", &format!("plugin={WORDS}")),
        "A letter from {who}|other",
        "zh-TW: A letter from {who}",
    );
    // An apostrophe came back as HTML writes it.
    let with = said(&admin, "zh-Hant", "q=%27s+&state=machine");
    assert!(with.iter().all(|(_, words)| words.contains("'s ") && !words.contains("&#39;")), "{with:#?}");
}

#[test]
fn what_goes_wrong_for_a_moment_is_tried_again() {
    let pair = alone(&DEEPL);
    let (house, translator) = &*pair;
    let admin = house.as_admin();
    for (tag, fault, words) in [
        ("da", Fault::Status(429), "asked too much"),
        ("sv", Fault::Status(456), "used up"),
        ("nb", Fault::Status(500), "status 500"),
        ("fi", Fault::Body("{\"translations\": [".into()), "no list of as many"),
        ("et", Fault::Body("{\"translations\": [{\"text\": \"one\"}]}".into()), "no list of as many"),
        ("lv", Fault::Wait(Duration::from_secs(25)), "took longer than 20000 ms"),
    ] {
        add(&admin, tag);
        translator.calls();
        translator.go_wrong(&[fault]);
        let at = begin(&admin, tag);
        let why = |page: &Value| page["blocks"]["trouble"]["text"].as_str().unwrap_or_default().to_owned();
        let page = wait_for(SOON, || {
            std::thread::sleep(Duration::from_millis(50));
            Some(admin.get_json(&at).expect(200).json()).filter(|page| !why(page).is_empty())
        });
        let page = page.unwrap_or_else(|| panic!("{tag}: nothing goes wrong: {}", admin.get(&at).text()));
        assert!(why(&page).contains(words), "{tag}: {}", why(&page));
        let page = ended(&admin, &at);
        assert_eq!((page["blocks"]["job"]["attempt"].as_u64(), why(&page)), (Some(2), String::new()), "{page:#}");
        let [missing, _, translated, _] = counts(&page);
        assert_eq!(translated, missing, "{tag}: {page:#}");
    }
}

#[test]
fn what_does_not_pass_ends_the_job_with_a_sentence() {
    let pair = alone(&DEEPL);
    let (house, translator) = &*pair;
    let admin = house.as_admin();
    for (tag, status, words) in [
        ("hr", 403, "does not accept the key"),
        ("so", 400, "may not know the language so"),
        ("sl", 404, "nobody who translates at this address"),
    ] {
        add(&admin, tag);
        translator.calls();
        translator.go_wrong(&[Fault::Status(status)]);
        let at = begin(&admin, tag);
        let page = until(&admin, &at, |job| job["state"] == "failed");
        assert_eq!(translator.count(), 1, "it is asked once");
        let shown = admin.get(&at).expect(200).page().text("main");
        assert!(shown.contains(words), "{shown}");
        assert_eq!(counts(&page)[2], 0);
        let list = admin.get(&format!("/utilities/translate/{tag}")).expect(200).page();
        assert!(
            list.buttons().iter().any(|button| button.label.starts_with("Have a machine")),
            "it can be tried again"
        );
    }
}

#[test]
fn what_lost_a_value_is_not_taken() {
    let pair = alone(&GOOGLE);
    let (house, translator) = &*pair;
    let admin = house.as_admin();
    add(&admin, "de");
    translator.go_wrong(&vec![Fault::Losing; 200]);
    let page = ended(&admin, &begin(&admin, "de"));
    let [missing, sent, translated, unusable] = counts(&page);
    assert!(sent == missing && unusable > 0 && translated + unusable == missing, "{page:#}");
    let left = admin.get(&format!("/utilities/translate/de/phrases?plugin={WORDS}&state=missing")).page();
    let left = left.form_with("phrase-0");
    let phrases: Vec<&str> = (0..25).map_while(|number| left.value(&format!("phrase-{number}"))).collect();
    assert!(phrases.contains(&"A letter from {who}") && phrases.contains(&"{count} files"), "{phrases:?}");
    assert!(phrases.iter().all(|phrase| phrase.contains('{')), "only those with values: {phrases:?}");
}

#[test]
fn a_server_that_is_killed_goes_on_where_it_was() {
    let mut pair = alone(&DEEPL);
    let (house, translator) = (&pair.0, pair.1.clone());
    let admin = house.as_admin();
    add(&admin, "fr");
    translator.be_slow(Duration::from_millis(400));
    let at = begin(&admin, "fr");
    wait_for(SOON, || (translator.count() >= 5).then_some(())).expect("some calls are made");
    let page = until(&admin, &at, |job| job["percent"].as_u64().is_some_and(|percent| percent > 0));
    let job = &page["blocks"]["job"];
    assert!(job["percent"].as_u64() < Some(100), "it tells how far it is: {job:#}");
    assert!(job["message"].as_str().is_some_and(|told| told.ends_with(" phrases")), "{job:#}");
    let follow = admin.call("GET", page["follow"]["stream"].as_str().expect("it is followed"));
    let mut stream = Stream::open(follow.header("accept", "application/json, text/event-stream"));
    let heard = wait_for(SOON, || {
        let updates = stream.next(Duration::from_secs(5))?.updates();
        updates.into_iter().find(|update| update["block"] == "counts")
    });
    assert!(heard.is_some(), "the page that is open hears of it");
    house.server.end_by("KILL");
    let before: Vec<String> = translator.calls().iter().flat_map(|call| call.texts()).collect();
    translator.be_slow(Duration::ZERO);
    pair.0.server = pair.0.server.again("translate-killed");
    let admin = pair.0.as_admin();
    ended(&admin, &at);
    is_said(&said(&admin, "fr", &format!("plugin={WORDS}")), "A letter from {who}|other", "FR: A letter from {who}");
    let again = translator.calls().iter().flat_map(|call| call.texts()).filter(|text| before.contains(text)).count();
    // One batch may be; and different plugins say the same here and there.
    assert!(again < before.len() / 2, "what was translated is not sent again: {again} of {}", before.len());
}
