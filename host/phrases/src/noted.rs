//! Which phrases there are: noted as they are shown.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::sync::{Mutex, PoisonError, RwLock};

use crate::LONGEST;

/// Phrases of one plugin that are told apart: as many as are kept, some ten times what a large one has.
const MOST: usize = 5_000;

/// A phrase, and where it was first shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Empty for the host.
    pub plugin: String,
    pub phrase: String,
    /// An address, or what else says where it stands.
    pub place: String,
}

/// The phrases that this process has shown. Noting one again costs a look into a table. What a plugin shows beyond
/// 5,000 is passed over, the others' are noted all the same.
#[derive(Debug, Default)]
pub struct Noted {
    hasher: RandomState,
    /// By plugin, and by hash: two phrases of one hash would leave the second unknown, which nothing depends on.
    known: RwLock<HashMap<String, HashSet<u64>>>,
    fresh: Mutex<Vec<Seen>>,
}

impl Noted {
    /// A phrase is shown there. One that is empty, or too long for a translation, is passed over.
    pub fn note(&self, plugin: &str, phrase: &str, place: impl FnOnce() -> String) {
        if phrase.trim().is_empty() || phrase.len() > LONGEST {
            return;
        }
        let hash = self.hasher.hash_one(phrase);
        let is_done = |known: &HashSet<u64>| known.contains(&hash) || known.len() >= MOST;
        if self.known.read().unwrap_or_else(PoisonError::into_inner).get(plugin).is_some_and(is_done) {
            return;
        }
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(plugin.to_owned()).or_default();
        if known.len() < MOST && known.insert(hash) {
            fresh.push(Seen { plugin: plugin.to_owned(), phrase: phrase.to_owned(), place: place() });
        }
    }

    /// Those that were noted since this was last asked.
    #[must_use]
    pub fn take(&self) -> Vec<Seen> {
        mem::take(&mut *self.fresh.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What was taken, and could not be written down.
    pub fn put_back(&self, seen: Vec<Seen>) {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner).extend(seen);
    }

    /// Notes everything anew.
    pub fn forget(&self) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phrase_is_noted_once() {
        let noted = Noted::default();
        let note = |plugin: &str, phrase: &str| noted.note(plugin, phrase, || "/users".to_owned());
        note("", "Save");
        note("", "Save");
        note("org.example.one", "Save");
        note("", " ");
        note("", &"x".repeat(LONGEST + 1));
        let seen = |noted: &Noted| noted.take().into_iter().map(|seen| seen.plugin).collect::<Vec<_>>();
        assert_eq!(seen(&noted), ["", "org.example.one"]);
        note("", "Save");
        assert!(seen(&noted).is_empty());
        noted.put_back(noted.take());
        assert!(seen(&noted).is_empty());
        noted.forget();
        note("", "Save");
        noted.put_back(noted.take());
        assert_eq!(seen(&noted), [""]);
    }

    #[test]
    fn phrases_that_never_end_fill_nothing_and_keep_nobody_else_out() {
        let noted = Noted::default();
        for number in 0..3 * MOST {
            noted.note("org.example.endless", &number.to_string(), String::new);
        }
        assert_eq!(noted.take().len(), MOST);
        noted.note("org.example.endless", "one more", String::new);
        assert!(noted.take().is_empty());
        noted.note("", "Save", String::new);
        assert_eq!(noted.take().len(), 1);
    }
}
