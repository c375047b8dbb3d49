//! Pages that stay up to date, in a browser: what happens elsewhere appears, nothing changes under a hand that is at work,
//! and who lost the connection or the session is told so.

use std::time::Duration;

use vestry_tests::{Browser, Client, House, Person, wait_for};

/// Opens a page in a browser in which this person is signed in.
fn open(house: &House, person: &Person, path: &str) -> Browser {
    let browser = house.in_browser(person);
    browser.visit(path);
    browser
}

fn say(client: &Client, topic: &str, text: &str, times: u32) {
    let times = times.to_string();
    client.post("/worker/say", &[("topic", topic), ("text", text), ("times", &times)]).expect(200);
}

/// Waits until this JavaScript answers `true`.
#[track_caller]
fn until(browser: &Browser, what: &str, script: &str) {
    let found = wait_for(Duration::from_secs(15), || (browser.script(script) == true).then_some(()));
    assert!(found.is_some(), "{what}:\n{}", browser.words());
}

fn house(name: &str) -> House {
    let house = House::open(name);
    house.install("worker");
    house
}

#[test]
fn what_is_said_elsewhere_appears_and_a_reader_is_not_pulled_away() {
    let house = house("live-lines");
    let (person, speaker) = (house.person("Lena Lines", &[]), house.signed_in(&house.person("Sam Speaker", &[])));
    let browser = open(&house, &person, "/worker/log");
    browser.wait_for_text("No lines");
    say(&speaker, "log", "The first line.", 1);
    browser.wait_for_text("The first line.");
    assert!(!browser.words().contains("No lines"));
    say(&speaker, "log", "Line number", 60);
    browser.wait_for_text("Line number 60");
    until(&browser, "who is at the end stays there", AT_END);
    until(
        &browser,
        "who listens is told",
        "return document.getElementById('live').textContent.includes(' new lines');",
    );
    // Somebody reads further up.
    browser.script("document.querySelector('[data-rows]').scrollTop = 0;");
    say(&speaker, "log", "While reading", 7);
    browser.wait_for_text("7 new lines");
    assert_eq!(browser.script("return document.querySelector('[data-rows]').scrollTop;"), 0);
    browser.look("live-lines", None);
    browser.press("7 new lines");
    until(&browser, "the button leads to the end", AT_END);
    until(&browser, "and is gone", "return document.querySelector('[data-rows-more]').hidden;");
    let lines =
        browser.script("return [...document.querySelectorAll('.log-source')].map(line => Number(line.textContent));");
    let lines: Vec<u64> = serde_json::from_value(lines).unwrap();
    assert_eq!(lines, (1..=68).collect::<Vec<_>>());
    // The same page without scripts stands as it was sent.
    browser.without_scripts();
    browser.visit("/worker/log");
    browser.wait_for_text("While reading 7");
}

const AT_END: &str = "const box = document.querySelector('[data-rows]');
    return box.scrollHeight - box.scrollTop - box.clientHeight < 2 && box.scrollHeight > box.clientHeight;";

#[test]
fn a_form_that_is_filled_in_stays_under_the_hand() {
    let house = house("live-forms");
    let (person, speaker) = (house.person("Fred Form", &[]), house.signed_in(&house.person("Sue Speaker", &[])));
    // Each word of this page has it asked for anew as a whole.
    let browser = open(&house, &person, "/worker/anew");
    say(&speaker, "anew", "Before.", 1);
    browser.wait_for_text("Before.");
    browser.fill("text", "Half a sent");
    say(&speaker, "anew", "Meanwhile.", 1);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(browser.script("return document.querySelector('main [name=text]').value;"), "Half a sent");
    assert!(!browser.words().contains("Meanwhile."), "the page waits");
    // Left, but not sent: what was typed counts still.
    browser.script("document.activeElement.blur();");
    std::thread::sleep(Duration::from_millis(500));
    assert!(!browser.words().contains("Meanwhile."), "the page waits");
    browser.script("document.querySelector('main [name=text]').form.reset();");
    browser.wait_for_text("Meanwhile.");
    say(&speaker, "anew", "Afterwards.", 1);
    browser.wait_for_text("Afterwards.");
    browser.check_console();
}

