//! Data that changes shape: calls wait, a copy is migrated and tried, and one of two versions serves, whatever happens.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use vestry_tests::accounts::sign_in;
use vestry_tests::keeper::clean;
use vestry_tests::{Client, House, Server, database, program, test_plugin, wait_for};

const ID: &str = "org.example.ledger";
/// How long calls are held at the most.
const HOLD: Duration = Duration::from_secs(5);

/// The component of a version, as `package add` is told.
fn file(version: u32) -> String {
    test_plugin(&format!("ledger-{version}")).to_str().expect("its path is UTF-8").to_owned()
}

fn digest(version: u32) -> String {
    HEXLOWER.encode(&Sha256::digest(std::fs::read(file(version)).expect("a component can be read")))
}

fn add(server: &Server, version: u32) -> Output {
    server.vestry(&["package", "add", &file(version), "--grant-all"], "")
}

#[track_caller]
fn added(server: &Server, version: u32) {
    let output = add(server, version);
    assert!(output.status.success(), "version {version}: {}", String::from_utf8_lossy(&output.stderr));
}

/// What the command said was wrong.
#[track_caller]
fn refusal(output: &Output, words: &[&str]) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "it is refused: {}", String::from_utf8_lossy(&output.stdout));
    assert!(words.iter().all(|word| stderr.contains(word)), "{words:?} stand in: {stderr}");
    stderr
}

/// A house with the first version, and some entries in it.
fn ledger(name: &str) -> (House, Client) {
    let house = House::open(name);
    added(&house.server, 1);
    let client = house.as_admin();
    soon("the ledger is mounted", || client.get("/ledger").status == 200);
    for number in 1..=3 {
        write(&client, &format!("first-{number}"), number);
    }
    (house, client)
}

#[track_caller]
fn write(client: &Client, name: &str, amount: u32) {
    client.post("/ledger/add", &[("name", name), ("amount", &amount.to_string())]).expect(303);
}

/// How the third version's migration ends.
fn fate(client: &Client, fate: &str) {
    client.post("/ledger/fate", &[("fate", fate)]).expect(303);
}

#[track_caller]
fn soon(what: &str, mut ask: impl FnMut() -> bool) {
    wait_for(Duration::from_secs(2), || ask().then_some(())).unwrap_or_else(|| panic!("{what}: not within 2 s"));
}

/// The entries that the plugin works with, as they are stored.
fn entries(data: &Path) -> BTreeMap<String, String> {
    let sql = "SELECT key, value FROM kv JOIN spaces ON kv.plugin = space \
               WHERE spaces.plugin = ? AND state = 'active' AND key LIKE 'entry/%'";
    let connection = database::open(data);
    let mut statement = connection.prepare(sql).expect("a query of the schema");
    let text = |row: &rusqlite::Row<'_>| {
        let value: Vec<u8> = row.get(1)?;
        Ok((row.get::<_, String>(0)?.trim_start_matches("entry/").to_owned(), String::from_utf8_lossy(&value).into()))
    };
    let rows = statement.query_map([ID], text).expect("entries can be read");
    rows.map(|row| row.expect("a row can be read")).collect()
}

/// How many spaces of a state there are, with this data-version.
fn spaces(data: &Path, state: &str, data_version: u32) -> u32 {
    let sql = "SELECT count(*) FROM spaces WHERE plugin = ? AND state = ? AND data_version = ?";
    let count = database::open(data).query_row(sql, (ID, state, data_version), |row| row.get(0));
    count.expect("spaces can be counted")
}

fn version(server: &Server) -> String {
    let list = server.command(&["package", "list"], "");
    let line = list.lines().find(|line| line.contains(ID)).unwrap_or_else(|| panic!("{ID} is mounted: {list}"));
    line.split('\t').nth(2).expect("a version stands in the line").to_owned()
}

#[track_caller]
fn all_in_shape(entries: &BTreeMap<String, String>, data_version: u32) {
    for (name, value) in entries {
        let is_new = value.starts_with("{\"amount\":") && value.ends_with('}');
        let is_old = value.bytes().all(|byte| byte.is_ascii_digit());
        assert!(if data_version == 1 { is_old } else { is_new }, "{name} is {value}");
    }
}

/// Someone who writes and reads all the time.
struct Busy {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<(Vec<(String, u32)>, Duration)>,
}

