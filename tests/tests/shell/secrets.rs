//! Secrets: set from the command line and on the page, given to plugins as they are granted and bound, and written down
//! nowhere.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::LazyLock;
use std::time::Duration;

use data_encoding::BASE64;
use url::form_urlencoded::byte_serialize;
use vestry_tests::accounts::make_first_administrator;
use vestry_tests::{Answer, Client, House, Person, Server, database, grants, grep, used, wait_for};

const OPEN: &str = "op3n \"sésame\" + more?";
const REPLACED: &str = "0pen-before-that";
const BOUND: &str = "bound/t0/the~origin==";
const FROM_FILE: &str = "fr0m-a-file-of-the-machine";
const BOUND_TO: &str = "http://127.0.0.1:47001";
const PAGE: &str = "/account/secrets";

static HOUSE: LazyLock<House> = LazyLock::new(|| House::open("secrets"));

#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && output.stdout.is_empty(), "it is refused");
    assert!(words.iter().all(|word| stderr.contains(word)), "{words:?} stand in: {stderr}");
}

/// Sets a secret on the page, and answers what came of it.
fn set(client: &Client, name: &str, origin: &str, value: &str) -> Answer {
    let form = client.get(PAGE).expect(200).page().form_with("value");
    client.submit(&form.with("name", name).with("origin", origin).with("value", value))
}

/// What the probe shows that a function of the host answered.
#[track_caller]
fn called(client: &Client, function: &str, values: &[(&str, &str)]) -> String {
    client.post(&format!("/probe/call/{function}"), values).expect(200).page().text("[id=result], .source, pre")
}

/// A house with a secret in its configuration, and the probe in it.
fn house_with_a_configured_secret(name: &str) -> (House, tempfile::TempDir) {
    let machine = tempfile::tempdir().expect("a folder can be made");
    let file = machine.path().join("api");
    used::secret(FROM_FILE);
    fs::write(&file, format!("{FROM_FILE}\n")).expect("a file can be written");
    let settings = format!(
        "trusted-proxies: [127.0.0.1/32]\nsecrets:\n  api: {{file: {}, origin: '{BOUND_TO}'}}\n  gone: {{env: NO_SUCH_THING_IS_SET}}\n",
        file.display()
    );
    let server =
        Server::start_with(name, |data| fs::write(data.join("vestry.yml"), &settings).expect("settings are written"));
    let admin = Person::new("Ada Admin");
    let link = server.setup_link().expect("a server without accounts prints a link");
    make_first_administrator(&Client::new(server.address()), &link, &admin);
    (House { server, admin }, machine)
}

#[test]
fn nothing_that_the_server_writes_holds_a_secret() {
    let (house, _machine) = house_with_a_configured_secret("secrets-grep");
    house.install("probe");
    let (server, admin) = (&house.server, house.as_admin());
    server.command(&["secret", "set", "open"], REPLACED);
    assert!(called(&admin, "secrets.reveal", &[("name", "open")]).contains(REPLACED));
    server.command(&["secret", "set", "open"], &format!("{OPEN}\n"));
    set(&admin, "bound", BOUND_TO, BOUND).expect(303);

    let revealed = called(&admin, "secrets.reveal", &[("name", "open")]);
    assert!(revealed.contains("sésame"), "a plugin that was granted it may read it: {revealed}");
    let denied = called(&admin, "secrets.reveal", &[("name", "bound")]);
    assert!(denied.contains("Denied") && denied.contains(BOUND_TO), "{denied}");
    let denied = called(&admin, "secrets.reveal", &[("name", "api")]);
    assert!(denied.contains("Denied") && denied.contains("not granted"), "{denied}");
    called(&admin, "secrets.reveal", &[("name", REPLACED)]);
    called(&admin, "http-client.send", &[("url", BOUND_TO), ("secret", "x-key: Bearer |bound")]);

    says_it_in_many_ways(&house, &admin);
    work_that_answers_it(&admin);
    let (page, data) = (admin.get(PAGE).expect(200).text(), admin.get_json(PAGE).expect(200).text());
    let list = server.command(&["secret", "list"], "");
    let secrets = [OPEN, REPLACED, BOUND, FROM_FILE, &house.admin.password];
    for (name, text) in [("page", page), ("data", data), ("list", list)] {
        assert!(["open", "bound", "api", "gone"].iter().all(|name| text.contains(name)), "{name}: {text}");
        assert_eq!(grep::in_bytes(name, text.as_bytes(), &secrets), Vec::<String>::new());
    }
    grep::nowhere(server, &secrets);
    server.end_by("TERM");
    grep::nowhere(server, &secrets);
}

