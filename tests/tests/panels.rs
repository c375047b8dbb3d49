//! Panels on a plugin's page: pages of other plugins in place, and what a package is granted.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use sha2::{Digest, Sha256};
use vestry_tests::accounts::key_of;
use vestry_tests::{Answer, Browser, Client, Form, House, Page, wait_for};

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let house = House::open("panels");
    for plugin in ["board", "hostile", "probe"] {
        house.install(plugin);
    }
    house
});

/// A page of the board with these panels.
fn panels(client: &Client, names: &[&str]) -> Page {
    let query: Vec<String> = names.iter().map(|name| format!("name={}", name.replace('/', "%2F"))).collect();
    client.get(&format!("/board/panels?{}", query.join("&"))).expect(200).page()
}

fn of_board(route: &str) -> String {
    format!("contribution:org.example.board/{route}")
}

fn of_hostile(route: &str) -> String {
    format!("contribution:org.example.hostile/{route}")
}

/// Every id of a page stands once.
#[track_caller]
fn ids_are_unique(page: &Page) {
    let mut ids = page.attributes("[id]", "id");
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "{ids:?}");
}

#[test]
fn what_others_contribute_stands_in_place_and_leads_to_its_own_routes() {
    let admin = HOUSE.as_admin();
    let page = panels(&admin, &[&of_board("plain"), &of_board("who")]);
    assert_eq!(page.texts(".part .part-of"), ["Board", "Board"]);
    assert_eq!(page.texts(".part h3"), ["Plain part", "Who part"]);
    let links = page.attributes(".part a[href]", "href");
    assert!(links.iter().all(|link| link.starts_with("/board")), "{links:?}");
    assert!(links.iter().any(|link| link.contains("list.sort=")), "sorting is that of its own page: {links:?}");
    assert_eq!(page.form_with("word").action, "/board/plain");
    assert!(page.text("main").contains("<b>Two</b>"), "text stays text");
    let key = key_of(&admin, &HOUSE.admin.email);
    let who = format!("{key} asked for who with 0 values");
    assert!(page.text("main").contains(&who), "as the reader, without the page's query: {}", page.text("main"));
    ids_are_unique(&page);
    ids_are_unique(&admin.get("/board").expect(200).page());
}

#[test]
fn a_panel_shows_what_its_reader_may_see() {
    let (admin, nobody) = (HOUSE.as_admin(), HOUSE.signed_in(&HOUSE.person("Nora Nobody", &[])));
    let names = [of_board("managed"), of_board("plain")];
    let names = names.each_ref().map(String::as_str);
    assert!(panels(&admin, &names).text("main").contains("Only who looks after the server reads this."));
    let theirs = panels(&nobody, &names);
    assert!(!theirs.text("main").contains("Only who looks after"), "{}", theirs.text("main"));
    assert!(theirs.text("main").contains("not available") && theirs.text("main").contains("Plain part"));
    let listed = nobody.get("/board").expect(200).text();
    assert!(!listed.contains("Managed part") && !listed.contains("board/managed"), "it is not listed either");
    let data = admin.get_json("/board/panels?name=contribution:org.example.board%2Fmanaged").expect(200);
    assert_eq!(data.json()["blocks"]["panel-0"], serde_json::json!({ "panel": of_board("managed") }));
}

#[test]
fn a_failure_is_a_notice_that_names_who_failed() {
    let admin = HOUSE.as_admin();
    let started = Instant::now();
    let names = [of_hostile("loop"), of_hostile("trap"), of_hostile("twice"), of_board("elsewhere"), of_board("plain")];
    let page = panels(&admin, &names.each_ref().map(String::as_str));
    // Each ends by its own limits, at the latest after the ten seconds that a call may take, and all at the same time.
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    let notices = page.texts(".panel .notice-warning");
    assert_eq!(notices.len(), 4, "{notices:?}");
    for (notice, name) in notices.iter().zip(["Hostile", "Hostile", "Hostile", "Board"]) {
        assert!(notice.contains(&format!("{name} could not be shown here.")), "{notice}");
    }
    assert!(page.text("main").contains("These words stand.") && page.text("main").contains("Plain part"));
    let markup = panels(&admin, &[&of_hostile("markup")]);
    assert!(!markup.has(".panel script, .panel img, .panel [onclick], .panel [onerror]"), "markup stays text");
    admin.get("/board").expect(200);
}

