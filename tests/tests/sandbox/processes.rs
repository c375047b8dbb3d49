//! Several processes on one data directory: what one of them changes, the others know within a second.

use std::time::{Duration, Instant};

use vestry_tests::accounts::{account, done, sign_in};
use vestry_tests::{Client, House, Server, wait_for};

/// How long another process may go on with what was true before.
const WITHIN: Duration = Duration::from_secs(1);

/// Waits until it is so, and fails where that takes longer than a second.
#[track_caller]
fn soon(what: &str, mut ask: impl FnMut() -> bool) {
    let started = Instant::now();
    wait_for(Duration::from_secs(5), || ask().then_some(())).unwrap_or_else(|| panic!("{what}: not within 5 s"));
    assert!(started.elapsed() < WITHIN, "{what}: only after {:?}", started.elapsed());
}

#[test]
fn two_servers_agree_within_a_second() {
    let house = House::open("processes-one");
    let other = Server::start_on(house.server.data(), "processes-two");
    let person = house.person("Pia Process", &[]);

    // Somebody who is made beside both can sign in at once; the session counts at both.
    let client = Client::new(other.address());
    let answer = sign_in(&client, &person.email, &person.password, None);
    assert!((300..400).contains(&answer.status), "{}", answer.text());
    let here = Client::new(house.server.address());
    here.set_cookies(client.cookies());
    here.get("/account").expect(200);

    // A plugin that is mounted by the command line is served by both.
    let (first, second) = (house.as_admin(), Client::new(other.address()));
    second.set_cookies(first.cookies());
    assert_eq!((first.get("/quiet").status, second.get("/quiet").status), (404, 404));
    house.install("quiet");
    soon("the plugin is mounted here", || first.get("/quiet").status == 200);
    soon("the plugin is mounted there", || second.get("/quiet").status == 200);

    // Signing out at one ends the session at the other.
    client.post("/account/sign-out", &[]);
    soon("signed out there", || here.get("/account").status != 200);
}

#[test]
fn what_a_person_may_is_taken_away_everywhere_at_once() {
    let house = House::open("processes-authority-one");
    let other = Server::start_on(house.server.data(), "processes-authority-two");
    let person = house.person("Adam Admin", &["admin"]);
    let there = Client::new(other.address());
    sign_in(&there, &person.email, &person.password, None);
    there.get("/users").expect(200);

    let admin = house.as_admin();
    let mut fewer = account(&admin, &person.email).button("Save the privileges");
    fewer.fields.retain(|(_, value)| value != "admin");
    done(&admin, &fewer).expect(200);
    soon("the privilege is gone there", || there.get("/users").status == 403);
    there.get("/account").expect(200);
}

#[test]
fn a_killed_server_leaves_a_state_that_the_next_one_starts_from() {
    let house = House::open("processes-killed");
    let person = house.person("Kai Killed", &["trainer"]);
    house.install("quiet");
    house.server.end_by("KILL");
    let next = Server::start_on(house.server.data(), "processes-killed-next");
    let client = Client::new(next.address());
    let answer = sign_in(&client, &person.email, &person.password, None);
    assert!((300..400).contains(&answer.status), "{}", answer.text());
    client.get("/quiet").expect(200);
}

#[test]
fn a_server_that_is_told_to_end_answers_what_it_has_begun() {
    let house = House::open("processes-end");
    let client = house.as_admin();
    client.get("/users").expect(200);
    house.server.end_by("TERM");
    let log = house.server.log();
    assert!(!log.to_lowercase().contains("panicked"), "{log}");
}
