//! Going back by itself to the version that ran before the one that fails.
//!
//! Everything is looked at in the transaction that writes it: somebody may have switched the plugin off, or put another
//! version in its place, while it was being decided that this one fails. Where somebody is changing the same place at that
//! moment nothing is done, and their order is carried out.
//!
//! What people decided since counts more than what was once: of what the former version holds it keeps only what the
//! failing one holds too, or does not ask for. What was refused or taken back there stays so.

use std::collections::BTreeSet;

use vestry_catalog::order::Placing;
use vestry_catalog::{Capability, Digest, Known, covers};
use vestry_identity::{Act, audit};
use vestry_storage::{PackageEventKind, PackageEventRow, Reader, StorageError, Transaction};

use crate::installer::Installer;
use crate::installer::commission::Commission;
use crate::installer::installation::{Installation, Manner};
use crate::installer::package;
use crate::installer::package_error::PackageError;
use crate::installer::placing::blocking;

/// Events of a plugin among which it is looked which versions failed.
const EVENTS: u32 = 100;

/// Puts the version before the one that fails back in its place, with no page opened before: it ran when it was replaced.
/// Answers `false` where there is none or it had failed itself, where another one than `failing` (its digest) runs by now or
/// none, where somebody is changing the place, where the data has another shape, or where something it needs is gone. What
/// this process serves is the caller's to bring in line.
///
/// # Errors
///
/// Where the database cannot be written.
pub async fn come_back(
    installer: &Installer<'_>,
    plugin: &str,
    failing: &str,
    reason: &str,
) -> Result<bool, PackageError> {
    let (database, id, running) = (installer.services.database.clone(), plugin.to_owned(), failing.to_owned());
    let found = blocking(move || database.read(|reader| former(reader, &id, &running))).await?;
    let Some((former, running)) = found else { return Ok(false) };
    package::known(installer, former.as_str()).await?;
    let (database, now, id) = (installer.services.database.clone(), installer.now(), plugin.to_owned());
    let (commission, manner) = (Commission::of_host(now), Manner::CameBack(reason.to_owned()));
    let done = blocking(move || {
        database.write(|tx| {
            if self::former(tx, &id, running.as_str())?.is_none_or(|(found, _)| found != former) {
                return Ok(false);
            }
            let Some(failing) = Known::running(tx, &id)? else { return Ok(false) };
            let actor = commission.actor.clone();
            let installation = Installation::plan(tx, commission, wish(former, running), manner)?;
            if installation.begin(tx, now)?.is_some() {
                // It would have to be migrated; nothing was written.
                return Ok(false);
            }
            let package = &installation.package;
            for capability in held_no_more(tx, &failing, package)? {
                tx.delete_grant(&id, &package.row.digest, &capability)?;
                audit(tx, &actor, &Act { action: "grant.take", subject: &id, detail: &capability }, now)?;
            }
            Ok(true)
        })
    });
    match done.await {
        Err(PackageError::Data(_) | PackageError::Obstacle(_)) => Ok(false),
        done => done,
    }
}

fn wish(former: Digest, running: Digest) -> Placing {
    Placing {
        digest: former,
        mount: None,
        swap: false,
        take_over: false,
        data: None,
        expected: Some(running),
        replaces: None,
        proposals: Vec::new(),
        decided: true,
    }
}

/// The version that ran before the failing one, where that one runs still; and that one.
fn former(reader: &Reader<'_>, id: &str, failing: &str) -> Result<Option<(Digest, Digest)>, PackageError> {
    let running = reader.plugin(id)?.filter(|plugin| plugin.enabled && plugin.quarantined.is_none());
    let running = running.filter(|plugin| plugin.digest == failing).and_then(|plugin| Digest::parse(&plugin.digest));
    let Some(running) = running else { return Ok(None) };
    let events = reader.package_events(id, EVENTS)?;
    let failed = failed(&events, id);
    let latest = events.into_iter().find(|event| {
        matches!(event.kind, PackageEventKind::Mounted | PackageEventKind::RolledBack | PackageEventKind::CameBack)
    });
    let latest = latest.filter(|event| event.digest == failing && event.former_plugin == id);
    let Some(event) = latest.filter(|event| !failed.contains(&event.former)) else { return Ok(None) };
    let known = reader.package(&event.former)?;
    Ok(known.and_then(|package| Digest::parse(&package.digest)).map(|former| (former, running)))
}

/// Versions of a plugin that were stopped or sent away because they failed, and that nobody has put in its place since.
///
/// # Errors
///
/// Where the database cannot be read.
pub fn failed_versions(reader: &Reader<'_>, id: &str) -> Result<BTreeSet<String>, StorageError> {
    Ok(failed(&reader.package_events(id, EVENTS)?, id))
}

/// The same; `events` stand with the latest first.
fn failed(events: &[PackageEventRow], id: &str) -> BTreeSet<String> {
    let mut failed = BTreeSet::new();
    for event in events.iter().rev() {
        match event.kind {
            PackageEventKind::Mounted | PackageEventKind::RolledBack => drop(failed.remove(&event.digest)),
            PackageEventKind::Quarantined => drop(failed.insert(event.digest.clone())),
            PackageEventKind::CameBack if event.former_plugin == id => drop(failed.insert(event.former.clone())),
            PackageEventKind::CameBack | PackageEventKind::Refused | PackageEventKind::Unmounted => {}
        }
    }
    failed
}

/// What the former version holds, and the failing one asked for in vain.
fn held_no_more(tx: &Transaction<'_>, failing: &Known, former: &Known) -> Result<Vec<String>, StorageError> {
    let id = &failing.info.id;
    let parsed = |digest: &str| -> Result<BTreeSet<Capability>, StorageError> {
        Ok(tx.grants(id, digest)?.iter().filter_map(|grant| grant.capability.parse().ok()).collect())
    };
    let asked: BTreeSet<Capability> = failing.asks().into_iter().map(|ask| ask.capability).collect();
    let held = parsed(&failing.row.digest)?;
    let mut gone = parsed(&former.row.digest)?;
    gone.retain(|capability| covers(&asked, capability) && !covers(&held, capability));
    Ok(gone.iter().map(Capability::to_string).collect())
}

#[cfg(test)]
mod tests;