/// In its log, in the text of a failure, and in what it asks for.
fn says_it_in_many_ways(house: &House, admin: &Client) {
    let basic = BASE64.encode(format!("somebody:{OPEN}").as_bytes());
    let encoded: String = byte_serialize(OPEN.as_bytes()).collect();
    let on_lines = OPEN.replace(' ', "\t");
    let entities = OPEN.replace('"', "&quot;").replace('é', "&#xe9;");
    for form in [OPEN, REPLACED, &basic, &encoded, &on_lines, &entities] {
        let query: String = byte_serialize(form.as_bytes()).collect();
        admin.get(&format!("/probe/log?message=before+{query}+after")).expect(200);
    }
    let logged = wait_for(Duration::from_secs(5), || (house.server.log().matches("•••").count() >= 6).then_some(()));
    assert!(logged.is_some(), "the lines are there, without the secret:\n{}", house.server.log());
    let failed = admin.post("/probe/call/jobs.get", &[("id", OPEN), ("strict", "on")]);
    assert!(failed.status >= 400 && failed.text().contains("•••"), "{}", failed.text());
    assert!(!failed.text().contains("sésame"), "{}", failed.text());
    let denied = called(admin, "secrets.reveal", &[("name", REPLACED)]);
    assert!(denied.contains("Denied"), "{denied}");
}

/// A job whose outcome is the secret.
fn work_that_answers_it(admin: &Client) {
    let input = r#"{"function": "secrets.reveal", "name": "open"}"#;
    let started = called(admin, "jobs.start", &[("name", "call"), ("input", input)]);
    let id = started.split('"').nth(1).unwrap_or_else(|| panic!("a job was started: {started}")).to_owned();
    let done = wait_for(Duration::from_secs(20), || {
        let job = called(admin, "jobs.get", &[("id", &id)]);
        job.contains("done").then_some(job)
    });
    let job = done.expect("the job is done");
    assert!(job.contains("•••") && !job.contains("sésame"), "{job}");
    // What the job is called stands in its row, in the log and in the audit.
    let started = called(admin, "jobs.start", &[("name", &format!("call {OPEN}")), ("input", "{}")]);
    let id = started.split('"').nth(1).unwrap_or_else(|| panic!("a job was started: {started}")).to_owned();
    let ended = wait_for(Duration::from_secs(20), || {
        let job = called(admin, "jobs.get", &[("id", &id)]);
        (job.contains("done") || job.contains("failed")).then_some(job)
    });
    assert!(ended.is_some_and(|job| job.contains("call •••")));
}

#[test]
fn nobody_finds_out_what_is_a_secret_by_saying_it() {
    let house = House::open("secrets-guessed");
    house.install("probe");
    let admin = house.as_admin();
    house.server.command(&["secret", "set", "open"], OPEN);
    house.server.command(&["secret", "set", "bound", "--origin", BOUND_TO], BOUND);
    let said = |words: &str| admin.post("/probe/call/jobs.get", &[("id", words), ("strict", "on")]);
    assert!(!said(OPEN).expect(404).text().contains("•••"), "it was not given it yet");
    called(&admin, "secrets.reveal", &[("name", "open")]);
    let sent = called(&admin, "http-client.send", &[("url", BOUND_TO), ("secret", "x-key: |bound")]);
    assert!(sent.contains("127.0.0.0/8"), "it was put into the header, and the address was refused: {sent}");
    let guess: String = byte_serialize(BOUND.as_bytes()).collect();
    admin.get(&format!("/probe/log?message={guess}")).expect(200);
    let logged = wait_for(Duration::from_secs(5), || house.server.log().contains("•••").then_some(()));
    assert!(logged.is_some() && !house.server.log().contains(BOUND), "the log is searched for it");
    assert!(said(OPEN).expect(404).text().contains("•••"), "its own slips are covered");
    assert!(!said(BOUND).expect(404).text().contains("•••"), "what is only sent for it, it cannot say by a slip");
    for guess in [OPEN, BOUND] {
        let guess: String = byte_serialize(guess.as_bytes()).collect();
        let answer = admin.get(&format!("/users/accounts/{}", guess.replace('+', "%20")));
        assert!(answer.status == 404 && !answer.text().contains("•••"), "another plugin says it: {}", answer.text());
    }
}