impl Busy {
    fn start(client: Client, name: String) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let (mut written, mut longest) = (Vec::new(), Duration::ZERO);
            for number in 0.. {
                if asked.load(Ordering::Relaxed) {
                    break;
                }
                let entry = format!("{name}-{number}");
                let fields = [("name", entry.as_str()), ("amount", &number.to_string())];
                let begun = Instant::now();
                let answer = client.post("/ledger/add", &fields);
                assert_eq!(answer.status, 303, "{entry}: {}", answer.text());
                longest = longest.max(begun.elapsed());
                written.push((entry, number));
                let begun = Instant::now();
                let answer = client.get("/ledger");
                assert_eq!(answer.status, 200, "after {number}: {}", answer.text());
                longest = longest.max(begun.elapsed());
                std::thread::sleep(Duration::from_millis(20));
            }
            (written, longest)
        });
        Self { stop, thread }
    }

    /// What was written, and how long one request took at the most.
    fn end(self) -> (Vec<(String, u32)>, Duration) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("every request was answered well")
    }
}

#[test]
fn no_request_is_lost_while_data_changes_shape_under_load() {
    let (house, client) = ledger("migration-load");
    let other = Server::start_on(house.server.data(), "migration-load-other");
    let busy: Vec<Busy> = (0..8)
        .map(|number| {
            let client = if number % 2 == 0 { client.another_window() } else { there(&other, &client) };
            Busy::start(client, format!("busy-{number}"))
        })
        .collect();
    std::thread::sleep(Duration::from_millis(1_500));
    // First one that holds everybody for as long as that goes, and fails.
    fate(&client, "spin");
    refusal(&add(&house.server, 3), &["from the shape 1 to 3"]);
    std::thread::sleep(Duration::from_millis(500));
    let begun = Instant::now();
    added(&house.server, 2);
    let took = begun.elapsed();
    std::thread::sleep(Duration::from_millis(1_500));
    let ended: Vec<_> = busy.into_iter().map(Busy::end).collect();

    let found = entries(house.server.data());
    all_in_shape(&found, 2);
    let mut written = 3;
    for (entries, _) in &ended {
        written += entries.len();
        for (name, amount) in entries {
            assert_eq!(found.get(name), Some(&format!("{{\"amount\":{amount}}}")), "{name} was answered");
        }
    }
    assert_eq!(found.len(), written);
    let longest = ended.iter().map(|(_, longest)| *longest).max().expect("somebody was busy");
    println!("{written} writes by 8 clients of 2 servers; the update took {took:?}, the longest wait was {longest:?}");
    assert!(longest < HOLD + Duration::from_secs(1), "{longest:?}");
    assert_eq!(version(&house.server), "2.0.0");
}

/// The same person at another server of the same data.
fn there(server: &Server, client: &Client) -> Client {
    let there = Client::new(server.address());
    there.set_cookies(client.cookies());
    there
}

#[test]
fn a_migration_that_goes_wrong_leaves_what_was_there() {
    let (house, client) = ledger("migration-fails");
    added(&house.server, 2);
    soon("the second version serves", || {
        write(&client, "second", 4);
        entries(house.server.data()).get("second").is_some_and(|value| value == "{\"amount\":4}")
    });
    let before = entries(house.server.data());
    let shapes = ["from the shape 2 to 3", "nothing was changed"];
    for (ending, words) in [
        ("fail", &[shapes[0], shapes[1], "this migration always fails"][..]),
        ("trap", &[shapes[0], shapes[1], "it broke off"]),
        ("page", &["/ledger/report", "does not open", "this page never opens"]),
    ] {
        fate(&client, ending);
        refusal(&add(&house.server, 3), words);
        assert_eq!(version(&house.server), "2.0.0", "{ending}");
        assert_eq!(entries(house.server.data()), before, "{ending}");
        assert_eq!(spaces(house.server.data(), "copy", 3), 0, "{ending}: the copy is gone");
        let begun = Instant::now();
        write(&client, "first-1", 1);
        client.get("/ledger").expect(200);
        assert!(begun.elapsed() < Duration::from_secs(2), "{ending}: the hold is lifted, not waited for");
    }
}

#[test]
fn a_migration_that_never_ends_is_ended_and_calls_wait_for_it() {
    let (house, client) = ledger("migration-spins");
    let other = Server::start_on(house.server.data(), "migration-spins-other");
    fate(&client, "spin");
    let (data, elsewhere) = (house.server.data().to_owned(), there(&other, &client));
    let begun = Instant::now();
    let adding = start_adding(&data, 3);
    copied(&data);
    let asking: Vec<_> = [client.another_window(), elsewhere]
        .into_iter()
        .enumerate()
        .map(|(number, client)| {
            std::thread::spawn(move || {
                let begun = Instant::now();
                write(&client, &format!("held-{number}"), 7);
                client.get("/ledger").expect(200);
                begun.elapsed()
            })
        })
        .collect();
    let output = adding.wait_with_output().expect("the command ends");
    let took = begun.elapsed();
    refusal(&output, &["from the shape 1 to 3"]);
    for waited in asking {
        let waited = waited.join().expect("every request was answered well");
        println!("a request waited {waited:?} for a migration that never ends; the command took {took:?}");
        assert!(waited > Duration::from_secs(1) && waited < HOLD + Duration::from_secs(1), "{waited:?}");
    }
    let found = entries(&data);
    all_in_shape(&found, 1);
    assert!(found.contains_key("held-0") && found.contains_key("held-1"), "{found:?}");
    assert_eq!(version(&house.server), "1.0.0");
}