#[test]
fn panels_are_few_and_not_inside_each_other() {
    let admin = HOUSE.as_admin();
    let nested = panels(&admin, &[&of_board("nested")]);
    assert!(nested.text("main").contains("Around the inner panel."));
    assert!(nested.text("main").contains("shown on its own page"), "{}", nested.text("main"));
    assert_eq!(nested.texts(".part").len(), 1);

    let many: Vec<String> = (0..12).map(|number| format!("handover:{number}")).chain([of_board("plain")]).collect();
    let page = panels(&admin, &many.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(page.texts(".panel").len(), 13);
    assert!(!page.has(".part"), "the ninth and those behind it are not drawn");
    assert!(page.text("main").contains("shown at a time"));

    let twice = panels(&admin, &[&of_board("plain"), &of_board("plain")]);
    assert_eq!(twice.texts(".part").len(), 1, "one panel stands once");
    ids_are_unique(&twice);
    for unknown in
        ["", "nothing", "handover:", "contribution:", "contribution:org.example.nobody/x", "consent:x", "frame:/"]
    {
        let page = panels(&admin, &[unknown]);
        assert!(page.text(".panel").contains("not available"), "{unknown}: {}", page.text(".panel"));
    }
}

/// The consent panel for a plugin that is mounted, and the plugin's digest.
fn consent(client: &Client, plugin: &str) -> (String, Page) {
    let digest = digest_of(plugin);
    let page = panels(client, &[&format!("consent:{digest}")]);
    (digest, page)
}

fn digest_of(plugin: &str) -> String {
    let bytes = std::fs::read(vestry_tests::test_plugin(plugin)).expect("it can be read");
    data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes))
}

/// The form without the ticks of these.
fn without(form: Form, names: &[&str]) -> Form {
    let mut form = form;
    form.fields.retain(|(_, value)| !names.contains(&value.as_str()));
    form
}

fn result(client: &Client, path: &str) -> Answer {
    client.get(path).expect(200)
}

#[test]
fn ticks_say_what_is_granted_and_count_at_once() {
    let admin = HOUSE.as_admin();
    let nobody = HOUSE.signed_in(&HOUSE.person("Nick Nobody", &[]));
    let (digest, page) = consent(&admin, "probe");
    let words = page.text(".consent-form");
    for said in
        ["Keep data of its own", "See and change accounts", "dangerous", "To see what visitors can do.", "/probe"]
    {
        assert!(words.contains(said), "{said}: {words}");
    }
    let form = page.form_with("grant");
    let ticked: Vec<&str> =
        form.fields.iter().filter(|(name, _)| name == "grant").map(|(_, value)| value.as_str()).collect();
    assert!(ticked.contains(&"vestry:plugin/kv") && ticked.contains(&"public"), "all was granted: {ticked:?}");

    // Everybody, from the open routes to one host call, and back.
    HOUSE.visitor().get("/probe/everyone").expect(200);
    assert!(result(&admin, "/probe/kv/get?key=a").text().contains("Ok("));
    let answer = admin.submit(&without(form.clone(), &["vestry:plugin/kv", "public"]));
    assert!(answer.location().is_some_and(|back| back.starts_with("/board/panels?")), "{}", answer.text());
    let page = admin.follow(answer).expect(200).page();
    assert!(page.text(".notices").contains("Taken back: 2"), "{}", page.text(".notices"));
    assert!(result(&admin, "/probe/kv/get?key=a").text().contains("Denied"), "at once");
    assert!(HOUSE.visitor().get("/probe/everyone").location().is_some(), "nobody gets in without signing in");
    let (_, page) = consent(&admin, "probe");
    assert!(page.form_with("grant").fields.iter().all(|(_, value)| value != "vestry:plugin/kv"));
    admin.follow(admin.submit(&form)).expect(200);
    assert!(result(&admin, "/probe/kv/get?key=a").text().contains("Ok("));

    // Who may not, sees and grants nothing; what is not asked for cannot be granted.
    let address = format!("/account/consent/{digest}");
    assert!(panels(&nobody, &[&format!("consent:{digest}")]).text(".panel").contains("not available"));
    assert_eq!(nobody.get(&address).status, 403);
    assert_eq!(nobody.post(&address, &[("grant", "vestry:plugin/kv")]).status, 403);
    let token = HOUSE.with_token(&HOUSE.token(&HOUSE.admin, &[]));
    assert_eq!(token.call("POST", &address).form(&[("grant", "public")]).send().status, 403);
    assert_eq!(admin.get(&format!("/account/consent/{}", "0".repeat(64))).status, 404);
    let more = form.clone().and("grant", "permission users.delete").and("grant", "origin https://evil.example");
    admin.follow(admin.submit(&more)).expect(200);
    let (_, page) = consent(&admin, "probe");
    assert!(!page.form_with("grant").fields.iter().any(|(_, value)| value.contains("evil.example")));
}

