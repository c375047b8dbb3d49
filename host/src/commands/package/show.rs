//! Showing what is known of packages: what is mounted, what waits, what happened, what a package is.

use clap::Args;
use vestry_catalog::meaning::Known as KnownSecret;
use vestry_catalog::{Known, NEED, Still, is_newer, plain};
use vestry_contract::packages::Inspection;

use crate::commands::package::fetching::Origin;
use crate::commands::package::{Named, on_ground};
use crate::commands::{Data, Failure, say};
use crate::installer::package_error::PackageError;
use crate::web::times::iso;

#[derive(Debug, Args)]
pub(in crate::commands) struct Inspect {
    #[command(flatten)]
    origin: Origin,
    #[command(flatten)]
    data: Data,
}

/// Mount, id, version, state, newer version, source; a line each.
pub(super) fn list(data: &Data) -> Result<(), Failure> {
    let database = data.database()?;
    database.read(|reader| {
        let checks = reader.package_checks()?;
        for plugin in reader.plugins()? {
            let package = reader.package(&plugin.digest)?;
            let (version, source) = package.map(|package| (package.version, package.source)).unwrap_or_default();
            let (state, _) = vestry_catalog::state(&plugin, &Still);
            let newer = checks.iter().find(|check| check.plugin == plugin.id && is_newer(&check.newer, &version));
            let newer = newer.map_or("-", |check| check.newer.as_str());
            say(format_args!("/{}\t{}\t{version}\t{state}\t{newer}\t{source}", plugin.mount, plugin.id));
        }
        Ok::<_, PackageError>(())
    })?;
    Ok(())
}

/// Id, version, source, digest; a line each.
pub(super) fn waiting(data: &Data) -> Result<(), Failure> {
    let database = data.database()?;
    for package in database.read(vestry_catalog::waiting)? {
        say(format_args!("{}\t{}\t{}\t{}", package.id, package.version, package.source, package.digest));
    }
    Ok(())
}

/// Version, state, when it was mounted last, digest; a line each.
pub(super) fn versions(named: &Named) -> Result<(), Failure> {
    let database = named.data.database()?;
    let (running, mut packages) = database.read(|reader| {
        let running = reader.plugin(&named.id)?.map(|plugin| plugin.digest);
        Ok::<_, PackageError>((running, reader.packages(Some(&named.id))?))
    })?;
    if packages.is_empty() {
        return Err(PackageError::Unknown(named.id.clone()).into());
    }
    packages.sort_by_key(|package| (Some(&package.digest) != running.as_ref(), std::cmp::Reverse(package.used)));
    for package in packages {
        let runs = Some(&package.digest) == running.as_ref();
        let state = match package.used {
            _ if runs => "runs",
            0 => "waits",
            _ => "kept",
        };
        let used = if package.used == 0 { "-".to_owned() } else { iso(package.used) };
        say(format_args!("{}\t{state}\t{used}\t{}", package.version, package.digest));
    }
    Ok(())
}

/// Time, kind, version, by whom, why; a line each, the latest first.
pub(super) fn history(named: &Named) -> Result<(), Failure> {
    let database = named.data.database()?;
    for event in database.read(|reader| vestry_catalog::history(reader, &named.id))? {
        let by = if event.by.is_empty() { "-" } else { &event.by };
        say(format_args!("{}\t{}\t{}\t{by}\t{}", iso(event.time), event.kind, event.version, event.reason));
    }
    Ok(())
}

impl Inspect {
    pub(super) fn run(self) -> Result<(), Failure> {
        let ready = self.origin.read()?;
        on_ground(&self.data, async |installer, commission| {
            let package: Known = ready.fetch(installer, commission).await?;
            let secrets = installer.services.secrets.list()?;
            let known = |name: &str| match secrets.iter().find(|secret| secret.name == name) {
                None => KnownSecret::Missing,
                Some(secret) => secret.origin.as_deref().map_or(KnownSecret::Unbound, KnownSecret::Bound),
            };
            let digest = &package.row.digest;
            let seen = installer
                .services
                .database
                .read(|reader| vestry_catalog::inspection(reader, &Still, &known, &|_, _| true, digest))?;
            print(&seen.ok_or_else(|| PackageError::NotHere(digest.clone()))?);
            Ok(())
        })
    }
}

fn print(seen: &Inspection) {
    let package = &seen.package;
    say(format_args!("{} {} - {}", package.id, package.version, plain(&package.title)));
    say(format_args!("  {}", plain(&package.summary)));
    say(format_args!("  digest {}", package.digest));
    say(format_args!("  from {} {}", package.source, package.detail));
    say(format_args!("  would be mounted at /{}", seen.mount));
    if let Some(installed) = &seen.installed {
        say(format_args!("  in the place of {} {}", installed.id, installed.version));
    }
    if let Some(replaced) = &seen.replaces {
        say(format_args!("  in the place of {replaced}"));
    }
    heading("It adds:", seen.adds.len());
    for addition in &seen.adds {
        let change = if addition.change.is_empty() { String::new() } else { format!(" ({})", addition.change) };
        say(format_args!("  {} {} {}{change}", addition.kind, addition.name, plain(&addition.detail)));
    }
    let needs: Vec<_> =
        seen.extra.iter().filter(|(name, _)| name == NEED).map(|(_, need)| need.trim_matches('"')).collect();
    heading("It needs:", needs.len());
    for need in needs {
        let state = if seen.missing.iter().any(|missing| missing == need) { "missing" } else { "here" };
        say(format_args!("  {need} [{state}]"));
    }
    heading("It asks for:", seen.asks.len());
    for ask in &seen.asks {
        let marks = [(ask.grave, " [grave]"), (ask.new, " [new]"), (ask.granted, " [granted]")];
        let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
        say(format_args!("  {}{marks}: {}", ask.capability, plain(&ask.means)));
        match plain(&ask.reason) {
            reason if reason.is_empty() => {}
            reason => say(format_args!("    \"{reason}\"")),
        }
    }
    heading("Mind:", seen.warnings.len());
    for warning in &seen.warnings {
        say(format_args!("  {}", plain(warning)));
    }
    say("Nothing was mounted.");
}

fn heading(words: &str, count: usize) {
    if count > 0 {
        say(words);
    }
}
