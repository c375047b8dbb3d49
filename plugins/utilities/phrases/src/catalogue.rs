//! What is exchanged: phrases of a system, and what they are in one other language.

use std::collections::BTreeMap;

use crate::placeholders::is_counted;
use crate::plural::Plural;

/// Phrases in one language.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalogue {
    /// The language of the phrases (BCP 47).
    pub source: String,
    /// The language of the translations (BCP 47). Empty where a file does not say it.
    pub target: String,
    /// The forms that this language has, in the order of CLDR.
    pub plural: Vec<Plural>,
    /// Sorted by plugin, the host's own first; those of one plugin in the order in which they were given.
    pub entries: Vec<Entry>,
}

/// A phrase with its translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Id of the plugin that shows it; empty for the host.
    pub plugin: String,
    /// The text in the source language. Together with the plugin it is the key.
    pub phrase: String,
    /// [`Plural::Other`] alone for phrases without a number. What is missing is not there.
    pub forms: BTreeMap<Plural, String>,
    pub state: State,
    /// Where it is shown, for the translator.
    pub note: String,
}

/// How far a translation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Not all forms that the language has are there. Those that are there are kept, and can be used.
    Missing,
    /// Made by a machine: to be looked at.
    Machine,
    /// Made or looked at by a person.
    Done,
}

impl State {
    pub const ALL: [Self; 3] = [Self::Missing, Self::Machine, Self::Done];

    /// The word for it in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Machine => "machine",
            Self::Done => "done",
        }
    }

    /// The state of this name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name().eq_ignore_ascii_case(name))
    }
}

/// The forms of a phrase in a language that has `plural`: all of them if there is a number in it.
#[must_use]
pub fn forms<'p>(phrase: &str, plural: &'p [Plural]) -> &'p [Plural] {
    if is_counted(phrase) && !plural.is_empty() { plural } else { &[Plural::Other] }
}

impl Entry {
    /// What its state is by its forms: [`State::Missing`] as long as one is missing, else what is said of it.
    pub(crate) fn settled(&self, plural: &[Plural]) -> State {
        let is_whole = forms(&self.phrase, plural).iter().all(|form| self.forms.contains_key(form));
        match self.state {
            _ if !is_whole => State::Missing,
            State::Machine => State::Machine,
            State::Missing | State::Done => State::Done,
        }
    }

    /// What is to be said of a form that is there, of an entry that may lack others.
    pub(crate) fn said(&self) -> State {
        if self.state == State::Machine { State::Machine } else { State::Done }
    }
}
