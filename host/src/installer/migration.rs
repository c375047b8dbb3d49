//! Bringing a plugin's data to the shape that a new version of it works with.
//!
//! In order: one transaction holds the data and copies it; the new version migrates the copy; it is asked for each page
//! of its menu, on the copy; one transaction puts the copy and the new version in place. The hold lasts five seconds, and
//! is a time in the database: meanwhile requests wait, in every process, and what older calls write is refused by the
//! transaction that writes it. So what is copied is all there is, and whoever does this may die at any point: the hold
//! passes, the older version goes on, and the copy is removed with what has expired.
//!
//! What it deliberately does not do: go back (see [`data`](crate::installer::data)), migrate in the background while
//! people write (there would be two truths to merge), or draw the pages: that they can be drawn is the screens' to say.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use vestry_storage::{PluginRow, SpaceRow};

use crate::installer::Installer;
use crate::installer::installation::Installation;
use crate::installer::package_error::PackageError;
use crate::installer::placing::blocking;
use crate::installer::trial::Trial;

/// How long calls of the plugin wait at the most.
pub const HOLD: Duration = Duration::from_secs(5);

/// Why the data was not brought to the new shape.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error("it could not bring its data from the shape {from} to {to}: {reason}")]
    Migrate { from: u32, to: u32, reason: String },
    #[error("with the data in its new shape, its page {path} does not open: {reason}")]
    Page { path: String, reason: String },
    #[error("copying its data, migrating it and opening its pages took longer than {} s, the longest that its calls may wait", HOLD.as_secs())]
    TooLong,
}

/// Migrates the data and mounts the package; on any error, what was there goes on.
pub(super) async fn run(
    installer: &Installer<'_>,
    installation: &Arc<Installation>,
    before: SpaceRow,
) -> Result<(), PackageError> {
    // Loading compiles, where that has not been done: nobody should wait for that.
    let commission = &installation.commission;
    let trial = commission.unless_unwanted(Trial::load(installer, installation)).await?;
    let deadline = Instant::now() + HOLD;
    let from = before.data_version;
    let begun = begin(installer, installation, before).await?;
    let attempt =
        async { attempt(&trial, &begun.copy, from, deadline).await.map_err(|error| failed(installation, error)) };
    let ended = match commission.unless_unwanted(attempt).await {
        Ok(()) => finish(installer, installation, &begun, from).await,
        Err(error) => Err(error),
    };
    if let Err(error) = &ended {
        give_up(installer, installation, begun.copy, error).await;
    }
    ended
}

/// What was begun.
struct Begun {
    /// The space that the copy is in.
    copy: String,
    /// What was mounted then.
    mounted: Option<PluginRow>,
}

async fn begin(
    installer: &Installer<'_>,
    installation: &Arc<Installation>,
    before: SpaceRow,
) -> Result<Begun, PackageError> {
    let (database, clock) = (installer.services.database.clone(), installer.services.identity.clock().clone());
    let installation = Arc::clone(installation);
    let hold = u64::try_from(HOLD.as_millis()).unwrap_or(u64::MAX);
    blocking(move || {
        // From before the wait for other writers on, so that nobody waits longer than is said.
        let now = clock.now();
        database.write(|tx| {
            let id = &installation.info().id;
            let copy = tx.copy_space(&before, installation.info().data_version, now, now + hold)?;
            let copy = copy.ok_or_else(|| PackageError::Busy(id.clone()))?;
            tx.raise_generation()?;
            Ok(Begun { copy, mounted: tx.plugin(id)? })
        })
    })
    .await
}

async fn attempt(trial: &Trial<'_>, copy: &str, from: u32, deadline: Instant) -> Result<(), MigrationError> {
    let left = || Some(deadline.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero());
    let to = trial.data_version();
    let time = left().ok_or(MigrationError::TooLong)?;
    match trial.migrate(copy, from, time).await {
        Ok(()) => {}
        Err(reason) => return Err(MigrationError::Migrate { from, to, reason }),
    }
    for route in trial.pages() {
        let time = left().ok_or(MigrationError::TooLong)?;
        trial
            .open(copy, route, time)
            .await
            .map_err(|reason| MigrationError::Page { path: trial.path_of(route), reason })?;
    }
    Ok(())
}

async fn finish(
    installer: &Installer<'_>,
    installation: &Arc<Installation>,
    begun: &Begun,
    from: u32,
) -> Result<(), PackageError> {
    let (database, clock) = (installer.services.database.clone(), installer.services.identity.clock().clone());
    let (installation, copy, mounted) = (Arc::clone(installation), begun.copy.clone(), begun.mounted.clone());
    blocking(move || {
        database.write(|tx| {
            // Read when nobody else can write any more: after the hold, others do.
            let (id, now) = (&installation.info().id, clock.now());
            if digest(tx.plugin(id)?.as_ref()) != digest(mounted.as_ref()) {
                return Err(PackageError::Busy(id.clone()));
            }
            if !tx.finish_copy(&copy, now)? {
                return Err(failed(&installation, MigrationError::TooLong));
            }
            installation.write(tx, now)?;
            let shapes = format!("{from} to {}", installation.info().data_version);
            Ok(installation.audit(tx, "package.migrate", "done", &shapes, now)?)
        })
    })
    .await
}

fn digest(plugin: Option<&PluginRow>) -> Option<&str> {
    plugin.map(|plugin| plugin.digest.as_str())
}

/// Removes the copy and lifts the hold. Where even that fails, the hold passes by itself.
async fn give_up(installer: &Installer<'_>, installation: &Arc<Installation>, copy: String, error: &PackageError) {
    let (database, now, reason) = (installer.services.database.clone(), installer.now(), error.to_string());
    let (installation, named) = (Arc::clone(installation), installation.info().id.clone());
    let work = move || {
        database.write(|tx| {
            tx.drop_copy(&copy)?;
            tx.raise_generation()?;
            Ok(installation.audit(tx, "package.migrate", "failed", &reason, now)?)
        })
    };
    if let Err(error) = blocking(work).await {
        tracing::error!(%error, plugin = named, "the copy of a plugin's data could not be removed at once");
    }
}

fn failed(installation: &Installation, error: MigrationError) -> PackageError {
    let (id, version) = (installation.info().id.clone(), installation.info().version.clone());
    PackageError::Migration { id, version, error }
}
