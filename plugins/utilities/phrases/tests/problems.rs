//! What is wrong with an entry, or with a file, is said where it can be mended.

#![allow(clippy::unwrap_used)]

use vestry_phrase_files::{Fault, Format, Place, Plural, Read, Wrong, bounds, read};

#[path = "support/made.rs"]
mod made;

use made::{HEADER, row, workbook, zip};

const GERMAN: [Plural; 2] = [Plural::One, Plural::Other];

/// A phrase, a form, a translation, and what is said of them. All formats say the same.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    ("Hello {who}", "", "Hallo", "{who} is missing in `other`"),
    ("Hello {who}", "", "Hallo {wer} {who}", "{wer} in `other` is not in the phrase"),
    ("{count} files", "other", "Dateien", "{count} is missing in `other`"),
    ("{count} files", "few", "{count} Dateien", "`few` is not a form that the language has: it has one, other"),
    ("{count} files", "plenty", "{count} Dateien", "`plenty` is not a form"),
    ("Turned", "", "a\u{202e}b", "U+202E"),
    ("Spaced", "", "a\u{feff}b", "U+FEFF"),
    ("Tab", "", "a\tb", "U+0009"),
];

fn yaml(phrase: &str, form: &str, text: &str) -> Vec<u8> {
    let value = if form.is_empty() { format!("{text:?}") } else { format!("{{{form}: {text:?}}}") };
    let value = value.replace("\\u{202e}", "\\u202E").replace("\\u{feff}", "\\uFEFF");
    format!("target: de\nphrases:\n  vestry:\n    \"{phrase}\": {value}\n    Sign in: Anmelden\n").into_bytes()
}

fn xliff(phrase: &str, form: &str, text: &str) -> Vec<u8> {
    let id = if form.is_empty() { "a".to_owned() } else { format!("a[{form}]") };
    let units = [(id.as_str(), phrase, text), ("b", "Sign in", "Anmelden")].map(|(id, phrase, text)| {
        format!("<trans-unit id='{id}'><source>{phrase}</source><target>{text}</target></trans-unit>")
    });
    let head = "<xliff version='1.2'><file original='vestry' target-language='de'>\n<body>\n";
    format!("{head}{}</body></file></xliff>", units.concat()).into_bytes()
}

fn xlsx(phrase: &str, form: &str, text: &str) -> Vec<u8> {
    let rows = [row(&HEADER), row(&["vestry", phrase, form, text, ""]), row(&["vestry", "Sign in", "", "Anmelden"])];
    workbook(&rows.concat(), "")
}

fn is_the_other_entry(found: &Read) -> bool {
    found.catalogue.entries.len() == 1 && found.catalogue.entries[0].phrase == "Sign in"
}

#[test]
fn each_mistake_is_told_with_its_place_and_the_others_are_read() {
    for (phrase, form, text, said) in MISTAKES {
        let files = [
            (yaml(phrase, form, text), Place::Line(4)),
            (xlsx(phrase, form, text), Place::Row(2)),
            (
                xliff(phrase, form, text),
                Place::Unit { id: if form.is_empty() { "a".to_owned() } else { format!("a[{form}]") }, line: 3 },
            ),
        ];
        for (bytes, place) in files {
            let found = read(&bytes, None, &GERMAN).unwrap();
            let problems: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
            assert!(problems.len() == 1 && problems[0].contains(said), "{phrase}: {problems:?}");
            assert_eq!((&found.problems[0].place, found.problems[0].phrase.as_str()), (&place, *phrase));
            assert!(is_the_other_entry(&found), "{phrase}");
        }
    }
}

#[test]
fn forms_are_for_phrases_with_a_number() {
    for bytes in [yaml("Files", "one", "Datei"), xlsx("Files", "one", "Datei")] {
        let found = read(&bytes, None, &GERMAN).unwrap();
        assert_eq!(found.problems[0].fault, Fault::NotCounted("one".to_owned()));
        assert!(is_the_other_entry(&found));
    }
}

