//! Switching a mounted plugin off and on, taking it away, removing a package that is in no place. Each in the transaction
//! of whoever asks, with its event and its entry in the audit.

use vestry_identity::{Act, Actor, audit};
use vestry_storage::{PackageEventKind, PackageEventRow, PluginRow, Reader, Transaction};

use crate::known::{Known, plain};
use crate::needs::{Missing, dependents};
use crate::plan::sentences;
use crate::under_way::under_way;

/// What becomes of a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    Enable,
    Disable,
    /// Lifts a quarantine.
    Retry,
    /// Takes it off its mount; with `data`, what it has stored is removed for good.
    Unmount {
        data: bool,
    },
}

/// Why it was not done. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    #[error("no plugin with the id {0} is mounted")]
    Unknown(String),
    #[error("no package {0} is here")]
    NoPackage(String),
    #[error("it cannot go: {}; update or unmount that first", sentences(.0))]
    Needed(Vec<Missing>),
    #[error("{0}")]
    UnderWay(String),
    #[error("{id} {version} is mounted at /{mount}; put another version in its place, or unmount it first")]
    Mounted { id: String, version: String, mount: String },
    #[error(transparent)]
    Storage(#[from] vestry_storage::StorageError),
    #[error(transparent)]
    Catalog(#[from] crate::known::CatalogError),
}

impl Switch {
    /// As it stands in the audit.
    fn action(self) -> &'static str {
        match self {
            Self::Enable => "plugin.enable",
            Self::Disable => "plugin.disable",
            Self::Retry => "plugin.retry",
            Self::Unmount { .. } => "plugin.unmount",
        }
    }
}

/// Does it. `even_if_needed`: taken away also where others need it, as on the way out of trouble.
///
/// # Errors
///
/// Where there is no such plugin, something else is changing it, or others need it.
pub fn switch(
    tx: &Transaction<'_>,
    actor: &Actor,
    id: &str,
    what: Switch,
    even_if_needed: bool,
    now: u64,
) -> Result<(), SwitchError> {
    let plugin = tx.plugin(id)?.ok_or_else(|| SwitchError::Unknown(id.to_owned()))?;
    match what {
        Switch::Enable => drop(tx.set_plugin_enabled(id, true, now)?),
        Switch::Disable => drop(tx.set_plugin_enabled(id, false, now)?),
        Switch::Retry => drop(tx.set_plugin_quarantine(id, None, now)?),
        Switch::Unmount { data } => unmount(tx, actor, &plugin, data, even_if_needed, now)?,
    }
    tx.raise_generation()?;
    let detail = match what {
        Switch::Unmount { data: true } => "with its data",
        _ => "",
    };
    Ok(audit(tx, actor, &Act { action: what.action(), subject: id, detail }, now)?)
}

/// What would keep somebody from taking a plugin away.
///
/// # Errors
///
/// With what does.
pub fn may_unmount(reader: &Reader<'_>, plugin: &PluginRow) -> Result<(), SwitchError> {
    let needed = dependents(reader, &plugin.id, None)?;
    if !needed.is_empty() {
        return Err(SwitchError::Needed(needed));
    }
    let orders = under_way(reader)?;
    match orders.iter().find(|order| order.is_in_the_way_of(&plugin.id, &plugin.mount)) {
        Some(order) => Err(SwitchError::UnderWay(order.sentence(&plugin.id))),
        None => Ok(()),
    }
}

fn unmount(
    tx: &Transaction<'_>,
    actor: &Actor,
    plugin: &PluginRow,
    data: bool,
    even_if_needed: bool,
    now: u64,
) -> Result<(), SwitchError> {
    match may_unmount(tx, plugin) {
        Err(SwitchError::Needed(_)) if even_if_needed => {}
        other => other?,
    }
    let version = tx.package(&plugin.digest)?.map(|package| package.version).unwrap_or_default();
    tx.delete_plugin(&plugin.id)?;
    tx.delete_package_check(&plugin.id)?;
    if data {
        tx.delete_plugin_data(&plugin.id)?;
    }
    Ok(tx.add_package_event(&PackageEventRow {
        plugin: plugin.id.clone(),
        time: now,
        kind: PackageEventKind::Unmounted,
        digest: plugin.digest.clone(),
        version,
        mount: plugin.mount.clone(),
        former: String::new(),
        former_plugin: String::new(),
        account: Some(actor.id().to_owned()).filter(|account| !account.is_empty()),
        reason: if data { "with its data".to_owned() } else { String::new() },
    })?)
}

/// Removes a package that is in no place, with its grants. Its file in the store is of no use any more then.
///
/// # Errors
///
/// Where it is not here, in its place, or about to be.
pub fn discard(tx: &Transaction<'_>, actor: &Actor, digest: &str, now: u64) -> Result<(), SwitchError> {
    may_discard(tx, digest)?;
    let package = tx.package(digest)?.ok_or_else(|| SwitchError::NoPackage(digest.to_owned()))?;
    tx.delete_package(digest)?;
    tx.raise_generation()?;
    let detail = format!("{} {}", package.id, package.version);
    Ok(audit(tx, actor, &Act { action: "packages.discard", subject: digest, detail: &detail }, now)?)
}

/// What would keep somebody from removing a package.
///
/// # Errors
///
/// With what does.
pub fn may_discard(reader: &Reader<'_>, digest: &str) -> Result<(), SwitchError> {
    let package = Known::read(reader, digest)?.ok_or_else(|| SwitchError::NoPackage(digest.to_owned()))?;
    if let Some(plugin) = reader.plugins()?.into_iter().find(|plugin| plugin.digest == digest) {
        let version = package.row.version;
        return Err(SwitchError::Mounted { id: plugin.id, version, mount: plugin.mount });
    }
    match under_way(reader)?.iter().find(|order| order.kind == "place" && order.digests.contains(digest)) {
        Some(order) => Err(SwitchError::UnderWay(order.sentence(&plain(&package.info.title)))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
