//! The commands beside the server: with it running or not, in words that say what to do when something is wrong.

use std::process::Output;
use std::sync::LazyLock;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use vestry_tests::accounts::sign_in;
use vestry_tests::server::vestry;
use vestry_tests::{Client, House, Server};

static HOUSE: LazyLock<House> = LazyLock::new(|| House::open("command-line"));

/// Says on standard error what is wrong, and nothing on standard output.
#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it is refused");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(words.iter().all(|word| stderr.contains(word)), "{words:?} stand in: {stderr}");
    assert!(!stderr.contains("panicked") && !stderr.contains("Error {"), "{stderr}");
}

#[test]
fn accounts_are_made_before_the_server_first_runs() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let data = folder.path().join("data");
    let add = ["user", "add", "Ada@Example.org", "--name", "Ada", "--privilege", "admin", "--password-stdin"];
    let output = vestry(&data, &add, "correct horse of ada");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let server = Server::start_on(&data, "command-line-before");
    assert_eq!(server.setup_link(), None);
    let client = Client::new(server.address());
    let answer = sign_in(&client, "ada@example.ORG", "correct horse of ada", None);
    assert!(
        (300..400).contains(&answer.status),
        "letters of an address are the same, large or small: {}",
        answer.text()
    );
    client.get("/users").expect(200);
}

#[test]
fn what_is_wrong_with_an_account_is_said() {
    let taken = HOUSE.person("Toni Taken", &[]);
    let add = |email: &str, more: &[&str], password: &str| {
        let arguments = [&["user", "add", email, "--name", "X", "--password-stdin"], more].concat();
        HOUSE.server.vestry(&arguments, password)
    };
    refused(&add(&taken.email, &[], "correct horse of x"), &[&taken.email]);
    refused(&add("no address", &[], "correct horse of x"), &["e-mail address"]);
    refused(&add("x@example.org", &["--privilege", "emperor"], "correct horse of x"), &["emperor"]);
    refused(&add("x@example.org", &[], "short"), &[]);
    refused(&add("x@example.org", &[], ""), &[]);
    let list = HOUSE.server.command(&["user", "list"], "");
    assert!(!list.contains("x@example.org"), "{list}");
}

#[test]
fn a_token_is_for_somebody_who_is_there() {
    refused(&HOUSE.server.vestry(&["token", "add", "nobody@example.org", "--name", "x"], ""), &["nobody@example.org"]);
    let person = HOUSE.person("Tim Token", &[]);
    let add = ["token", "add", &person.email, "--name", "x", "--permission", "no.such.permission"];
    refused(&HOUSE.server.vestry(&add, ""), &["no.such.permission"]);
}

#[test]
fn a_package_is_known_by_its_digest() {
    let file = vestry_tests::test_plugin("quiet");
    let bytes = std::fs::read(&file).expect("a component can be read");
    let digest = HEXLOWER.encode(&Sha256::digest(&bytes));
    let path = file.to_str().expect("its path is UTF-8");
    let output = HOUSE.server.command(&["package", "add", path, "--grant-all"], "");
    assert!(output.contains(&digest), "{digest} stands in: {output}");
}

#[test]
fn what_is_no_plugin_is_refused() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let module = b"\0asm\x01\0\0\0";
    for (name, bytes) in [("empty", &b""[..]), ("text", b"not a component"), ("module", module)] {
        let file = folder.path().join(format!("{name}.wasm"));
        std::fs::write(&file, bytes).expect("a file can be written");
        let path = file.to_str().expect("its path is UTF-8");
        refused(&HOUSE.server.vestry(&["package", "add", path, "--grant-all"], ""), &[]);
    }
    refused(&HOUSE.server.vestry(&["package", "add", "nowhere.wasm"], ""), &["nowhere.wasm"]);
    HOUSE.as_admin().get("/users").expect(200);
}

#[test]
fn a_secret_is_set_before_the_server_first_runs() {
    const VALUE: &str = "set-before-it-ran";
    let folder = tempfile::tempdir().expect("a folder can be made");
    let data = folder.path().join("data");
    let listed = vestry(&data, &["secret", "list"], "");
    assert!(listed.status.success() && listed.stdout.is_empty(), "{}", String::from_utf8_lossy(&listed.stderr));
    let set = vestry(&data, &["secret", "set", "open"], &format!("{VALUE}\n"));
    assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
    assert!(!String::from_utf8_lossy(&set.stdout).contains(VALUE), "it is not said again");
    let server = Server::start_on(&data, "command-line-secrets");
    let list = server.command(&["secret", "list"], "");
    assert!(list.starts_with("open\t-\tset ") && list.trim_end().ends_with("\tusable"), "{list}");
    server.command(&["secret", "delete", "open"], "");
    assert_eq!(server.command(&["secret", "list"], ""), "");
    vestry_tests::grep::nowhere(&server, &[VALUE]);
}

#[test]
fn a_secret_counts_at_once_where_the_server_runs() {
    const VALUE: &str = "set-beside-the-server";
    HOUSE.install("probe");
    let admin = HOUSE.as_admin();
    let revealed = || admin.post("/probe/call/secrets.reveal", &[("name", "open")]).expect(200).text();
    assert!(revealed().contains("NotFound("), "{}", revealed());
    HOUSE.server.command(&["secret", "set", "open"], VALUE);
    assert!(revealed().contains(VALUE), "{}", revealed());
    HOUSE.server.command(&["secret", "set", "open", "--origin", "https://api.example.org"], VALUE);
    assert!(revealed().contains("Denied("), "bound, it is for calls alone: {}", revealed());
    let list = HOUSE.server.command(&["secret", "list"], "");
    assert!(list.contains("open\thttps://api.example.org\tset ") && !list.contains(VALUE), "{list}");
    HOUSE.server.command(&["secret", "delete", "open"], "");
    assert!(revealed().contains("NotFound("), "{}", revealed());
}

#[test]
fn what_is_wrong_with_a_secret_is_said() {
    const VALUE: &str = "value-on-the-line";
    let secret = |arguments: &[&str], stdin: &str| HOUSE.server.vestry(&[&["secret"], arguments].concat(), stdin);
    refused(&secret(&["set", "one"], ""), &["stdin", "write the secret there"]);
    refused(&secret(&["set", "one", VALUE], ""), &["unexpected argument", "Usage"]);
    refused(&secret(&["set"], "value"), &["<NAME>", "Usage"]);
    refused(&secret(&["set", "../one"], "value"), &["name has 1 to 64 of a-z"]);
    refused(&secret(&["set", "one", "--origin", "ftp://example.org"], "value"), &["https://"]);
    refused(&secret(&["set", "one", "--origin", "https://example.org/path"], "value"), &["https://"]);
    refused(&secret(&["delete", "one"], ""), &["there is no secret `one`"]);
    assert!(!HOUSE.server.command(&["secret", "list"], "").contains("one\t"));
}
