//! Without JavaScript: everything on a page that can be followed or sent works by itself.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use vestry_tests::accounts::{account, done};
use vestry_tests::{Browser, House};

static HOUSE: LazyLock<House> = LazyLock::new(|| House::open("walk"));

/// Every link and every form of the pages that an administrator reaches leads to something that is there.
#[test]
fn every_link_leads_somewhere() {
    let client = HOUSE.as_admin();
    HOUSE.person("Linus Link", &["developer"]);
    let mut waiting = vec!["/".to_owned(), "/safe".to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(path) = waiting.pop() {
        // Pages that show what a failure looks like, on purpose.
        let is_failure = path.starts_with("/styleguide/failure");
        if is_failure || seen.len() > 150 || !seen.insert(path.clone()) {
            continue;
        }
        let answer = client.follow(client.get(&path));
        assert_eq!(answer.status, 200, "{path}");
        let page = answer.page();
        waiting.extend(page.links());
        assert!(!page.title().is_empty() && page.has("h1") && page.has("main"), "{path} is a page");
        let ids = page.attributes("[id]", "id");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{path} uses an id twice: {ids:?}");
        for form in page.forms() {
            assert!(form.action.starts_with('/') || form.action.is_empty(), "{path} sends to {}", form.action);
            assert!(!form.names.is_empty() || form.method == "post", "{path} has an empty form");
        }
        for control in page.attributes("input:not([type=hidden]), select, textarea", "id") {
            let labelled = page.has(&format!("label[for='{control}']"))
                || page.has(&format!("[id='{control}'][aria-label]"))
                || page.has(&format!("[id='{control}'][aria-labelledby]"))
                || page.has(&format!("label [id='{control}']"));
            assert!(labelled, "{path}: `{control}` has no label");
        }
    }
    assert!(seen.len() > 8, "{seen:?}");
}

/// A search, a change and a sign-out with the scripts of the browser turned off.
#[test]
fn a_browser_without_scripts_is_enough() {
    let person = HOUSE.person("Wanda Withoutscripts", &[]);
    let browser = Browser::open(HOUSE.server.address());
    browser.without_scripts();
    browser.visit("/users");
    browser.fill("email", &HOUSE.admin.email);
    browser.fill("password", &HOUSE.admin.password);
    browser.press("Sign in");
    browser.wait_for_path("/users");
    browser.fill("q", "wanda");
    browser.press("Find");
    browser.wait_for_text(&person.email);
    assert!(!browser.words().contains(&HOUSE.admin.email), "the search leaves the others out");
    browser.screenshot("walk-without-scripts");
    browser.follow("Wanda Withoutscripts");
    browser.wait_for_path("/users/accounts/");
    browser.fill("name", "Wanda Renamed");
    browser.press("Save the name");
    browser.wait_for_text("Wanda Renamed");
    browser.check_console();
}

/// The same over plain HTTP, form by form, as a text browser would.
#[test]
fn a_privilege_is_given_by_forms_alone() {
    let person = HOUSE.person("Gil Given", &[]);
    let client = HOUSE.as_admin();
    let form = account(&client, &person.email).button("Save the privileges");
    let page = done(&client, &form.and("privileges", "developer")).expect(200).page();
    assert!(page.has(".notices .notice"), "it is said that it is done");
    let list = HOUSE.server.command(&["user", "list"], "");
    let line = list.lines().find(|line| line.contains(&person.email)).expect("the account is listed");
    assert!(line.contains("developer"), "{line}");
}
