//! Languages: added by their tags, offered and taken back, and what is said in one read at once.

use serde_json::Value;
use vestry_tests::House;
use vestry_tests::accounts::done;
use vestry_tests::utilities::column;

use crate::catalogues::{imported, outcome};
use crate::{HOUSE, WORDS, add, fact, form, language, phrases, remove};

#[test]
fn languages_are_added_by_their_tags_and_offered_when_they_are_ready() {
    let house = House::open("translate-languages");
    let admin = house.as_admin();
    let utilities = admin.get_json("/utilities").expect(200).json();
    assert!(utilities.to_string().contains("Translate system phrases"), "{utilities:#}");
    let first = admin.get("/utilities/translate").expect(200).page();
    for words in ["English is what everything is written in", "No language was added yet", "Spanish and Arabic come"] {
        assert!(first.text("main").contains(words), "{}", first.text("main"));
    }
    for (tag, words) in [("", "This is needed"), ("xx", "xx"), ("no language", "no language"), ("de_<b>", "de_<b>")] {
        let answer = admin.submit(&first.form_with("tag").with("tag", tag)).expect(422);
        let page = answer.page();
        assert_eq!(page.attributes("[name=tag]", "aria-invalid"), ["true"], "{}", answer.text());
        assert_eq!(page.form_with("tag").value("tag"), Some(tag), "what was typed stays");
        assert!(page.text(".wrong").contains(words), "{}", page.text(".wrong"));
    }
    let added = admin.submit(&first.form_with("tag").with("tag", "ES")).expect(303);
    assert_eq!(added.location().as_deref(), Some("/utilities/translate/es"), "a tag has one form");
    let twice = admin.submit(&first.form_with("tag").with("tag", "es"));
    assert!(twice.expect(422).page().text(".wrong").contains("added already"));
    let page = language(&admin, "es");
    assert_eq!(fact(&page, "about", "Plural forms"), "one, many, other");
    assert_eq!(fact(&page, "about", "Offered to readers"), false);
    assert_eq!(fact(&page, "about", "Written from right to left"), false);
    add(&admin, "ar");
    assert_eq!(fact(&language(&admin, "ar"), "about", "Written from right to left"), true);
    let list = admin.get_json("/utilities/translate").expect(200).json();
    assert_eq!(column(&list, "languages", "tag"), ["ar", "es"]);

    for (press, offered) in [("Offer it to readers", true), ("Offer it no longer", false)] {
        let button = admin.get("/utilities/translate/es").page().button(press);
        done(&admin, &button).expect(200);
        assert_eq!(fact(&language(&admin, "es"), "about", "Offered to readers"), offered);
    }
    // English is there always; it can be worded otherwise, and not be withdrawn.
    add(&admin, "en");
    let answer = admin.follow(admin.post("/utilities/translate/en/offered", &[("offered", "0")])).expect(200);
    assert!(answer.page().text("main").contains("English is always offered"), "{}", answer.page().text("main"));
    remove(&admin, "ar");
    admin.get("/utilities/translate/ar").expect(404);
    admin.get("/utilities/translate/ar/phrases").expect(404);
    admin.get("/utilities/translate/not-a-tag-at-all").expect(404);
}

#[test]
fn how_far_a_language_is_is_told_by_plugin() {
    let admin = HOUSE.as_admin();
    add(&admin, "lt");
    let of = |page: &Value, block: &str, key: &str| {
        let rows = page["blocks"][block]["rows"].as_array().expect("a table");
        rows.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("{key} is in {rows:#?}")).clone()
    };
    let words = || {
        let row = of(&language(&admin, "lt"), "plugins", WORDS);
        ["phrases", "translated", "machine", "percent"].map(|key| row[key].as_u64().expect("a number"))
    };
    let [phrases, translated, machine, percent] = words();
    assert!(phrases > 3 && (translated, machine, percent) == (0, 0, 0), "{phrases} {translated} {machine} {percent}");
    let file = format!(
        "target: lt\nphrases:\n  {WORDS}:\n    Words: Žodžiai\n    Says things:\n      text: Sako\n      state: machine\n"
    );
    outcome(&admin, &imported(&admin, "lt", "keep", "lt.yml", file.as_bytes()));
    let [all, translated, machine, percent] = words();
    assert_eq!((all, translated, machine, percent), (phrases, 2, 1, 200 / phrases));
    // The server's own are counted for themselves, and all of them together on the first page.
    assert_eq!(of(&language(&admin, "lt"), "plugins", "vestry")["translated"], 0);
    assert_eq!(fact(&language(&admin, "lt"), "about", "To be looked at"), 1);
    let list = admin.get_json("/utilities/translate").expect(200).json();
    assert_eq!(of(&list, "languages", "lt")["machine"], 1);
}

#[test]
fn what_is_saved_is_said_at_once() {
    let admin = HOUSE.as_admin();
    let visitor = HOUSE.visitor();
    let heading = || {
        let page = visitor.call("GET", "/account/sign-in").header("accept-language", "es").send().expect(200).page();
        (page.attributes("html", "lang").concat(), page.text("h1"))
    };
    add(&admin, "es");
    assert_eq!(heading(), ("en".into(), "Sign in".into()), "it is not offered yet");
    let save = |query: &str, name: &str, words: &str| {
        let form = form(&admin, "es", query);
        let number = phrases(&form).iter().find(|(_, phrase)| phrase == name).expect("it is there").0;
        admin.submit(&form.with(&format!("other-{number}"), words)).expect(303);
    };
    save("plugin=vestry&q=Sign+in", "Sign in", "Entra en casa");
    admin.post("/utilities/translate/es/offered", &[("offered", "1")]).expect(303);
    assert_eq!(heading(), ("es".into(), "Entra en casa".into()));
    save("plugin=vestry&q=Sign+in", "Sign in", "Pasa <b>adelante</b>");
    assert_eq!(heading().1, "Pasa <b>adelante</b>", "markup is words");
    let plugin = || {
        let page = admin.call("GET", "/words?count=1").header("accept-language", "es").send().expect(200).page();
        (page.text("h1"), page.text(".lead"))
    };
    save(&format!("plugin={WORDS}&q=Words"), "Words", "Palabras");
    let files = form(&admin, "es", &format!("plugin={WORDS}&q=files"));
    admin.submit(&files.with("one-0", "un archivo").with("other-0", "{count} archivos")).expect(303);
    assert_eq!(plugin(), ("Palabras".into(), "un archivo".into()));
    admin.post("/utilities/translate/es/offered", &[("offered", "0")]).expect(303);
    assert_eq!(heading().1, "Sign in");
}
