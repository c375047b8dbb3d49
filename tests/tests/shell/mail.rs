//! Mails: into files by default, to a mail server once, through crashes and refusals; to whom, how many, and what nobody can
//! put into them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;
use vestry_tests::accounts::key_of;
use vestry_tests::database::Snapshot;
use vestry_tests::grep::in_folder;
use vestry_tests::{Answer, Browser, Client, House, Person, Server, used, wait_for};

mod smtp;

use smtp::{MailServer, Mood};

/// Longer than the postman waits between two looks.
const SOON: Duration = Duration::from_secs(20);
const PASSWORD: &str = "korrekt-pferd-batterie-9";
/// Where mails say that the server is.
const PUBLIC: &str = "http://vestry.test";

/// A server whose mails go to a mail server of the test, and a token that may everything.
struct Posting {
    server: Server,
    token: String,
}

impl Posting {
    fn start(name: &str, mail: &MailServer, more: &str) -> Self {
        let settings = format!(
            "public-url: {PUBLIC}\nmail:\n  from: Vestry <vestry@example.org>\n  smtp: {{host: 127.0.0.1, port: {}, tls: none{more}}}\n\
             secrets: {{smtp: {{file: {{FILE}}}}}}\n",
            mail.port
        );
        let server = Server::start_with(name, |data| {
            let file = data.parent().expect("it lies in a folder").join("password");
            used::secret(PASSWORD);
            fs::write(&file, PASSWORD).expect("a password can be written");
            let settings = settings.replace("{FILE}", file.to_str().expect("its path is UTF-8"));
            fs::write(data.join("vestry.yml"), settings).expect("settings can be written");
        });
        server.command(
            &["user", "add", "ada@example.org", "--name", "Ada", "--privilege", "admin", "--password-stdin"],
            "correct horse battery staple 7",
        );
        let output = server.command(&["token", "add", "ada@example.org", "--name", "tests"], "");
        let token = output.lines().last().expect("the token stands on the last line").to_owned();
        let worker = vestry_tests::test_plugin("worker");
        server.command(&["package", "add", worker.to_str().expect("its path is UTF-8"), "--grant-all"], "");
        let posting = Self { server, token };
        let mounted = wait_for(SOON, || (posting.client().get_json("/worker").status == 200).then_some(()));
        assert!(mounted.is_some(), "the worker is not mounted:\n{}", posting.server.log());
        posting
    }

    fn client(&self) -> Client {
        Client::with_token(self.server.address(), &self.token)
    }

    fn ada(&self) -> String {
        key_of(&self.client(), "ada@example.org")
    }

    fn send(&self, text: &str) {
        let account = self.ada();
        post_json(&self.client(), "/worker/mail", &[("account", &account), ("text", text)]).expect(200);
    }

    /// The latest mail, when it has this state; one that waits, after an attempt.
    fn mail_that_is(&self, state: &str) -> Value {
        let found = wait_for(SOON, || {
            let mail = self.client().get_json("/outbox").expect(200).json()["mails"][0].clone();
            (mail["state"] == state && (state != "queued" || mail["error"] != "")).then_some(mail)
        });
        found.unwrap_or_else(|| {
            panic!("no mail is {state}: {}\n{}", self.client().get_json("/outbox").text(), self.server.log())
        })
    }
}

fn post_json(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    client.call("POST", path).header("accept", "application/json").form(fields).send()
}

/// As if an hour had passed for what waits.
fn let_time_pass(data: &Path) {
    let database = Connection::open(data.join("vestry.db")).expect("the database can be opened");
    database.busy_timeout(Duration::from_secs(5)).expect("it can wait");
    database
        .execute("UPDATE mails SET due = 0, claimed_until = 0 WHERE state = 'queued'", [])
        .expect("mails can be changed");
}

/// The files in the outbox, each with its words.
fn files(data: &Path) -> Vec<String> {
    let entries = fs::read_dir(data.join("outbox")).into_iter().flatten().flatten();
    let mails = entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "eml"));
    mails.map(|entry| fs::read_to_string(entry.path()).expect("a mail can be read")).collect()
}

