//! An organisation's own, as the pages for authors tell: one more utility in the list, and another screen in its place.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};
use vestry_tests::component::built;
use vestry_tests::desk::{consent, leads_to};
use vestry_tests::utilities;
use vestry_tests::{Client, Desk, House, languages, test_plugin, wait_for};

const IBAN: &str = "org.example.hello-iban";
const OURS: &str = "org.example.hello-utilities";
const POINT: &str = "org.vestry.utilities/utilities";
/// What it is called in the list.
const TITLE: &str = "Check an IBAN";
const RIGHT: &str = "de89 3704 0044 0532 0130 00";
/// A server that runs knows what was done beside it within this, also where other tests run.
const SOON: Duration = Duration::from_secs(30);

/// Where it is installed, and nobody does anything with packages.
static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let house = House::open("utilities-own");
    house.install("hello-iban");
    house
});

/// The titles of the list that a search leaves.
#[track_caller]
fn titles(client: &Client, query: &str) -> Vec<String> {
    utilities::titles(&client.get_json(&format!("/utilities{query}")).expect(200).json())
}

/// Somebody without any permission: their list has what is open to everyone who is signed in.
fn nobody(house: &House) -> Client {
    house.signed_in(&house.person("Nina Nobody", &[]))
}

fn shows(client: &Client, words: &str) {
    let seen = wait_for(SOON, || client.get("/utilities").text().contains(words).then_some(()));
    assert!(seen.is_some(), "{words} is not served: {}", client.get("/utilities").page().text("main"));
}

#[test]
fn a_utility_is_in_the_list_as_long_as_it_is_installed() {
    let house = House::open("utilities-own-list");
    let (desk, admin, nobody) = (Desk::of(&house), house.as_admin(), nobody(&house));
    assert_eq!(titles(&nobody, ""), [""; 0]);

    // What its administrator reads before.
    let digest = desk.fetch(&built("hello-iban"));
    let inspected = admin.get(&format!("/packages/inspect/{digest}")).expect(200).page().text("main");
    assert!(inspected.contains(TITLE) && inspected.contains(POINT), "{inspected}");
    let asked = admin.get(&consent(&digest)).expect(200).page();
    assert_eq!(asked.attributes("[name=grant]", "value"), [""; 0], "it asks for nothing");
    assert_eq!(titles(&nobody, ""), [""; 0], "looking installs nothing");
    desk.done(&desk.order(&admin, &digest, &[]));

    assert_eq!(titles(&nobody, ""), [TITLE]);
    assert!(titles(&admin, "").len() > 1 && titles(&admin, "").contains(&TITLE.to_owned()));
    for (asked, is_found) in [("iban", true), ("IB+chec", true), ("bank+right", true), ("pdf", false), ("nk", false)] {
        assert_eq!(titles(&nobody, &format!("?q={asked}")).contains(&TITLE.to_owned()), is_found, "{asked}");
    }
    let list = nobody.get("/utilities").expect(200).page();
    assert!(list.links().contains(&"/hello-iban".to_owned()), "{:?}", list.links());
    assert_eq!(nobody.get("/hello-iban").expect(200).page().text("h1"), TITLE);
    let menu = nobody.get_json("/menu").expect(200).text();
    assert!(menu.contains("/utilities") && !menu.contains("hello-iban"), "{menu}");
    house.visitor().get_json("/hello-iban").expect_problem(401);

    let gone = desk.post(&format!("/packages/plugin/{IBAN}/uninstall"), &[]);
    assert_eq!(leads_to(&gone).as_deref(), Some("/packages"), "{}", gone.text());
    let empty = wait_for(SOON, || titles(&nobody, "").is_empty().then_some(()));
    assert!(empty.is_some(), "{:?}", titles(&nobody, ""));
    assert_eq!(nobody.get("/hello-iban").status, 404);
}

