//! One phrase in the editor: as it is drawn, and as it comes back.

use std::hash::{DefaultHasher, Hash, Hasher};

use vestry_phrase_files::is_counted;
use vestry_sdk::phrases::{Change, Entry, Language, Translation};
use vestry_sdk::prelude::*;
use vestry_sdk::ui::Badge;

use super::said_of;

/// Characters of a line of the field, and lines that it has at most at first.
const WIDTH: usize = 50;
const HIGHEST: usize = 10;

/// A phrase with what stands, or was typed, in its fields.
pub struct Row {
    pub plugin: String,
    pub phrase: String,
    /// A field for each form that it can have.
    pub forms: Vec<(String, String)>,
    /// When the translation was changed that the person saw.
    pub expected: Timestamp,
    /// What its fields held before somebody typed.
    before: String,
    /// A machine made it, and this box says whether somebody has looked at it.
    pub looked: Option<bool>,
    help: Text,
    /// At the field of this form.
    error: Option<(String, Text)>,
}

impl Row {
    pub fn of(entry: &Entry, language: &Language, with_plugin: bool) -> Self {
        let words = |form: &String| entry.forms.iter().find(|(known, _)| known == form).map(|(_, words)| words.clone());
        let forms: Vec<(String, String)> = forms(&entry.phrase, language)
            .into_iter()
            .map(|form| (form.clone(), words(&form).unwrap_or_default()))
            .collect();
        Self {
            before: mark(&forms),
            plugin: entry.plugin.clone(),
            phrase: entry.phrase.clone(),
            forms,
            expected: entry.changed,
            looked: (entry.state == "machine").then_some(false),
            help: about(entry, with_plugin),
            error: None,
        }
    }

    /// As it was sent under this number; none where there is no such one.
    pub fn sent(request: &Request, number: usize, language: &Language) -> Option<Self> {
        let field = |name: &str| request.form.iter().find(|(known, _)| *known == format!("{name}-{number}"));
        let value = |name: &str| field(name).map(|(_, value)| value.as_str());
        let phrase = value("phrase")?.replace("\r\n", "\n");
        let forms = forms(&phrase, language).into_iter().map(|form| {
            // Browsers end lines as mails do.
            let words = value(&form).unwrap_or_default().replace("\r\n", "\n");
            (form, words)
        });
        let was_machine = value("state") == Some("machine");
        Some(Self {
            forms: forms.collect(),
            plugin: super::plugin_of(value("plugin")?)?,
            expected: value("expected")?.parse().ok()?,
            before: value("before").unwrap_or_default().to_owned(),
            looked: was_machine.then(|| value("looked") == Some("1")),
            help: Text::none(),
            error: None,
            phrase,
        })
    }

    /// What saving it would change; none where nothing was typed or ticked.
    pub fn change(&self) -> Option<Change> {
        if mark(&self.forms) == self.before && self.looked != Some(true) {
            return None;
        }
        let forms: Vec<_> = self.forms.iter().filter(|(_, words)| !words.trim().is_empty()).cloned().collect();
        let (plugin, phrase) = (self.plugin.clone(), self.phrase.clone());
        Some(match forms.is_empty() {
            true => Change::Clear((plugin, phrase)),
            false => Change::Set(Translation { plugin, phrase, forms, machine: false, expected: Some(self.expected) }),
        })
    }

    /// Says that it was refused. `now`: as it is on the server, where it is there.
    pub fn refuse(&mut self, reason: &str, now: Option<&Entry>, wrong: impl Fn(&str, &str) -> bool) {
        let mut message = super::sentence(reason);
        if let Some(entry) = now {
            self.help = about(entry, true);
            if entry.changed != self.expected {
                // Who saves again has seen what is there.
                let words: Vec<&str> = entry.forms.iter().map(|(_, words)| words.as_str()).collect();
                message = match words.is_empty() {
                    true => "Somebody else has taken the translation away meanwhile. Save again to have yours.".into(),
                    false => text!(
                        "Somebody else has changed it meanwhile, to “{words}”. Save again to have yours.",
                        words = words.join(" / ")
                    ),
                };
                self.expected = entry.changed;
                self.looked = (entry.state == "machine").then_some(false);
            }
        }
        let named = self.forms.iter().find(|(form, words)| reason.contains(&format!("`{form}`")) || wrong(form, words));
        let form = named.or(self.forms.last()).map_or_else(String::new, |(form, _)| form.clone());
        self.error = Some((form, message));
    }

    /// Its fields, under this number.
    pub fn fields(&self, form: Form, number: usize, language: &Language) -> Form {
        let name = |name: &str| format!("{name}-{number}");
        let state = if self.looked.is_some() { "machine" } else { "" };
        let hidden = [
            ("plugin", said_of(&self.plugin)),
            ("phrase", &self.phrase),
            ("expected", &self.expected.to_string()),
            ("before", &self.before),
            ("state", state),
        ];
        let form = hidden.into_iter().fold(form, |form, (field, value)| form.field(Field::hidden(name(field), value)));
        let form = self.forms.iter().enumerate().fold(form, |form, (index, (plural, words))| {
            let label = match self.forms.len() {
                1 => data(&self.phrase),
                _ => data(format!("{} ({plural})", self.phrase)),
            };
            let lines = self.phrase.chars().count().max(words.chars().count()).div_ceil(WIDTH).clamp(1, HIGHEST);
            let field = Field::multiline(name(plural), label, lines as u32).value(words);
            let field = if index == 0 { field.help(self.help.clone()) } else { field };
            let mut field = match &self.error {
                Some((wrong, message)) if wrong == plural => field.error(message.clone()),
                _ => field,
            };
            field.extra.push(("language".to_owned(), format!("\"{}\"", language.tag)));
            form.field(field)
        });
        match self.looked {
            Some(looked) => form.field(Field::checkbox(name("looked"), "Looked at").ticked(looked)),
            None => form,
        }
    }
}

/// Names of the forms that a phrase has in a language.
fn forms(phrase: &str, language: &Language) -> Vec<String> {
    match is_counted(phrase) {
        true => language.plurals.clone(),
        false => vec!["other".to_owned()],
    }
}

/// What these words are, in a few letters: to see whether somebody has typed.
fn mark(forms: &[(String, String)]) -> String {
    let mut hasher = DefaultHasher::new();
    forms.hash(&mut hasher);
    format!("{:x}", hasher.finish())
}

/// Where it is shown, and how far it is.
fn about(entry: &Entry, with_plugin: bool) -> Text {
    let place = match with_plugin {
        true => format!("{}: {}", said_of(&entry.plugin), entry.place),
        false => entry.place.clone(),
    };
    match (entry.state.as_str(), entry.changed_by.as_str()) {
        ("missing", _) => text!("{place} – not translated yet", place),
        ("shipped", _) => text!("{place} – came with Vestry", place),
        ("machine", _) => text!("{place} – made by a machine", place),
        (_, "") => text!("{place} – translated", place),
        (_, name) => text!("{place} – translated by {name}", place, name),
    }
}

/// A state in words.
pub fn state(state: &str) -> Badge {
    match state {
        "missing" => badge("Not translated yet", Level::Warning),
        "shipped" => badge("Came with Vestry", Level::Neutral),
        "machine" => badge("Made by a machine", Level::Primary),
        _ => badge("Translated", Level::Success),
    }
}
