//! Files of translators, out and in.

use serde_json::Value;
use vestry_tests::utilities::column;
use vestry_tests::{Answer, Client, Form, wait_for};

use crate::{HOUSE, SOON, WORDS, add, fact, form, language, phrases, remove, total, yaml};

const FILES: &str = "{count} files";
/// Translates each phrase of a form by putting the language before it.
fn filled(form: Form, tag: &str) -> Form {
    phrases(&form).into_iter().fold(form, |form, (number, phrase)| {
        let names: Vec<String> =
            form.names.iter().filter(|name| name.ends_with(&format!("-{number}"))).cloned().collect();
        let forms = names.into_iter().filter(|name| {
            ["zero", "one", "two", "few", "many", "other"].iter().any(|form| name.starts_with(&format!("{form}-")))
        });
        forms.fold(form, |form, name| {
            let plural = name.split('-').next().expect("a form").to_owned();
            form.with(&name, &format!("{tag} {plural} {phrase}"))
        })
    })
}

/// Sends a file to be imported.
pub fn imported(client: &Client, tag: &str, mode: &str, name: &str, content: &[u8]) -> Answer {
    let call = client.call("POST", &format!("/utilities/translate/{tag}/imports"));
    call.file(&[("mode", mode)], name, content).send()
}

/// What became of an import: its page as data, once it is done.
#[track_caller]
pub fn outcome(client: &Client, answer: &Answer) -> Value {
    let at = answer.location().unwrap_or_else(|| panic!("it is not taken: {}", answer.page().text("main")));
    let page = || client.get_json(&at).expect(200).json();
    let ended = wait_for(SOON, || {
        let page = page();
        let state = &page["blocks"]["job"]["state"];
        (state.is_null() || state == "done").then_some(page)
    });
    ended.unwrap_or_else(|| panic!("it does not end: {:#}", page()))
}

fn counts(page: &Value) -> [u64; 5] {
    ["Translations in the file", "Changed", "Unchanged", "Kept as they are", "Refused"]
        .map(|label| fact(page, "counts", label).as_u64().expect("a number"))
}

#[test]
fn what_is_downloaded_comes_back_as_it_was_in_each_format() {
    let admin = HOUSE.as_admin();
    for (tag, format) in [("cs", "yaml"), ("hu", "xlsx"), ("fa", "xliff")] {
        add(&admin, tag);
        for query in ["plugin=vestry&q=%7Bcount%7D".to_owned(), format!("plugin={WORDS}"), "plugin=vestry".to_owned()] {
            let form = filled(form(&admin, tag, &query), tag);
            let before = total(&admin, tag, "state=done");
            admin.submit(&form).expect(303);
            assert!(total(&admin, tag, "state=done") > before);
        }
        let wanted = total(&admin, tag, "state=done");
        let all = total(&admin, tag, "");
        let path = format!("/utilities/translate/{tag}/catalogue?plugin=&format={format}");
        let answer = admin.get(&path).expect(200);
        let name = answer.header("content-disposition").unwrap_or_default().to_owned();
        assert!(name.contains(&format!("vestry-{tag}.")), "{name}");
        let (file, before) = (answer.body, yaml(&admin, tag));
        assert!(before.contains(&format!("target: {tag}")) && before.contains(WORDS), "{before}");
        if format == "xliff" {
            let units = String::from_utf8_lossy(&file).matches("<source>").count() as u64;
            assert!(units >= all, "missing ones too: {units} of {all}");
        }
        remove(&admin, tag);
        add(&admin, tag);
        assert_eq!(total(&admin, tag, "state=done"), 0);
        let page = outcome(&admin, &imported(&admin, tag, "keep", "back", &file));
        assert_eq!(counts(&page), [wanted, wanted, 0, 0, 0], "{format}");
        assert_eq!(yaml(&admin, tag), before, "{format}");
        let page = outcome(&admin, &imported(&admin, tag, "replace", "back", &file));
        assert_eq!(counts(&page), [wanted, 0, wanted, 0, 0], "{format}");
        // One plugin alone.
        let path = format!("/utilities/translate/{tag}/catalogue?plugin={WORDS}&format={format}");
        assert!(admin.get(&path).expect(200).body.len() < file.len());
    }
    admin.get("/utilities/translate/da/catalogue?format=doc").expect(404);
}

