//! Signing in and out: one message for every failure, delays that only those meet who guess, and a way back that
//! never leads elsewhere.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use url::Url;
use vestry_tests::accounts::{account, done, sign_in};
use vestry_tests::database::Snapshot;
use vestry_tests::{Answer, House};

static HOUSE: LazyLock<House> = LazyLock::new(|| House::open("sign-in"));

fn is_redirect(answer: &Answer) -> bool {
    (300..400).contains(&answer.status)
}

#[test]
fn who_signs_in_is_known_until_they_sign_out() {
    let person = HOUSE.person("Sam Signer", &[]);
    let client = HOUSE.visitor();
    client.get_json("/menu").expect_problem(401);
    let answer = sign_in(&client, &person.email, &person.password, None);
    assert_eq!(answer.location().as_deref(), Some("/"));
    let page = client.get("/").expect(200).page();
    assert!(page.text("body").contains("Sam Signer"), "the frame says who is signed in");

    let old = client.another_window();
    let answer = client.post("/account/sign-out", &[]);
    assert!(is_redirect(&answer), "{}", answer.status);
    for window in [&client, &old] {
        let answer = window.get("/users");
        assert!(
            answer.location().is_some_and(|location| location.starts_with("/account/sign-in")),
            "signed out everywhere"
        );
    }
}

#[test]
fn the_cookie_is_closed_to_scripts_and_to_other_sites() {
    let person = HOUSE.person("Carl Cookie", &[]);
    let (first, second) = (HOUSE.visitor(), HOUSE.visitor());
    let answer = sign_in(&first, &person.email, &person.password, None);
    let mut cookies = answer.headers.get_all("set-cookie").iter().map(|header| header.to_str().unwrap().to_lowercase());
    let cookie = cookies.next_back().expect("signing in sets a cookie");
    for part in ["httponly", "samesite=lax", "path=/"] {
        assert!(cookie.contains(part), "`{part}` is in {cookie}");
    }
    assert!(!cookie.contains("domain="), "{cookie}");
    sign_in(&second, &person.email, &person.password, None);
    let (first, second) = (first.cookies(), second.cookies());
    assert!(
        first.values().all(|value| !second.values().any(|other| other == value)),
        "each sign-in has a session of its own"
    );
    assert!(first.values().any(|value| value.len() >= 43), "256 bits: {first:?}");
}

#[test]
fn a_session_from_before_signing_in_is_not_taken_over() {
    let person = HOUSE.person("Fay Fixed", &[]);
    let client = HOUSE.visitor();
    client.get("/account/sign-in").expect(200);
    let before = client.cookies();
    sign_in(&client, &person.email, &person.password, None);
    let after = client.cookies();
    let session = after.iter().find(|(name, value)| before.get(*name) != Some(*value));
    assert!(session.is_some(), "signing in changes the cookie: {before:?} {after:?}");
}

#[test]
fn every_failure_has_one_message() {
    let people = ["Kim Known", "Ken Known", "Ann Asleep"].map(|name| HOUSE.person(name, &[]));
    let [known, other, asleep] = people;
    deactivate(&asleep.email);
    let tries = [
        (known.email.as_str(), "another word than theirs, 4712"),
        (other.email.as_str(), ""),
        (asleep.email.as_str(), asleep.password.as_str()),
        ("nobody@example.org", "another word than theirs, 4712"),
        ("no address at all", "another word than theirs, 4712"),
    ];
    let mut messages = Vec::new();
    for (email, password) in tries {
        let client = HOUSE.visitor();
        let answer = sign_in(&client, email, password, None);
        assert!(!is_redirect(&answer), "{email} is signed in");
        let page = answer.page();
        messages.push((answer.status, page.title(), page.text("[role=alert]")));
        assert!(!answer.text().contains("another word than theirs, 4712"), "a password is never sent back");
    }
    assert!(!messages[0].2.is_empty(), "the failure is said: {messages:?}");
    assert!(messages.iter().all(|message| *message == messages[0]), "{messages:#?}");
}

fn deactivate(email: &str) {
    let client = HOUSE.as_admin();
    let page = account(&client, email);
    done(&client, &page.button("Deactivate")).expect(200);
}

#[test]
fn guessing_one_account_gets_slow_wherever_it_comes_from() {
    let (person, other) = (HOUSE.person("Gus Guessed", &[]), HOUSE.person("Olga Other", &[]));
    assert!(guesses_until_held_up(|| HOUSE.visitor(), &person.email) <= 12);
    // Somebody else is not held up by it.
    let answer = sign_in(&HOUSE.visitor(), &other.email, &other.password, None);
    assert!(is_redirect(&answer), "{}", answer.text());
}

#[test]
fn guessing_from_one_address_gets_slow_whoever_it_is_about() {
    let guesser = HOUSE.visitor();
    let mut number = 0;
    let held_up = (0..40).find(|_| {
        number += 1;
        held_up(|| sign_in(&guesser, &format!("guess{number}@example.org"), "a guess", None))
    });
    assert!(held_up.is_some(), "forty guesses from one address went through");
    let person = HOUSE.person("Ned Neighbour", &[]);
    let answer = sign_in(&HOUSE.visitor(), &person.email, &person.password, None);
    assert!(is_redirect(&answer), "{}", answer.text());
}

fn guesses_until_held_up(visitor: impl Fn() -> vestry_tests::Client, email: &str) -> usize {
    let found = (1..=40).find(|_| held_up(|| sign_in(&visitor(), email, "a guess", None)));
    found.expect("forty guesses at one account went through")
}

