//! `phrases`: what phrases of the server and of its plugins are in other languages.
//!
//! What is asked for is held against the rules here, so that nothing in the database can be said that leaves out a value,
//! hides something or leads elsewhere. Who may do this words what the server warns of, too, which is why people are told that
//! it is grave; what stands where the server asks for a yes takes `server.manage` as well.

mod changing;
mod finding;

use std::collections::BTreeMap;

use serde_json::json;
use vestry_contract::types::{Failure, FieldError, Text};
use vestry_phrases::{Forms, Language, Plural, shipped};
use vestry_storage::{Reader, Result as Stored, Transaction, TranslationRow};

pub(crate) use changing::{PhraseWrite, apply, make, put_language, remove_language};
pub(crate) use finding::{coverage, describe, find, languages};

/// States of a translation.
const SHIPPED: &str = "shipped";
const MACHINE: &str = "machine";
const DONE: &str = "done";
const MISSING: &str = "missing";

fn parse(tag: &str) -> Result<Language, Failure> {
    Language::parse(tag).map_err(|wrong| invalid("language", format!("{wrong}.")))
}

fn invalid(field: &str, message: String) -> Failure {
    Failure::Invalid(vec![FieldError { field: field.into(), message: Text::Data(message), line: None, column: None }])
}

fn not_added(language: &Language) -> Failure {
    Failure::NotFound(format!("{} ({language}) was not added to this server", language.name()))
}

/// Forms as they are kept.
fn to_json(forms: &Forms) -> String {
    let named: BTreeMap<&str, &str> = forms.iter().map(|(plural, words)| (plural.name(), words)).collect();
    json!(named).to_string()
}

/// Forms as they were kept, in the order of Unicode CLDR.
fn from_json(kept: &str) -> Vec<(String, String)> {
    let named: BTreeMap<String, String> = serde_json::from_str(kept).unwrap_or_default();
    let mut forms: Vec<_> =
        named.into_iter().filter_map(|(name, words)| Some((Plural::named(&name)?, words))).collect();
    forms.sort();
    forms.into_iter().map(|(plural, words)| (plural.name().to_owned(), words)).collect()
}

/// Brings what came with the program for a language up to date: what people have said stays. Answers whether anything was
/// changed.
///
/// # Errors
///
/// Where the database cannot be written.
pub fn bring_in_shipped(tx: &Transaction<'_>, language: &Language, now: u64) -> Stored<bool> {
    let mut there: BTreeMap<(String, String), TranslationRow> = BTreeMap::new();
    for row in tx.translations(language.tag())? {
        there.insert((row.plugin.clone(), row.phrase.clone()), row);
    }
    let mut changed = false;
    for new in shipped::catalogue(language) {
        let (key, forms) = ((new.plugin, new.phrase), to_json(&new.forms));
        let known = there.remove(&key);
        if known.is_some_and(|row| row.state != SHIPPED || row.forms == forms) {
            continue;
        }
        let (plugin, phrase) = key;
        let (state, changed_by) = (SHIPPED.to_owned(), String::new());
        tx.put_translation(language.tag(), &TranslationRow { plugin, phrase, forms, state, changed: now, changed_by })?;
        changed = true;
    }
    for ((plugin, phrase), row) in there {
        changed |= row.state == SHIPPED && tx.delete_translation(language.tag(), &plugin, &phrase)?;
    }
    if changed {
        tx.raise_wording()?;
    }
    Ok(changed)
}

fn is_added(reader: &Reader<'_>, language: &Language) -> Stored<bool> {
    Ok(reader.languages()?.iter().any(|row| row.tag == language.tag()))
}

#[cfg(test)]
mod tests;
