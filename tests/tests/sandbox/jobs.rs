//! Work that outlasts a request: it is done once, whatever happens to the server, with the rights of who started it.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::Value;
use vestry_tests::accounts::{account, done};
use vestry_tests::{Client, House, Server, database, wait_for};

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let house = House::forgiving("jobs");
    house.install("worker");
    house
});

/// Starts jobs and answers their ids.
#[track_caller]
fn start(client: &Client, name: &str, input: &str, times: u32) -> Vec<String> {
    let times = times.to_string();
    let answer =
        client.post("/worker/start", &[("name", name), ("input", input), ("times", &times)]).expect(200).json();
    answer["ids"].as_array().expect("ids").iter().map(|id| id.as_str().expect("a text").to_owned()).collect()
}

/// One column of a job.
fn column(data: &Connection, id: &str, column: &str) -> Option<String> {
    let sql = format!("SELECT CAST({column} AS TEXT) FROM jobs WHERE id = ?");
    data.query_row(&sql, [id], |row| row.get(0)).expect("the job is known")
}

#[track_caller]
fn wait_for_state(house: &House, id: &str, state: &str, limit: Duration) {
    let data = database::open(house.server.data());
    let reached = wait_for(limit, || (column(&data, id, "state").as_deref() == Some(state)).then_some(()));
    reached.unwrap_or_else(|| panic!("the job is {:?}, not {state}", column(&data, id, "state")));
}

/// What the worker's plugin wrote down: `KIND/JOB/ATTEMPT` with the time.
fn marks(client: &Client, kind: &str) -> BTreeMap<(String, u32), u64> {
    let entries = client.get(&format!("/worker/entries?prefix={kind}/")).expect(200).json();
    let entries = entries.as_object().expect("an object");
    let mark = |(key, time): (&String, &Value)| {
        let mut parts = key.split('/').skip(1);
        let job = parts.next()?.to_owned();
        Some(((job, parts.next()?.parse().ok()?), time.as_str()?.parse().ok()?))
    };
    entries.iter().map(|entry| mark(entry).expect("a mark")).collect()
}

