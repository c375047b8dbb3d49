//! Which values each plugin, and the server itself, has been given in this process, to be taken out of their words.
//!
//! A text is searched for what its author has been given, and for nothing else: dots in the place of a word say that it
//! is a secret, and this must be news to nobody who sees them and could choose the word. See
//! `docs/decisions/0023-words-are-searched-for-what-their-author-was-given.md`.

use std::borrow::Cow;

use parking_lot::RwLock;
use serde_json::Value;
use vestry_vault::{Redactor, SecretValue};

/// Plugins that are remembered; beyond, the one that was first given anything is forgotten. More than any server runs.
const MOST_PLUGINS: usize = 256;

/// Who is given secrets, and whose words are searched for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder<'a> {
    /// The server itself, to sign in at the mail server.
    Host,
    /// A plugin, by its id.
    Plugin(&'a str),
}

/// How a value was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// It was shown.
    Revealed,
    /// It was put into a header of a call.
    Sent,
}

/// All that was given.
#[derive(Default)]
pub(super) struct Given {
    host: Redactor,
    plugins: RwLock<Vec<(String, OfPlugin)>>,
}

/// What one plugin has been given.
#[derive(Clone, Default)]
struct OfPlugin {
    all: Redactor,
    revealed: Redactor,
}

impl Given {
    pub(super) fn remember(&self, holder: Holder<'_>, way: Way, value: &SecretValue) {
        let id = match holder {
            Holder::Host => return self.host.remember(value),
            Holder::Plugin(id) => id,
        };
        let known = self.of(id).unwrap_or_else(|| self.begin(id));
        known.all.remember(value);
        if way == Way::Revealed {
            known.revealed.remember(value);
        }
    }

    pub(super) fn all(&self, holder: Holder<'_>) -> Redaction {
        Redaction(match holder {
            Holder::Host => self.host.clone(),
            Holder::Plugin(id) => self.of(id).unwrap_or_default().all,
        })
    }

    pub(super) fn revealed(&self, plugin: &str) -> Redaction {
        Redaction(self.of(plugin).unwrap_or_default().revealed)
    }

    fn of(&self, id: &str) -> Option<OfPlugin> {
        self.plugins.read().iter().find(|(known, _)| known == id).map(|(_, known)| known.clone())
    }

    /// Another call of the same plugin may have been faster.
    fn begin(&self, id: &str) -> OfPlugin {
        let mut plugins = self.plugins.write();
        if let Some((_, known)) = plugins.iter().find(|(known, _)| known == id) {
            return known.clone();
        }
        if plugins.len() >= MOST_PLUGINS {
            plugins.remove(0);
        }
        let known = OfPlugin::default();
        plugins.push((id.to_owned(), known.clone()));
        known
    }
}

/// Takes values out of somebody's words, in whatever form they stand there.
#[derive(Debug, Clone, Default)]
pub struct Redaction(Redactor);

impl Redaction {
    /// The text without them.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.0.redact(text)
    }

    /// The same for a JSON document, which stays one: its texts, its names and its numbers.
    #[must_use]
    pub fn redact_json(&self, document: &str) -> String {
        let Ok(mut value) = serde_json::from_str(document) else { return self.redact(document).into_owned() };
        match self.redact_value(&mut value) {
            true => value.to_string(),
            false => document.to_owned(),
        }
    }

    /// How an error prints that may have a plugin's words in it.
    #[must_use]
    pub fn redact_debug(&self, error: &impl std::fmt::Debug) -> String {
        self.redact(&format!("{error:?}")).into_owned()
    }

    /// Whether anything was taken out.
    fn redact_value(&self, value: &mut Value) -> bool {
        let clean = |text: &str| match self.redact(text) {
            Cow::Owned(clean) => Some(clean),
            Cow::Borrowed(_) => None,
        };
        let scalar = match value {
            Value::Null | Value::Bool(_) => None,
            Value::Number(number) => clean(&number.to_string()),
            Value::String(text) => clean(text),
            Value::Array(values) => return values.iter_mut().fold(false, |any, value| self.redact_value(value) | any),
            Value::Object(fields) => {
                let renamed: Vec<_> = fields.keys().filter_map(|name| Some((name.clone(), clean(name)?))).collect();
                for (name, clean) in &renamed {
                    if let Some(value) = fields.remove(name) {
                        fields.insert(clean.clone(), value);
                    }
                }
                return fields.values_mut().fold(!renamed.is_empty(), |any, value| self.redact_value(value) | any);
            }
        };
        match scalar {
            Some(clean) => *value = Value::String(clean),
            None => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "correct horse battery";

    fn value() -> SecretValue {
        SecretValue::parse(VALUE).unwrap()
    }

    #[test]
    fn words_are_searched_for_what_their_author_was_given() {
        let given = Given::default();
        given.remember(Holder::Host, Way::Revealed, &value());
        given.remember(Holder::Plugin("sends"), Way::Sent, &value());
        given.remember(Holder::Plugin("reads"), Way::Revealed, &value());
        let hidden = |redaction: Redaction| redaction.redact(VALUE) == "•••";
        assert!(hidden(given.all(Holder::Host)));
        assert!(hidden(given.all(Holder::Plugin("sends"))) && hidden(given.all(Holder::Plugin("reads"))));
        assert!(!hidden(given.all(Holder::Plugin("other"))), "whoever else says it learns nothing");
        assert!(hidden(given.revealed("reads")));
        assert!(!hidden(given.revealed("sends")) && !hidden(given.revealed("other")));
    }

    #[test]
    fn a_plugin_is_remembered_once_and_not_without_end() {
        let given = Given::default();
        for number in 0..MOST_PLUGINS + 3 {
            let id = format!("plugin {number}");
            given.remember(Holder::Plugin(&id), Way::Sent, &value());
            given.remember(Holder::Plugin(&id), Way::Revealed, &value());
        }
        assert_eq!(given.plugins.read().len(), MOST_PLUGINS);
        assert_eq!(given.revealed("plugin 2").redact(VALUE), VALUE);
        assert_eq!(given.revealed("plugin 3").redact(VALUE), "•••");
    }
}