fn start_adding(data: &Path, version: u32) -> std::process::Child {
    let mut command = clean(Command::new(program("vestry")));
    command.args(["package", "add", &file(version), "--grant-all", "--data"]).arg(data);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program can be started")
}

/// Waits until a migration is in the middle of its work.
#[track_caller]
fn copied(data: &Path) {
    let spoiled = || {
        let sql = "SELECT count(*) FROM kv JOIN spaces ON kv.plugin = space WHERE state = 'copy' AND value = ?";
        let count = database::open(data).query_row(sql, [b"spoiled"], |row| row.get::<_, u32>(0));
        count.is_ok_and(|count| count > 0).then_some(())
    };
    wait_for(Duration::from_secs(30), spoiled).expect("the migration begins to write");
}

#[test]
fn who_signs_out_while_a_request_waits_is_not_answered() {
    let (house, client) = ledger("migration-signed-out");
    let (data, leaving) = (house.server.data().to_owned(), house.signed_in(&house.person("Gina Gone", &[])));
    let waiting = leaving.another_window();
    fate(&client, "spin");
    let adding = start_adding(&data, 3);
    copied(&data);
    let asking = std::thread::spawn(move || waiting.post("/ledger/add", &[("name", "gone"), ("amount", "7")]).status);
    std::thread::sleep(Duration::from_millis(500));
    assert!(!asking.is_finished(), "it waits");
    leaving.post("/account/sign-out", &[]).expect(303);
    assert!(is_held(&data), "it waits still");
    assert_eq!(asking.join().expect("it is answered"), 401);
    refusal(&adding.wait_with_output().expect("the command ends"), &["from the shape 1 to 3"]);
    let found = entries(&data);
    assert!(found.len() == 3 && !found.contains_key("gone"), "{found:?}");
}