#[test]
fn a_secret_is_granted_by_who_looks_after_secrets() {
    let house = House::open("secrets-granted");
    house.install("probe");
    let (server, admin) = (&house.server, house.as_admin());
    server.command(&["secret", "set", "bound", "--origin", BOUND_TO], BOUND);
    for (name, permissions) in [("keeper", &["server.manage"][..]), ("granter", &["plugins.grant"])] {
        let named = permissions.iter().flat_map(|permission| ["--permission", permission]);
        let add: Vec<&str> = ["privilege", "add", name, "--title", name].into_iter().chain(named).collect();
        server.command(&add, "");
    }
    let page = grants::consent_of("probe");
    let words = admin.get(&page).expect(200).page().text(".consent-form");
    assert!(words.contains(&format!("Have the secret bound sent to {BOUND_TO}")), "{words}");
    assert!(words.contains("Read the secret open, or have it sent"), "nobody has set it: {words}");
    server.command(&["secret", "set", "open"], OPEN);
    let shown = admin.get(&page).expect(200).page();
    assert!(shown.text(".consent-form").contains("Read the secret open"));
    grants::take(&admin, "probe", "secret open");

    house.signed_in(&house.person("Kai Keeper", &["keeper"])).get(&page).expect(403);
    let granter = house.signed_in(&house.person("Greta Granter", &["granter"]));
    let shown = granter.get(&page).expect(200).page();
    assert!(shown.has("input[value='secret open'][disabled]"), "it is locked");
    assert!(shown.text(".consent-form").contains("it needs the permission secrets.manage"));
    granter.submit(&shown.form_with("grant").and("grant", "secret open")).expect(403);
    let denied = called(&admin, "secrets.reveal", &[("name", "open")]);
    assert!(denied.contains("Denied") && denied.contains("not granted"), "{denied}");
    grants::give(&admin, "probe", "secret open");
    assert!(called(&admin, "secrets.reveal", &[("name", "open")]).contains("sésame"));
}

#[test]
fn a_secret_is_set_listed_and_deleted_on_the_command_line() {
    let server = &HOUSE.server;
    let long = "x".repeat(9000);
    let vestry = |arguments: &[&str], stdin: &str| server.vestry(&[&["secret"], arguments].concat(), stdin);
    refused(&vestry(&["set", "Not A Name"], "value"), &["name"]);
    refused(&vestry(&["set", "one", "--origin", "example.org/path"], "value"), &["origin"]);
    for (value, word) in [("", "empty"), ("\n", "empty"), ("two\nlines", "line break"), (&long, "8192")] {
        refused(&vestry(&["set", "one"], value), &[word]);
    }
    refused(&vestry(&["delete", "one"], ""), &["one"]);
    server.command(&["secret", "set", "one", "--origin", "HTTPS://Example.org:443/"], "value of one");
    let list = server.command(&["secret", "list"], "");
    let line = list.lines().find(|line| line.starts_with("one\t")).expect("it is listed");
    assert!(line.contains("https://example.org\t") && line.ends_with("usable"), "{line}");
    server.command(&["secret", "delete", "one"], "");
    assert!(!server.command(&["secret", "list"], "").contains("one\t"));
    let audited = database::Snapshot::of(server.data());
    assert!(audited.contains("action=secret.set") && audited.contains("action=secret.delete"));
    assert!(!audited.contains("value of one"));
}

