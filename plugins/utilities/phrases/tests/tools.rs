//! Files as people's tools save them (`files/README.md` says how they were made) are read as they were meant.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use vestry_phrase_files::{Catalogue, Entry, Plural, Read, State, read};

fn file(name: &str, plural: &[Plural]) -> Read {
    let path = format!("{}/tests/files/{name}", env!("CARGO_MANIFEST_DIR"));
    read(&std::fs::read(path).unwrap(), None, plural).unwrap_or_else(|wrong| panic!("{name}: {wrong}"))
}

fn entry(plugin: &str, phrase: &str, forms: &[(Plural, &str)], state: State, note: &str) -> Entry {
    let forms: BTreeMap<Plural, String> = forms.iter().map(|(form, text)| (*form, (*text).to_owned())).collect();
    Entry { plugin: plugin.to_owned(), phrase: phrase.to_owned(), forms, state, note: note.to_owned() }
}

fn one(plugin: &str, phrase: &str, text: &str, state: State) -> Entry {
    entry(plugin, phrase, &[(Plural::Other, text)], state, "")
}

/// What most of the files were made of.
fn sample() -> Catalogue {
    use Plural::{Few, Many, One, Other, Two, Zero};
    let files = [
        (Zero, "لا ملفات"),
        (One, "ملف واحد"),
        (Two, "ملفان"),
        (Few, "{count} ملفات"),
        (Many, "{count} ملفا"),
        (Other, "{count} ملف"),
    ];
    let entries = vec![
        entry("", "Sign in", &[(Other, "تسجيل الدخول")], State::Done, "Page: sign in"),
        entry("", "{count} files", &files, State::Machine, "List of files"),
        entry("", "Sign out", &[], State::Missing, ""),
        entry("", "=1+1 <b>& \"x\" ]]>", &[(Other, "=1+1 <b>& \"x\" ]]>")], State::Done, "two\nlines"),
        entry("org.vestry.logs", "{count} lines of {name}", &[(One, "سطر واحد من {name}")], State::Missing, "Logs"),
        entry("org.vestry.logs", " Newest\nfirst ", &[(Other, " الأحدث\nأولا ")], State::Machine, ""),
    ];
    Catalogue { source: "en".to_owned(), target: "ar".to_owned(), plural: Plural::ALL.to_vec(), entries }
}

fn without_notes(mut catalogue: Catalogue) -> Catalogue {
    catalogue.entries.iter_mut().for_each(|entry| entry.note.clear());
    catalogue
}

#[test]
fn workbooks_saved_again_are_the_same() {
    for name in ["openpyxl-saved.xlsx", "sheetjs-saved.xlsx", "exceljs-saved.xlsx"] {
        let found = file(name, &Plural::ALL);
        assert_eq!((found.catalogue, found.problems), (sample(), vec![]), "{name}");
    }
}

#[test]
fn a_workbook_may_be_laid_out_by_hand() {
    use Plural::{One, Other};
    let found = file("openpyxl-by-hand.xlsx", &[One, Other]);
    let files = [(One, "{count} Datei"), (Other, "{count} Dateien")];
    let expected = [
        one("", "Sign in", "Anmelden", State::Done),
        entry("", "{count} files", &files, State::Machine, ""),
        one("", "Forty-two", "42", State::Done),
        one("org.example.a", "1e3", "1000.5", State::Done),
        one("org.example.a", "true", "TRUE", State::Done),
        entry("org.example.a", "Not yet", &[], State::Missing, ""),
        one("org.example.a", "Hello {who}!", "Hallo {who}!", State::Done),
    ];
    assert_eq!(found.catalogue.entries, expected);
    assert_eq!((found.catalogue.source.as_str(), found.catalogue.target.as_str()), ("en", "de-DE"));
    let words: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
    let expected = [
        "row 15, “Files of {who}”: {who} is missing",
        "row 16, “Ready”: `finished` is not a state",
        "row 17, “{count} pages”: `few` is not a form that the language has: it has one, other",
        "row 18, “=Sum”: the cell holds the error #NAME?",
    ];
    assert_eq!(words.len(), expected.len(), "{words:?}");
    for (words, expected) in words.iter().zip(expected) {
        assert!(words.starts_with(expected), "{words}");
    }
}

