//! What time it is, and a clock that a test sets by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch: of the system, or set by a test.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    set: Option<Arc<AtomicU64>>,
}

impl Clock {
    /// The system's time.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still at `now` until it is moved; its clones move with it.
    pub fn standing_at(now: u64) -> Self {
        Self { set: Some(Arc::new(AtomicU64::new(now))) }
    }

    /// The time now.
    pub fn now(&self) -> u64 {
        match &self.set {
            Some(set) => set.load(Ordering::Relaxed),
            None => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            }
        }
    }

    /// Moves a standing clock on; the system's time does not move.
    pub fn advance(&self, milliseconds: u64) {
        if let Some(set) = &self.set {
            set.fetch_add(milliseconds, Ordering::Relaxed);
        }
    }
}