#[test]
fn a_secret_is_set_and_deleted_on_the_page() {
    let admin = HOUSE.as_admin();
    set(&admin, "on-the-page", "https://api.example.org/", "value on the page").expect(303);
    let page = admin.get(PAGE).expect(200);
    assert!(page.text().contains("on-the-page") && page.text().contains("https://api.example.org"), "{}", page.text());
    assert!(page.text().contains(&HOUSE.admin.name), "it says who set it");
    assert!(!page.text().contains("value on the page"));
    let data = admin.get_json(PAGE).expect(200).json();
    let known = data["secrets"].as_array().expect("a list").iter().find(|secret| secret["name"] == "on-the-page");
    let known = known.expect("it is listed");
    assert_eq!((&known["source"], &known["origin"]), (&"stored".into(), &"https://api.example.org".into()));
    assert!(known.get("value").is_none());

    let replace = admin.get("/account/secrets?set=on-the-page").expect(200).page().form_with("value");
    assert_eq!(replace.value("name"), Some("on-the-page"));
    assert_eq!(replace.value("origin"), Some("https://api.example.org"));
    assert!(replace.value("value").is_none_or(str::is_empty));

    let delete = admin.get("/account/secrets?delete=on-the-page").expect(200).page().form_with("name");
    assert_eq!(delete.action, "/account/secrets/delete");
    admin.submit(&delete).expect(303);
    assert!(!admin.get_json(PAGE).expect(200).text().contains("on-the-page"));
    admin.submit(&delete).expect(404);
}

#[test]
fn what_is_wrong_is_said_at_its_field_and_the_value_is_not_shown_again() {
    let admin = HOUSE.as_admin();
    for (name, origin, value, wrong) in [
        ("Not A Name", "", "v4lue-typed", "name"),
        ("name", "nowhere", "v4lue-typed", "origin"),
        ("name", "https://example.org/path", "v4lue-typed", "origin"),
        ("name", "", "v4lue-typed\nagain", "value"),
        ("name", "", "", "value"),
    ] {
        let answer = set(&admin, name, origin, value).expect(422);
        let page = answer.page();
        assert_eq!(page.attributes("[aria-invalid=true]", "name"), [wrong], "{name} {origin} {value}");
        assert!(!answer.text().contains("v4lue-typed"));
    }
    assert!(!admin.get_json(PAGE).expect(200).text().contains("\"name\":\"name\""));
}

#[test]
fn only_who_looks_after_secrets_gets_there_and_a_token_only_reads() {
    let (person, clerk) = (HOUSE.person("Paula Person", &[]), HOUSE.person("Carl Clerk", &["admin"]));
    let anybody = HOUSE.signed_in(&person);
    anybody.get(PAGE).expect(403);
    anybody.post(PAGE, &[("name", "mine"), ("value", "value")]).expect(403);
    anybody.post("/account/secrets/delete", &[("name", "mine")]).expect(403);
    assert!(!anybody.get("/account").expect(200).text().contains(PAGE));
    assert!(HOUSE.as_admin().get("/account").expect(200).text().contains(PAGE));
    let visitor = HOUSE.visitor();
    assert!(visitor.get(PAGE).location().is_some_and(|to| to.starts_with("/account/sign-in")));
    visitor.get_json(PAGE).expect(401);
    let token = HOUSE.with_token(&HOUSE.token(&clerk, &["secrets.manage"]));
    token.get_json(PAGE).expect(200);
    token.post(PAGE, &[("name", "mine"), ("value", "value")]).expect(403);
    token.post("/account/secrets/delete", &[("name", "mine")]).expect(403);
    HOUSE.with_token(&HOUSE.token(&clerk, &["users.read"])).get_json(PAGE).expect(403);
}