#[test]
fn cells_may_share_texts_with_runs_in_them() {
    let found = file("xlsxwriter.xlsx", &[Plural::Other]);
    let expected = [
        one("", "{count} files", "{count} 個のファイル", State::Done),
        entry("", "Sign in", &[(Plural::Other, "サインイン")], State::Done, "Page\nof accounts"),
        one("", "Sum", "合計", State::Machine),
        one("", "Seven", "7", State::Done),
    ];
    assert_eq!((found.catalogue.entries.as_slice(), found.problems), (expected.as_slice(), vec![]));
    assert_eq!(found.catalogue.target, "ja");
}

#[test]
fn xliff_comes_back_from_a_tool() {
    let found = file("translate-toolkit-saved.xlf", &Plural::ALL);
    let mut expected = sample();
    expected.entries[1].state = State::Done;
    expected.entries[2] = one("", "Sign out", "تسجيل الخروج", State::Machine);
    assert_eq!((found.catalogue, found.problems), (expected, vec![]));
}

/// Its phrases are others, but what can be read of it is.
#[test]
fn xliff_made_of_gettext_is_read_as_far_as_it_goes() {
    let found = file("po2xliff.xlf", &[Plural::One, Plural::Other]);
    let states: Vec<(&str, State)> =
        found.catalogue.entries.iter().skip(1).map(|entry| (entry.phrase.as_str(), entry.state)).collect();
    assert_eq!(states, [("Sign in", State::Done), ("Sign out", State::Machine), ("One file", State::Done)]);
    assert_eq!(found.problems.len(), 1);
    assert!(found.problems[0].to_string().starts_with("line 36, unit `5[1]`, “{count} files”: `1` is not a form"));
}

#[test]
fn yaml_comes_back_from_tools() {
    let mut expected = without_notes(sample());
    expected.entries[2] = one("", "Sign out", "no", State::Done);
    let mut found = file("pyyaml-saved.yml", &Plural::ALL);
    assert_eq!(found.problems, []);
    // It sorts by the alphabet.
    let by_name = |one: &Entry, other: &Entry| (&one.plugin, &one.phrase).cmp(&(&other.plugin, &other.phrase));
    found.catalogue.entries.sort_by(by_name);
    expected.entries.sort_by(by_name);
    assert_eq!(found.catalogue, expected);

    let mut expected = without_notes(sample());
    expected.entries[1].state = State::Done;
    expected.entries[2] = one("", "Sign out", "تسجيل الخروج", State::Done);
    let found = file("ruamel-saved.yml", &Plural::ALL);
    assert_eq!((found.catalogue, found.problems), (expected, vec![]));
}

#[test]
fn yaml_is_written_by_hand_in_many_ways() {
    let found = file("by-hand.yml", &[Plural::One, Plural::Other]);
    assert_eq!(found.problems, []);
    let entries: Vec<(String, String)> = found
        .catalogue
        .entries
        .iter()
        .map(|entry| (entry.phrase.clone(), entry.forms.values().cloned().collect::<Vec<_>>().join("|")))
        .collect();
    let expected = [
        ("Sign in", "Entrar agora"),
        ("Zero", "Null"),
        ("On", "on"),
        ("It's", "É"),
        ("Line\nbreak", "Quebra\nde linha"),
        ("Empty", ""),
        ("Later", ""),
        ("Number", "1e3"),
        ("{count} files", "1|{count} arquivos"),
        ("Yes", "sim"),
        ("No", "não"),
    ];
    assert_eq!(entries, expected.map(|(phrase, text)| (phrase.to_owned(), text.to_owned())));
    assert_eq!((found.catalogue.source.as_str(), found.catalogue.target.as_str()), ("en", "pt-BR"));
}

#[test]
fn xliff_may_be_full_of_what_a_tool_needs() {
    let found = file("tags-and-namespaces.xlf", &[Plural::Other]);
    assert_eq!(found.problems, []);
    let hello = [(Plural::Other, "Bonjour {who}, {when}")];
    let expected = [
        entry("org.example.a", "Hello {who}, {when}", &hello, State::Done, "Greeting"),
        entry("org.example.a", "Yes", &[], State::Missing, ""),
    ];
    assert_eq!(found.catalogue.entries, expected);
    assert_eq!((found.catalogue.source.as_str(), found.catalogue.target.as_str()), ("en-US", "fr-FR"));
}