#[test]
fn one_block_waits_for_the_hand_while_another_goes_on_and_buttons_work_afterwards() {
    let house = house("live-blocks");
    let browser = open(&house, &house.person("Bea Blocks", &[]), "/worker/clock");
    let count =
        || browser.script("return Number(document.querySelector('#b-count dd').textContent);").as_i64().unwrap();
    browser.wait_for_text("Form number 2.");
    browser.fill("text", "Half a sent");
    let (then, words) = (count(), browser.words());
    std::thread::sleep(Duration::from_millis(3_500));
    assert!(count() > then + 1, "the other block goes on");
    let form = |words: &str| words.lines().find(|line| line.starts_with("Form number")).map(str::to_owned);
    assert_eq!(form(&browser.words()), form(&words), "this one waits");
    assert_eq!(browser.script("return document.querySelector('main [name=text]').value;"), "Half a sent");
    browser.script("document.querySelector('main [name=text]').value = ''; document.activeElement.blur();");
    let script = format!("return !document.body.innerText.includes({:?});", form(&words).unwrap());
    until(&browser, "it goes on once it is left", &script);
    // What came on the stream has the page's nonce, so that a button of its own address may be pressed.
    let nonces = "const button = document.querySelector('#b-form [formaction]');
        return button.getAttribute('hx-nonce') === document.querySelector('script[nonce]').nonce;";
    assert_eq!(browser.script(nonces), true);
    browser.press("Start");
    browser.wait_for_path("/worker/job");
    browser.wait_for_text("Started.");
    browser.check();
}

#[test]
fn a_lost_connection_is_said_and_what_came_meanwhile_is_there_afterwards() {
    let mut house = house("live-lost");
    let person = house.person("Lou Lost", &[]);
    let mut browser = open(&house, &person, "/worker/log");
    browser.expect_on_console("ERR_CONNECTION_REFUSED");
    browser.expect_on_console("ERR_INCOMPLETE_CHUNKED_ENCODING");
    say(&house.signed_in(&person), "log", "Before.", 1);
    browser.wait_for_text("Before.");
    assert!(!browser.words().contains("Disconnected"));
    house.server.end_by("TERM");
    browser.wait_for_text("Disconnected");
    browser.look("live-lost", None);
    house.server = house.server.again("live-found");
    say(&house.signed_in(&person), "log", "Meanwhile.", 3);
    browser.wait_for_text("Meanwhile. 3");
    until(&browser, "the sentence is gone", "return !document.body.innerText.includes('Disconnected');");
    house.server.end_by("KILL");
    house.server = house.server.again("live-found-again");
    say(&house.signed_in(&person), "log", "Afterwards.", 1);
    browser.wait_for_text("Afterwards.");
    let lines =
        browser.script("return [...document.querySelectorAll('.log-source')].map(line => Number(line.textContent));");
    assert_eq!(lines, serde_json::json!([1, 2, 3, 4, 5]));
    browser.check();
}

#[test]
fn who_is_signed_out_is_told_and_led_back() {
    let house = house("live-signed-out");
    let person = house.person("Sina Session", &[]);
    let browser = open(&house, &person, "/worker/log");
    let other = house.signed_in(&person);
    say(&other, "log", "Before.", 1);
    browser.wait_for_text("Before.");
    other.post("/account/sessions/end", &[("all", "1")]);
    browser.wait_for_text("You are signed out.");
    browser.look("live-signed-out", None);
    assert!(browser.words().contains("Before."), "what was shown stays");
    browser.click_on("[data-live-again]");
    browser.wait_for_path("/account/sign-in?next=");
    browser.fill("email", &person.email);
    browser.fill("password", &person.password);
    browser.press("Sign in");
    browser.wait_for_path("/worker/log");
    say(&other, "log", "Afterwards.", 1);
    browser.wait_for_text("Afterwards.");
}

#[test]
fn a_job_goes_on_before_the_eyes_and_can_be_ended() {
    let house = house("live-job");
    let person = house.person("Jo Job", &[]);
    let browser = open(&house, &person, "/worker");
    browser.fill("input", r#"{"steps":6,"ms":300}"#);
    browser.press("Start");
    browser.wait_for_path("/worker/job");
    browser.wait_for_text("Running");
    browser.look("live-job-running", None);
    browser.wait_for_text("Step 6 of 6");
    browser.wait_for_text("Done");
    until(&browser, "there is nothing left to cancel", "return !document.body.innerText.includes('Cancel the job');");
    browser.look("live-job-done", None);
    browser.visit("/worker");
    browser.fill("name", "spin");
    browser.fill("input", "{}");
    browser.press("Start");
    browser.wait_for_path("/worker/job");
    browser.press("Cancel the job");
    browser.click_on("dialog[open] .btn-primary, dialog[open] .btn-danger");
    browser.wait_for_text("Cancelled");
    browser.check();
}
