//! The whole way of a first day, in a browser: the printed link, the first administrator, one person among ten
//! thousand, a privilege for them, and what changes on their screen. Every page is looked at by axe-core, in the dark,
//! in the light and on a small telephone; pictures of them are in `target/screenshots`.

use std::sync::LazyLock;

use vestry_tests::{Browser, House, Person, Server};

static HOUSE: LazyLock<House> = LazyLock::new(|| House::open("journey-looks"));

/// How many others there are when one is looked for.
const MANY: &str = "10000";

#[test]
fn the_first_day() {
    let server = Server::start("journey");
    let ada = Person::new("Ada Admin");
    let admin = Browser::open(server.address());
    make_the_first_administrator(&server, &admin, &ada);
    sign_in(&admin, &ada);

    server.command(&["dev", "seed", MANY], "");
    let grace = Person::new("Grace Journey");
    server.command(&["user", "add", &grace.email, "--name", &grace.name, "--password-stdin"], &grace.password);
    let hers = Browser::open(server.address());
    sign_in(&hers, &grace);
    hers.screenshot("journey-06-before");
    assert!(!hers.words().contains("Style guide"), "a new account has no such entry");
    hers.check();

    find(&admin, &grace);
    give_developer(&admin);

    // The very next page of the other browser knows.
    hers.visit("/");
    hers.wait_for_text("Style guide");
    hers.screenshot("journey-09-after");
    hers.check();

    sign_out(&admin);
    admin.visit("/users");
    admin.wait_for_path("/account/sign-in");
    admin.check();
}

fn make_the_first_administrator(server: &Server, browser: &Browser, ada: &Person) {
    let link = server.setup_link().expect("a server without accounts prints a link");
    browser.visit(link.trim_start_matches(server.address()));
    browser.screenshot("journey-01-setup");
    browser.check();
    browser.fill("name", &ada.name);
    browser.fill("email", &ada.email);
    browser.fill("password", &ada.password);
    browser.click_on("main form button[type=submit]");
    browser.wait_for_path("/");
    browser.screenshot("journey-02-made");
    browser.check();
}

fn sign_in(browser: &Browser, person: &Person) {
    browser.visit("/users");
    if !browser.path().starts_with("/account/sign-in") {
        return;
    }
    browser.screenshot("journey-03-sign-in");
    browser.check();
    browser.visit("/account/sign-in?next=%2F");
    browser.fill("email", &person.email);
    browser.fill("password", &person.password);
    browser.press("Sign in");
    browser.wait_for_text(&person.name);
}

fn find(browser: &Browser, person: &Person) {
    browser.visit("/");
    browser.follow("User List");
    browser.wait_for_path("/users");
    browser.screenshot("journey-04-users");
    browser.check();
    browser.fill("q", "grace jour");
    browser.press("Find");
    browser.wait_for_text(&person.email);
    browser.screenshot("journey-05-found");
    browser.check();
    browser.follow(&person.name);
    browser.wait_for_path("/users/accounts/");
    browser.wait_for_text(&person.email);
    browser.screenshot("journey-06-account");
    browser.check();
}

fn give_developer(browser: &Browser) {
    browser.click_on("form[action*='/privileges'] input[value='developer']");
    browser.press("Save the privileges");
    browser.wait_for_text("the privilege developer");
    browser.screenshot("journey-07-asked");
    browser.check();
    browser.press("Approve");
    browser.wait_for_path("/users/");
    browser.screenshot("journey-08-given");
    browser.check();
}

fn sign_out(browser: &Browser) {
    browser.visit("/account");
    browser.screenshot("journey-10-account");
    browser.check();
    browser.click_on("details.person summary");
    browser.press("Sign out");
    browser.wait_for_path("/account/signed-out");
    browser.screenshot("journey-11-signed-out");
    browser.check();
}

/// Pages that everybody meets sooner or later, as an administrator sees them.
const PAGES: &[(&str, &str)] = &[
    ("start", "/"),
    ("users", "/users"),
    ("invite", "/users/invite"),
    ("forgot", "/account/forgot"),
    ("account", "/account"),
    ("secrets", "/account/secrets"),
    ("jobs", "/jobs"),
    ("outbox", "/outbox"),
    ("safe", "/safe"),
    ("styleguide", "/styleguide"),
];

#[test]
fn every_page_is_good_to_look_at_and_to_use() {
    HOUSE.person("Erika Example", &["developer", "trainer"]);
    HOUSE.person("Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh of Upper Dunstable", &["advocate"]);
    let mut browser = Browser::open(HOUSE.server.address());
    for (name, path) in [("sign-in", "/account/sign-in"), ("not-there", "/nowhere")] {
        browser.expect_on_console("404");
        browser.look(name, Some(path));
    }
    sign_in(&browser, &HOUSE.admin);
    for (name, path) in PAGES {
        browser.look(name, Some(path));
    }
    browser.look("not-there-signed-in", Some("/nowhere"));
}

/// Every block in every state, one page of the style guide after another.
#[test]
fn every_block_is_good_to_look_at_and_to_use() {
    let mut pages = HOUSE.as_admin().get("/styleguide").expect(200).page().links();
    pages.retain(|path| path.starts_with("/styleguide/") && !path.starts_with("/styleguide/failure"));
    pages.sort();
    pages.dedup();
    assert!(pages.len() > 8, "{pages:?}");
    let browser = Browser::open(HOUSE.server.address());
    sign_in(&browser, &HOUSE.admin);
    for path in pages {
        browser.look(&path.trim_start_matches('/').replace('/', "-"), Some(&path));
    }
}

/// All by keyboard: the way past the menu, the fields of the form in their order, and Enter.
#[test]
fn a_keyboard_is_enough_to_sign_in() {
    let person = HOUSE.person("Kira Keyboard", &[]);
    let browser = Browser::open(HOUSE.server.address());
    browser.visit("/account/sign-in");
    browser.fill("email", &person.email);
    browser.fill("password", &format!("{}\n", person.password));
    browser.wait_for_text(&person.name);
    browser.visit("/account");
    browser.keys("\t");
    let first = browser.script(
        "return document.activeElement.textContent.trim() + ' ' + (document.activeElement.getAttribute('href') || '');",
    );
    assert!(first.as_str().is_some_and(|text| text.contains('#')), "the first stop leads past the menu: {first}");
    let outline = browser.script(
        "const style = getComputedStyle(document.activeElement);
         return style.outlineStyle !== 'none' || style.boxShadow !== 'none';",
    );
    assert_eq!(outline, true, "it can be seen where the keyboard is");
}
