//! Versions that were replaced and still answer what was drawn by them: forms that stood open in a browser, downloads
//! under way.
//!
//! Only what this process itself served is among them, for fifteen minutes, and never where the plugin was stopped for a
//! reason. `docs/decisions/0026-old-forms.md` says what that is weighed against.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::registry::plugin::{Plugin, State};
use crate::registry::snapshot::Snapshot;

/// How long a version that was replaced answers what was drawn by it.
pub const KEPT: Duration = Duration::from_secs(15 * 60);

/// Versions of one mount that do so at the same time; of more, those that were replaced last.
pub const MOST: usize = 8;

/// A version that was replaced.
#[derive(Debug, Clone)]
pub struct Former {
    pub plugin: Arc<Plugin>,
    pub until: Instant,
    /// When its mount was changed last, as far as is known. A later change that brings no other version is somebody who
    /// switches the plugin off or on: then nothing of before counts any more.
    pub changed: u64,
}

impl Former {
    /// Whether it is this version at this mount.
    #[must_use]
    pub fn is(&self, plugin: &Plugin) -> bool {
        self.plugin.mount == plugin.mount && self.plugin.is_same_version(plugin)
    }
}

/// Versions that may be former ones beside what is mounted now: those of before, and what was mounted then and is not any
/// more. Of each mount the latest. `mounted`: what is, and when its place was changed last.
#[must_use]
pub fn candidates(before: &Snapshot, mounted: &[(Arc<Plugin>, u64)], now: Instant) -> Vec<Former> {
    let replaced = before.plugins().filter(|plugin| matches!(plugin.state, State::Ready(_)));
    let replaced = replaced.map(|plugin| Former { plugin: Arc::clone(plugin), until: now + KEPT, changed: u64::MAX });
    let mut found: Vec<Former> = Vec::new();
    for former in replaced.chain(before.formers().cloned()) {
        let place = mounted.iter().find(|(plugin, _)| plugin.mount == former.plugin.mount);
        let Some((current, changed)) = place else { continue };
        let before = before.at(current.mount.as_str());
        let replaced = before.is_none_or(|before| !before.is_same_version(current));
        let switched = !replaced && former.changed != *changed;
        let moved = mounted
            .iter()
            .any(|(plugin, _)| plugin.subject.id == former.plugin.subject.id && plugin.mount != former.plugin.mount);
        let counts = matches!(current.state, State::Ready(_))
            && !former.plugin.is_same_version(current)
            && !switched
            && !moved
            && former.until > now
            && !found.iter().any(|known| known.is(&former.plugin));
        if counts {
            found.push(Former { changed: *changed, ..former });
        }
    }
    found.sort_by_key(|former| std::cmp::Reverse(former.until));
    let mut kept: Vec<Former> = Vec::new();
    for former in found {
        if kept.iter().filter(|known| known.plugin.mount == former.plugin.mount).count() < MOST {
            kept.push(former);
        }
    }
    kept
}
