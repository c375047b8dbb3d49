//! Whether a translation can stand in place of its phrase.

use std::collections::BTreeSet;

use crate::fill::names;
use crate::{COUNT, Forms, Language, Plural};

/// Bytes of a phrase, and of each form of its translation.
pub const LONGEST: usize = 4096;

/// What is wrong with a translation, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongTranslation {
    #[error("it has no form `other`, which is the one that is always needed")]
    NoOther,
    #[error("`{0}` is left empty; write the words, or take the whole translation away")]
    Empty(&'static str),
    #[error("it has the form `{0}`, which is not counted by; only phrases with {{count}} have several forms")]
    NotCounted(&'static str),
    #[error("`{language}` has no form `{form}`; it has {has}")]
    NoSuchForm { language: String, form: &'static str, has: String },
    #[error("{{{0}}} is missing; it stands for a value that has to be shown")]
    Missing(String),
    #[error("{{{0}}} is not in the phrase, so there is no value for it")]
    Unknown(String),
    #[error("`{0}` leads somewhere where the phrase does not; leave links as they are in it")]
    Leads(String),
    #[error("it is longer than {LONGEST} bytes")]
    TooLong,
    #[error("it holds a character that cannot be seen (U+{0:04X}); take it out")]
    Invisible(u32),
}

/// Whether a phrase has a number in it that its form depends on.
#[must_use]
pub fn is_counted(phrase: &str) -> bool {
    names(phrase).any(|name| name == COUNT)
}

/// # Errors
///
/// What is wrong first.
pub fn check(phrase: &str, forms: &Forms, language: &Language) -> Result<(), WrongTranslation> {
    if forms.get(Plural::Other).is_none() {
        return Err(WrongTranslation::NoOther);
    }
    let (counted, plurals) = (is_counted(phrase), language.plurals());
    let wanted: BTreeSet<&str> = names(phrase).collect();
    for (plural, words) in forms.iter() {
        let form = plural.name();
        if !counted && plural != Plural::Other {
            return Err(WrongTranslation::NotCounted(form));
        }
        if !plurals.contains(&plural) {
            let has = plurals.iter().map(|plural| plural.name()).collect::<Vec<_>>().join(", ");
            return Err(WrongTranslation::NoSuchForm { language: language.tag().to_owned(), form, has });
        }
        form_of(words, &wanted, plural)?;
        if let Some(end) = links(words).find(|end| links(phrase).all(|known| known != *end)) {
            return Err(WrongTranslation::Leads(end.to_owned()));
        }
    }
    Ok(())
}

fn form_of(words: &str, wanted: &BTreeSet<&str>, plural: Plural) -> Result<(), WrongTranslation> {
    if words.chars().all(is_blank) {
        return Err(WrongTranslation::Empty(plural.name()));
    }
    if words.len() > LONGEST {
        return Err(WrongTranslation::TooLong);
    }
    if let Some(sign) = words.chars().find(|sign| is_invisible(*sign)) {
        return Err(WrongTranslation::Invisible(sign.into()));
    }
    let found: BTreeSet<&str> = names(words).collect();
    // "One file" says its number without a digit.
    let missing = wanted.difference(&found).find(|name| **name != COUNT || plural == Plural::Other);
    if let Some(name) = missing {
        return Err(WrongTranslation::Missing((*name).to_owned()));
    }
    match found.difference(wanted).next() {
        Some(name) => Err(WrongTranslation::Unknown((*name).to_owned())),
        None => Ok(()),
    }
}

/// What leads somewhere where words are Markdown (CommonMark 0.31.2, sections 4.7, 6.3 and 6.5): where links lead, that
/// something leads by its name, and addresses in angle brackets.
fn links(words: &str) -> impl Iterator<Item = &str> {
    let until = |at: usize, end: char| words[at..].find(end).map_or(&words[at..], |length| &words[at..=at + length]);
    let inline = words.match_indices("](").map(move |(at, _)| until(at, ')'));
    let by_name = words.match_indices("]:").map(|(_, definition)| definition);
    let brackets = words.match_indices('<').map(move |(at, _)| until(at, '>'));
    let addresses = brackets.filter(|inside| inside.contains(':') && !inside.contains(char::is_whitespace));
    inline.chain(by_name).chain(addresses)
}

/// Controls, marks that turn the direction of what follows, and what only programs read. Joiners, places where a line may
/// break and marks for one place stay: Arabic, Persian, Khmer and others need them.
fn is_invisible(sign: char) -> bool {
    (sign.is_control() && sign != '\n')
        || matches!(sign, '\u{2028}'..='\u{202E}' | '\u{2061}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFB}')
        || matches!(sign, '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Nothing is to be seen of it, as far as it may stand among other signs at all (`Default_Ignorable_Code_Point` of Unicode,
/// and the pattern of Braille without dots).
fn is_blank(sign: char) -> bool {
    sign.is_whitespace()
        || matches!(
            sign,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{2800}'
        )
        || matches!(sign, '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{3164}' | '\u{FFA0}')
        || matches!(sign, '\u{FE00}'..='\u{FE0F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(phrase: &str, tag: &str, forms: &[(&str, &str)]) -> Result<(), String> {
        let forms = forms.iter().map(|(name, words)| (Plural::named(name).unwrap(), (*words).to_owned())).collect();
        check(phrase, &forms, &Language::parse(tag).unwrap()).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn a_translation_has_the_values_of_its_phrase_and_the_forms_of_its_language() {
        let files = "{who} has {count} files";
        for (phrase, tag, forms) in [
            ("Sign in", "es", [("other", "Iniciar sesión")].as_slice()),
            (
                files,
                "es",
                &[
                    ("one", "{who} tiene un archivo"),
                    ("many", "{who} tiene {count} de archivos"),
                    ("other", "{who} tiene {count} archivos"),
                ],
            ),
            (files, "ja", &[("other", "{who}は{count}個")]),
            ("a\nb", "fa", &[("other", "می\u{200C}خواهم\nب")]),
            (
                "See [files](route:list) and <https://example.org>",
                "es",
                &[("other", "<https://example.org> y [archivos](route:list)")],
            ),
            ("Sign in", "km", &[("other", "ចូល\u{200B}គណនី")]),
        ] {
            assert_eq!(checked(phrase, tag, forms), Ok(()));
        }
        for (phrase, tag, forms, said) in [
            ("Sign in", "es", [].as_slice(), "no form `other`"),
            ("Sign in", "es", &[("other", " ")], "empty"),
            ("Sign in", "es", &[("one", "a"), ("other", "b")], "only phrases with {count}"),
            (files, "ja", &[("one", "{who}"), ("other", "{who} {count}")], "`ja` has no form `one`; it has other"),
            (files, "es", &[("other", "{who} tiene")], "{count} is missing"),
            (files, "es", &[("one", "un archivo"), ("other", "{who} {count}")], "{who} is missing"),
            (files, "es", &[("other", "{who} {count} {quien}")], "{quien} is not in the phrase"),
            ("Sign in", "es", &[("other", "\u{200B}\u{200E}\u{3164}\u{2800}\u{AD}")], "empty"),
            ("Sign in", "es", &[("other", "[a](https:&#47;/example.org)")], "`](https:&#47;/example.org)` leads"),
            (
                "See [files](route:list)",
                "es",
                &[("other", "[a](route:list) [b](route:other)")],
                "`](route:other)` leads",
            ),
            ("Sign in", "es", &[("other", "[a]\n\n[a]: https:&#47;/example.org")], "`]:` leads"),
            ("Sign in", "es", &[("other", "a <https:example.org>")], "`<https:example.org>` leads"),
            ("Sign in", "es", &[("other", "a\u{202e}b")], "U+202E"),
            ("Sign in", "es", &[("other", "a\u{2028}b")], "U+2028"),
            ("Sign in", "es", &[("other", "a\u{E0041}b")], "U+E0041"),
            ("Sign in", "es", &[("other", "a\tb")], "U+0009"),
        ] {
            let wrong = checked(phrase, tag, forms).unwrap_err();
            assert!(wrong.contains(said), "{forms:?}: {wrong}");
        }
        assert!(checked("x", "es", &[("other", &"y".repeat(LONGEST + 1))]).is_err());
    }
}
