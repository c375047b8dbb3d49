//! Panels on a plugin's page: pages of other plugins in place, what a package is granted, and that no plugin writes into
//! them or has them drawn as often as it likes.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use sha2::{Digest, Sha256};
use vestry_tests::accounts::{confirmed, key_of};
use vestry_tests::{Answer, Client, Form, House, Page, Person, Stream, wait_for};

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let house = House::forgiving("panels");
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
    assert!(page.form_with("word").action.starts_with("/board/plain?drawn-by="), "{}", page.form_with("word").action);
    assert!(page.text("main").contains("<b>Two</b>"), "text stays text");
    let key = key_of(&admin, &HOUSE.admin.email);
    let who = format!("{key} asked for who with 0 values");
    assert!(page.text("main").contains(&who), "as the reader, without the page's query: {}", page.text("main"));
    ids_are_unique(&page);
    ids_are_unique(&admin.get("/board").expect(200).page());
    let beside = admin.get("/board/writes").expect(200).page();
    assert!(
        beside.has("#b-part\\.list") && beside.has("#p-part\\.list"),
        "a block of the name that one inside would have"
    );
    ids_are_unique(&beside);
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

/// The consent panel for a plugin that is mounted, on a page of its own, and the plugin's digest.
fn consent(client: &Client, plugin: &str) -> (String, Page) {
    let digest = digest_of(plugin);
    let page = client.get(&format!("/account/consent/{digest}")).expect(200).page();
    (digest, page)
}

#[test]
fn consent_is_drawn_for_who_administers_packages_alone() {
    let admin = HOUSE.as_admin();
    let page = admin.get("/packages/plugin/org.example.probe").expect(200).page();
    let words = page.text(".consent-form");
    assert!(words.contains("what may org.example.probe do?") && words.contains("by the server itself"), "{words}");
    let other = panels(&admin, &[&format!("consent:{}", digest_of("probe"))]);
    assert!(!other.has(".consent-form") && other.text(".panel").contains("not available"), "{}", other.text("main"));
}

fn digest_of(plugin: &str) -> String {
    let bytes = std::fs::read(vestry_tests::test_plugin(plugin)).expect("it can be read");
    data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes))
}

#[test]
fn nothing_is_said_yes_to_on_a_page_that_changes_by_itself() {
    let (admin, page) = (HOUSE.as_admin(), "/packages/plugin/org.example.hostile");
    let drawn = || admin.get(page).expect(200).page();
    assert!(drawn().has(".consent-form"));
    // An order that some other process has, and goes on for a while: the page follows it.
    let database = Connection::open(HOUSE.server.data().join("vestry.db")).expect("the database can be opened");
    database.busy_timeout(Duration::from_secs(5)).expect("it can wait");
    let order = "INSERT INTO jobs (id, plugin, name, input, state, percent, message, attempt, failures, queued, due, cancel, \
                 worker, lease, leased_until) VALUES ('followed', 'vestry', 'place', '{}', 'running', 0, '', 1, 0, 1, 1, 0, \
                 'another', 1, 9000000000000000)";
    database.execute(order, []).expect("a job can be added");
    let about = "INSERT INTO package_jobs (job, kind, digest, plugin, mount, problems) \
                 VALUES ('followed', 'place', '1', 'org.example.hostile', 'hostile', '[]')";
    database.execute(about, []).expect("what it is about can be added");
    let followed = drawn();
    database.execute("DELETE FROM jobs WHERE id = 'followed'", []).expect("a job can be removed");
    assert!(!followed.has(".consent-form"), "{}", followed.text("main"));
    assert!(followed.text("main").contains("once this page no longer updates itself"), "{}", followed.text("main"));
    assert!(drawn().has(".consent-form"));
}