#[test]
fn numbers_are_checked_on_the_page_and_by_programs() {
    let nobody = nobody(&HOUSE);
    let form = nobody.get("/hello-iban").expect(200).page().form_with("iban");
    let page = nobody.submit(&form.with("iban", RIGHT)).expect(200).page();
    let words = page.text("main");
    for part in ["DE89 3704 0044 0532 0130 00", "Germany", "37040044", "370400440532013000"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let program = HOUSE.with_token(&HOUSE.token(&HOUSE.admin, &["users.read"]));
    for client in [&nobody, &program] {
        let asked = |number: &str| {
            let call = client.call("POST", "/hello-iban").header("accept", "application/json");
            call.form(&[("iban", number)]).send()
        };
        let right = asked(RIGHT).expect(200).json();
        let values = right["blocks"]["result"].as_array().expect("facts").iter().map(|fact| fact["value"].clone());
        let values: Vec<Value> = values.collect();
        assert_eq!(values[0], "DE89 3704 0044 0532 0130 00", "{right:#}");
        assert!(values[1].to_string().contains("Germany"), "{right:#}");
        assert_eq!(values[2..], [json!("37040044"), json!("370400440532013000")], "{right:#}");
        let wrong = asked("DE88 3704 0044 0532 0130 00").expect(422).text();
        assert!(wrong.contains("check digits 89") && !wrong.contains("Germany"), "{wrong}");
    }
}

#[test]
fn wrong_numbers_come_back_with_what_would_be_right() {
    let nobody = nobody(&HOUSE);
    for (number, said) in [
        ("", "This is needed."),
        ("DE89-3704-0044", "“-” cannot stand in an IBAN"),
        ("<b>", "“<” cannot stand in an IBAN"),
        ("3704 0044 0532 0130 00", "begins with two letters for the country"),
        ("US64 SVBU SUS6 S330 0958 879", "“US” is not the code of a country"),
        ("DE89 3704 0044 0532 0130", "has 22 letters and digits; this one has 20"),
        ("DE89 3704 0044 O532 0130 00", "At place 13 stands O; an IBAN of DE has a digit there"),
        ("DE88 3704 0044 0532 0130 00", "check digits 89, and here are 88"),
        ("DE89 3704 0044 0532 0103 00", "check digits"),
    ] {
        let answer = nobody.post("/hello-iban", &[("iban", number)]).expect(422);
        let page = answer.page();
        assert_eq!(page.attributes("main [name=iban]", "aria-invalid"), ["true"], "{number}");
        assert!(page.text("main").contains(said), "{number}: {}", page.text("main"));
        assert_eq!(page.form_with("iban").value("iban"), Some(number), "it can be mended");
        assert!(!page.text("main").contains("Germany") && !answer.text().contains("<b>"), "{number}");
    }
    let long = "1".repeat(100_000);
    let page = nobody.post("/hello-iban", &[("iban", &format!("DE{long}"))]).expect(422).page();
    assert!(page.text("main").contains("this one has 100002"), "a long one is counted");
    assert_eq!(nobody.post("/hello-iban", &[]).status, 422);
}

#[test]
fn where_there_is_no_list_it_says_what_it_needs() {
    let house = House::open("utilities-own-without").without_utilities();
    let (desk, admin) = (Desk::of(&house), house.as_admin());
    let file = test_plugin("hello-iban").display().to_string();
    let needs = format!("{IBAN} needs {POINT} 0.1.0 or later, which is not mounted");
    let looked = house.server.command(&["package", "inspect", &file], "");
    assert!(looked.contains(&needs), "{looked}");
    let output = house.server.vestry(&["package", "add", &file], "");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(&needs), "{said}");
    let digest = desk.fetch(&built("hello-iban"));
    let page = admin.get(&consent(&digest)).expect(200).page();
    assert!(!page.has("button[value=place]") && page.text("main").contains(&needs), "{}", page.text("main"));
    assert_eq!(desk.mounted(IBAN), None);
    // With the list there, it goes.
    house.server.command(&["package", "add", "--shipped", "org.vestry.utilities", "--grant-all"], "");
    shows(&admin, "Fields of a PDF template");
    desk.done(&desk.order(&admin, &digest, &[]));
    assert!(titles(&admin, "").contains(&TITLE.to_owned()));
}

/// While something needs the list, nothing takes its place; then one step swaps, and one step brings it back.
#[test]
fn the_whole_screen_is_swapped_and_comes_back() {
    let house = House::open("utilities-own-swap");
    let (desk, admin) = (Desk::of(&house), house.as_admin());
    let iban = desk.install(&admin, &built("hello-iban"));
    let ours = desk.fetch(&built("hello-utilities"));
    let page = admin.get(&consent(&ours)).expect(200).page();
    assert!(!page.has("button[value=place]") && page.text("main").contains(IBAN), "{}", page.text("main"));
    desk.post(&format!("/packages/plugin/{IBAN}/uninstall"), &[]).expect(200);
    let page = admin.get(&consent(&ours)).expect(200).page();
    assert!(page.text("main").contains("goes away from /utilities for everybody"), "{}", page.text("main"));
    desk.done(&desk.order(&admin, &ours, &[]));
    shows(&admin, "Case numbers");
    let menu = admin.get_json("/menu").expect(200).json();
    let hrefs: Vec<&Value> = menu.as_array().expect("a list").iter().map(|entry| &entry["href"]).collect();
    assert!(hrefs.contains(&&json!("/utilities")), "{hrefs:?}");
    let page = admin.get(&consent(&iban)).expect(200).page();
    assert!(!page.has("button[value=place]") && page.text("main").contains(POINT), "{}", page.text("main"));

    desk.done(&desk.swap_back(OURS));
    shows(&admin, "Fields of a PDF template");
    assert!(!titles(&admin, "").contains(&TITLE.to_owned()));
    desk.done(&desk.place(&iban, ""));
    assert!(titles(&admin, "").contains(&TITLE.to_owned()), "{:?}", titles(&admin, ""));
}

