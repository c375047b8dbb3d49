//! Every screen is also an API: the same routes answer data, to a cookie or to a token, within the same limits.

use std::sync::LazyLock;

use serde_json::Value;
use vestry_tests::House;

static HOUSE: LazyLock<House> = LazyLock::new(|| House::open("api"));

/// The table of a page as data.
fn table(page: &Value) -> &Value {
    let blocks = page["blocks"].as_object().expect("a page has blocks by name");
    blocks.values().find(|block| block["rows"].is_array()).unwrap_or_else(|| panic!("no table: {page:#}"))
}

#[test]
fn a_page_is_also_data() {
    let person = HOUSE.person("Dan Data", &["trainer"]);
    let page = HOUSE.as_admin().get_json("/users?q=dan+data").expect(200).json();
    assert!(page["title"].as_str().is_some_and(|title| !title.is_empty()), "{page:#}");
    let table = table(&page);
    let columns: Vec<&str> =
        table["columns"].as_array().unwrap().iter().map(|column| column["key"].as_str().unwrap()).collect();
    for row in table["rows"].as_array().unwrap() {
        assert!(row["key"].is_string(), "{row}");
        assert!(columns.iter().all(|column| row.get(column).is_some()), "a value for each of {columns:?}: {row}");
    }
    assert!(table["rows"].to_string().contains(&person.email), "{table:#}");
    assert!(table.get("total").is_some() && table.get("next").is_some(), "{table:#}");
}

#[test]
fn the_html_and_the_data_tell_the_same() {
    let client = HOUSE.as_admin();
    let data = client.get_json("/users").expect(200).json();
    let page = client.get("/users").expect(200).page();
    let words = page.text("main");
    for row in table(&data)["rows"].as_array().unwrap() {
        let email = row["email"].as_str().unwrap_or_default();
        assert!(words.contains(email), "{email} is on the page");
    }
    assert_eq!(page.text("h1"), data["title"].as_str().unwrap());
}

#[test]
fn the_menu_holds_what_its_reader_may_open() {
    let (admin, nobody) = (HOUSE.as_admin(), HOUSE.signed_in(&HOUSE.person("Uma User", &[])));
    let entries = |client: &vestry_tests::Client| -> Vec<Value> {
        client.get_json("/menu").expect(200).json().as_array().expect("the menu is a list").clone()
    };
    let has_users = |menu: &[Value]| menu.iter().any(|entry| entry["href"] == "/users");
    assert!(has_users(&entries(&admin)) && !has_users(&entries(&nobody)));
    for entry in entries(&admin) {
        for key in ["label", "href", "section", "icon"] {
            assert!(entry[key].is_string(), "{key} of {entry}");
        }
        let answer = admin.get(entry["href"].as_str().unwrap());
        assert_eq!(answer.status, 200, "{entry}");
    }
    let links = nobody.get("/").page().links();
    assert!(!links.iter().any(|link| link.starts_with("/users")), "{links:?}");
}

#[test]
fn errors_are_problems() {
    let (admin, nobody) = (HOUSE.as_admin(), HOUSE.signed_in(&HOUSE.person("Per Problem", &[])));
    admin.get_json("/nowhere").expect_problem(404);
    admin.get_json("/users/nowhere").expect_problem(404);
    admin.get_json("/users/accounts/nobody").expect_problem(404);
    nobody.get_json("/users").expect_problem(403);
    HOUSE.visitor().get_json("/users").expect_problem(401);
    let answer = admin.call("DELETE", "/users").header("accept", "application/json").send();
    assert!(answer.header("allow").is_some_and(|allow| allow.contains("GET")), "{:?}", answer.headers);
    answer.expect_problem(405);
}

#[test]
fn a_route_that_is_refused_says_nothing_of_what_is_there() {
    let nobody = HOUSE.signed_in(&HOUSE.person("Nils Nosy", &[]));
    let person = HOUSE.person("Hidden Person", &[]);
    let key = vestry_tests::accounts::key_of(&HOUSE.as_admin(), &person.email);
    let (there, not_there) = (nobody.get(&format!("/users/accounts/{key}")), nobody.get("/users/accounts/nobody"));
    assert_eq!((there.status, not_there.status), (403, 403));
    assert!(!there.text().contains("Hidden Person"));
}

#[test]
fn a_token_is_shown_once_and_works() {
    let person = HOUSE.person("Tom Token", &["admin"]);
    let output = HOUSE.server.command(&["token", "add", &person.email, "--name", "script", "--days", "7"], "");
    let token = output.lines().last().expect("output").to_owned();
    assert!(
        token.len() >= 43 && !token.contains(char::is_whitespace),
        "the token stands alone on the last line: {output}"
    );
    let program = HOUSE.with_token(&token);
    let page = program.get_json("/users").expect(200).json();
    assert!(table(&page)["rows"].as_array().is_some_and(|rows| !rows.is_empty()));
    assert!(program.cookies().is_empty(), "a token starts no session");
    for broken in ["", "nothing", &token[..token.len() - 1], &format!("{token}x")] {
        HOUSE.with_token(broken).get_json("/users").expect_problem(401);
    }
}

#[test]
fn a_token_may_do_what_its_scopes_and_its_account_may() {
    let admin = &HOUSE.admin;
    let reader = HOUSE.with_token(&HOUSE.token(admin, &["users.read"]));
    reader.get_json("/users").expect(200);
    reader.call("POST", "/users/invite").header("accept", "application/json").form(&[]).send().expect_problem(403);
    reader.get_json("/styleguide").expect_problem(403);

    let nobody = HOUSE.person("Ulf User", &[]);
    let refused =
        HOUSE.server.vestry(&["token", "add", &nobody.email, "--name", "x", "--permission", "users.read"], "");
    if refused.status.success() {
        let token = String::from_utf8_lossy(&refused.stdout).lines().last().unwrap_or_default().to_owned();
        HOUSE.with_token(&token).get_json("/users").expect_problem(403);
    }
    let token = HOUSE.token(&nobody, &[]);
    HOUSE.with_token(&token).get_json("/users").expect_problem(403);
}

#[test]
fn a_token_cannot_do_what_a_person_must_be_asked_about() {
    let person = HOUSE.person("Greta Grave", &[]);
    let key = vestry_tests::accounts::key_of(&HOUSE.as_admin(), &person.email);
    let program = HOUSE.with_token(&HOUSE.token(&HOUSE.admin, &["users.read", "users.delete"]));
    let call = program.call("POST", &format!("/users/accounts/{key}/delete")).header("accept", "application/json");
    let answer = call.form(&[("confirm", &person.email), ("email", &person.email)]).send();
    assert!(answer.status >= 400, "{}", answer.text());
    HOUSE.signed_in(&person);
}

#[test]
fn what_is_sent_has_a_limit() {
    let client = HOUSE.as_admin();
    let call = client.call("POST", "/users/invite").header("accept", "application/json");
    call.flood("application/x-www-form-urlencoded", 32 << 20).expect_problem(413);
    client.get("/users").expect(200);
}

#[test]
fn a_token_ends() {
    let person = HOUSE.person("Eve Ended", &["admin"]);
    let token = HOUSE.token(&person, &[]);
    HOUSE.with_token(&token).get_json("/users").expect(200);
    let refused = HOUSE.server.vestry(&["token", "add", &person.email, "--name", "x", "--days", "0"], "");
    assert!(!refused.status.success(), "a token that has ended already is not made");
}
