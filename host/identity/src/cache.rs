//! Callers that were looked up lately, so that a request does not ask the database who it is.
//!
//! An entry counts while the generation is the one that it was made in: any change to who may do what voids all of
//! them at once. Time voids it too, and use gives it more, noted once a minute.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;
use vestry_storage::Hash;

use crate::Caller;

/// A use is noted when the last noted one is this old. Milliseconds.
pub(crate) const NOTED_EVERY: u64 = 60 * 1000;

/// A caller, and until when it is one.
pub(crate) struct Known {
    pub caller: Arc<Caller>,
    pub generation: u64,
    /// The end unless it is used; moved on with each noted use.
    pub until: AtomicU64,
    /// The end in any case.
    pub expires: u64,
    /// How much a use moves the end on; nothing for a token.
    pub idle: u64,
    pub noted: AtomicU64,
}

/// By the hash of the session's or bearer's token.
pub(crate) struct Cache {
    entries: RwLock<HashMap<Hash, Arc<Known>>>,
    capacity: usize,
}

impl Known {
    /// Whether this use is to be noted; then the end has moved on.
    pub(crate) fn is_due(&self, now: u64) -> bool {
        let noted = self.noted.load(Ordering::Relaxed);
        if now < noted.saturating_add(NOTED_EVERY) {
            return false;
        }
        // One of those that come at the same time notes it.
        let first = self.noted.compare_exchange(noted, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if first && self.idle > 0 {
            self.until.store(now.saturating_add(self.idle).min(self.expires), Ordering::Relaxed);
        }
        first
    }
}

impl Cache {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { entries: RwLock::new(HashMap::new()), capacity }
    }

    /// A caller that is one in this generation and at this time.
    pub(crate) fn get(&self, hash: &Hash, generation: u64, now: u64) -> Option<Arc<Known>> {
        let entries = self.entries.read();
        let known = entries.get(hash)?;
        let counts = known.generation == generation && now < known.until.load(Ordering::Relaxed);
        counts.then(|| Arc::clone(known))
    }

    pub(crate) fn put(&self, hash: Hash, known: Arc<Known>) {
        let mut entries = self.entries.write();
        if entries.len() >= self.capacity {
            entries.retain(|_, entry| entry.generation == known.generation);
        }
        if entries.len() >= self.capacity {
            // Who is forgotten is looked up again: cheaper than keeping the order of use.
            entries.clear();
        }
        entries.insert(hash, known);
    }

    pub(crate) fn remove(&self, hash: &Hash) {
        self.entries.write().remove(hash);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.entries.read().len()
    }
}
