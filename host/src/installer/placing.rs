//! The one way to put a package in its place: checked, tried, and then written in one transaction, or none of it.
//!
//! What would be refused is refused before anything is tried, and looked at once more by the transaction that writes. The
//! same transaction says which data the plugin works with from then on. Where that has to be brought to another shape
//! first, nothing is written before it has been ([`migration`]); else the pages of its menu are opened, reading only, on the
//! data that is there. A package whose pages do not open changes nothing, and its history says why.
//!
//! Killed anywhere and begun again, it finds either what was there or what is wanted, and in the latter case has nothing to
//! do any more.

use std::sync::Arc;

use serde::Serialize;
use vestry_catalog::order::Placing;
use vestry_storage::Reader;

use crate::installer::Installer;
use crate::installer::commission::Commission;
use crate::installer::data::Change;
use crate::installer::installation::{Installation, Manner};
use crate::installer::package;
use crate::installer::package_error::PackageError;
use crate::installer::{migration, probe, tidy};

/// A package that is in its place now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placed {
    pub id: String,
    pub version: String,
    pub mount: String,
    /// The shape that its data had before, and has now, where that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migrated: Option<(u32, u32)>,
}

/// Puts a package in its place. Takes five seconds longer, at most, where its data has to change shape.
///
/// # Errors
///
/// Where something is in the way, or its pages do not open. Nothing was changed then.
pub async fn place(installer: &Installer<'_>, commission: &Commission, wish: &Placing) -> Result<Placed, PackageError> {
    package::known(installer, wish.digest.as_str()).await?;
    let (planning, wish) = (commission.clone(), wish.clone());
    let database = installer.services.database.clone();
    let planned = blocking(move || {
        database.read(|reader| match placed_already(reader, &planning, &wish)? {
            Some(placed) => Ok(Err(placed)),
            None => Installation::plan(reader, planning, wish, Manner::Ordered).map(Ok),
        })
    });
    let installation = match planned.await? {
        Err(placed) => {
            // Perhaps by another process.
            commission.serve().await;
            return Ok(placed);
        }
        Ok(installation) => Arc::new(installation),
    };
    commission.begin(10, "Opening its pages");
    let tried = carry_out(installer, &installation).await;
    if let Some(reason) = tried.as_ref().err().and_then(PackageError::refusal) {
        note_refusal(installer, &installation, reason).await;
    }
    let migrated = tried?;
    commission.begin(80, "Taking its place");
    commission.serve().await;
    tidy::prune(installer, &installation.info().id).await;
    let (info, mount) = (installation.info(), installation.mount.to_string());
    Ok(Placed { id: info.id.clone(), version: info.version.clone(), mount, migrated })
}

/// That it is in its place already: somebody did it before, or this very order, before its server was stopped.
fn placed_already(
    reader: &Reader<'_>,
    commission: &Commission,
    wish: &Placing,
) -> Result<Option<Placed>, PackageError> {
    let Some(package) = reader.package(wish.digest.as_str())? else { return Ok(None) };
    let (id, version) = (package.id, package.version);
    let Some(there) = reader.plugin(&id)?.filter(|plugin| plugin.digest == package.digest) else { return Ok(None) };
    if wish.mount.as_ref().is_some_and(|mount| *mount != there.mount) {
        return Ok(None);
    }
    let nothing_else = wish.data.is_none() && !wish.take_over && wish.proposals.is_empty();
    // Beyond that, only this order itself, begun before, has done it.
    let latest = reader.package_events(&id, 1)?.into_iter().next();
    let by_this = latest.filter(|_| commission.lease.is_some()).is_some_and(|event| {
        event.digest == package.digest && event.time >= commission.ordered && event.account == commission.account()
    });
    let placed = Placed { id, version, mount: there.mount, migrated: None };
    Ok((nothing_else || by_this).then_some(placed))
}

/// Tries it, and writes it; answers from which shape its data was brought to which.
async fn carry_out(
    installer: &Installer<'_>,
    installation: &Arc<Installation>,
) -> Result<Option<(u32, u32)>, PackageError> {
    let (database, deciding) = (installer.services.database.clone(), Arc::clone(installation));
    let change = blocking(move || database.read(|reader| deciding.change(reader))).await?;
    if let Change::Migrate(before) = change {
        let shapes = (before.data_version, installation.info().data_version);
        let (database, now) = (installer.services.database.clone(), installer.now());
        let deciding = Arc::clone(installation);
        // Once as if, so that what is refused anyway holds up nobody.
        let as_if = move || database.write(|tx| tx.part(|tx| deciding.write(tx, now).map(|()| ((), false))));
        blocking(as_if).await?;
        migration::run(installer, installation, before).await?;
        return Ok(Some(shapes));
    }
    probe::pages(installer, installation, &change).await?;
    let (database, clock) = (installer.services.database.clone(), installer.services.identity.clock().clone());
    let writing = Arc::clone(installation);
    blocking(move || {
        database.write(|tx| match writing.begin(tx, clock.now())? {
            None => Ok(None),
            // Somebody has brought other data meanwhile.
            Some(_) => Err(PackageError::Busy(writing.info().id.clone())),
        })
    })
    .await
}

/// Says in the plugin's history that this version was not let in.
async fn note_refusal(installer: &Installer<'_>, installation: &Arc<Installation>, reason: String) {
    let (database, now) = (installer.services.database.clone(), installer.now());
    let installation = Arc::clone(installation);
    let named = installation.info().id.clone();
    let work = move || database.write(|tx| installation.note_refusal(tx, &reason, now));
    if let Err(error) = blocking(work).await {
        tracing::error!(%error, plugin = named, "that a version was refused could not be written down");
    }
}

/// Runs what waits for the disk where that holds up nobody.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PackageError> + Send + 'static,
) -> Result<T, PackageError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(PackageError::BrokenOff))
}

#[cfg(test)]
pub(in crate::installer) mod tests;