#[test]
fn a_job_is_done_after_the_request_and_says_how_far_it_has_come() {
    let client = HOUSE.as_admin();
    let id = start(&client, "count", r#"{"steps":3,"ms":10}"#, 1).remove(0);
    wait_for_state(&HOUSE, &id, "done", Duration::from_secs(10));
    let page = client.get_json(&format!("/worker/job?id={id}")).expect(200).json();
    let known = page["blocks"]["known"]["text"].as_str().expect("a text");
    assert!(known.contains("done") && known.contains("Some(\"3\")") && known.contains("percent: 100"), "{known}");
    let data = database::open(HOUSE.server.data());
    assert!(column(&data, &id, "message").unwrap_or_default().contains("Step {step} of {steps}"));
}

#[test]
fn a_request_that_fails_starts_nothing() {
    let client = HOUSE.as_admin();
    let count = || -> u64 {
        let data = database::open(HOUSE.server.data());
        data.query_row("SELECT count(*) FROM jobs WHERE name = 'never'", [], |row| row.get(0)).expect("a number")
    };
    for then in ["fail", "trap"] {
        let answer = client.post("/worker/start", &[("name", "never"), ("times", "3"), ("then", then)]);
        assert!(answer.status >= 500, "{}", answer.status);
    }
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(count(), 0);
}

#[test]
fn what_fails_is_failed_or_tried_again_by_what_it_says() {
    let client = HOUSE.as_admin();
    for failure in ["denied", "not-found", "invalid", "internal", "confirm", "other"] {
        let id = start(&client, "fail", &format!(r#"{{"failure":"{failure}"}}"#), 1).remove(0);
        wait_for_state(&HOUSE, &id, "failed", Duration::from_secs(10));
    }
    for failure in ["unavailable", "conflict", "exhausted"] {
        let id = start(&client, "fail", &format!(r#"{{"failure":"{failure}"}}"#), 1).remove(0);
        let data = database::open(HOUSE.server.data());
        let tried = || (column(&data, &id, "failures").as_deref() == Some("1")).then_some(());
        wait_for(Duration::from_secs(10), tried).expect("it fails");
        assert_eq!(column(&data, &id, "state").as_deref(), Some("queued"), "{failure}");
        // After its pause it is tried once more, and once more it fails.
        let again = || (column(&data, &id, "attempt").as_deref() == Some("2")).then_some(());
        wait_for(Duration::from_secs(10), again).expect("it is tried again");
        client.post("/worker/cancel", &[("id", &id)]);
    }
    let id = start(&client, "no such job", "{}", 1).remove(0);
    wait_for_state(&HOUSE, &id, "failed", Duration::from_secs(10));
}

#[test]
fn a_job_that_loops_is_cancelled_where_it_is() {
    // A server of its own: what others let it do meanwhile would count.
    let house = House::open("jobs-spin");
    house.install("worker");
    let client = house.as_admin();
    let id = start(&client, "spin", "{}", 1).remove(0);
    wait_for_state(&house, &id, "running", Duration::from_secs(10));
    let asked = Instant::now();
    client.post("/worker/cancel", &[("id", &id)]);
    wait_for_state(&house, &id, "cancelled", Duration::from_secs(5));
    println!("cancelled within {:?}", asked.elapsed());
    let before = house.server.processor_time();
    std::thread::sleep(Duration::from_millis(500));
    let used = house.server.processor_time() - before;
    assert!(used < Duration::from_millis(400), "its instance goes on: {used:?} in half a second");
}

#[test]
fn a_job_that_is_cancelled_as_it_fails_is_cancelled_and_holds_up_nobody() {
    let house = House::open("jobs-cancelled");
    house.install("worker");
    let client = house.as_admin();
    let ids = start(&client, "fail", r#"{"failure":"unavailable"}"#, 60);
    for id in ids.iter().rev() {
        client.post("/worker/cancel", &[("id", id)]);
    }
    for id in &ids {
        wait_for_state(&house, id, "cancelled", Duration::from_secs(20));
    }
    let after = start(&client, "count", r#"{"steps":1,"ms":1}"#, 1).remove(0);
    wait_for_state(&house, &after, "done", Duration::from_secs(10));
    // Also one that loops does not hold up the end of the server.
    start(&client, "spin", "{}", 2);
    std::thread::sleep(Duration::from_millis(300));
    let asked = Instant::now();
    house.server.end_by("TERM");
    println!("ended within {:?}", asked.elapsed());
    assert!(asked.elapsed() < Duration::from_secs(8), "{:?}", asked.elapsed());
}

#[test]
fn what_is_switched_off_stops_working_and_goes_on_when_it_is_back() {
    let house = House::open("jobs-off");
    house.install("worker");
    let client = house.as_admin();
    let id = start(&client, "count", r#"{"steps":60,"ms":100,"beat":true}"#, 1).remove(0);
    wait_for_state(&house, &id, "running", Duration::from_secs(10));
    house.server.command(&["package", "disable", "org.example.worker"], "");
    let off = Instant::now();
    wait_for_state(&house, &id, "queued", Duration::from_secs(5));
    println!("it stops within {:?}", off.elapsed());
    house.server.command(&["package", "enable", "org.example.worker"], "");
    wait_for_state(&house, &id, "done", Duration::from_secs(30));
}

#[test]
fn a_job_acts_with_the_rights_of_who_started_it_as_they_are_then() {
    let house = House::open("jobs-rights");
    house.install("worker");
    let person = house.person("Wanda Worker", &["developer"]);
    let (client, admin) = (house.signed_in(&person), house.as_admin());
    let slow = start(&client, "count", r#"{"steps":1,"ms":10}"#, 1).remove(0);
    wait_for_state(&house, &slow, "done", Duration::from_secs(10));
    // Eight that wait behind one another: when their starter is deactivated, those that have not begun no longer begin.
    let waiting = start(&client, "count", r#"{"steps":60,"ms":100}"#, 8);
    done(&admin, &account(&admin, &person.email).button("Deactivate")).expect(200);
    let last = waiting.last().expect("a job");
    wait_for_state(&house, last, "failed", Duration::from_secs(60));
    let data = database::open(house.server.data());
    assert!(column(&data, last, "failure").unwrap_or_default().contains("may not sign in"));
}

#[test]
fn a_schedule_that_was_missed_is_made_up_for_once() {
    let house = House::open("jobs-schedule");
    house.install("worker");
    let due = || -> Option<i64> {
        database::open(house.server.data()).query_row("SELECT due FROM schedules", [], |row| row.get(0)).ok()
    };
    wait_for(Duration::from_secs(5), due).expect("the schedule has a next time");
    let cookies = house.as_admin().cookies();
    house.server.end_by("TERM");
    let writer = Connection::open(house.server.data().join("vestry.db")).expect("the database opens");
    writer.execute("UPDATE schedules SET due = 60000", []).expect("it was due in 1970");
    drop(writer);
    let server = Server::start_on(house.server.data(), "jobs-schedule-next");
    let client = Client::new(server.address());
    client.set_cookies(cookies);
    let ticks = || {
        let entries = client.get("/worker/entries?prefix=ticks").expect(200).json();
        entries["ticks"].as_str().map(str::to_owned)
    };
    let first = wait_for(Duration::from_secs(5), ticks).expect("it is made up for");
    assert_eq!(first, "1", "once, for all the times since 1970");
    let next = due().expect("a time");
    assert!(next > 1_700_000_000_000, "{next}");
    let account: Option<String> = database::open(server.data())
        .query_row("SELECT account FROM jobs WHERE name = 'tick'", [], |row| row.get(0))
        .expect("a job");
    assert_eq!(account, None, "nobody is present");
}

/// A thousand jobs of four fates, and a server that is killed twenty times on the way.
#[test]
fn a_thousand_jobs_end_once_each_though_the_server_is_killed_twenty_times() {
    const JOBS: u32 = 1_000;
    const KILLS: u32 = 20;
    let house = House::forgiving("jobs-killed");
    house.install("worker");
    let client = house.as_admin();
    let cookies = client.cookies();
    let mut ids = Vec::new();
    for part in 0..5 {
        let input = r##"{"n":#,"steps":4,"ms":10,"beat":true}"##;
        let (name, times) = if part == 0 { ("count", 200) } else { ("mixed", 200) };
        ids.extend(start(&client, name, input, times));
    }
    assert_eq!(ids.len(), JOBS as usize);
    let data = house.server.data().to_owned();
    let ended = || -> u32 {
        let sql = "SELECT count(*) FROM jobs WHERE state IN ('done', 'failed') AND name <> 'tick'";
        database::open(&data).query_row(sql, [], |row| row.get(0)).expect("a number")
    };
    let started = Instant::now();
    let mut server = house.server;
    for kill in 1..=KILLS {
        let wanted = kill * JOBS / (KILLS + 5);
        wait_for(Duration::from_secs(60), || (ended() >= wanted).then_some(())).expect("jobs end");
        server.end_by("KILL");
        server = Server::start_on(&data, "jobs-killed-next");
    }
    let all = wait_for(Duration::from_secs(240), || (ended() == JOBS).then_some(()));
    all.unwrap_or_else(|| panic!("{} of {JOBS} have ended", ended()));
    println!("{JOBS} jobs, killed {KILLS} times: {:?}", started.elapsed());

    let client = Client::new(server.address());
    client.set_cookies(cookies);
    let (starts, beats, ends) = (marks(&client, "start"), marks(&client, "beat"), marks(&client, "end"));
    let connection = database::open(&data);
    let mut again = 0;
    for id in &ids {
        let state = column(&connection, id, "state").expect("a state");
        let attempts: u32 = column(&connection, id, "attempt").expect("a number").parse().expect("a number");
        again += attempts - 1;
        // How it ended was written down once, however often it was begun.
        let told: Vec<String> = connection
            .prepare("SELECT outcome FROM audit WHERE action = 'job.end' AND subject = ?")
            .and_then(|mut audit| audit.query_map([id], |row| row.get(0))?.collect())
            .expect("the audit is read");
        assert_eq!(told, std::slice::from_ref(&state), "{id}");
        let ended = ends.keys().any(|(job, _)| job == id);
        assert!(state == "failed" || ended, "{id} is {state} and never came to its end");
        for attempt in 2..=attempts {
            let begun = starts.get(&(id.clone(), attempt));
            let before = (1..attempt).filter_map(|earlier| beats.get(&(id.clone(), earlier))).max();
            assert!(
                begun.is_none_or(|begun| before.is_none_or(|before| begun >= before)),
                "{id}: two at the same time"
            );
        }
    }
    let failed: u32 = connection
        .query_row("SELECT count(*) FROM jobs WHERE state = 'failed'", [], |row| row.get(0))
        .expect("a number");
    assert_eq!(failed, 200, "those that were asked to");
    println!("{again} attempts were made a second time, none at the same time");
}
