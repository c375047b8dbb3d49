//! "Translate system phrases": the languages that the server and its plugins speak beside English, and what they say in
//! each - looked at, written in an editor, brought along in files and taken away as such, filled in by a machine.
//!
//! What may be said in place of a phrase is for the host to decide; here people are told at the field, or at the line of
//! their file, what it has refused.
//!
//! Deliberately not here: which phrases there are (the host notes what it shows), and glossaries or memories of
//! translations, which the programs of translators have: see files.

mod adding;
mod catalogue;
mod editor;
mod examples;
mod filling;
mod importing;
mod imports;
mod kept;
mod language;
mod languages;
mod protect;
mod provider;
mod row;
mod saving;

use vestry_sdk::phrases::{self, Language};
use vestry_sdk::prelude::*;

use crate::{LARGEST_BODY, POINT};

pub const TITLE: &str = "Translate system phrases";
pub const SUMMARY: &str = "What the server and its plugins say in other languages: an editor, files, and a machine.";
/// What a person needs to look, and to change.
const READ: &str = "phrases.read";
const WRITE: &str = "phrases.write";
/// What the server itself has in addresses and files, where a plugin has its id. No id is without a dot.
const SERVER: &str = "vestry";
/// A page of the editor as it is sent: each of its translations at its longest, as a form encodes it.
const LARGEST_PAGE: u64 = 4 << 20;

/// Registers the utility.
pub fn add_to(plugin: Plugin) -> Plugin {
    plugin
        .settings(provider::SETTINGS)
        .wish(
            Capability::origin(provider::ORIGIN),
            "To have what is missing translated, where the configuration names who does that.",
        )
        .wish(Capability::secret(provider::KEY), "The key of who translates.")
        .contribute(POINT, TITLE, SUMMARY, "languages")
        .route(get("languages", "/translate").needs(READ).summary(TITLE).to(languages::show))
        .route(post("add-language", "/translate").needs(WRITE).to(adding::add))
        .route(get("language", "/translate/{key}").needs(READ).to(language::show))
        .route(post("offer", "/translate/{key}/offered").needs(WRITE).to(language::offer))
        .route(post("remove-language", "/translate/{key}/remove").needs(WRITE).to(language::remove))
        .route(get("phrases", "/translate/{key}/phrases").needs(READ).to(editor::show))
        .route(post("save-phrases", "/translate/{key}/phrases").needs(WRITE).max_body(LARGEST_PAGE).to(saving::save))
        .route(get("catalogue", "/translate/{key}/catalogue").needs(READ).to(catalogue::download))
        .route(post("import", "/translate/{key}/imports").needs(WRITE).max_body(LARGEST_BODY).to(imports::begin))
        .route(get("imported", "/translate/{key}/imports/{id}").needs(READ).to(imports::show))
        .route(post("fill", "/translate/{key}/filled").needs(WRITE).to(filling::begin))
        .route(get("filled", "/translate/{key}/filled/{id}").needs(READ).to(filling::show))
        .job(importing::JOB, importing::work)
        .job(filling::JOB, filling::work)
        .live("imported", imports::next)
        .live("filled", filling::next)
}

/// The language that a request is about.
fn language_of(request: &Request) -> Result<Language> {
    let tag = request.param("key");
    let gone = || Failure::not_found("This language was not added. Add it on the page with all languages.");
    match phrases::describe(tag) {
        Ok(language) if language.added => Ok(language),
        Ok(_) | Err(Failure::Invalid(_)) => Err(gone()),
        Err(failure) => Err(failure),
    }
}

/// What people call it, with its tag.
fn named(language: &Language) -> String {
    if language.name == language.tag { language.tag.clone() } else { format!("{} ({})", language.name, language.tag) }
}

/// The way to the page of a language, from those below it.
fn back_to(language: &Language) -> Action {
    Action::new(text!("Back to {language}", language = &language.name), "language").param("key", &language.tag)
}

/// A plugin as addresses say it: none for all, and the server by a name of its own.
fn plugin_of(said: &str) -> Option<String> {
    match said {
        "" => None,
        SERVER => Some(String::new()),
        id => Some(id.to_owned()),
    }
}

/// The other way round, of one plugin.
fn said_of(plugin: &str) -> &str {
    if plugin.is_empty() { SERVER } else { plugin }
}

/// What the host says in the middle of a sentence, as one of its own.
fn sentence(reason: &str) -> Text {
    let mut letters = reason.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    let end = if reason.ends_with(['.', '!', '?']) { "" } else { "." };
    data(format!("{first}{}{end}", letters.as_str()))
}