#[test]
fn an_import_says_what_it_did_with_everything_in_the_file() {
    let admin = HOUSE.as_admin();
    add(&admin, "nl");
    let file = format!(
        "source: en\ntarget: nl\nphrases:\n  vestry:\n    Sign in: Inloggen\n    Nobody ever said this: Nooit\n  {WORDS}:\n    \
         \"A letter from {{who}}\": Een brief\n    \"{FILES}\":\n      one: een bestand\n      few: x\n      other: \"{{count}} \
         bestanden\"\n    Words:\n    Says things:\n      text: Zegt dingen\n      state: machine\n"
    );
    let page = outcome(&admin, &imported(&admin, "nl", "keep", "nl.yml", file.as_bytes()));
    assert_eq!(counts(&page), [5, 2, 0, 0, 3], "{page:#}");
    let (places, why) = (column(&page, "refused", "place"), column(&page, "refused", "why"));
    assert_eq!(places[..2], ["line 8", "line 11"]);
    assert!(why[0].as_str().expect("a sentence").contains("{who} is missing"), "{why:?}");
    assert!(why[1].as_str().expect("a sentence").contains("`few`"), "{why:?}");
    assert!(why[2].as_str().expect("a sentence").contains("no such phrase"), "{why:?}");
    assert_eq!(column(&page, "refused", "phrase")[2], "Nobody ever said this");
    assert_eq!(total(&admin, "nl", "state=machine"), 1);

    // Keeping and replacing.
    let file = b"target: nl\nphrases:\n  vestry:\n    Sign in: Aanmelden\n  org.example.words:\n    Words: Woorden\n";
    let page = outcome(&admin, &imported(&admin, "nl", "keep", "nl.yml", file));
    assert_eq!(counts(&page), [2, 1, 0, 1, 0]);
    assert!(yaml(&admin, "nl").contains("Sign in: Inloggen"));
    let page = outcome(&admin, &imported(&admin, "nl", "replace", "nl.yml", file));
    assert_eq!(counts(&page), [2, 1, 1, 0, 0]);
    assert!(yaml(&admin, "nl").contains("Sign in: Aanmelden"));

    // The one that a machine made is looked at.
    let query = format!("plugin={WORDS}&state=machine");
    let looked = form(&admin, "nl", &query);
    assert_eq!(looked.value("other-0"), Some("Zegt dingen"));
    admin.submit(&looked.and("looked-0", "1")).expect(303);
    assert_eq!(total(&admin, "nl", &query), 0);
    assert_eq!(fact(&language(&admin, "nl"), "about", "To be looked at"), 0);
}

#[test]
fn files_that_cannot_be_read_are_refused_at_the_field() {
    let admin = HOUSE.as_admin();
    let large = vec![b'#'; (7 << 20) + 1];
    for (content, words) in [
        (&b"target: fi\nphrases:\n  vestry:\n    Sign in: Kirjaudu\n"[..], "translations into “fi”"),
        (b"", "Choose a file"),
        (b"PK\x03\x04 is no workbook", "ZIP"),
        (b"<xliff", "XML"),
        (b"%PDF-1.7 \x00\xff\xfe", "UTF-8"),
        (&large, "larger than 7 MiB"),
    ] {
        let answer = imported(&admin, "da", "replace", "file.yml", content).expect(422);
        let page = answer.page();
        assert_eq!(page.attributes("[name=file]", "aria-invalid"), ["true"], "{words}");
        assert!(page.text(".field-wrong .wrong").contains(words), "{}", page.text(".field-wrong"));
    }
    let answer = admin.post("/utilities/translate/da/imports", &[("mode", "keep")]).expect(422);
    assert!(answer.page().text(".wrong").contains("Choose a file"));
}

#[test]
fn a_large_file_is_imported_by_a_job() {
    const UNKNOWN: usize = 1_500;
    let admin = HOUSE.as_admin();
    add(&admin, "it");
    let mut file = String::from("target: it\nphrases:\n  org.example.gone:\n");
    for number in 0..UNKNOWN {
        file.push_str(&format!("    Phrase {number}: Frase {number}\n"));
    }
    file.push_str(&format!("  {WORDS}:\n    Words: Parole\n    Says things: Dice cose\n"));
    let answer = imported(&admin, "it", "keep", "large.yml", file.as_bytes()).expect(303);
    let page = outcome(&admin, &answer);
    assert_eq!(page["blocks"]["job"]["state"], "done", "{page:#}");
    assert_eq!(counts(&page), [UNKNOWN as u64 + 2, 2, 0, 0, UNKNOWN as u64]);
    assert_eq!(total(&admin, "it", "state=done"), 2);
    // Each refusal is there, over all pages.
    let (mut met, mut at) = (0, answer.location().expect("its page"));
    loop {
        let page = admin.get_json(&at).expect(200).json();
        met += column(&page, "refused", "why").len();
        match page["blocks"]["refused"]["next"].as_str() {
            Some(next) => at = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(met, UNKNOWN);
}

#[test]
fn the_largest_files_are_taken_or_refused_in_words() {
    let admin = HOUSE.as_admin();
    add(&admin, "ro");
    let catalogue = |phrases: usize, length: usize| {
        let words = "cuvinte ".repeat(length / 16);
        let lines = (0..phrases).map(|number| format!("    Phrase {number} {words}: Fraza {number} {words}\n"));
        format!("target: ro\nphrases:\n  org.example.gone:\n{}", lines.collect::<String>())
    };
    let file = catalogue(20_000, 300);
    assert!(file.len() > 5 << 20, "{}", file.len());
    let page = outcome(&admin, &imported(&admin, "ro", "keep", "large.yml", file.as_bytes()).expect(303));
    assert_eq!(counts(&page), [20_000, 0, 0, 0, 20_000]);
    let many = imported(&admin, "ro", "keep", "many.yml", catalogue(20_001, 32).as_bytes()).expect(422);
    assert!(many.page().text(".wrong").contains("20000 phrases"), "{}", many.page().text(".wrong"));
}