#[test]
fn what_is_too_long_or_no_key_is_left_out() {
    let long = "a".repeat(bounds::LONGEST + 1);
    let rows = [
        row(&HEADER),
        row(&["vestry", "Long", "", &long]),
        row(&["vestry", &long, "", "Lang"]),
        row(&["org example", "Space", "", "Leer"]),
        row(&["vestry", " ", "", "Verwaist"]),
        row(&["vestry", "Ready", "", "Fertig", "perhaps"]),
        row(&["", "Sign in", "", "Anmelden", "DONE "]),
    ];
    let found = read(&workbook(&rows.concat(), ""), Some(Format::Xlsx), &GERMAN).unwrap();
    let faults: Vec<Fault> = found.problems.iter().map(|problem| problem.fault.clone()).collect();
    let expected = [
        Fault::TooLong("a translation"),
        Fault::TooLong("the phrase"),
        Fault::Plugin,
        Fault::NoPhrase,
        Fault::State("perhaps".to_owned()),
    ];
    assert_eq!(faults, expected);
    assert!(is_the_other_entry(&found));
    assert!(found.problems[1].phrase.chars().count() <= bounds::LONGEST_SHOWN + 1);
}

#[test]
fn the_first_of_two_translations_counts() {
    let twice = "phrases:\n  a.b:\n    Sign in: Anmelden\n    Sign in: Einloggen\n    Sign in: Anmelden\n    \
                 '{count} a':\n      one: x\n      one: y\n      other: '{count}'\n  a.b:\n    Sign out: Abmelden\n";
    let found = read(twice.as_bytes(), None, &GERMAN).unwrap();
    let problems: Vec<_> =
        found.problems.iter().map(|problem| (problem.place.clone(), problem.fault.clone())).collect();
    assert_eq!(problems, [(Place::Line(4), Fault::Twice("other")), (Place::Line(8), Fault::Twice("one"))]);
    let texts: Vec<&str> =
        found.catalogue.entries.iter().flat_map(|entry| entry.forms.values()).map(|text| &**text).collect();
    assert_eq!(texts, ["Anmelden", "x", "{count}", "Abmelden"]);
}

#[test]
fn values_of_yaml_that_are_no_text_are_problems() {
    let text = "phrases:\n  a.b:\n    List: [a, b]\n    Deep: {one: {two: x}}\n    State: {text: a, state: [x]}\n    \
                Odd: {text: a, state: so-so}\n    Sign in: Anmelden\n";
    let found = read(text.as_bytes(), None, &GERMAN).unwrap();
    let faults: Vec<Fault> = found.problems.iter().map(|problem| problem.fault.clone()).collect();
    assert_eq!(faults, [Fault::Shape, Fault::Shape, Fault::Shape, Fault::State("so-so".to_owned())]);
    assert!(is_the_other_entry(&found));
}

#[test]
fn lines_may_end_as_windows_ends_them() {
    let unit = "<trans-unit id='a'><source>a&#13;\nb\r\nc</source><target>x&#xD;y</target></trans-unit>";
    let file = format!("<xliff><file original='a.b'><body>{unit}</body></file></xliff>");
    let found = read(file.as_bytes(), None, &GERMAN).unwrap();
    assert_eq!(found.problems, []);
    assert_eq!(found.catalogue.entries[0].phrase, "a\nb\nc");
    assert_eq!(found.catalogue.entries[0].forms[&Plural::Other], "x\ny");
}

#[test]
fn too_many_problems_are_counted() {
    let rows: String = (0..1_000).map(|number| row(&["", &format!("{{a}} {number}"), "", "b"])).collect();
    let found = read(&workbook(&(row(&HEADER) + &rows), ""), None, &GERMAN).unwrap();
    assert_eq!((found.problems.len(), found.untold), (bounds::MOST_PROBLEMS, 1_000 - bounds::MOST_PROBLEMS));
}