/// A mail with these words, without the line breaks of its encoding.
fn file_with(data: &Path, words: &str) -> String {
    let found = wait_for(SOON, || {
        files(data).into_iter().map(|mail| mail.replace("=\r\n", "")).find(|mail| mail.contains(words))
    });
    found.unwrap_or_else(|| panic!("no mail says {words:?}: {:#?}", files(data)))
}

fn with_worker(name: &str) -> House {
    let house = House::open(name);
    house.install("worker");
    house
}

fn key(house: &House, person: &Person) -> String {
    key_of(&house.as_admin(), &person.email)
}

#[test]
fn without_a_mail_server_mails_become_files_that_the_outbox_shows() {
    let house = with_worker("mail-files");
    let (admin, anna) = (house.as_admin(), house.person("Anna", &[]));
    assert!(admin.get("/outbox").expect(200).text().contains("No mail was sent"));
    admin.post("/worker/mail", &[("account", &key(&house, &anna)), ("text", "the bells ring")]).expect(200);
    let file = file_with(house.server.data(), "the bells ring");
    assert!(file.contains(&format!("To: {}\r\n", anna.email)), "{file}");
    assert!(file.contains("Subject: A note: the bells ring\r\n") && file.contains("Hello Anna,"), "{file}");
    assert!(file.contains(&format!("{}/worker/log", house.server.address())), "{file}");

    let list = admin.get("/outbox").expect(200).page();
    assert!(list.text("table").contains("A note: the bells ring") && list.text("table").contains(&anna.email));
    let latest = || admin.get_json("/outbox").expect(200).json()["mails"][0].clone();
    let mail = wait_for(SOON, || Some(latest()).filter(|mail| mail["state"] == "sent")).expect("it is noted");
    assert_eq!(mail["plugin"], "org.example.worker", "{mail}");
    let id = mail["id"].as_str().expect("it has an id");
    let page = admin.get(&format!("/outbox/{id}")).expect(200);
    assert!(page.text().contains("Somebody wrote to you: the bells ring"), "{}", page.text());
    let html = admin.get(&format!("/outbox/{id}/html")).expect(200);
    assert!(
        html.header("content-security-policy")
            .is_some_and(|policy| policy.contains("sandbox") && !policy.contains("script-src"))
    );
    assert!(html.text().contains("Somebody wrote to you: the bells ring"));
    // The audit knows the account, not the address.
    let audit = Snapshot::of(house.server.data());
    assert!(audit.contains("action=mail.send"));
    assert!(files(house.server.data()).len() == 1);
}

#[test]
fn the_outbox_is_for_who_may_see_it_and_links_for_who_may_do_everything() {
    let house = with_worker("mail-permission");
    house.server.command(&["privilege", "add", "post", "--title", "Post office", "--permission", "mail.read"], "");
    let (nobody, reader) = (house.person("Nils", &[]), house.person("Rita", &["post"]));
    for path in ["/outbox", "/outbox/abc", "/outbox/abc/html"] {
        assert_eq!(house.visitor().get(path).status, 303, "{path}");
        house.visitor().get_json(path).expect_problem(401);
        house.signed_in(&nobody).get(path).expect(403);
    }
    house.signed_in(&nobody).post("/outbox/abc/retry", &[]).expect(403);
    let reader = house.signed_in(&reader);
    reader.get("/outbox/abc").expect(404);

    let visitor = house.visitor();
    visitor.get("/worker/everyone/address").expect(200);
    ask(&visitor, "carla@example.org");
    file_with(house.server.data(), "/account/address/");
    let listed = reader.get_json("/outbox").expect(200).json();
    let id = listed["mails"][0]["id"].as_str().expect("it has an id").to_owned();
    let page = reader.get(&format!("/outbox/{id}")).expect(200).text();
    assert!(!page.contains("/account/address/") && page.contains("may do everything"), "{page}");
    reader.get(&format!("/outbox/{id}/html")).expect(403);
    assert!(!reader.get_json(&format!("/outbox/{id}")).text().contains("/account/address/"));
    assert!(house.as_admin().get(&format!("/outbox/{id}")).text().contains("/account/address/"));
}