/// The form without the ticks of these.
fn without(form: Form, names: &[&str]) -> Form {
    let mut form = form;
    form.fields.retain(|(name, value)| name != "grant" || !names.contains(&value.as_str()));
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
    assert!(answer.location().is_some_and(|back| back.starts_with("/account/consent/")), "{}", answer.text());
    let page = admin.follow(answer).expect(200).page();
    assert!(page.text(".notices").contains("Taken back: 2"), "{}", page.text(".notices"));
    assert!(result(&admin, "/probe/kv/get?key=a").text().contains("Denied"), "at once");
    assert!(HOUSE.visitor().get("/probe/everyone").location().is_some(), "nobody gets in without signing in");
    let (_, page) = consent(&admin, "probe");
    assert!(page.form_with("grant").fields.iter().all(|(_, value)| value != "vestry:plugin/kv"));
    admin
        .follow(admin.submit(&page.form_with("grant").and("grant", "vestry:plugin/kv").and("grant", "public")))
        .expect(200);
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
    let add = [
        "privilege",
        "add",
        "keeper",
        "--title",
        "Keeper",
        "--permission",
        "plugins.grant",
        "--permission",
        "server.manage",
    ];
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
    let mut sent = page.form_with("grant");
    sent.fields.push(("grant".into(), wish.into()));
    assert_eq!((sent.action.as_str(), keeper.submit(&sent).status), (address.as_str(), 403), "whatever is sent");
    let (_, page) = consent(&admin, "board");
    admin.follow(admin.submit(&page.form_with("grant").and("grant", wish))).expect(200);
    let (_, page) = consent(&keeper, "board");
    assert!(page.form_with("grant").fields.iter().any(|(_, value)| value == wish), "what was granted stays ticked");
    keeper.follow(keeper.submit(&without(page.form_with("grant"), &[wish]))).expect(200);
    let (_, page) = consent(&admin, "board");
    assert!(page.form_with("grant").fields.iter().all(|(_, value)| value != wish), "taking needs no more");
}

#[test]
fn a_page_of_before_takes_nothing_back_that_another_gave() {
    let house = House::open("panels-consent");
    house.install("board");
    let (one, two) = (house.as_admin(), house.as_admin());
    let address = format!("/account/consent/{}", digest_of("board"));
    let page = || one.get(&address).expect(200).page();
    let wish = "permission users.read";
    let ticks =
        |page: &Page| page.form_with("grant").fields.iter().any(|(name, value)| name == "grant" && value == wish);
    one.follow(one.submit(&without(page().form_with("grant"), &[wish]))).expect(200);
    let before = page().form_with("grant");
    let given = two.get(&address).expect(200).page().form_with("grant").and("grant", wish);
    two.follow(two.submit(&given)).expect(200);
    let refused = one.submit(&before);
    assert_eq!(refused.status, 409);
    let refused = refused.page();
    assert!(refused.text("[role=alert]").contains("Somebody else has changed"), "{}", refused.text("main"));
    assert!(ticks(&refused) && ticks(&page()), "it is granted still, and is shown so");
    // With what is granted now before the eyes it can be taken back.
    one.follow(one.submit(&without(refused.form_with("grant"), &[wish]))).expect(200);
    assert!(!ticks(&page()));
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
    assert!(done.location().is_some_and(|back| back.starts_with("/account/consent/")), "{}", done.text());
}

/// A ticket behind which a link waits, and where the page that shows it is.
fn ticket(admin: &Client) -> (String, String) {
    let person = Person::new("Tina Ticket");
    let form = admin.get("/users/invite").expect(200).page().form_with("email");
    let form = form.with("email", &person.email).with("name", &person.name).and("privileges", "user");
    let way = confirmed(admin, admin.submit(&form)).location().expect("it leads to the link");
    let twin = admin.get_json(&way).expect(200).text();
    let (_, panel) = twin.split_once("handover:").expect("it names the panel");
    (panel.split('"').next().unwrap_or_default().to_owned(), way)
}

/// The updates of a page until it has been asked about so often.
fn updates_of(client: &Client, path: &str, accept: &str, times: usize) -> Vec<serde_json::Value> {
    let page = client.get_json(path).expect(200).json();
    let address = page["follow"]["stream"].as_str().expect("it is followed").to_owned();
    let mut stream = Stream::open(client.call("GET", &address).header("accept", accept));
    let (mut all, mut asked, until) = (Vec::new(), 0, Instant::now() + Duration::from_secs(20));
    while asked < times && Instant::now() < until {
        let updates = stream.next(Duration::from_secs(10)).map(|event| event.updates()).unwrap_or_default();
        asked += updates.iter().filter(|update| update["block"] == "number").count();
        all.extend(updates);
    }
    assert_eq!(asked, times, "{all:#?}");
    all
}

