//! Forms and buttons say which version drew them, so that what is sent reaches the version that can read it; links do not.

#![allow(clippy::unwrap_used)]

#[path = "support/fixture.rs"]
mod fixture;

use fixture::*;
use vestry_contract::ui::*;
use vestry_screen::*;

const VERSION: &str = "0123456789abcdef";

fn drawn(content: Content) -> String {
    let place = Fake { drawn_by: Some(VERSION.into()), ..Fake::new(&[("q", "ada")]) };
    let screens = Screens::load(None, AssetNames::new()).unwrap();
    screens.page(&Frame::default(), &page_of(content), &place).unwrap()
}

/// All that is sent somewhere but by following a link.
fn addresses(html: &str) -> Vec<&str> {
    let of = |attribute: &'static str| {
        html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()).filter(|it| it.starts_with("/users"))
    };
    of(" action=\"").chain(of(" formaction=\"")).collect()
}

fn with_version(path: &str) -> String {
    format!("{path}?{DRAWN_BY}={VERSION}")
}

#[test]
fn a_form_and_its_buttons_say_it() {
    let others = vec![action("Give", "give", Level::Neutral), action("Look", "list", Level::Neutral)];
    let form = Form { others, ..form(vec![field("a", "A", Input::Checkbox)], action("Save", "save", Level::Primary)) };
    let html = drawn(Content::Form(form));
    assert_eq!(addresses(&html), [with_version("/users/save"), with_version("/users/give"), "/users".into()]);
}

#[test]
fn a_form_that_finds_is_a_link() {
    let html =
        drawn(Content::Form(form(vec![field("q", "Q", Input::Checkbox)], action("Find", "list", Level::Primary))));
    assert_eq!(addresses(&html), ["/users"]);
}

#[test]
fn buttons_of_rows_and_of_ticked_rows_say_it_behind_the_rows_key() {
    let each = vec![action("Give", "give", Level::Neutral), action("Remove", "remove", Level::Danger)];
    let table = Table { each, bulk: vec![action("On", "activate", Level::Neutral)], ..accounts(1) };
    let html = drawn(Content::Table(table));
    let key = html.split(" formaction=\"/users/").nth(1).and_then(|rest| rest.split('?').next()).unwrap();
    assert!(!key.is_empty() && !key.contains('{'), "{key}");
    for address in ["/users/give", "/users/activate", "/users/-", &format!("/users/{key}")] {
        assert!(addresses(&html).contains(&with_version(address).as_str()), "{address} in {:?}", addresses(&html));
    }
    assert!(!html.contains(&format!("href=\"/users?{DRAWN_BY}")), "no link says it");
}

#[test]
fn buttons_that_stand_alone_say_it() {
    let actions = vec![action("Save", "save", Level::Neutral), action("Add", "add", Level::Neutral)];
    let html = drawn(Content::Actions(actions));
    assert_eq!(addresses(&html), [with_version("/users/save")]);
    assert!(html.contains("href=\"/users/add\""));
}