#[test]
fn nothing_that_is_put_into_a_mail_is_a_header_or_markup() {
    let house = with_worker("mail-hostile");
    let (admin, anna) = (house.as_admin(), house.person("Anna&Berta", &[]));
    let text = "x\r\nBcc: evil@example.org\r\n\r\n<img src=x onerror=alert(1)></p><script>alert(2)</script>{text}";
    admin.post("/worker/mail", &[("account", &key(&house, &anna)), ("text", text)]).expect(200);
    let file = wait_for(SOON, || files(house.server.data()).pop()).expect("a mail is written");
    let head = file.split("\r\n\r\n").next().expect("a mail has headers").replace("\r\n ", " ");
    assert!(!head.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{head}");
    assert_eq!(head.lines().filter(|line| line.starts_with("Subject: ")).count(), 1, "{head}");
    let id = admin.get_json("/outbox").json()["mails"][0]["id"].as_str().expect("it has an id").to_owned();
    for path in ["/outbox".to_owned(), format!("/outbox/{id}"), format!("/outbox/{id}/html")] {
        let page = admin.get(&path).expect(200).text();
        assert!(!page.contains("<img src=x") && !page.contains("<script>alert"), "{path}: {page}");
        assert!(page.contains("&lt;img src=x"), "{path}: {page}");
    }
    assert!(admin.get(&format!("/outbox/{id}/html")).text().contains("Hello Anna&amp;Berta,"));
}

#[test]
fn a_mail_takes_effect_with_its_request_or_not_at_all() {
    let house = with_worker("mail-transaction");
    let admin = house.as_admin();
    let gone = house.person("Gone", &[]);
    let id = key(&house, &gone);
    // Nobody to send it to: an unknown account, and one that was deactivated.
    post_json(&admin, "/worker/mail", &[("account", "nobody-of-that-id"), ("text", "x")]).expect_problem(404);
    let page = vestry_tests::accounts::account(&admin, &gone.email);
    vestry_tests::accounts::done(&admin, &page.button("Deactivate")).expect(200);
    post_json(&admin, "/worker/mail", &[("account", &id), ("text", "x")]).expect_problem(404);
    assert_eq!(Snapshot::of(house.server.data()).count("mails"), 0);
    // Whoever is signed in is a visitor with an address.
    admin.post("/worker/mail", &[("text", "to myself")]).expect(200);
    let file = file_with(house.server.data(), "to myself");
    assert!(file.contains(&format!("To: {}\r\n", house.admin.email)), "{file}");
}

#[test]
fn a_plugin_sends_so_many_and_no_more() {
    let house = with_worker("mail-limits");
    let (admin, anna, berta) = (house.as_admin(), house.person("Anna", &[]), house.person("Berta", &[]));
    let send = |to: &str| post_json(&admin, "/worker/mail", &[("account", to), ("text", "again")]);
    let (anna, berta) = (key(&house, &anna), key(&house, &berta));
    for _ in 0..20 {
        send(&anna).expect(200);
    }
    let problem = send(&anna).expect_problem(429);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("20 mails")), "{problem}");
    send(&berta).expect(200);
    // 478 more, as if it had sent them to others.
    let database = Connection::open(house.server.data().join("vestry.db")).expect("the database can be opened");
    database.busy_timeout(Duration::from_secs(5)).expect("it can wait");
    let copied = database.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 478) \
         INSERT INTO mails (id, plugin, message, recipient, address, subject, sealed, state, attempts, error, queued, due, claimed_until, ended) \
         SELECT 'copy' || i, plugin, message, recipient, i || '@example.org', subject, NULL, 'sent', 1, '', queued, due, 0, queued \
         FROM n, (SELECT * FROM mails LIMIT 1)",
        [],
    );
    assert_eq!(copied.expect("mails can be added"), 478);
    send(&berta).expect(200);
    let problem = send(&berta).expect_problem(429);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("500 mails")), "{problem}");
}

