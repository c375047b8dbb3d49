//! Pages that stay up to date: what they say of their stream, what comes on it, and jobs.

#![allow(clippy::unwrap_used)]

#[path = "support/fixture.rs"]
mod fixture;

use fixture::*;
use serde_json::{Value, json};
use vestry_contract::live::Update;
use vestry_contract::ui::*;
use vestry_screen::{AssetNames, Frame, Screens, changes_data, data};

fn screens() -> Screens {
    Screens::load(None, AssetNames::new()).unwrap()
}

fn followed() -> Fake {
    Fake { stream: Some("/users?a=1&_follow=T".into()), ..Fake::new(&[("a", "1")]) }
}

fn line(text: &str) -> LogLine {
    LogLine {
        time: Some(TIME),
        level: Some(Level::Danger),
        source: "host".into(),
        text: text.into(),
        marks: vec![],
        open: None,
    }
}

fn log() -> Content {
    Content::Log(Log { lines: vec![line("one")], newest_first: false, older: None })
}

/// What a browser would be sent.
fn drawn(updates: Vec<Update>) -> Vec<Value> {
    let changes = screens().changes(&Frame::default(), updates, &followed()).unwrap();
    changes.iter().map(|change| serde_json::to_value(change).unwrap()).collect()
}

#[test]
fn a_page_that_is_followed_says_where_its_stream_is() {
    let page = page("Page", vec![section("", SectionLayout::Stack, vec![block("it", log())])]);
    let html = screens().page(&Frame::default(), &page, &followed()).unwrap();
    assert!(html.contains("data-stream=\"/users?a=1&amp;_follow=T\""), "{html}");
    assert!(html.contains("data-rows role=\"group\" tabindex=\"0\" aria-label=\"Page\""), "{html}");
    assert!(html.contains("data-rows-more") && html.contains("data-live-word=\"lost\" hidden"));
    assert_eq!(data(&page, &followed()).unwrap()["follow"], json!({ "stream": "/users?a=1&_follow=T" }));
    let still = screens().page(&Frame::default(), &page, &Fake::new(&[])).unwrap();
    assert!(!still.contains("data-stream") && !still.contains("data-rows") && !still.contains("data-live-word"));
    assert!(data(&page, &Fake::new(&[])).unwrap()["follow"].is_null());
}

#[test]
fn lines_and_messages_come_as_their_blocks_would_show_them() {
    let message = Message { author: "Ada".into(), time: TIME, text: "<hello>".into(), mine: true };
    let updates = || {
        vec![Update::Lines(("log".into(), vec![line("<b>")])), Update::Messages(("feed".into(), vec![message.clone()]))]
    };
    let [lines, messages] = &drawn(updates())[..] else { panic!("two changes") };
    assert_eq!((&lines["block"], &lines["id"], &lines["how"]), (&json!("log"), &json!("b-log"), &json!("append")));
    let html = lines["html"].as_str().unwrap();
    assert!(html.contains("<li class=\"log-danger\">") && html.contains("&lt;b&gt;"), "{html}");
    assert!(messages["html"].as_str().unwrap().contains("message-mine"));
    let told = serde_json::to_value(changes_data(updates(), &followed()).unwrap()).unwrap();
    assert_eq!(told[0]["data"]["lines"][0]["text"], "<b>");
    assert_eq!(told[1]["data"]["messages"][0]["author"], "Ada");
    assert!(told[0]["html"].is_null() && told[0]["id"].is_null());
}

#[test]
fn blocks_are_replaced_pages_reloaded_and_the_unknown_is_passed_over() {
    let changes = drawn(vec![
        Update::Block(block("done", Content::Progress(70))),
        Update::Other(("dance".into(), "{}".into())),
        Update::Reload,
    ]);
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[0]["how"], "replace");
    assert!(changes[0]["html"].as_str().unwrap().contains("id=\"b-done\""));
    assert_eq!(changes[1], json!({ "how": "reload" }));
}

#[test]
fn a_block_that_shows_nothing_keeps_its_place() {
    let nothing = || block("buttons", Content::Actions(vec![]));
    let changes = drawn(vec![Update::Block(nothing())]);
    assert_eq!(changes[0]["html"], "<div class=\"block\" id=\"b-buttons\" hidden></div>");
    let page = page("Page", vec![section("", SectionLayout::Stack, vec![nothing()])]);
    let shown = |place: &Fake| screens().page(&Frame::default(), &page, place).unwrap().contains("b-buttons");
    assert!(shown(&followed()) && !shown(&Fake::new(&[])));
}

#[test]
fn more_than_fits_a_page_is_no_update_either() {
    let many = vec![Update::Lines(("log".into(), vec![line("x"); 50_001]))];
    let error = screens().changes(&Frame::default(), many, &followed()).unwrap_err();
    assert!(error.to_string().contains("log"), "{error}");
}

#[test]
fn a_job_is_shown_as_it_is_and_can_be_cancelled_while_it_runs() {
    let show = |id: &str| {
        let job = Update::Block(block("job", Content::Job(id.into())));
        drawn(vec![job]).remove(0)["html"].as_str().unwrap().to_owned()
    };
    let running = show("running");
    assert!(running.contains("count &lt;all&gt;") && running.contains("Step 4 of &lt;10&gt;"), "{running}");
    assert!(running.contains("value=\"40\"") && running.contains("Attempt 2"));
    assert!(running.contains("action=\"/account/jobs/running/cancel\"") && running.contains("value=\"/users?a=1\""));
    let done = show("done");
    assert!(done.contains("chip-success") && !done.contains("<form"), "{done}");
    assert!(show("other").contains("not known here"));
    let page = page("P", vec![section("", SectionLayout::Stack, vec![block("job", Content::Job("running".into()))])]);
    let twin = data(&page, &followed()).unwrap()["blocks"]["job"].clone();
    assert_eq!(twin["state"], "running");
    assert_eq!(twin["cancel"], json!({ "method": "post", "href": "/account/jobs/running/cancel" }));
}