/// Refused for now, or made to wait.
fn held_up(attempt: impl FnOnce() -> Answer) -> bool {
    let started = Instant::now();
    let answer = attempt();
    answer.status == 429 || started.elapsed() > Duration::from_secs(1)
}

/// Where signing in leads for each value of `next`: to a path of this server, or to the start.
#[test]
fn the_way_back_never_leads_elsewhere() {
    let person = HOUSE.person("Nora Next", &[]);
    let good = [
        ("/users", "/users"),
        ("/users?q=ada&sort=-name", "/users?q=ada&sort=-name"),
        ("/styleguide#tables", "/styleguide"),
        ("/account", "/account"),
    ];
    for (next, expected) in good {
        let answer = sign_in(&HOUSE.visitor(), &person.email, &person.password, Some(next));
        let location = answer.location().unwrap_or_default();
        assert_eq!(location.split('#').next(), Some(expected), "next={next}");
    }
    let bad = [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "https://evil.example/",
        "https:evil.example",
        "https:/evil.example",
        "http:///evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "%2f%2fevil.example",
        "/%2fevil.example",
        "/%5cevil.example",
        "/..//evil.example",
        "/.//evil.example",
        "/users/../..//evil.example",
        " //evil.example",
        "\u{a0}//evil.example",
        "//evil.example@127.0.0.1/",
        "@evil.example",
        ".evil.example",
        "/\r\nSet-Cookie: a=b",
        "/users\r\nLocation: https://evil.example",
        "/\u{0}//evil.example",
        "evil.example",
        "",
    ];
    for next in bad {
        let answer = sign_in(&HOUSE.visitor(), &person.email, &person.password, Some(next));
        assert!(is_redirect(&answer), "next={next:?} answers {}", answer.status);
        let location = answer.header("location").expect("a redirect leads somewhere").to_owned();
        assert!(stays_here(&location), "next={next:?} leads to {location:?}");
        assert!(
            answer.headers.get_all("set-cookie").iter().all(|cookie| !cookie.to_str().unwrap().starts_with("a=")),
            "next={next:?}"
        );
    }
}

/// As a browser reads it; and the path that it comes to could not be taken for another server when it is used again.
fn stays_here(location: &str) -> bool {
    let here = Url::parse(HOUSE.server.address()).expect("an address is a URL");
    let there = here.join(location);
    location.starts_with('/') && there.is_ok_and(|url| url.origin() == here.origin() && !url.path().starts_with("//"))
}

#[test]
fn the_form_keeps_the_way_back_and_only_a_good_one() {
    let page = HOUSE.visitor().get("/account/sign-in?next=%2Fusers%3Fq%3Dada").expect(200).page();
    assert_eq!(page.form_with("password").value("next"), Some("/users?q=ada"));
    let page = HOUSE.visitor().get("/account/sign-in?next=%2F%2Fevil.example").expect(200).page();
    let next = page.form_with("password").value("next").unwrap_or_default().to_owned();
    assert!(!next.contains("evil.example"), "{next}");
}

#[test]
fn whoever_must_sign_in_first_comes_back_to_where_they_were() {
    let person = HOUSE.person("Bo Back", &["admin"]);
    let client = HOUSE.visitor();
    let answer = client.get("/users?q=ada");
    let sign_in_page = answer.location().expect("who is not signed in is sent to sign in");
    let form = client.get(&sign_in_page).expect(200).page().form_with("password");
    let answer = client.submit(&form.with("email", &person.email).with("password", &person.password));
    assert_eq!(answer.location().as_deref(), Some("/users?q=ada"));
}

#[test]
fn signing_out_takes_a_post() {
    let client = HOUSE.as_admin();
    let answer = client.get("/account/sign-out");
    assert!(matches!(answer.status, 404 | 405), "{}", answer.status);
    client.get("/users").expect(200);
}

#[test]
fn no_secret_is_kept_or_logged_as_it_is() {
    let person = HOUSE.person("Sue Secret", &["developer"]);
    let client = HOUSE.signed_in(&person);
    let token = HOUSE.token(&person, &[]);
    HOUSE.with_token(&token).get_json("/menu").expect(200);
    sign_in(&HOUSE.visitor(), &person.email, "a wrong guess of hers", None);
    let mut secrets = vec![person.password.clone(), token, "a wrong guess of hers".to_owned()];
    secrets.extend(client.cookies().into_values().filter(|value| value.len() > 20));
    let (log, database) = (HOUSE.server.log(), Snapshot::of(HOUSE.server.data()));
    for secret in secrets {
        assert!(!log.contains(&secret), "`{secret}` is in the log");
        assert!(!database.contains(&secret), "`{secret}` is in the database");
    }
}

#[test]
fn a_changed_password_ends_every_other_session() {
    let person = HOUSE.person("Pam Password", &[]);
    let (here, there) = (HOUSE.signed_in(&person), HOUSE.signed_in(&person));
    let page = here.get("/account").expect(200).page();
    let filled = page.form_with("current").with("current", &person.password).with("password", "a new correct horse");
    let answer = here.submit(&filled);
    assert!(answer.status < 400, "{}", answer.text());
    here.get("/account").expect(200);
    let answer = there.get("/account");
    assert!(answer.location().is_some(), "the other session is over: {}", answer.status);
    assert!(
        !is_redirect(&sign_in(&HOUSE.visitor(), &person.email, &person.password, None)),
        "the old password is over"
    );
    assert!(is_redirect(&sign_in(&HOUSE.visitor(), &person.email, "a new correct horse", None)));
}