#[test]
fn the_outbox_and_the_panel_look_right_on_every_screen() {
    let house = with_worker("mail-looks");
    let (admin, anna) = (house.as_admin(), house.person("Anna", &[]));
    for text in
        ["the bells ring", "<b>not bold</b> & so on", "a subject that goes on and on about what happened in the parish"]
    {
        admin.post("/worker/mail", &[("account", &key(&house, &anna)), ("text", text)]).expect(200);
    }
    let sent = || admin.get_json("/outbox").expect(200).json()["mails"].to_string().matches("\"sent\"").count();
    wait_for(SOON, || (sent() == 3).then_some(())).expect("they are sent");
    // One that failed, as a mail server would have it.
    let database = Connection::open(house.server.data().join("vestry.db")).expect("the database can be opened");
    database.busy_timeout(Duration::from_secs(5)).expect("it can wait");
    let failed = "UPDATE mails SET state = 'failed', error = 'mail.example.org:465: permanent error (550): 5.1.1 no such user' WHERE id = (SELECT MAX(id) FROM mails)";
    database.execute(failed, []).expect("a mail can be changed");

    let visitor = Browser::open(house.server.address());
    visitor.visit("/worker/everyone/address");
    visitor.fill("email", "carla@example.org");
    visitor.screenshot("mail-01-panel");
    visitor.check();
    visitor.press("Send me the link");
    visitor.wait_for_text("carla@example.org");
    visitor.check();
    visitor.visit(&link(house.server.data(), "carla@example.org"));
    visitor.screenshot("mail-02-question");
    visitor.check();
    visitor.press("Yes, confirm it");
    visitor.wait_for_text("Your address is confirmed.");
    visitor.screenshot("mail-03-confirmed");
    visitor.check();

    let browser = house.in_browser(&house.admin);
    browser.visit("/account");
    browser.wait_for_text("Where you are signed in");
    browser.follow("Outbox");
    browser.wait_for_text("the bells ring");
    looked_at(&browser, "mail-04-outbox");
    browser.follow("A note: <b>not bold</b> & so on");
    browser.wait_for_text("Somebody wrote to you");
    assert!(browser.has("iframe[sandbox='']"));
    looked_at(&browser, "mail-05-mail");
}

/// Wide and light, narrow, and dark.
fn looked_at(browser: &Browser, name: &str) {
    browser.screenshot(name);
    browser.check();
    browser.narrow();
    browser.screenshot(&format!("{name}-narrow"));
    browser.check();
    browser.wide();
    browser.colours("dark");
    browser.screenshot(&format!("{name}-dark"));
    browser.check();
    browser.colours("light");
}

/// Sends the form of the panel.
fn ask(visitor: &Client, address: &str) -> Answer {
    let fields = [("plugin", "org.example.worker"), ("email", address), ("back", "/worker/everyone/address")];
    visitor.post("/account/address", &fields)
}

/// The path of the link in a mail to this address.
fn link(data: &Path, address: &str) -> String {
    let mail = file_with(data, &format!("To: {address}"));
    let (_, rest) = mail.split_once("/account/address/").expect("it holds a link");
    let token: String =
        rest.chars().take_while(|character| character.is_ascii_alphanumeric() || "-_".contains(*character)).collect();
    format!("/account/address/{token}")
}