#[test]
fn a_permission_is_granted_by_who_holds_it() {
    let add = ["privilege", "add", "keeper", "--title", "Keeper", "--permission", "server.manage"];
    HOUSE.server.command(&add, "");
    let (admin, keeper) = (HOUSE.as_admin(), HOUSE.signed_in(&HOUSE.person("Kai Keeper", &["keeper"])));
    let (digest, page) = consent(&admin, "board");
    assert!(page.text(".consent-form").contains("See accounts, in schedules and for visitors"));
    let form = page.form_with("grant");
    let wish = "permission users.read";
    admin.follow(admin.submit(&without(form.clone(), &[wish]))).expect(200);

    let (_, page) = consent(&keeper, "board");
    assert!(page.has(&format!("input[value='{wish}'][disabled]")), "it is locked");
    assert!(page.text(".consent-form").contains("You do not hold the permission users.read yourself"));
    let address = format!("/account/consent/{digest}");
    assert_eq!(keeper.post(&address, &[("grant", wish)]).status, 403, "whatever is sent");
    admin.follow(admin.submit(&form)).expect(200);
    let (_, page) = consent(&keeper, "board");
    assert!(page.form_with("grant").fields.iter().any(|(_, value)| value == wish), "what was granted stays ticked");
    keeper.follow(keeper.submit(&without(page.form_with("grant"), &[wish]))).expect(200);
    let (_, page) = consent(&admin, "board");
    assert!(page.form_with("grant").fields.iter().all(|(_, value)| value != wish), "taking needs no more");
}

#[test]
fn granting_asks_for_the_password_after_a_while() {
    let person = HOUSE.person("Paula Password", &["admin"]);
    let client = HOUSE.signed_in(&person);
    let key = key_of(&client, &person.email);
    let database = Connection::open(HOUSE.server.data().join("vestry.db")).expect("the database can be opened");
    database.busy_timeout(Duration::from_secs(5)).expect("it can wait");
    database
        .execute("UPDATE sessions SET authenticated = 1 WHERE account = ?", [&key])
        .expect("a session can be changed");
    // What stands in the database beside the server is seen with the next change of anything.
    HOUSE.server.command(&["privilege", "add", "other", "--title", "Other"], "");
    let asked = wait_for(Duration::from_secs(5), || {
        let (_, page) = consent(&client, "board");
        page.forms().iter().any(|form| form.names.iter().any(|name| name == "password")).then_some(page)
    });
    let form = asked.expect("the password is due").form_with("password");
    let refused = client.submit(&form.clone().with("password", "wrong"));
    assert_eq!(refused.status, 422);
    let again = refused.page();
    assert!(again.text("main").contains("not right"), "{}", again.text("main"));
    let done = client.submit(&again.form_with("password").with("password", &person.password));
    assert!(done.location().is_some_and(|back| back.starts_with("/board/panels?")), "{}", done.text());
}

/// Consent, contributions and a failure, in light and dark, wide and narrow.
#[test]
fn panels_are_good_to_look_at_and_to_use() {
    let browser = Browser::open(HOUSE.server.address());
    browser.visit("/account/sign-in?next=%2F");
    browser.fill("email", &HOUSE.admin.email);
    browser.fill("password", &HOUSE.admin.password);
    browser.press("Sign in");
    browser.wait_for_text(&HOUSE.admin.name);
    let probe = digest_of("probe");
    let parts = "name=contribution:org.example.board%2Fplain&name=contribution:org.example.hostile%2Ftrap&name=nothing";
    for (name, path) in [
        ("panels-consent", format!("/board/panels?name=consent:{probe}")),
        ("panels-consent-alone", format!("/account/consent/{probe}")),
        ("panels-parts", format!("/board/panels?{parts}")),
    ] {
        for colours in ["light", "dark"] {
            browser.colours(colours);
            browser.wide();
            browser.visit(&path);
            browser.screenshot(&format!("{name}-{colours}"));
            browser.check();
            browser.narrow();
            browser.visit(&path);
            browser.screenshot(&format!("{name}-{colours}-320"));
            browser.check();
        }
    }
}
