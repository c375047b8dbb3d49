//! A plugin that is updated, rolled back and swapped: each of its answers says which version made it.
//!
//! Tests make other versions of it by replacing bytes of the component, the same number of them: [`VERSION`] (`1.0.0` to
//! `1.0.7`, say), and [`MODE`]:
//!
//! - `mode=good`: all is well;
//! - `mode=trap`: the page of its menu entry traps, so no probe lets it in;
//! - `mode=fail`: that page answers a failure;
//! - `mode=late`: that page is well, and `/twice` and what forms send trap: it fails only when it is used.

use std::hint::black_box;

use vestry_sdk::prelude::*;
use vestry_sdk::ui;

vestry_sdk::plugin!(plugin);

/// The one place where its version stands.
static VERSION: &str = "1.0.0";

/// The one place where it stands how it behaves.
static MODE: &str = "mode=good";

fn plugin() -> Plugin {
    Plugin::new("org.example.tools", "Tools")
        .summary("Small tools, and which version of them answered.")
        .version(version())
        .data_version(1)
        .mount("utilities")
        .route(get("home", "/").for_signed_in().to(home))
        .route(get("twice", "/twice").for_signed_in().to(twice))
        .route(post("count", "/count").for_signed_in().to(count))
        .route(post("note", "/note").for_signed_in().to(note))
        .menu("Tools", "home", "tool")
}

/// Read where it lies, whatever it was as this was compiled.
fn version() -> &'static str {
    black_box(VERSION)
}

/// The first letter behind `mode=`.
fn mode() -> Option<u8> {
    black_box(MODE).as_bytes().get(5).copied()
}

fn home(_: &Request) -> Result<Page> {
    match mode() {
        Some(b't') => std::process::abort(),
        Some(b'f') => Err(Failure::internal("as its mode says")),
        _ => Ok(page(count_form())),
    }
}

/// The version in two blocks: they are the same, as one version makes the whole answer.
fn twice(_: &Request) -> Result<Page> {
    unless_late();
    Ok(Page::new("Twice").block("first", facts([served()])).block("second", prose(version_words())))
}

/// How many words a text has; the form again where there is none.
fn count(request: &Request) -> Result<Response> {
    unless_late();
    let counted = request.form("text").required().map(|text| {
        let words = text.split_whitespace().count();
        Page::new("Counted")
            .block("served", facts([served(), fact("Words", words as i64)]))
            .block("words", prose(version_words()))
    });
    counted.or_invalid(|errors| Ok(page(count_form().refill(request).errors(errors))))
}

/// A way on, whose notice says which version answered.
fn note(request: &Request) -> Result<Redirect> {
    unless_late();
    let text = request.form("text").text();
    Ok(Redirect::to("twice").done(text!("Version {version} noted: {text}", version = version(), text)))
}

fn unless_late() {
    if mode() == Some(b'l') {
        std::process::abort();
    }
}

fn page(count: Form) -> Page {
    let note = Form::new(Action::new("Note it", "note")).field(Field::text("text", "Note"));
    Page::new("Tools")
        .action(Action::new("Which version is it?", "twice"))
        .block("served", facts([served()]))
        .block("count", count)
        .block("note", note)
}

fn count_form() -> Form {
    Form::new(Action::new("Count the words", "count").primary()).field(Field::multiline("text", "Text", 4).required())
}

fn served() -> ui::Fact {
    fact("Version", version())
}

fn version_words() -> Text {
    text!("Version {version} answered.", version = version())
}