#[test]
fn what_is_wrong_with_yaml_is_said_with_its_line() {
    for (text, expected) in [
        ("", "the file is empty"),
        ("  \n", "the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("Sign in", "line 1: a catalogue has the keys"),
        ("Plugin,Phrase\nvestry,Sign in\n", "line 1: a catalogue has the keys"),
        ("target: de\nprhases: {}\n", "line 2: a catalogue has the keys `source`, `target` and `phrases` alone"),
        ("phrases: [a]\n", "line 1: below `phrases` belong ids of plugins"),
        ("phrases:\n  a.b: text\n", "line 2: below a plugin belong its phrases"),
        ("target: [de]\n", "line 1: the tag of a language belongs here"),
        ("target: klingon!\n", "`klingon!` is not the tag of a language"),
        ("target: de\ntarget: fr\n", "names two languages, `de` and `fr`"),
        ("target: de\n---\ntarget: de\n", "only one document"),
        ("phrases:\n  a.b:\n    x: &a y\n    z: *a\n", "line 3: anchors and aliases"),
        ("phrases: &a\n  a.b: {<<: *a}\n", "line 2: anchors and aliases"),
        ("phrases:\n  a.b:\n\tx: y\n", "line 3: this is no YAML"),
        ("phrases:\n  a.b:\n    {count} files: Dateien\n", "line 3: this key is no text; put quotes"),
        ("phrases:\n  a.b:\n    x: {who} ist da\n    y: z\n", "put quotes around a text that begins with `{`"),
        ("phrases:\n  a.b:\n    \"open: Dateien\n", "this is no YAML"),
    ] {
        let wrong = read(text.as_bytes(), Some(Format::Yaml), &GERMAN).unwrap_err().to_string();
        assert!(wrong.contains(expected), "{text:?}: {wrong}");
    }
    assert_eq!(read(b"a: \xff", None, &GERMAN), Err(Wrong::NotUtf8));
    assert_eq!(read(b"\xff\xfea\0", None, &GERMAN), Err(Wrong::NotUtf8));
}

#[test]
fn what_is_wrong_with_xliff_is_said() {
    let body = |inside: &str| format!("<xliff version='1.2'><file original='a'><body>{inside}</body></file></xliff>");
    for (text, expected) in [
        ("<a/>".to_owned(), "this is XML, but not XLIFF 1.2"),
        ("<TS version='2.1'/>".to_owned(), "Qt Linguist"),
        ("<xliff version='2.0'/>".to_owned(), "XLIFF 2"),
        ("<!DOCTYPE xliff><xliff/>".to_owned(), "declares a document type"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><xliff>&b;</xliff>".to_owned(), "declares a document type"),
        (body("<trans-unit id='a'><source>&lol;</source></trans-unit>"), "entities"),
        (body("\n<trans-unit id='a'><source>"), "line 2: this is no XML"),
        (body(&"<group>".repeat(100)), "64 deep"),
        ("<xliff".to_owned(), "no XML"),
        ("<!-- only this -->".to_owned(), "no element"),
        (
            "<xliff><file target-language='de'/><file target-language='fr'/></xliff>".to_owned(),
            "names two languages, `de` and `fr`",
        ),
        ("<xliff><file target-language='../../de'/></xliff>".to_owned(), "not the tag of a language"),
    ] {
        let wrong = read(text.as_bytes(), None, &GERMAN).unwrap_err().to_string();
        assert!(wrong.contains(expected), "{text:?}: {wrong}");
    }
}

/// A ZIP with a name in it that no honest program writes.
fn named(honest: &str, name: &str) -> Vec<u8> {
    let mut bytes = zip(&[("[Content_Types].xml", b"<Types/>"), (honest, b"")]);
    while let Some(at) = bytes.windows(honest.len()).position(|window| window == honest.as_bytes()) {
        bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
    }
    bytes
}

#[test]
fn what_is_wrong_with_a_workbook_is_said() {
    let types: (&str, &[u8]) = ("[Content_Types].xml", b"<Types/>");
    let book: (&str, &[u8]) = ("xl/workbook.xml", b"<workbook/>");
    for (bytes, expected) in [
        (b"PK\x03\x04nothing more".to_vec(), "the ZIP is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old".to_vec(), "a file of old Office"),
        (zip(&[("a", b"b")]), "`[Content_Types].xml` is missing"),
        (zip(&[types]), "`xl/workbook.xml` is missing"),
        (zip(&[types, ("mimetype", b"x")]), "save it as .xlsx"),
        (zip(&[types, ("word/document.xml", b"x")]), "a document of Word"),
        (zip(&[types, book, ("XL/workbook.xml", b"<workbook/>")]), "stands in the ZIP twice"),
        (named("xl_UP_UP_a", "xl\\..\\..\\a"), "leads out of it"),
        (named("xl/UP/UP/etc/passwd", "xl/../../etc/passwd"), "leads out of it"),
        (named("C_a", "C:a"), "leads out of it"),
        (named("_etc/passwd", "/etc/passwd"), "leads out of it"),
        (workbook("", ""), "no sheet has the columns"),
        (workbook(&row(&["Phrase", "Translation"]), ""), "no sheet has the columns"),
        (workbook("<!DOCTYPE a>", ""), "declares a document type"),
        (workbook("<row>", ""), "no XML"),
        (workbook(&row(&["Plugin", "Phrase", "Translation (Deutsch, bitte)"]), ""), "not the tag of a language"),
    ] {
        let wrong = read(&bytes, None, &GERMAN).unwrap_err().to_string();
        assert!(wrong.contains(expected), "{wrong}, not {expected}");
    }
    assert_eq!(read(b"target: de", Some(Format::Xlsx), &GERMAN), Err(Wrong::NoZip));
}
