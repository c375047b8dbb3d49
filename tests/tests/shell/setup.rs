//! A server that nobody has used yet: what it prints, how its first administrator is made, and that there is no other
//! way in.

use std::ffi::OsString;
use std::fs::DirEntry;
use std::path::Path;
use std::time::SystemTime;

use vestry_tests::accounts::{make_first_administrator, sign_in};
use vestry_tests::{Client, Person, Server, warm};

fn path_of(server: &Server) -> String {
    let link = server.setup_link().expect("a server without accounts prints a link");
    link.strip_prefix(server.address()).expect("the link leads to the server").to_owned()
}

#[test]
fn one_line_says_that_it_is_ready() {
    let server = Server::start("setup-ready");
    let path = path_of(&server);
    let output = server.stdout();
    let ready: Vec<&str> = output.lines().filter(|line| line.starts_with("Vestry is ready at http://")).collect();
    assert_eq!(ready.len(), 1, "{output}");
    assert!(path.starts_with("/setup/") && path.len() > "/setup/".len() + 40, "the link cannot be guessed: {path}");
    assert!(output.contains("valid for 1 hour"), "{output}");
    Client::new(server.address()).get("/healthz").expect(200);
    server.end_by("TERM");
}

#[test]
fn code_that_is_there_is_not_compiled_again() {
    // The first server of all tests, or a later one: from here on there is some.
    drop(Server::start("setup-compiled-before"));
    let mut left = Vec::new();
    let server = Server::start_with("setup-compiled", |data| {
        warm::lay(data);
        left = code(data);
    });
    assert!(left.len() >= 14, "each package has its code, and what vouches for it: {left:?}");
    assert_eq!(code(server.data()), left);
}

/// The files of compiled code, and when each was written.
fn code(data: &Path) -> Vec<(OsString, SystemTime)> {
    let entries = std::fs::read_dir(data.join("compiled")).expect("a server keeps code there");
    let written = |entry: &DirEntry| entry.metadata().and_then(|found| found.modified()).expect("a file has a time");
    let mut files: Vec<_> = entries.flatten().map(|entry| (entry.file_name(), written(&entry))).collect();
    files.sort();
    files
}

#[test]
fn the_link_makes_one_administrator_and_no_more() {
    let server = Server::start("setup-once");
    let path = path_of(&server);
    let (client, ada) = (Client::new(server.address()), Person::new("Ada Lovelace"));
    let answer = make_first_administrator(&client, &path, &ada);
    let page = client.follow(answer).expect(200).page();
    assert!(!page.has("form[action^='/setup']"), "the form is gone afterwards: {}", page.title());

    let eve = Client::new(server.address());
    let again = eve.get(&path);
    assert!(matches!(again.status, 403 | 404 | 410), "the link works once, but answers {}", again.status);
    let fields = [("name", "Eve"), ("email", "eve@example.org"), ("password", "correct horse of eve")];
    let again = eve.post(&path, &fields);
    assert!(matches!(again.status, 403 | 404 | 410), "the link works once, but answers {}", again.status);
    let token = path.trim_start_matches("/setup/");
    assert!(!server.log().contains(token), "the link is a secret and does not stand in the log");
    let list = server.command(&["user", "list"], "");
    assert!(list.contains(&ada.email) && !list.contains("eve@example.org"), "{list}");

    let answer = sign_in(&Client::new(server.address()), &ada.email, &ada.password, None);
    assert!((300..400).contains(&answer.status), "the first administrator can sign in: {}", answer.text());
}

#[test]
fn without_the_link_nobody_gets_in() {
    let server = Server::start("setup-closed");
    let client = Client::new(server.address());
    for path in ["/setup/", "/setup/x", "/setup/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let answer = client.get(path);
        assert!(matches!(answer.status, 403 | 404 | 410), "{path} answers {}", answer.status);
    }
    for (email, password) in [("admin@example.com", "admin"), ("admin", "admin"), ("admin@admin.com", "password")] {
        let answer = client.post("/account/sign-in", &[("email", email), ("password", password), ("next", "/")]);
        assert!(!(300..400).contains(&answer.status), "{email} gets in with {password}");
        assert!(answer.status < 500, "{}", answer.text());
    }
    client.get_json("/users").expect_problem(401);
}

#[test]
fn what_is_missing_is_said_at_its_field() {
    let server = Server::start("setup-fields");
    let client = Client::new(server.address());
    let path = path_of(&server);
    let form = client.get(&path).expect(200).page().form_with("password");
    for (name, email, password, wrong) in [
        ("Ada", "ada@example.org", "short", "password"),
        ("Ada", "no address", "correct horse battery", "email"),
        ("", "ada@example.org", "correct horse battery", "name"),
    ] {
        let filled = form.clone().with("name", name).with("email", email).with("password", password);
        let answer = client.submit(&filled).expect(422);
        let page = answer.page();
        assert!(page.has(&format!("[name='{wrong}'][aria-invalid='true']")), "`{wrong}` is marked:\n{}", answer.text());
        assert!(!answer.text().contains("value=\"short\""), "a password is never sent back");
    }
    let list = server.command(&["user", "list"], "");
    assert!(!list.contains("ada@example.org"), "nothing was made: {list}");
    make_first_administrator(&client, &path, &Person::new("Ada Lovelace"));
}

#[test]
fn an_account_from_the_command_line_closes_the_link() {
    let server = Server::start("setup-command");
    let path = path_of(&server);
    server.command(
        &["user", "add", "grace@example.org", "--name", "Grace", "--privilege", "admin", "--password-stdin"],
        "correct horse of grace",
    );
    let answer = Client::new(server.address()).get(&path);
    assert!(matches!(answer.status, 403 | 404 | 410), "the link still answers {}", answer.status);

    server.end_by("TERM");
    let again = Server::start_on(server.data(), "setup-command-again");
    assert_eq!(again.setup_link(), None, "a server with an account prints no link");
}

#[test]
fn a_setting_that_is_not_known_is_refused_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(folder.path().join("vestry.yml"), "product: Parish\nlisten-to: 127.0.0.1:0\n").expect("settings");
    let output = vestry_tests::server::vestry(folder.path(), &["serve", "--listen", "127.0.0.1:0"], "");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "the server does not start");
    assert!(stderr.contains("listen-to") && stderr.contains("line 2"), "{stderr}");
}
