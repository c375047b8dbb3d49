//! User List over HTTP: finding people, changing one or many, and what may not happen.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use vestry_tests::accounts::{account, confirmed, done, key_of, sign_in};
use vestry_tests::{Client, House, Person};

/// How many accounts there are to look through.
const MANY: usize = 10_000;

static HOUSE: LazyLock<House> = LazyLock::new(|| House::open("users"));
static CROWD: LazyLock<House> = LazyLock::new(|| {
    let house = House::open("users-crowd");
    house.server.command(&["dev", "seed", &MANY.to_string()], "");
    house
});

/// The field that has to be filled in before an account is deleted, and the button that does it.
const TYPED: &str = "typed";
const DELETE: &str = "Delete for good";

fn rows(client: &Client, query: &str) -> Value {
    let page = client.get_json(&format!("/users{query}")).expect(200).json();
    let blocks = page["blocks"].as_object().expect("blocks").clone();
    blocks.into_iter().map(|(_, block)| block).find(|block| block["rows"].is_array()).expect("a table")
}

fn emails(table: &Value) -> Vec<String> {
    let rows = table["rows"].as_array().expect("rows").iter();
    rows.map(|row| row["email"].as_str().expect("an e-mail address").to_owned()).collect()
}

fn line_of(person: &Person) -> String {
    let list = HOUSE.server.command(&["user", "list"], "");
    list.lines().find(|line| line.contains(&person.email)).unwrap_or_default().to_owned()
}

#[test]
fn words_find_people_by_the_start_of_name_and_address() {
    let person = HOUSE.person("Ottilie von Findelstein", &[]);
    let client = HOUSE.as_admin();
    for query in ["ottilie", "OTTI", "findel", "von+ottilie", &person.email.replace('@', "%40")] {
        let found = emails(&rows(&client, &format!("?q={query}")));
        assert!(found.contains(&person.email), "{query} finds {found:?}");
    }
    for query in ["tilie", "ottilie+nobody", "%25", "%27", "%22%29", "*", "NEAR", "-"] {
        let found = emails(&rows(&client, &format!("?q={query}")));
        assert!(!found.contains(&person.email), "{query} finds {found:?}");
    }
}

#[test]
fn the_list_is_filtered_and_sorted() {
    let (advocate, trainer) = (HOUSE.person("Alva Filter", &["advocate"]), HOUSE.person("Zoe Filter", &["trainer"]));
    let client = HOUSE.as_admin();
    let found = emails(&rows(&client, "?privilege=advocate&q=filter"));
    assert_eq!(found, [advocate.email.as_str()]);
    assert_eq!(emails(&rows(&client, "?q=filter&sort=name")), [advocate.email.as_str(), trainer.email.as_str()]);
    assert_eq!(emails(&rows(&client, "?q=filter&sort=-name")), [trainer.email.as_str(), advocate.email.as_str()]);
    done(&client, &account(&client, &trainer.email).button("Deactivate")).expect(200);
    assert_eq!(emails(&rows(&client, "?q=filter&state=inactive")), [trainer.email.as_str()]);
    assert_eq!(emails(&rows(&client, "?q=filter&state=active")), [advocate.email.as_str()]);
    // What nobody offers is not a fault of the server.
    for query in ["?sort=nothing", "?sort=-", "?state=dead", "?privilege=none", "?cursor=broken", "?cursor=%00"] {
        let answer = client.get(&format!("/users{query}"));
        assert!(answer.status < 500, "{query} answers {}", answer.status);
    }
}

#[test]
fn ten_thousand_people_are_paged_without_a_gap_or_a_repetition() {
    let client = CROWD.as_admin();
    let mut seen = BTreeSet::new();
    let mut path = "/users?sort=email".to_owned();
    let mut last = String::new();
    for _ in 0..8 {
        let page = client.get_json(&path).expect(200).json();
        let blocks = page["blocks"].as_object().expect("blocks");
        let table = blocks.values().find(|block| block["rows"].is_array()).expect("a table");
        for email in emails(table) {
            assert!(email > last, "{email} comes after {last}");
            last.clone_from(&email);
            assert!(seen.insert(email), "nobody comes twice");
        }
        path = table["next"].as_str().expect("there is a next page").to_owned();
    }
    assert!(seen.len() >= 8 * 20, "{}", seen.len());
    let total = rows(&client, "")["total"].as_u64();
    assert_eq!(total, Some(MANY as u64 + 1), "those that were seeded and the administrator");
}

#[test]
fn a_page_of_ten_thousand_is_quick() {
    let client = CROWD.as_admin();
    client.get("/users").expect(200);
    for path in ["/users", "/users?q=a", "/users?sort=-last-seen", "/users?privilege=user"] {
        let best = (0..5).map(|_| {
            let started = Instant::now();
            client.get(path).expect(200);
            started.elapsed()
        });
        let best = best.min().expect("five tries");
        assert!(best < Duration::from_millis(250), "{path} takes {best:?} in a debug build");
    }
}

#[test]
fn an_account_is_made_changed_and_deleted() {
    let client = HOUSE.as_admin();
    let person = Person::new("Nele Neu");
    let form = client.get("/users/invite").expect(200).page().form_with("email");
    let page = done(&client, &form.with("email", &person.email).with("name", &person.name)).expect(200).page();
    assert!(page.has(".notices .notice"), "it is said that it is done");
    assert!(line_of(&person).contains("Nele Neu"));

    let renamed = account(&client, &person.email).button("Save the name").with("name", "Nele <b>Alt</b>");
    done(&client, &renamed).expect(200);
    let page = account(&client, &person.email);
    assert!(page.text("h1").contains("Nele <b>Alt</b>"), "what people write is shown as it is: {}", page.text("h1"));
    assert!(!page.has("h1 b"));

    let key = key_of(&client, &person.email);
    let delete = client.get(&format!("/users/accounts/{key}/delete")).expect(200).page();
    let form = delete.button(DELETE);
    let wrong = confirmed(&client, client.submit(&form.clone().with(TYPED, "yes")));
    assert_eq!(wrong.status, 422, "what is typed must be right");
    assert!(!line_of(&person).is_empty());
    done(&client, &form.with(TYPED, &person.email)).expect(200);
    assert_eq!(line_of(&person), "", "the account is gone");
    client.get(&format!("/users/accounts/{key}")).expect(404);
}

