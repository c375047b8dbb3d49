//! What a plugin is told about a request, and what never reaches it.

use std::sync::LazyLock;

use serde_json::Value;
use vestry_tests::{Client, House};

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let house = House::open("isolation");
    house.install("hostile");
    house.install("probe");
    house
});

/// What the plugin saw of a request, all of it as one text.
fn seen(page: &Value) -> String {
    page["blocks"].to_string()
}

#[test]
fn no_cookie_token_or_header_of_a_session_reaches_a_plugin() {
    let client = HOUSE.as_admin();
    let call = client.call("POST", "/hostile/echo").header("accept", "application/json");
    let call = call.header("x-secret", "a header of its own").header("user-agent", "an agent of its own");
    let echo = seen(&call.form(&[("field", "a visible value")]).send().expect(200).json());
    assert!(echo.contains("a visible value"), "the form reaches it: {echo}");
    for (name, value) in client.cookies() {
        assert!(!echo.contains(&name) || name.len() < 7, "the cookie {name} reaches it: {echo}");
        assert!(!echo.contains(&value), "a cookie's value reaches it: {echo}");
    }
    for header in ["a header of its own", "an agent of its own", "sec-fetch-site", "198.18.", "127.0.0.1"] {
        assert!(!echo.contains(header), "{header} reaches it: {echo}");
    }

    let token = HOUSE.token(&HOUSE.admin, &[]);
    let echo = seen(&HOUSE.with_token(&token).get_json("/hostile/echo?word=visible").expect(200).json());
    assert!(echo.contains("visible") && !echo.contains(&token) && !echo.contains("Bearer"), "{echo}");
}

#[test]
fn people_are_told_apart_without_being_named() {
    let client = HOUSE.as_admin();
    let echo = seen(&client.get_json("/hostile/echo").expect(200).json());
    assert!(echo.contains("person"), "a person, not a token: {echo}");
    let program = HOUSE.with_token(&HOUSE.token(&HOUSE.admin, &[]));
    let echo = seen(&program.get_json("/hostile/echo").expect(200).json());
    assert!(echo.contains("token"), "{echo}");
}

#[test]
fn a_plugin_is_told_only_the_permissions_that_concern_it() {
    let echo = seen(&HOUSE.as_admin().get_json("/hostile/echo").expect(200).json());
    assert!(!echo.contains("org.vestry.styleguide"), "{echo}");
}

#[test]
fn nothing_of_the_machine_is_seen() {
    let page = HOUSE.as_admin().get_json("/hostile/echo").expect(200).json();
    let text =
        |name: &str| page["blocks"][name]["text"].as_str().unwrap_or_else(|| panic!("{name}: {page:#}")).to_owned();
    assert_eq!(text("environment"), "[]");
    assert_eq!(text("arguments"), "[]");
    assert!(text("files").starts_with("Err("), "{}", text("files"));
}

#[test]
fn what_a_person_types_never_becomes_markup() {
    let client = HOUSE.as_admin();
    let nasty = "<script>alert(1)</script><img src=x onerror=alert(2)><b>{{7*7}}";
    let answer = client.call("POST", "/hostile/echo").form(&[("field", nasty)]).send().expect(200);
    let page = answer.page();
    assert!(page.text("main").contains("<script>alert(1)</script>"), "it is shown as it was typed");
    assert!(!page.has("main script") && !page.has("main b") && !page.has("[onerror]"), "{}", answer.text());
    assert!(!page.text("main").contains("<b>49"), "no template is made of it");
}

#[test]
fn a_visitor_is_another_to_each_plugin_and_to_each_browser() {
    let seen_by = |client: &Client| seen(&client.get_json("/probe/everyone").expect(200).json());
    let (one, two) = (HOUSE.visitor(), HOUSE.visitor());
    one.get("/probe/everyone").expect(200);
    two.get("/probe/everyone").expect(200);
    assert_eq!(seen_by(&one), seen_by(&one), "the same browser is known again");
    assert_ne!(seen_by(&one), seen_by(&two));
    for value in one.cookies().values() {
        assert!(!seen_by(&one).contains(value), "what it is known by is not its cookie");
    }
    HOUSE.visitor().get_json("/probe").expect_problem(401);
}

#[test]
fn an_instance_is_used_once() {
    let (one, two) = (HOUSE.as_admin(), HOUSE.as_admin());
    let echo =
        |client: &Client, word: &str| seen(&client.get_json(&format!("/hostile/echo?word={word}")).expect(200).json());
    echo(&one, "left-behind-by-the-first");
    assert!(!echo(&two, "second").contains("left-behind-by-the-first"));
}