#[test]
fn updates_draw_no_panels_and_use_no_ticket_up() {
    let admin = HOUSE.as_admin();
    let (ticket, way) = ticket(&admin);
    let path = format!("/board/writes?name=handover:{ticket}&name={}", of_hostile("trap").replace('/', "%2F"));
    let (browser, program) = ("text/event-stream", "application/json, text/event-stream");
    let drawn = updates_of(&admin, &path, browser, 3);
    assert!(drawn.iter().any(|update| update["block"] == "part.list"), "what is no panel comes: {drawn:#?}");
    let shown: Vec<_> = drawn.iter().filter(|update| update["block"] == "shown").collect();
    assert!(shown.is_empty(), "{shown:#?}");
    assert!(!drawn.iter().any(|update| update["block"] == "part" && update["how"] == "replace"));
    // A program is told what a panel is called, as on the page.
    let told = updates_of(&admin, &path, program, 2);
    let names: Vec<_> = told.iter().filter_map(|update| update["data"]["panel"].as_str()).collect();
    assert!(names.contains(&format!("handover:{ticket}").as_str()), "{names:?}");
    let page = admin.get(&way).expect(200).page();
    assert!(page.has(".handover"), "the link is shown still: {}", page.text("main"));
}

#[test]
fn a_ticket_that_is_none_waits_for_no_writer() {
    let admin = HOUSE.as_admin();
    let (ticket, way) = ticket(&admin);
    let database = Connection::open(HOUSE.server.data().join("vestry.db")).expect("the database can be opened");
    database.busy_timeout(Duration::from_secs(5)).expect("it can wait");
    let none: String = ticket.chars().rev().collect();
    database.execute_batch("BEGIN IMMEDIATE").expect("one writer at a time");
    let began = Instant::now();
    let page = panels(&admin, &[&format!("handover:{none}")]);
    let took = began.elapsed();
    database.execute_batch("ROLLBACK").expect("it ends");
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(page.text(".panel").contains("not available"));
    assert!(admin.get(&way).expect(200).page().has(".handover"));
    // What was handed over is not looked for by a writer either.
    database.execute_batch("BEGIN IMMEDIATE").expect("one writer at a time");
    let began = Instant::now();
    let again = admin.get(&way).expect(200).page();
    let took = began.elapsed();
    database.execute_batch("ROLLBACK").expect("it ends");
    assert!(took < Duration::from_secs(2) && again.text("main").contains("shown already"), "{took:?}");
}

#[test]
fn more_panels_than_fit_a_page_are_refused_before_any_is_drawn() {
    let admin = HOUSE.as_admin();
    let many = |count: usize| admin.get(&format!("/board/panels?many={count}"));
    let page = many(1_000).expect(200).page();
    assert_eq!(page.texts(".panel").len(), 1_000);
    let began = Instant::now();
    let refused = many(10_000);
    println!("10000 panels were refused after {:?}", began.elapsed());
    assert_eq!(refused.status, 500);
    assert!(refused.text().contains("several pages"), "{}", refused.text());
}

/// What a page that stays up to date can do to the page of another plugin that it shows: nothing.
#[test]
fn a_page_writes_into_its_own_blocks_alone() {
    let browser = HOUSE.in_browser(&HOUSE.admin);
    browser.visit("/board/writes?name=contribution:org.example.board%2Fwho");
    let words = |selector: &str| browser.script(&format!("return document.querySelector('{selector}').innerText;"));
    browser.wait_for_text("Plain part");
    let before = words("[data-part]");
    browser.wait_for_text("Number 3");
    assert_eq!(words("[data-part]"), before);
    assert!(!words("#b-part").to_string().contains("Written"), "{}", words("#b-part"));
    assert!(words("#b-part\\\\.list").to_string().contains("Written as number"), "its own block of that name changes");
    assert!(!browser.words().contains("Who part"), "no panel is drawn again");
    browser.check();
}

/// Consent, contributions and a failure, in light and dark, wide and narrow.
#[test]
fn panels_are_good_to_look_at_and_to_use() {
    let browser = HOUSE.in_browser(&HOUSE.admin);
    let probe = digest_of("probe");
    let parts = "name=contribution:org.example.board%2Fplain&name=contribution:org.example.hostile%2Ftrap&name=nothing";
    for (name, path) in [
        ("panels-consent", "/packages/plugin/org.example.probe".to_owned()),
        ("panels-consent-alone", format!("/account/consent/{probe}")),
        ("panels-parts", format!("/board/panels?{parts}")),
    ] {
        browser.look(name, Some(&path));
    }
}
