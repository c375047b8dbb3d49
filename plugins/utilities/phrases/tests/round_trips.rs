//! What is written is read again as it was, whatever stands in it.

#![allow(clippy::unwrap_used)]

use vestry_phrase_files::{Catalogue, Direction, Entry, Format, Plural, State, read, write};

#[path = "support/made.rs"]
mod made;

use made::{Numbers, catalogue};

#[test]
fn each_format_gives_back_what_was_written() {
    for seed in 0..1_500 {
        let mut numbers = Numbers::new(seed);
        let written = catalogue(&mut numbers);
        for format in Format::ALL {
            let direction = [Direction::LeftToRight, Direction::RightToLeft][numbers.below(2)];
            let bytes = write(&written, format, direction);
            assert_eq!(Format::of(&bytes), format);
            let found = read(&bytes, None, &written.plural).unwrap();
            assert_eq!(found.problems, [], "seed {seed}, {format:?}");
            let mut expected = written.clone();
            if format == Format::Yaml {
                expected.entries.iter_mut().for_each(|entry| entry.note.clear());
            }
            assert_eq!(found.catalogue, expected, "seed {seed}, {format:?}");
        }
    }
}

#[test]
fn the_same_catalogue_is_the_same_file() {
    for seed in 0..50 {
        let written = catalogue(&mut Numbers::new(seed));
        for format in Format::ALL {
            let bytes = write(&written, format, Direction::LeftToRight);
            assert!(bytes == write(&written, format, Direction::LeftToRight), "{format:?}");
            let again = read(&bytes, None, &written.plural).unwrap().catalogue;
            if format != Format::Yaml {
                assert!(bytes == write(&again, format, Direction::LeftToRight), "{format:?}");
            }
        }
    }
}

fn entry(plugin: &str, phrase: &str, forms: &[(Plural, &str)], state: State) -> Entry {
    let forms = forms.iter().map(|(form, text)| (*form, (*text).to_owned())).collect();
    Entry { plugin: plugin.to_owned(), phrase: phrase.to_owned(), forms, state, note: String::new() }
}

fn small(entries: Vec<Entry>) -> Catalogue {
    let plural = vec![Plural::One, Plural::Other];
    Catalogue { source: "en".to_owned(), target: "de".to_owned(), plural, entries }
}

#[test]
fn yaml_is_readable() {
    let mut first = entry("", "Sign in", &[(Plural::Other, "Anmelden")], State::Done);
    first.note = "The page\nin front".to_owned();
    let files = [(Plural::One, "{count} Datei"), (Plural::Other, "{count} Dateien")];
    let catalogue = small(vec![
        entry("org.example.logs", "Newest first", &[(Plural::Other, "Neueste zuerst")], State::Machine),
        entry("org.example.logs", "{count} lines", &[(Plural::One, "Eine Zeile")], State::Missing),
        first,
        entry("", "{count} files", &files, State::Machine),
        entry("", "Sign out", &[], State::Missing),
    ]);
    let yaml = String::from_utf8(write(&catalogue, Format::Yaml, Direction::LeftToRight)).unwrap();
    let below = yaml.split_once("\nsource:").unwrap().1;
    let expected = r#" en
target: de
phrases:
  vestry:
    # The page in front
    Sign in: Anmelden
    "{count} files":
      one: "{count} Datei"
      other: "{count} Dateien"
      state: machine
    Sign out:
  org.example.logs:
    Newest first:
      text: Neueste zuerst
      state: machine
    "{count} lines":
      one: Eine Zeile
      other:
"#;
    assert_eq!(below, expected);
}

#[test]
fn what_no_reader_takes_is_not_written() {
    let good = entry("", "Sign in", &[], State::Missing);
    let long = "a".repeat(vestry_phrase_files::bounds::LONGEST + 1);
    let bad = [" ", "a\u{1b}b", "a\r\nb", long.as_str()].map(|phrase| entry("", phrase, &[], State::Missing));
    let catalogue = small(bad.into_iter().chain([good.clone(), entry("a b", "x", &[], State::Missing)]).collect());
    for format in Format::ALL {
        let found = read(&write(&catalogue, format, Direction::LeftToRight), None, &catalogue.plural).unwrap();
        assert_eq!((found.catalogue.entries, found.problems), (vec![good.clone()], vec![]), "{format:?}");
    }
    let empty = small(Vec::new());
    for format in Format::ALL {
        let found = read(&write(&empty, format, Direction::LeftToRight), None, &empty.plural).unwrap();
        assert_eq!(found.catalogue, empty, "{format:?}");
    }
}

#[test]
fn a_large_catalogue_is_read_again() {
    let text = "Ein Satz, wie er auf einer Seite steht, mit {who} darin. ".repeat(2);
    let phrases = (0..20_000).map(|number| format!("A sentence {number} with {{who}}"));
    let entries = phrases.map(|phrase| entry("org.example.one", &phrase, &[(Plural::Other, &text)], State::Done));
    let catalogue = small(entries.collect());
    for format in Format::ALL {
        let bytes = write(&catalogue, format, Direction::LeftToRight);
        let found = read(&bytes, None, &catalogue.plural).unwrap_or_else(|wrong| panic!("{format:?}: {wrong}"));
        assert_eq!(found.catalogue.entries.len(), 20_000, "{format:?}");
    }
}
