//! Opening the pages of a package's menu before it takes its place: reading only, on the data that it is going to have.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::installer::Installer;
use crate::installer::data::Change;
use crate::installer::installation::Installation;
use crate::installer::package_error::PackageError;
use crate::installer::trial::Trial;

/// The longest that all pages together may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens them one after the other.
///
/// # Errors
///
/// With the first that does not open, and why.
pub(super) async fn pages(
    installer: &Installer<'_>,
    installation: &Arc<Installation>,
    change: &Change,
) -> Result<(), PackageError> {
    let commission = &installation.commission;
    let trial = commission.unless_unwanted(Trial::load(installer, installation)).await?;
    let space = space(installer, installation, change)?;
    let deadline = Instant::now() + PATIENCE;
    for route in trial.pages() {
        let left = deadline.saturating_duration_since(Instant::now());
        let refused = |reason| {
            let info = installation.info();
            let (id, version, path) = (info.id.clone(), info.version.clone(), trial.path_of(route));
            PackageError::Page { id, version, path, reason }
        };
        if left.is_zero() {
            return Err(refused(format!("opening its pages took longer than {} s", PATIENCE.as_secs())));
        }
        let opening = async { trial.open(&space, route, left).await.map_err(refused) };
        commission.unless_unwanted(opening).await?;
    }
    Ok(())
}

/// The space of the data that it is going to have; one that nobody has ever used where it starts without any.
fn space(installer: &Installer<'_>, installation: &Installation, change: &Change) -> Result<String, PackageError> {
    let id = &installation.info().id;
    Ok(match change {
        Change::TakeBack(space) => space.space.clone(),
        Change::Start => format!("{id}/none"),
        Change::Keep | Change::Migrate(_) => {
            let active = installer.services.database.read(|reader| reader.active_space(id))?;
            active.map_or_else(|| id.clone(), |active| active.space)
        }
    })
}
