//! What is mounted where: one immutable snapshot, swapped whole.
//!
//! Routing is a snapshot, authority is current: a request is routed by the snapshot it began with, while what the
//! plugin was granted and the actor may do is read at each host call. Nothing here runs a plugin or writes a row;
//! the installer makes the plugins that a snapshot consists of.

pub mod about;
pub mod acting;
pub mod cron;
pub mod former;
pub mod inspection;
mod messages;
pub mod mount;
pub mod names;
pub mod phrases;
pub mod plugin;
pub mod routes;
pub mod schedules;
pub mod snapshot;
pub mod surroundings;
pub mod wishes;

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::registry::snapshot::Snapshot;

/// Holds the snapshot of now.
#[derive(Debug, Default)]
pub struct Registry {
    current: ArcSwap<Snapshot>,
}

impl Registry {
    /// The snapshot of now; keep it for the whole request.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Puts another in its place. Requests under way keep the one they have.
    pub fn swap(&self, snapshot: Snapshot) {
        self.current.store(Arc::new(snapshot));
    }
}
