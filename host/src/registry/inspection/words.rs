//! What a plugin says in words, held against the rules: nothing that cannot be seen, nothing that reads as another word.
//!
//! Names that have a form of their own, such as ids and route names, are held against that; it lets in no such character.

use vestry_catalog::lookalikes::mixed_script;
use vestry_contract::registration::{Capability, PluginInfo};
use vestry_contract::types::Text;

use crate::registry::names::has_invisible;

/// Characters of what something is called by, of what is said about it, and of a name of others.
const LONGEST_TITLE: usize = 100;
const LONGEST_SENTENCE: usize = 500;
const LONGEST_NAME: usize = 100;
/// Characters of the name of a language (RFC 5646, section 4.4.1).
const LONGEST_LANGUAGE: usize = 35;

/// Adds a sentence for each problem.
pub(super) fn problems(info: &PluginInfo, problems: &mut Vec<String>) {
    let titles_and_sentences = titles(info)
        .map(|(what, text)| (what, text, LONGEST_TITLE))
        .chain(sentences(info).map(|(what, text)| (what, text, LONGEST_SENTENCE)));
    for (what, text, longest) in titles_and_sentences {
        if all(text).map(|words| words.chars().count()).sum::<usize>() > longest {
            problems.push(format!("{what} is longer than {longest} characters; shorten it"));
        }
        if let Some(words) = all(text).find(|words| has_invisible(words)) {
            problems.push(format!("{what} holds characters that cannot be seen; take them out of {words:?}"));
        }
    }
    for (what, text) in titles(info) {
        for word in all(text).filter_map(mixed_script) {
            problems.push(format!(
                "{what} has a word with letters of different scripts, {word:?} ({}), which reads as another word; write it with letters of one script",
                word.escape_unicode()
            ));
        }
    }
    for (what, name) in names(info) {
        if has_invisible(name) {
            problems.push(format!("{what} {name:?} holds characters that cannot be seen; take them out"));
        }
        if name.chars().count() > LONGEST_NAME {
            problems.push(format!("{what} {name:?} is longer than {LONGEST_NAME} characters; shorten it"));
        }
    }
    if info.language.chars().count() > LONGEST_LANGUAGE {
        problems.push(format!("the language is longer than {LONGEST_LANGUAGE} characters; name it like `de-AT`"));
    }
}

/// What something is called by.
fn titles(info: &PluginInfo) -> impl Iterator<Item = (&'static str, &Text)> {
    let menu = info.menu.iter().map(|entry| ("a menu label", &entry.label));
    let permissions = info.permissions.iter().map(|permission| ("a permission's title", &permission.title));
    let contributions = info.contributions.iter().map(|contribution| ("a contribution's title", &contribution.title));
    [("the title", &info.title)].into_iter().chain(menu).chain(permissions).chain(contributions)
}

/// What is said about it.
fn sentences(info: &PluginInfo) -> impl Iterator<Item = (&'static str, &Text)> {
    let routes = info.routes.iter().map(|route| ("a route's summary", &route.summary));
    let wishes = info.wishes.iter().map(|wish| ("a wish's reason", &wish.reason));
    let contributions =
        info.contributions.iter().map(|contribution| ("a contribution's summary", &contribution.summary));
    [("the summary", &info.summary)].into_iter().chain(routes).chain(wishes).chain(contributions)
}

/// Names of others, which are whatever they are: they are shown where something is asked.
fn names(info: &PluginInfo) -> impl Iterator<Item = (&'static str, &str)> {
    let menu = info.menu.iter().flat_map(|entry| {
        [("the icon of a menu entry", entry.icon.as_str()), ("the section of a menu entry", entry.section.as_str())]
    });
    let suggested = info.permissions.iter().flat_map(|permission| &permission.suggested);
    let points = info.contributions.iter().map(|contribution| ("the point of a contribution", &*contribution.point));
    let needs = info.needs.iter().map(|need| ("the need of", need.what.as_str()));
    let wishes = info.wishes.iter().flat_map(|wish| match &wish.capability {
        Capability::Other((kind, value)) => vec![("the wish for", kind.as_str()), ("the wish for", value.as_str())],
        Capability::Permission(name) => vec![("the wish for", name.as_str())],
        _ => Vec::new(),
    });
    [("the language", info.language.as_str())]
        .into_iter()
        .chain(menu)
        .chain(suggested.map(|name| ("the suggested privilege", name.as_str())))
        .chain(points)
        .chain(needs)
        .chain(wishes)
}

/// The phrase and what is filled in.
fn all(text: &Text) -> impl Iterator<Item = &str> {
    let (words, values) = match text {
        Text::Phrase(words) | Text::Data(words) => (words, [].as_slice()),
        Text::Filled(filled) => (&filled.phrase, filled.values.as_slice()),
    };
    [words.as_str()].into_iter().chain(values.iter().map(|(_, value)| value.as_str()))
}
