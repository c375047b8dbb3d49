//! `vestry package check` and `vestry package update`.

use clap::Args;
use vestry_catalog::order::Fetch;
use vestry_catalog::{Known, Newer, is_newer};
use vestry_storage::{PackageCheckRow, Reader};

use crate::commands::package::{on_ground, report};
use crate::commands::{Data, Failure, say};
use crate::installer::Installer;
use crate::installer::commission::Commission;
use crate::installer::package_error::PackageError;
use crate::installer::{orders, placing};

#[derive(Debug, Args)]
pub(in crate::commands) struct Check {
    /// Ids of plugins; all that are mounted, if none is named.
    ids: Vec<String>,
    #[command(flatten)]
    data: Data,
}

#[derive(Debug, Args)]
pub(in crate::commands) struct Update {
    /// Ids of plugins.
    #[arg(required_unless_present = "all")]
    ids: Vec<String>,
    /// All that are mounted.
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    plan: bool,
    #[command(flatten)]
    data: Data,
}

/// A plugin that has a newer version.
struct Newest {
    id: String,
    current: String,
    newer: String,
    fetch: Fetch,
}

impl Check {
    pub(super) fn run(self) -> Result<(), Failure> {
        on_ground(&self.data, async |installer, commission| {
            for checked in orders::check(installer, commission, &self.ids).await? {
                let said = match (checked.newer.as_str(), checked.problem.as_str()) {
                    (_, problem) if !problem.is_empty() => format!("could not be asked: {problem}"),
                    ("", _) => "nothing newer".to_owned(),
                    (newer, _) => newer.to_owned(),
                };
                say(format_args!("{}\t{said}", checked.id));
            }
            Ok(())
        })
    }
}

impl Update {
    pub(super) fn run(self) -> Result<(), Failure> {
        let left = on_ground(&self.data, async |installer, commission| {
            orders::check(installer, commission, &self.ids).await?;
            let found = installer.services.database.read(|reader| newest(reader, &self.ids))?;
            if found.is_empty() {
                say("Nothing newer is known.");
            }
            let mut left = 0;
            for newest in found {
                say(format_args!("{}\t{} -> {}", newest.id, newest.current, newest.newer));
                if !self.plan
                    && let Err(error) = update(installer, commission, &newest).await
                {
                    say(format_args!("{} stays as it is: {error}", newest.id));
                    left += 1;
                }
            }
            Ok(left)
        })?;
        match left {
            0 => Ok(()),
            1 => Err("one plugin was not updated".into()),
            left => Err(format!("{left} plugins were not updated").into()),
        }
    }
}

async fn update(installer: &Installer<'_>, commission: &Commission, newest: &Newest) -> Result<(), PackageError> {
    let package = orders::fetch(installer, commission, &newest.fetch).await?;
    if package.info.id != newest.id {
        return Err(PackageError::Problems(vec![format!("what came is {}, which is another plugin", package.info.id)]));
    }
    let wish = installer.services.database.read(|reader| orders::current(reader, &package))?;
    report(installer, &placing::place(installer, commission, &wish).await?)
}

/// What is known to be newer, of these or of all.
fn newest(reader: &Reader<'_>, ids: &[String]) -> Result<Vec<Newest>, PackageError> {
    let checks = reader.package_checks()?;
    let mut found = Vec::new();
    for plugin in reader.plugins()? {
        let Some(running) = Known::running(reader, &plugin.id)? else { continue };
        let check = checks.iter().find(|check| check.plugin == plugin.id);
        if (ids.is_empty() || ids.contains(&plugin.id))
            && let Some(newest) = check.and_then(|check| of_check(&running, check))
        {
            found.push(newest);
        }
    }
    Ok(found)
}

fn of_check(running: &Known, check: &PackageCheckRow) -> Option<Newest> {
    let (id, current) = (running.info.id.clone(), running.row.version.clone());
    if !is_newer(&check.newer, &current) {
        return None;
    }
    let fetch = match Newer::parse(&check.origin)? {
        Newer::Source { source } => Fetch::Source { source, access: None },
        Newer::Announced { .. } => Fetch::Shipped { plugin: id.clone() },
        Newer::Program { .. } => return None,
    };
    Some(Newest { id, current, newer: check.newer.clone(), fetch })
}
