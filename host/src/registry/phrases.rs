//! What plugins have said as they registered, for who translates it.

use vestry_contract::registration::PluginInfo;
use vestry_contract::types::Text;
use vestry_phrases::Noted;

use crate::registry::snapshot::Snapshot;

/// Where all of it stands.
const PLACE: &str = "registration";

/// Notes the phrases of every plugin that is mounted.
pub fn note(snapshot: &Snapshot, noted: &Noted) {
    for plugin in snapshot.plugins() {
        for text in texts(&plugin.info) {
            let phrase = match text {
                Text::Phrase(phrase) => phrase,
                Text::Filled(filled) => &filled.phrase,
                Text::Data(_) => continue,
            };
            noted.note(&plugin.subject.id, phrase, || PLACE.to_owned());
        }
    }
}

/// Everything of a registration that is shown in other languages. Not what it asks for and suggests, which stands as it was
/// written where an administrator decides about it.
fn texts(info: &PluginInfo) -> impl Iterator<Item = &Text> {
    let messages = info.messages.iter().flat_map(|message| {
        [&message.title, &message.subject].into_iter().chain(&message.paragraphs).chain(&message.button)
    });
    [&info.title, &info.summary]
        .into_iter()
        .chain(info.menu.iter().map(|entry| &entry.label))
        .chain(info.contributions.iter().flat_map(|contribution| [&contribution.title, &contribution.summary]))
        .chain(info.routes.iter().map(|route| &route.summary))
        .chain(messages)
}
