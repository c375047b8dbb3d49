//! What comes with the program: the phrases of the server itself, and what they are in some languages.
//!
//! The files lie in `templates/languages/`. `phrases.yml` is written by `cargo xtask phrases`; a catalogue `TAG.yml` is what
//! the translation utility gives out as YAML, so that it is made, looked at and mended there.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Forms, Language, Plural};

/// By the file that each stands in.
const PHRASES: &str = include_str!("../../../templates/languages/phrases.yml");

/// Catalogues by the tag of their language.
const CATALOGUES: &[(&str, &str)] = &[
    ("ar", include_str!("../../../templates/languages/ar.yml")),
    ("en", include_str!("../../../templates/languages/en.yml")),
    ("es", include_str!("../../../templates/languages/es.yml")),
];

/// What stands for the server in a catalogue, where plugins are named by their ids.
const SERVER: &str = "vestry";

/// Where the server asks somebody for a yes that a plugin must not have without it, what it says there of permissions,
/// privileges and packages, and the page for recovery, whose buttons act at once: files, and folders of such.
const QUESTIONS: &[&str] = &[
    "account/confirm.html",
    "account/consent.html",
    "panels/consent.html",
    "safe.html",
    "host/src/web/confirm",
    "host/src/web/panels/consent",
    "host/src/web/safe.rs",
    "host/src/installer/grants.rs",
    "host/src/registry/mount.rs",
    "host/catalog/src/",
    "host/identity/src/permission.rs",
    "host/identity/src/privileges.rs",
];

/// Phrases that stand there.
static ASKED: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let is_question = |place: &str| QUESTIONS.iter().any(|question| place.starts_with(question));
    phrases().into_iter().filter(|(place, _)| is_question(place)).map(|(_, phrase)| phrase).collect()
});

#[derive(Deserialize)]
struct File {
    phrases: BTreeMap<String, BTreeMap<String, Option<Words>>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Forms(BTreeMap<String, String>),
}

/// A translation that came with the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipped {
    /// Empty for the server itself.
    pub plugin: String,
    pub phrase: String,
    pub forms: Forms,
}

/// Whether this phrase of the server stands where it asks for a yes, if perhaps elsewhere too: whoever words it could make
/// somebody approve what they would not.
#[must_use]
pub fn is_asked(phrase: &str) -> bool {
    ASKED.contains(phrase)
}

/// The phrases of the server itself, each with the files that it stands in.
#[must_use]
pub fn phrases() -> Vec<(String, String)> {
    let read: BTreeMap<String, Vec<String>> = serde_saphyr::from_str(PHRASES).unwrap_or_default();
    read.into_iter()
        .flat_map(|(place, phrases)| phrases.into_iter().map(move |phrase| (place.clone(), phrase)))
        .collect()
}

/// What there is in a language; nothing where there is no catalogue of it.
#[must_use]
pub fn catalogue(language: &Language) -> Vec<Shipped> {
    let found = CATALOGUES.iter().find(|(tag, _)| *tag == language.tag());
    found.and_then(|(_, text)| read(text).ok()).unwrap_or_default()
}

fn read(text: &str) -> Result<Vec<Shipped>, serde_saphyr::Error> {
    let file: File = serde_saphyr::from_str(text)?;
    let mut shipped = Vec::new();
    for (plugin, phrases) in file.phrases {
        let plugin = if plugin == SERVER { String::new() } else { plugin };
        for (phrase, words) in phrases {
            let forms = match words {
                None => continue,
                Some(Words::One(words)) => Forms::one(words),
                Some(Words::Forms(forms)) => {
                    forms.into_iter().filter_map(|(name, words)| Some((Plural::named(&name)?, words))).collect()
                }
            };
            shipped.push(Shipped { plugin: plugin.clone(), phrase, forms });
        }
    }
    Ok(shipped)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::check;

    #[test]
    fn the_words_of_questions_are_known_wherever_else_they_stand() {
        for asked in
            ["Approve", "Cancel", "Your password", "Keep data of its own", "Delete accounts", "User", "Unmount"]
        {
            assert!(is_asked(asked), "{asked}");
        }
        assert!(!is_asked("Sign in") && !is_asked("Approve "));
        let places: Vec<String> = phrases().into_iter().map(|(place, _)| place).collect();
        for question in QUESTIONS {
            assert!(places.iter().any(|place| place.starts_with(question)), "{question} has no phrase any more");
        }
    }

    #[test]
    fn every_phrase_of_the_server_has_a_translation_in_each_catalogue_that_can_stand_for_it() {
        let known: BTreeSet<String> = phrases().into_iter().map(|(_, phrase)| phrase).collect();
        assert!(known.len() > 200, "{}", known.len());
        for (tag, text) in CATALOGUES {
            let language = Language::parse(tag).unwrap();
            let shipped = read(text).unwrap();
            for Shipped { phrase, forms, .. } in &shipped {
                assert_eq!(check(phrase, forms, &language), Ok(()), "{tag}: {phrase}");
            }
            let said: BTreeSet<String> =
                shipped.into_iter().filter(|one| one.plugin.is_empty()).map(|one| one.phrase).collect();
            // English is only what reads otherwise where it counts one thing.
            let missing: Vec<_> = known.difference(&said).filter(|_| *tag != "en").collect();
            let over: Vec<_> = said.difference(&known).collect();
            assert!(missing.is_empty() && over.is_empty(), "{tag}: missing {missing:#?}, of no use {over:#?}");
        }
    }
}