#[test]
fn the_configuration_goes_first_and_what_is_missing_there_is_said() {
    let (house, machine) = house_with_a_configured_secret("secrets-configured");
    let admin = house.as_admin();
    refused(&house.server.vestry(&["secret", "set", "api"], "another"), &["api", "configuration"]);
    let answer = set(&admin, "api", "", "another").expect(422);
    assert!(answer.text().contains("configuration"), "{}", answer.text());
    let list = house.server.command(&["secret", "list"], "");
    let line = |name: &str| list.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert!(line("api").contains("file ") && line("api").ends_with("usable"), "{list}");
    assert!(line("gone").contains("NO_SUCH_THING_IS_SET, which is not set"), "{list}");
    fs::remove_file(machine.path().join("api")).expect("the file can go");
    let list = admin.get_json(PAGE).expect(200).text();
    assert!(list.contains("cannot be read"), "{list}");
    house.server.end_by("TERM");

    let settings = "secrets: {smtp: s3cret-in-the-settings}\n";
    fs::write(house.server.data().join("vestry.yml"), settings).expect("settings can be written");
    let output = house.server.vestry(&["serve", "--listen", "127.0.0.1:0"], "");
    refused(&output, &["`smtp`", "env", "file"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("s3cret"));
}

#[test]
fn a_row_that_does_not_open_is_named_and_hurts_nothing_else() {
    let house = House::open("secrets-damaged");
    house.install("probe");
    let data = house.server.data().to_owned();
    for (name, value) in [("open", OPEN), ("other", "another value"), ("third", "a third value")] {
        house.server.command(&["secret", "set", name], value);
    }
    house.server.end_by("TERM");
    change(
        &data,
        "UPDATE secrets SET sealed = (SELECT sealed FROM secrets AS s WHERE s.name = 'other') WHERE name = 'open'",
    );
    let server = Server::start_on(&data, "secrets-damaged-again");
    let house = House { server, admin: house.admin.clone() };
    let admin = house.as_admin();
    let answered = called(&admin, "secrets.reveal", &[("name", "open")]);
    assert!(answered.contains("Unavailable") && answered.contains("`open`"), "{answered}");
    assert!(admin.get(PAGE).expect(200).text().contains("set it again"));
    let states = |list: &str| list.lines().map(|line| line.ends_with("usable")).collect::<Vec<_>>();
    assert_eq!(states(&house.server.command(&["secret", "list"], "")), [false, true, true]);
    house.server.end_by("TERM");

    fs::remove_file(data.join("server.key")).expect("the key can go");
    let house = House { server: Server::start_on(&data, "secrets-other-key"), admin: house.admin };
    assert_eq!(states(&house.server.command(&["secret", "list"], "")), [false, false, false]);
    house.server.command(&["secret", "set", "open"], OPEN);
    let answered = called(&house.as_admin(), "secrets.reveal", &[("name", "open")]);
    assert!(answered.contains("sésame"), "{answered}");
}

#[test]
fn the_password_is_asked_for_again_where_it_was_given_long_ago() {
    let house = House::open("secrets-password");
    let browser = house.as_admin();
    let data = house.server.data().to_owned();
    house.server.end_by("TERM");
    change(&data, "UPDATE sessions SET authenticated = authenticated - 600000");
    let server = Server::start_on(&data, "secrets-password-again");
    let admin = Client::new(server.address());
    admin.set_cookies(browser.cookies());
    let form = admin.get(PAGE).expect(200).page().form_with("value");
    assert!(form.names.iter().any(|name| name == "password"), "it asks for the password");
    let form = form.with("name", "grave").with("value", "value to set");
    let answer = admin.submit(&form.clone().with("password", "another word than theirs, 4711")).expect(422);
    assert_eq!(answer.page().attributes("[aria-invalid=true]", "name"), ["password"]);
    assert!(!server.command(&["secret", "list"], "").contains("grave"));
    admin.submit(&form.with("password", &house.admin.password)).expect(303);
    assert!(server.command(&["secret", "list"], "").contains("grave"));
    let again = admin.get(PAGE).expect(200).page().form_with("value");
    assert!(!again.names.iter().any(|name| name == "password"), "it was given just now");
    grep::nowhere(&server, &["value to set", "another word than theirs, 4711", &house.admin.password]);
}

/// Changes the database of a server that has ended.
fn change(data: &Path, sql: &str) {
    let database = rusqlite::Connection::open(data.join("vestry.db")).expect("the database can be opened");
    assert!(database.execute(sql, []).expect("it can be changed") > 0, "something changes");
}