#[test]
fn what_is_switched_off_while_it_is_held_stays_off() {
    let (house, client) = ledger("migration-switched-off");
    fate(&client, "late");
    let adding = start_adding(house.server.data(), 3);
    copied(house.server.data());
    client.post("/safe", &[("id", ID), ("do", "disable")]).expect(303);
    assert_eq!(spaces(house.server.data(), "copy", 3), 1, "the migration is under way still");
    let output = adding.wait_with_output().expect("the command ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((version(&house.server).as_str(), spaces(house.server.data(), "active", 3)), ("3.0.0", 1));
    let enabled = "SELECT enabled FROM plugins WHERE id = ?";
    let enabled = database::open(house.server.data()).query_row(enabled, [ID], |row| row.get::<_, bool>(0));
    assert!(!enabled.expect("it is mounted"));
    assert_eq!(client.get("/ledger").status, 503);
    house.server.command(&["package", "enable", ID], "");
    soon("it serves", || client.get("/ledger").status == 200);
}

#[test]
fn killed_in_the_middle_it_leaves_what_was_there() {
    let (house, client) = ledger("migration-killed");
    let before = entries(house.server.data());
    fate(&client, "spin");
    let mut adding = start_adding(house.server.data(), 3);
    copied(house.server.data());
    adding.kill().expect("the command can be killed");
    adding.wait().expect("it ends");
    // The server beside it goes on when the hold has passed.
    let begun = Instant::now();
    write(&client, "after", 9);
    assert!(begun.elapsed() < HOLD + Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(spaces(house.server.data(), "copy", 3), 1, "nobody has removed the copy yet");

    house.server.end_by("KILL");
    let next = Server::start_on(house.server.data(), "migration-killed-next");
    let client = Client::new(next.address());
    sign_in(&client, &house.admin.email, &house.admin.password, None);
    assert_eq!(version(&next), "1.0.0");
    let mut expected = before;
    expected.insert("after".to_owned(), "9".to_owned());
    assert_eq!(entries(next.data()), expected);
    soon("the copy is removed", || spaces(next.data(), "copy", 3) == 0);
    write(&client, "and-on", 10);
    // The way on is not barred.
    added(&next, 2);
    all_in_shape(&entries(next.data()), 2);
}

#[test]
fn killed_at_any_point_it_is_the_one_version_or_the_other() {
    let (house, client) = ledger("migration-killed-anywhere");
    let (server, data) = (&house.server, house.server.data());
    let back = ["package", "mount", ID, "--digest", &digest(1), "--choose-data", "then"];
    // Once to its end: from then on it is compiled, and takes as long each time.
    added(server, 2);
    server.command(&back, "");
    let begun = Instant::now();
    added(server, 2);
    let (mut updated, took) = (0, begun.elapsed());
    for step in 0..12 {
        if version(server) == "2.0.0" {
            server.command(&back, "");
        }
        let mut adding = start_adding(data, 2);
        std::thread::sleep(took * step / 10);
        adding.kill().expect("the command can be killed, also where it has ended");
        adding.wait().expect("it ends");
        let (mounted, found) = (version(server), entries(data));
        let shape = if mounted == "2.0.0" { 2 } else { 1 };
        updated += u32::from(shape == 2);
        all_in_shape(&found, shape);
        assert_eq!((found.len(), spaces(data, "active", shape)), (3, 1), "step {step}: {mounted}");
        client.get("/ledger").expect(200);
        // A hold that nobody lifts passes.
        wait_for(HOLD, || (!is_held(data)).then_some(())).expect("a hold passes");
    }
    println!(
        "killed 12 times within {took:?} and a little more: {updated} updates were done, the others left what was there"
    );
}

fn is_held(data: &Path) -> bool {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is after 1970").as_millis();
    let sql = "SELECT count(*) FROM spaces WHERE held_until > ?";
    let held =
        database::open(data).query_row(sql, [i64::try_from(now).expect("a time fits")], |row| row.get::<_, u32>(0));
    held.expect("holds can be counted") > 0
}

#[test]
fn going_back_somebody_chooses_the_data_of_then() {
    let (house, client) = ledger("migration-back");
    let (server, data) = (&house.server, house.server.data());
    added(server, 2);
    soon("the second version serves", || {
        write(&client, "later", 5);
        entries(data).get("later").is_some_and(|value| value == "{\"amount\":5}")
    });
    let first = digest(1);
    let back = ["package", "mount", ID, "--digest", &first[..12]];
    let shapes = ["shape 2", "shape 1", "--choose-data then", "UTC", "bytes", "--choose-data fresh", "30 days"];
    refusal(&server.vestry(&back, ""), &shapes);
    refusal(&add(server, 1), &shapes);
    refusal(&server.vestry(&["package", "mount", ID, "--digest", "0000"], ""), &["1.0.0", "2.0.0", &first]);
    assert_eq!(version(server), "2.0.0");

    server.command(&[&back[..], &["--choose-data", "then"]].concat(), "");
    assert_eq!(version(server), "1.0.0");
    let then = entries(data);
    all_in_shape(&then, 1);
    assert_eq!(then.len(), 3, "what came later is not in it: {then:?}");
    assert_eq!((spaces(data, "active", 1), spaces(data, "retired", 2)), (1, 1), "and is kept");
    soon("the first version serves", || {
        write(&client, "again", 6);
        entries(data).get("again").is_some_and(|value| value == "6")
    });

    // Forward to the later data.
    let forward = ["package", "mount", ID, "--digest", &digest(2), "--choose-data", "then"];
    server.command(&forward, "");
    assert!(entries(data).contains_key("later") && !entries(data).contains_key("again"));
    // And without any.
    server.command(&[&back[..], &["--choose-data", "fresh"]].concat(), "");
    assert!(entries(data).is_empty());
    assert_eq!(version(server), "1.0.0");
}

#[test]
fn a_first_installation_and_mounting_again_migrate_nothing() {
    let house = House::open("migration-first");
    let (server, data) = (&house.server, house.server.data());
    added(server, 2);
    assert_eq!((spaces(data, "active", 2), spaces(data, "retired", 1)), (1, 0));
    let client = house.as_admin();
    soon("the ledger is mounted", || client.get("/ledger").status == 200);
    write(&client, "kept", 1);
    server.command(&["package", "unmount", ID], "");
    soon("the ledger is gone", || client.get("/ledger").status == 404);
    server.command(&["package", "mount", ID], "");
    soon("the ledger is mounted", || client.get("/ledger").status == 200);
    assert_eq!(entries(data).get("kept").map(String::as_str), Some("{\"amount\":1}"));
    assert_eq!((spaces(data, "active", 2), spaces(data, "retired", 2)), (1, 0));
}

#[test]
fn what_is_not_mounted_is_migrated_too() {
    let (house, _) = ledger("migration-unmounted");
    house.server.command(&["package", "unmount", ID], "");
    added(&house.server, 2);
    let found = entries(house.server.data());
    all_in_shape(&found, 2);
    assert_eq!(found.len(), 3);
}
