//! Files to take away: all phrases of the server, or of one plugin, with what they are in a language.

use std::collections::BTreeMap;

use vestry_phrase_files::{Catalogue, Direction, Entry, Format, Plural, State};
use vestry_sdk::phrases::{self, Covered, Language, Query};
use vestry_sdk::prelude::*;

use super::{language, language_of, plugin_of};

/// Phrases of one question.
const AT_ONCE: u32 = 500;
/// Formats by the names that addresses have for them.
const FORMATS: [(&str, &str, Format); 3] = [
    ("yaml", "YAML, to be written by hand", Format::Yaml),
    ("xlsx", "XLSX, for spreadsheets", Format::Xlsx),
    ("xliff", "XLIFF 1.2, for programs of translators", Format::Xliff),
];

pub fn form(language: &Language, covered: &[Covered]) -> Form {
    let formats = FORMATS.map(|(name, label, _)| (name, label));
    Form::new(Action::new("Download", "catalogue").param("key", &language.tag))
        .inline()
        .field(Field::select("plugin", "Phrases of", language::choices(covered)))
        .field(Field::select("format", "Format", formats).value("yaml"))
}

pub fn download(request: &Request) -> Result<Download> {
    let language = language_of(request)?;
    let plugin = plugin_of(request.query("plugin").text());
    let asked = request.query("format").text();
    let known = FORMATS.into_iter().find(|(name, ..)| *name == asked);
    let (_, _, format) = known.ok_or_else(|| Failure::not_found("A catalogue is YAML, XLSX or XLIFF: choose one."))?;
    let entries = all(&language, plugin.clone())?.into_iter().map(entry).collect();
    let catalogue =
        Catalogue { source: "en".to_owned(), target: language.tag.clone(), plural: plurals(&language), entries };
    let direction = if language.right_to_left { Direction::RightToLeft } else { Direction::LeftToRight };
    let content = vestry_phrase_files::write(&catalogue, format, direction);
    let part = language::file_part(plugin.as_deref());
    let name = format!("{part}-{}.{}", language.tag, format.extension());
    Ok(Download::new(name, format.media_type(), content))
}

/// All phrases of the server and its plugins, or of one of them.
pub fn all(language: &Language, plugin: Option<String>) -> Result<Vec<phrases::Entry>> {
    let mut query = Query {
        language: language.tag.clone(),
        plugin,
        state: None,
        text: String::new(),
        cursor: None,
        limit: AT_ONCE,
    };
    let mut all = vec![];
    loop {
        let found = phrases::find(&query)?;
        all.extend(found.entries);
        query.cursor = found.next;
        if query.cursor.is_none() {
            return Ok(all);
        }
    }
}

/// Forms that a language has.
pub fn plurals(language: &Language) -> Vec<Plural> {
    language.plurals.iter().filter_map(|name| Plural::named(name)).collect()
}

fn entry(entry: phrases::Entry) -> Entry {
    let forms: BTreeMap<Plural, String> =
        entry.forms.into_iter().filter_map(|(name, words)| Some((Plural::named(&name)?, words))).collect();
    let state = match entry.state.as_str() {
        "missing" => State::Missing,
        "machine" => State::Machine,
        _ => State::Done,
    };
    Entry { plugin: entry.plugin, phrase: entry.phrase, forms, state, note: entry.place }
}