#[test]
fn a_visitor_confirms_an_address_that_no_plugin_sees() {
    let house = with_worker("mail-visitor");
    let data = house.server.data();
    let visitor = house.visitor();
    let page = visitor.get("/worker/everyone/address").expect(200);
    let form = page.page().form_with("email").with("email", "carla@example.org");
    post_json(&visitor, "/worker/everyone/mail", &[("text", "too early")]).expect_problem(404);
    let asked = visitor.submit(&form);
    assert_eq!(asked.location().as_deref(), Some("/worker/everyone/address"));
    assert!(visitor.follow(asked).text().contains("carla@example.org"), "it is said where the mail went");

    let link = link(data, "carla@example.org");
    // Opening it changes nothing: programs that look for harmful mails open every link.
    let question = house.visitor().get(&link).expect(200);
    assert!(question.text().contains("carla@example.org"));
    post_json(&visitor, "/worker/everyone/mail", &[("text", "still too early")]).expect_problem(404);
    // On another device, too.
    let answer = house.visitor().post(&link, &[]);
    assert_eq!(answer.location().as_deref(), Some("/worker/everyone/address"), "{}", answer.text());
    house.visitor().post(&link, &[]).expect(410);
    house.visitor().get(&link).expect(410);

    let page = visitor.get("/worker/everyone/address").expect(200).text();
    assert!(page.contains("carla@example.org") && page.contains("/account/address/forget"), "{page}");
    let confirmed = |sql: &str| {
        let database = Connection::open(data.join("vestry.db")).expect("the database can be opened");
        database.busy_timeout(Duration::from_secs(5)).expect("it can wait");
        database.query_row(sql, [], |row| row.get::<_, u64>(0)).expect("there is one address")
    };
    confirmed("UPDATE visitor_addresses SET confirmed = 1 RETURNING confirmed");
    post_json(&visitor, "/worker/everyone/mail", &[("text", "now it works")]).expect(200);
    assert!(confirmed("SELECT confirmed FROM visitor_addresses") > 1, "an address that is used is kept");
    assert!(file_with(data, "now it works").contains("To: carla@example.org\r\n"));
    // It is this visitor's, and for this plugin.
    post_json(&house.visitor(), "/worker/everyone/mail", &[("text", "another")]).expect_problem(404);
    house.install("probe");
    let other = post_json(&visitor, "/probe/everyone/call/mail.send", &[("strict", "1")]);
    assert_eq!(other.status, 404, "{}", other.text());

    let token = link.rsplit('/').next().expect("a link ends with its secret");
    let beside: Vec<_> = in_folder(data, &[token]).into_iter().filter(|find| !find.contains(".eml")).collect();
    assert!(beside.is_empty(), "{beside:#?}");

    let fields = [("plugin", "org.example.worker"), ("back", "/worker/everyone/address")];
    assert_eq!(visitor.post("/account/address/forget", &fields).status, 303);
    post_json(&visitor, "/worker/everyone/mail", &[("text", "too late")]).expect_problem(404);
}

#[test]
fn nobody_is_bothered_with_links() {
    let house = with_worker("mail-bother");
    for _ in 0..3 {
        let visitor = house.visitor();
        visitor.get("/worker/everyone/address").expect(200);
        assert_eq!(ask(&visitor, "dora@example.org").status, 303);
    }
    let fourth = house.visitor();
    fourth.get("/worker/everyone/address").expect(200);
    let refused = ask(&fourth, "Dora@Example.ORG");
    assert_eq!(refused.status, 429, "{}", refused.text());
    assert!(refused.header("retry-after").is_some());
    for number in 0..10 {
        assert_eq!(ask(&fourth, &format!("p{number}@example.org")).status, 303, "{number}");
    }
    ask(&fourth, "p10@example.org").expect(429);
    assert_eq!(Snapshot::of(house.server.data()).count("mails"), 13);
    // Without a cookie nobody knows whose address it is, and what is no address gets no mail.
    ask(&house.visitor(), "e@example.org").expect(400);
    let fifth = house.visitor();
    fifth.get("/worker/everyone/address").expect(200);
    for wrong in ["", "e", "e@example.org\r\nBcc: f@example.org", "\"e f\"@example.org", "e@example.org, f@example.org"]
    {
        let answer = fifth.follow(ask(&fifth, wrong));
        assert!(answer.text().contains("not an e-mail address"), "{wrong:?}: {}", answer.text());
    }
    // A plugin that may send no mails asks nobody, and who is signed in is not asked.
    let unknown = [("plugin", "org.example.unknown"), ("email", "e@example.org"), ("back", "/")];
    fifth.post("/account/address", &unknown).expect(404);
    ask(&house.as_admin(), "e@example.org").expect(400);
    let elsewhere = [("plugin", "org.example.worker"), ("email", "g@example.org"), ("back", "//evil.example/")];
    assert_eq!(fifth.post("/account/address", &elsewhere).location().as_deref(), Some("/"));
    assert_eq!(Snapshot::of(house.server.data()).count("mails"), 14);
}

