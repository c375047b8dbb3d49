//! Switching a mounted plugin off and on, and unmounting it.

use vestry_identity::Actor;
use vestry_storage::{Database, Entry, StorageError};

/// What becomes of a plugin. Its data is kept in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    Enable,
    Disable,
    /// Lifts a quarantine.
    Retry,
    Unmount,
}

impl Switch {
    fn action(self) -> &'static str {
        match self {
            Self::Enable => "plugin.enable",
            Self::Disable => "plugin.disable",
            Self::Retry => "plugin.retry",
            Self::Unmount => "plugin.unmount",
        }
    }
}

/// Does it, in one transaction with its audit entry; answers whether there is such a plugin. Waits for the disk.
///
/// # Errors
///
/// Where the database cannot be written.
pub fn switch(database: &Database, actor: &Actor, id: &str, what: Switch, now: u64) -> Result<bool, StorageError> {
    database.write(|tx| {
        let digest = tx.plugin(id)?.map(|plugin| plugin.digest);
        let found = match what {
            Switch::Enable => tx.set_plugin_enabled(id, true, now)?,
            Switch::Disable => tx.set_plugin_enabled(id, false, now)?,
            Switch::Retry => tx.set_plugin_quarantine(id, None, now)?,
            Switch::Unmount => tx.delete_plugin(id)?,
        };
        if found {
            tx.raise_generation()?;
            tx.audit(&Entry {
                time: now,
                actor: actor.id(),
                actor_kind: actor.kind.name(),
                plugin: id,
                digest: digest.as_deref().unwrap_or_default(),
                action: what.action(),
                subject: id,
                outcome: "done",
                detail: "",
                request: &actor.request,
            })?;
        }
        Ok(found)
    })
}