/// The same with the commands of the pages for authors.
#[test]
fn the_whole_screen_is_swapped_on_the_command_line() {
    let house = House::open("utilities-own-commands");
    let admin = house.as_admin();
    let package = |arguments: &[&str]| house.server.command(&[&["package"], arguments].concat(), "");
    let file = |name: &str| test_plugin(name).display().to_string();
    let (iban, ours) = (file("hello-iban"), file("hello-utilities"));
    package(&["add", &iban]);
    shows(&admin, TITLE);
    let output = house.server.vestry(&["package", "add", &ours, "--grant-all", "--swap"], "");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(&format!("{IBAN} needs {POINT}")), "{said}");
    let result = utilities::result_of(&utilities::send(&admin, "docx", "contract.docx", &utilities::contract()));
    package(&["unmount", IBAN]);
    package(&["add", &ours, "--grant-all", "--swap"]);
    shows(&admin, "Case numbers");
    let gives = |number: &str| {
        let sent = admin.post("/utilities/numbers", &[("name", "o'Brien"), ("year", "2026")]);
        let said = admin.follow(sent).expect(200).page().text("body");
        assert!(said.contains(&format!("Your case number is OBRIEN-2026-{number}.")), "{said}");
    };
    gives("0001");
    gives("0002");
    let friday = [("from", "2026-11-20"), ("days", "1"), ("working", "1")];
    let counted = admin.post("/utilities/deadlines", &friday).expect(200).page().text("main");
    assert!(counted.contains("Friday 2026-11-20") && counted.contains("Monday 2026-11-23"), "{counted}");
    package(&["swap-back", "utilities"]);
    package(&["mount", IBAN]);
    shows(&admin, TITLE);
    assert!(titles(&admin, "").contains(&TITLE.to_owned()));
    // What each of them keeps was there all the time.
    admin.get(&result).expect(200);
    package(&["unmount", IBAN]);
    package(&["add", &ours, "--grant-all", "--swap"]);
    shows(&admin, "Case numbers");
    gives("0003");
}

#[test]
fn the_list_and_the_page_are_read_in_the_language_of_the_reader() {
    languages::offer(
        &HOUSE,
        "es",
        &[
            (IBAN, TITLE, r#"{"other":"Comprobar un IBAN"}"#),
            (IBAN, "Germany", r#"{"other":"Alemania"}"#),
            (
                IBAN,
                "An IBAN of {code} has {right} letters and digits; this one has {count}.",
                r#"{"one":"Un IBAN de {code} tiene {right} signos; este, uno.","other":"Un IBAN de {code} tiene {right} signos; este, {count}."}"#,
            ),
        ],
    );
    let nobody = nobody(&HOUSE);
    let spanish = |method: &str, path: &str| nobody.call(method, path).header("accept-language", "es");
    let list = spanish("GET", "/utilities?q=comprobar").send().expect(200).page();
    assert!(list.text("main").contains("Comprobar un IBAN"), "{}", list.text("main"));
    assert!(titles(&nobody, "?q=comprobar").is_empty(), "in English nobody looks for it so");
    let right = spanish("POST", "/hello-iban").form(&[("iban", RIGHT)]).send().expect(200).page();
    assert!(
        right.text("main").contains("Alemania") && right.text("h1") == "Comprobar un IBAN",
        "{}",
        right.text("main")
    );
    let short = spanish("POST", "/hello-iban").form(&[("iban", "DE893704")]).send().expect(422).page();
    assert!(short.text("main").contains("Un IBAN de DE tiene 22 signos; este, 8."), "{}", short.text("main"));
    // Who translates finds them: what is registered at once, the rest once it was shown.
    let known = |words: &str| {
        let query = format!("/utilities/translate/es/phrases?plugin={IBAN}&q={words}");
        let admin = HOUSE.as_admin();
        wait_for(SOON, || admin.get(&query).page().text("main").contains("{right}").then_some(()))
    };
    assert!(known("letters").is_some(), "the phrase is in the editor, with its names");
}