#[test]
fn a_mail_server_gets_each_mail_once_and_the_password_nobody_else() {
    let mail = MailServer::start(Mood::Takes, Some(PASSWORD));
    let posting = Posting::start("mail-smtp", &mail, ", user: vestry, password-secret: smtp");
    for text in ["first", "second", "third"] {
        posting.send(text);
    }
    wait_for(SOON, || (mail.mails().len() == 3).then_some(())).expect("all mails arrive");
    posting.mail_that_is("sent");
    std::thread::sleep(Duration::from_secs(6));
    let mails = mail.mails();
    assert_eq!(mails.len(), 3, "none twice");
    for one in &mails {
        assert_eq!(one.to, "ada@example.org");
        assert_eq!(one.header("From").as_deref(), Some("Vestry <vestry@example.org>"));
        assert!(one.header("Message-ID").is_some_and(|id| id.ends_with("@example.org>")));
        assert!(one.data.replace("=\r\n", "").contains("http://vestry.test/worker/log"), "{}", one.data);
    }
    // What a mail says is gone from here once it has left.
    let one = posting.client().get_json("/outbox").json()["mails"][0]["id"].as_str().expect("it has an id").to_owned();
    let shown = posting.client().get_json(&format!("/outbox/{one}")).expect(200).json();
    assert!(shown["text"].is_null() && shown["hidden"].is_string(), "{shown}");
    posting.client().get_json(&format!("/outbox/{one}/html")).expect(404);
    assert!(!posting.server.data().join("outbox").exists());
    let database = vestry_tests::database::open(posting.server.data());
    let kept: u32 = database
        .query_row("SELECT COUNT(*) FROM mails WHERE sealed IS NOT NULL", [], |row| row.get(0))
        .expect("it is counted");
    assert_eq!(kept, 0);
    vestry_tests::grep::nowhere(&posting.server, &[PASSWORD]);
}

#[test]
fn what_passes_is_tried_again_and_what_does_not_has_failed() {
    let mail = MailServer::start(Mood::Refuses("451 4.7.1 not now"), None);
    let posting = Posting::start("mail-refusals", &mail, "");
    posting.send("be patient");
    let waiting = posting.mail_that_is("queued");
    assert!(waiting["error"].as_str().is_some_and(|error| error.contains("not now")), "{waiting}");
    assert!(waiting["due"].is_string() && mail.mails().is_empty());
    mail.set(Mood::Takes);
    let_time_pass(posting.server.data());
    let sent = posting.mail_that_is("sent");
    assert_eq!((sent["attempts"].as_u64(), sent["error"].as_str()), (Some(2), Some("")), "{sent}");
    assert_eq!(mail.mails().len(), 1);

    mail.set(Mood::Refuses("550 5.1.1 nobody here"));
    posting.send("nobody");
    let failed = posting.mail_that_is("failed");
    assert!(failed["error"].as_str().is_some_and(|error| error.contains("nobody here")), "{failed}");
    assert_eq!(failed["attempts"], 1);
    let id = failed["id"].as_str().expect("it has an id");
    mail.set(Mood::Takes);
    assert_eq!(posting.client().call("POST", &format!("/outbox/{id}/retry")).send().status, 303);
    posting.mail_that_is("sent");
    assert_eq!(mail.mails().len(), 2);
    post_json(&posting.client(), &format!("/outbox/{id}/retry"), &[]).expect_problem(410);
}

#[test]
fn a_server_that_is_killed_in_a_delivery_delivers_afterwards() {
    let mail = MailServer::start(Mood::Silent, None);
    let posting = Posting::start("mail-crash", &mail, "");
    posting.send("through a crash");
    wait_for(SOON, || (mail.connections() == 1).then_some(())).expect("the delivery begins");
    posting.server.end_by("KILL");
    mail.set(Mood::Takes);
    let_time_pass(posting.server.data());
    let again =
        Posting { server: Server::start_on(posting.server.data(), "mail-crash-again"), token: posting.token.clone() };
    let sent = again.mail_that_is("sent");
    assert_eq!(sent["attempts"], 2, "{sent}");
    let mails = mail.mails();
    assert_eq!(mails.len(), 1);
    let id = sent["id"].as_str().expect("it has an id");
    assert_eq!(mails[0].header("Message-ID"), Some(format!("<{id}@example.org>")), "the same in every attempt");
}