#[test]
fn who_is_deactivated_is_signed_out_and_cannot_come_back() {
    let (client, person) = (HOUSE.as_admin(), HOUSE.person("Dora Deactivated", &["developer"]));
    let theirs = HOUSE.signed_in(&person);
    let token = HOUSE.with_token(&HOUSE.token(&person, &[]));
    token.get_json("/menu").expect(200);
    done(&client, &account(&client, &person.email).button("Deactivate")).expect(200);
    assert!(theirs.get("/account").location().is_some(), "the session is over");
    token.get_json("/users").expect_problem(401);
    let answer = sign_in(&HOUSE.visitor(), &person.email, &person.password, None);
    assert!(answer.location().is_none());
    done(&client, &account(&client, &person.email).button("Activate")).expect(200);
    HOUSE.signed_in(&person);
}

#[test]
fn many_are_changed_at_once_after_a_rehearsal_that_counts() {
    let client = HOUSE.as_admin();
    let people: Vec<Person> = (0..3).map(|number| HOUSE.person(&format!("Bulk Person{number}"), &[])).collect();
    let page = client.get("/users?q=bulk").expect(200).page();
    let form = page.button("Give a privilege");
    let keys: Vec<String> = people[..2].iter().map(|person| key_of(&client, &person.email)).collect();
    let ticked = keys.iter().fold(form, |form, key| form.and("key", key));
    let choose = client.submit(&ticked).expect(200).page().button("See what would change");
    let rehearsal = client.submit(&choose.with("chosen", "trainer")).expect(200).page();
    assert!(rehearsal.text("main").contains("Would change 2"), "{}", rehearsal.text("main"));
    assert!(!line_of(&people[0]).contains("trainer"), "a rehearsal changes nothing");
    done(&client, &rehearsal.button("Change 2 accounts")).expect(200);
    assert!(line_of(&people[0]).contains("trainer") && line_of(&people[1]).contains("trainer"));
    assert!(!line_of(&people[2]).contains("trainer"), "who was not ticked stays");
}

#[test]
fn all_that_a_filter_finds_is_changed_at_once() {
    let client = HOUSE.as_admin();
    let people: Vec<Person> = (0..60).map(|number| HOUSE.person(&format!("Crowded Person{number}"), &[])).collect();
    let page = client.get("/users?q=crowded").expect(200).page();
    let everyone = page.attributes("[data-bulk-all]", "value").remove(0);
    let all = page.button("Deactivate").and("_with", &everyone);
    let rehearsal = client.submit(&all).expect(200).page();
    done(&client, &rehearsal.button("Change 60 accounts")).expect(200);
    let list = HOUSE.server.command(&["user", "list"], "");
    for person in people {
        let line = list.lines().find(|line| line.contains(&person.email)).unwrap_or_default();
        assert!(line.contains("inactive"), "{line}");
    }
    HOUSE.as_admin().get("/users").expect(200);
}

#[test]
fn the_last_administrator_cannot_be_removed() {
    let house = House::open("users-last");
    let client = house.as_admin();
    let page = account(&client, &house.admin.email);
    let mut fewer = page.button("Save the privileges");
    fewer.fields.retain(|(_, value)| value != "admin");
    let delete = format!("/users/accounts/{}/delete", key_of(&client, &house.admin.email));
    let delete = client.get(&delete).expect(200).page().button(DELETE).with(TYPED, &house.admin.email);
    for form in [page.button("Deactivate"), fewer, delete] {
        let answer = done(&client, &form);
        assert!(answer.page().has("main .notice-danger, main .wrong"), "the refusal is said: {}", answer.text());
        let list = house.server.command(&["user", "list"], "");
        let line =
            list.lines().find(|line| line.contains(&house.admin.email)).expect("the administrator is still there");
        assert!(line.contains("admin") && !line.contains("inactive"), "{line}");
    }
    house.as_admin().get("/users").expect(200);
}

#[test]
fn nobody_gives_what_they_do_not_hold() {
    let (helper, target) = (HOUSE.person("Hilde Helper", &["user"]), HOUSE.person("Theo Target", &[]));
    let client = HOUSE.signed_in(&helper);
    let key = key_of(&HOUSE.as_admin(), &target.email);
    for (path, fields) in [
        (format!("/users/accounts/{key}/privileges"), vec![("privileges", "admin"), ("privilege", "admin")]),
        (format!("/users/accounts/{key}/state"), vec![("active", "false")]),
        (format!("/users/accounts/{key}/rename"), vec![("name", "Other")]),
        (format!("/users/accounts/{key}/delete"), vec![("email", target.email.as_str())]),
        ("/users/invite".to_owned(), vec![("email", "x@example.org"), ("name", "X")]),
        ("/users/bulk/state/apply".to_owned(), vec![("key", key.as_str())]),
        ("/users/bulk/privileges/apply".to_owned(), vec![("key", key.as_str()), ("privilege", "admin")]),
    ] {
        assert_eq!(client.post(&path, &fields).status, 403, "{path}");
    }
    let line = line_of(&target);
    assert!(!line.contains("admin") && line.contains("Theo Target"), "{line}");
}
