//! Switching a mounted plugin off and on, taking it away, removing a package that is in no place. Each in the transaction
//! of whoever asks, with its event and its entry in the audit.

use vestry_identity::{Act, Actor, audit};
use vestry_storage::{PackageEventKind, PackageEventRow, PluginRow, Reader, Transaction};

use crate::facts::Shipped;
use crate::known::{Known, plain};
use crate::needs::{Missing, dependents};
use crate::order::HOST;
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
    /// It would be there again at the next start, as one that nobody has decided about.
    #[error("{0} came with this server, and takes no room beside it; it cannot be discarded")]
    Shipped(String),
    #[error("there is no order {0}")]
    NoOrder(String),
    #[error("the order {0} has ended or was cancelled")]
    Ended(String),
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

/// Does it. `even_if_needed`: taken away also where others need it, or somebody is changing its place, as on the way out of
/// trouble; their orders are cancelled.
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

/// Cancels what is about to change its place: what an order has not written by then it does not write any more.
fn cancel_orders(tx: &Transaction<'_>, actor: &Actor, plugin: &PluginRow, now: u64) -> Result<(), SwitchError> {
    for order in under_way(tx)?.iter().filter(|order| order.is_in_the_way_of(&plugin.id, &plugin.mount)) {
        cancel(tx, actor, &order.job, now)?;
    }
    Ok(())
}

/// Cancels an order that has not ended. Nobody waits for it from then on, whoever carries it out: it writes nothing that it
/// has not written by then.
///
/// # Errors
///
/// Where there is no such order, or it has ended.
pub fn cancel(tx: &Transaction<'_>, actor: &Actor, job: &str, now: u64) -> Result<(), SwitchError> {
    let row = tx.job(job)?.filter(|row| row.plugin == HOST).ok_or_else(|| SwitchError::NoOrder(job.to_owned()))?;
    if row.state.has_ended() || row.cancel {
        return Err(SwitchError::Ended(job.to_owned()));
    }
    tx.cancel_job(job, now)?;
    Ok(audit(tx, actor, &Act { action: "jobs.cancel", subject: job, detail: &row.name }, now)?)
}

fn unmount(
    tx: &Transaction<'_>,
    actor: &Actor,
    plugin: &PluginRow,
    data: bool,
    even_if_needed: bool,
    now: u64,
) -> Result<(), SwitchError> {
    if even_if_needed {
        cancel_orders(tx, actor, plugin, now)?;
    } else {
        may_unmount(tx, plugin)?;
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

/// Removes a package that is in no place, with its grants. Its file in the store is of no use any more then. `shipped`: what
/// the program brought along.
///
/// # Errors
///
/// Where it is not here, in its place, or about to be; or came with the program.
pub fn discard(
    tx: &Transaction<'_>,
    actor: &Actor,
    digest: &str,
    shipped: &[Shipped],
    now: u64,
) -> Result<(), SwitchError> {
    may_discard(tx, digest, shipped)?;
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
pub fn may_discard(reader: &Reader<'_>, digest: &str, shipped: &[Shipped]) -> Result<(), SwitchError> {
    let package = Known::named(reader, digest)?.ok_or_else(|| SwitchError::NoPackage(digest.to_owned()))?;
    if shipped.iter().any(|shipped| shipped.digest.as_str() == digest) {
        return Err(SwitchError::Shipped(package.called()));
    }
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
