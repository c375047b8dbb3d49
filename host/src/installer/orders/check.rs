//! Asking the sources of plugins for newer versions. What they say is written down for each; nothing is fetched.

use std::collections::BTreeSet;

use serde::Serialize;
use vestry_catalog::order::HOST;
use vestry_catalog::{Known, Newer, SHIPPED, is_newer};
use vestry_sources::Source;
use vestry_storage::PackageCheckRow;

use crate::installer::Installer;
use crate::installer::commission::Commission;
use crate::installer::package_error::PackageError;
use crate::installer::placing::blocking;
use crate::installer::upgrades::{self, Upgrades};

/// What the source of a plugin said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    pub id: String,
    /// Empty for nothing newer.
    pub newer: String,
    /// Why it could not be asked; empty where it could.
    pub problem: String,
}

/// Asks them: those of these plugins, of all that are mounted for none, and then for the program as well.
///
/// # Errors
///
/// Where the database fails, or a plugin is not mounted. That a source does not answer is written down, and no error.
pub async fn check(
    installer: &Installer<'_>,
    commission: &Commission,
    plugins: &[String],
) -> Result<Vec<Checked>, PackageError> {
    let wanted: BTreeSet<&str> = plugins.iter().map(String::as_str).collect();
    let running = installer.services.database.read(|reader| {
        let mut running = Vec::new();
        for plugin in reader.plugins()? {
            if (wanted.is_empty() || wanted.contains(plugin.id.as_str()))
                && let Some(known) = Known::named(reader, &plugin.digest)?
            {
                running.push(known);
            }
        }
        Ok::<_, PackageError>(running)
    })?;
    if let Some(unknown) = wanted.iter().find(|id| !running.iter().any(|known| known.info.id == **id)) {
        return Err(PackageError::NotMounted((*unknown).to_owned()));
    }
    let announced =
        commission.unless_unwanted(async { Ok::<_, PackageError>(upgrades::read(installer).await) }).await?;
    let mut rows = Vec::with_capacity(running.len() + 1);
    if wanted.is_empty() {
        rows.push(program(announced.as_ref(), installer.now()));
    }
    for (index, known) in running.iter().enumerate() {
        let percent = u8::try_from(index * 100 / running.len()).unwrap_or(100);
        commission.begin(percent, &format!("Asking for newer versions of {}", known.info.id));
        let asking = async { Ok::<_, PackageError>(ask(installer, known, announced.as_ref()).await) };
        rows.push(commission.unless_unwanted(asking).await?);
    }
    let checked = rows.iter().map(Checked::of).collect();
    let (database, commission) = (installer.services.database.clone(), commission.clone());
    blocking(move || {
        database.write(|tx| {
            commission.check(tx)?;
            rows.iter().try_for_each(|row| tx.put_package_check(row))?;
            Ok::<_, PackageError>(())
        })
    })
    .await?;
    Ok(checked)
}

impl Checked {
    fn of(row: &PackageCheckRow) -> Self {
        let PackageCheckRow { plugin, newer, problem, .. } = row;
        Self { id: plugin.clone(), newer: newer.clone(), problem: problem.clone() }
    }
}

/// What of the program is announced.
fn program(announced: Result<&Option<Upgrades>, &PackageError>, now: u64) -> PackageCheckRow {
    let mut row = PackageCheckRow { plugin: HOST.to_owned(), checked: now, ..PackageCheckRow::default() };
    match announced.map(|upgrades| upgrades.as_ref().and_then(|upgrades| upgrades.vestry.as_ref())) {
        Ok(Some(program)) if is_newer(&program.version, env!("CARGO_PKG_VERSION")) => {
            let newer = Newer::Program { notes: program.notes.clone(), how: program.how.clone() };
            row.newer.clone_from(&program.version);
            row.origin = serde_json::to_string(&newer).unwrap_or_default();
        }
        Ok(_) => {}
        Err(error) => row.problem = error.to_string(),
    }
    row
}

/// What the source of a package says.
async fn ask(
    installer: &Installer<'_>,
    known: &Known,
    announced: Result<&Option<Upgrades>, &PackageError>,
) -> PackageCheckRow {
    let newer = match serde_json::from_str::<Source>(&known.row.origin) {
        Ok(source) => of_source(installer, known, &source).await.map_err(|error| error.to_string()),
        Err(_) if known.row.source == SHIPPED => match announced {
            Ok(upgrades) => Ok(upgrades.as_ref().and_then(|upgrades| of_document(known, upgrades))),
            Err(error) => Err(error.to_string()),
        },
        // A file cannot be asked.
        Err(_) => Ok(None),
    };
    let (newer, problem) = match newer {
        Ok(newer) => (newer, String::new()),
        Err(problem) => (None, problem),
    };
    let (newer, origin) = newer.map(|(version, newer)| (version, serde_json::to_string(&newer))).unzip();
    PackageCheckRow {
        plugin: known.info.id.clone(),
        newer: newer.unwrap_or_default(),
        origin: origin.and_then(Result::ok).unwrap_or_default(),
        checked: installer.now(),
        problem,
    }
}

async fn of_source(
    installer: &Installer<'_>,
    known: &Known,
    source: &Source,
) -> Result<Option<(String, Newer)>, PackageError> {
    let access = vestry_capabilities::source_access(installer.services, source)?;
    let Ok(current) = semver::Version::parse(&known.row.version) else { return Ok(None) };
    let asked = installer.services.sources.newest(source, access.as_ref(), &current, &known.row.detail).await?;
    Ok(asked.map(|newest| (newest.version, Newer::Source { source: newest.source })))
}

fn of_document(known: &Known, upgrades: &Upgrades) -> Option<(String, Newer)> {
    let announced = upgrades.packages.iter().filter(|announced| announced.id == known.info.id);
    let newer = announced.filter(|announced| is_newer(&announced.version, &known.row.version));
    let newest = newer.reduce(|one, other| if is_newer(&other.version, &one.version) { other } else { one })?;
    let (notes, component) = (newest.notes.clone(), newest.component.clone());
    Some((newest.version.clone(), Newer::Announced { notes, component, sha256: newest.sha256.clone() }))
}
