//! What phrases and translations may hold. The host looks at translations by the same rules when it takes them in; here
//! the line of the file is known, where a translator can mend it.

use crate::bounds::{LONGEST, LONGEST_PLUGIN};
use crate::placeholders::{COUNT, names};
use crate::plural::Plural;
use crate::problem::{Fault, is_turning};

/// The key of an entry.
///
/// # Errors
///
/// What is wrong first. What passes can be written in each format and comes back the same.
pub(crate) fn key(plugin: &str, phrase: &str) -> Result<(), Fault> {
    if plugin.len() > LONGEST_PLUGIN || plugin.chars().any(|char| char.is_control() || char.is_whitespace()) {
        return Err(Fault::Plugin);
    }
    if phrase.trim().is_empty() {
        return Err(Fault::NoPhrase);
    }
    if phrase.len() > LONGEST {
        return Err(Fault::TooLong("the phrase"));
    }
    let outside = |char: &char| (char.is_control() && !"\n\t".contains(*char)) || is_no_character(*char);
    phrase.chars().find(outside).map_or(Ok(()), |char| Err(Fault::Phrase(char.into())))
}

/// One form of a translation.
///
/// # Errors
///
/// What is wrong first.
pub(crate) fn form(phrase: &str, plural: Plural, words: &str) -> Result<(), Fault> {
    if words.len() > LONGEST {
        return Err(Fault::TooLong("a translation"));
    }
    if let Some(char) = words.chars().find(|char| is_invisible(*char)) {
        return Err(Fault::Invisible(char.into()));
    }
    let (wanted, found) = (names(phrase), names(words));
    // "One file" says its number without a digit.
    let lost = wanted.difference(&found).find(|name| **name != COUNT || plural == Plural::Other);
    if let Some(name) = lost {
        return Err(Fault::Lost((*name).to_owned(), plural.name()));
    }
    match found.difference(&wanted).next() {
        Some(name) => Err(Fault::Unknown((*name).to_owned(), plural.name())),
        None => Ok(()),
    }
}

/// Controls, and marks that turn the direction of what follows. Joiners and the marks for one place stay: Arabic and
/// Persian need them.
fn is_invisible(char: char) -> bool {
    (char.is_control() && char != '\n') || is_turning(char) || is_no_character(char)
}

/// The mark of byte order, and what Unicode keeps for inner use; XML does not hold the latter.
fn is_no_character(char: char) -> bool {
    char == '\u{feff}' || u32::from(char) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_can_be_written_in_each_format() {
        assert_eq!(key("org.example.one", "a\n\tb \u{202e}c 😀"), Ok(()));
        assert_eq!(key("", " \n"), Err(Fault::NoPhrase));
        assert_eq!(key("a b", "a"), Err(Fault::Plugin));
        assert_eq!(key(&"a".repeat(101), "a"), Err(Fault::Plugin));
        for char in ['\0', '\r', '\u{1b}', '\u{85}', '\u{feff}', '\u{fffe}', '\u{1ffff}'] {
            assert_eq!(key("", &format!("a{char}")), Err(Fault::Phrase(char.into())));
        }
        assert!(key("", &"a".repeat(LONGEST)).is_ok() && key("", &"a".repeat(LONGEST + 1)).is_err());
    }

    #[test]
    fn a_translation_has_the_values_of_its_phrase() {
        let phrase = "{who} has {count} files";
        let lost = |name: &str, form| Err(Fault::Lost(name.to_owned(), form));
        assert_eq!(form(phrase, Plural::Other, "{count} Dateien hat {who}, {who}"), Ok(()));
        assert_eq!(form(phrase, Plural::One, "{who} hat eine Datei"), Ok(()));
        assert_eq!(form(phrase, Plural::Other, "{who} hat Dateien"), lost("count", "other"));
        assert_eq!(form(phrase, Plural::One, "eine Datei"), lost("who", "one"));
        let unknown = Err(Fault::Unknown("wer".to_owned(), "one"));
        assert_eq!(form(phrase, Plural::One, "{wer} {who} {count}"), unknown);
    }

    #[test]
    fn a_translation_holds_nothing_that_hides() {
        assert_eq!(form("a", Plural::Other, "می\u{200c}خواهم\u{200f}\nب 👩\u{200d}💻"), Ok(()));
        for char in ['\t', '\0', '\u{7f}', '\u{202e}', '\u{202a}', '\u{2066}', '\u{2069}', '\u{2028}', '\u{feff}'] {
            assert_eq!(form("a", Plural::Other, &format!("b{char}")), Err(Fault::Invisible(char.into())));
        }
        assert!(form("a", Plural::Other, &"é".repeat(LONGEST / 2 + 1)).is_err());
    }
}
