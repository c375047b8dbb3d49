//! Plugins in their places, and packages that are in none.

use vestry_contract::packages::{Limit, Package, Plugin};
use vestry_storage::{PackageCheckRow, PackageEventKind, PluginRow, Reader, StorageError};

use crate::facts::Facts;
use crate::known::{Known, Result, UNREADABLE, is_newer};
use crate::needs::Mounted;
use crate::under_way::{UnderWay, under_way};
use crate::upgrades::newer_shipped;

/// Events of a mount that are looked through for what was there before.
const FAR_BACK: u32 = 100;

/// What is the same for all of them.
struct Surroundings<'a> {
    facts: &'a dyn Facts,
    mounted: Mounted,
    checks: Vec<PackageCheckRow>,
    orders: Vec<UnderWay>,
}

/// All plugins in their places, by id; one whose registration cannot be read is broken.
///
/// # Errors
///
/// Where the database cannot be read.
pub fn installed(reader: &Reader<'_>, facts: &dyn Facts) -> Result<Vec<Plugin>> {
    let around = Surroundings {
        facts,
        mounted: Mounted::read(reader)?,
        checks: reader.package_checks()?,
        orders: under_way(reader)?,
    };
    let plugins = reader.plugins()?;
    let found = plugins.into_iter().map(|row| match Known::named(reader, &row.digest)? {
        Some(package) => plugin(reader, &around, row, &package).map(Some),
        None => Ok(None),
    });
    found.filter_map(Result::transpose).collect()
}

/// Packages that are in no place and were in none, or whose plugin is not mounted any more; the latest first.
///
/// # Errors
///
/// Where the database cannot be read.
pub fn waiting(reader: &Reader<'_>) -> Result<Vec<Package>> {
    let mounted = reader.plugins()?;
    let waits = |id: &str, digest: &str, used: u64| match mounted.iter().find(|plugin| plugin.id == id) {
        Some(plugin) => plugin.digest != digest && used == 0,
        None => true,
    };
    let mut rows = reader.packages(None)?;
    rows.retain(|row| waits(&row.id, &row.digest, row.used));
    rows.sort_by_key(|row| std::cmp::Reverse(row.added));
    let read = rows.iter().map(|row| Ok(Known::named(reader, &row.digest)?.map(|known| known.package())));
    read.filter_map(Result::transpose).collect()
}

fn plugin(reader: &Reader<'_>, around: &Surroundings<'_>, row: PluginRow, package: &Known) -> Result<Plugin> {
    let facts = around.facts;
    let (state, reason) = match package.is_legible() {
        true => state(&row, facts),
        false => ("broken", UNREADABLE.to_owned()),
    };
    let check = around.checks.iter().find(|check| check.plugin == row.id);
    let (since_start, last_hour) = facts.used(&row.id);
    let job = around.orders.iter().find(|order| order.kind == "place" && order.plugins.contains(&row.id));
    Ok(Plugin {
        state: state.to_owned(),
        reason,
        versions: versions(reader, &row)?,
        displaced: displaced(reader, &row)?,
        newer: newer(package, check, facts),
        checked: check.map_or(0, |check| check.checked),
        problem: check.map(|check| check.problem.clone()).unwrap_or_default(),
        needed_by: needed_by(&around.mounted, &row.id),
        limits: limits(reader, facts, &row.id)?,
        since_start,
        last_hour,
        job: job.map(|order| order.job.clone()),
        package: package.package(),
        id: row.id,
        mount: row.mount,
        extra: Vec::new(),
    })
}

/// What state it is in, and why it does not run where it does not.
#[must_use]
pub fn state(row: &PluginRow, facts: &dyn Facts) -> (&'static str, String) {
    match (row.enabled, &row.quarantined) {
        (false, _) => ("off", String::new()),
        (true, Some(reason)) => ("quarantined", reason.clone()),
        (true, None) => match facts.broken(&row.id) {
            Some(reason) => ("broken", reason),
            None => ("on", String::new()),
        },
    }
}

/// The versions that can be gone back to, the one used last first.
fn versions(reader: &Reader<'_>, row: &PluginRow) -> Result<Vec<Package>> {
    let mut kept = reader.packages(Some(&row.id))?;
    kept.retain(|package| package.used > 0 && package.digest != row.digest);
    kept.sort_by_key(|package| std::cmp::Reverse(package.used));
    let read = kept.iter().map(|package| Ok(Known::named(reader, &package.digest)?.map(|known| known.package())));
    read.filter_map(Result::transpose).collect()
}

/// The plugin whose place it took, where that can take it back.
fn displaced(reader: &Reader<'_>, row: &PluginRow) -> Result<Option<String>, StorageError> {
    for event in reader.package_events_at(&row.mount, FAR_BACK)? {
        let gone = event.kind == PackageEventKind::Unmounted;
        match event.plugin == row.id {
            // Before that, it was not here.
            true if gone => return Ok(None),
            false if !gone && event.kind != PackageEventKind::Refused => return Ok(None),
            true if !event.former_plugin.is_empty() && event.former_plugin != row.id => {
                let former = event.former_plugin;
                let kept = reader.packages(Some(&former))?.iter().any(|package| package.used > 0);
                let free = reader.plugin(&former)?.is_none();
                return Ok(Some(former).filter(|_| kept && free));
            }
            _ => {}
        }
    }
    Ok(None)
}

fn newer(package: &Known, check: Option<&PackageCheckRow>, facts: &dyn Facts) -> Option<String> {
    let current = &package.row.version;
    let found = check.map(|check| check.newer.clone()).filter(|newer| is_newer(newer, current));
    match (found, newer_shipped(&package.row, facts)) {
        (Some(found), Some(shipped)) => Some(if is_newer(&found, &shipped) { found } else { shipped }),
        (found, shipped) => found.or(shipped),
    }
}

/// Plugins that would lose something without this one.
fn needed_by(mounted: &Mounted, id: &str) -> Vec<String> {
    let lost = mounted.lost(&mounted.clone().without(id));
    let mut names: Vec<String> = lost.into_iter().map(|missing| missing.by).collect();
    names.dedup();
    names
}

/// Limits of a plugin, as they are chosen.
///
/// # Errors
///
/// Where the database cannot be read.
pub fn limits(reader: &Reader<'_>, facts: &dyn Facts, id: &str) -> Result<Vec<Limit>, StorageError> {
    Ok(facts.limits(&reader.limits(id)?))
}

#[cfg(test)]
mod tests;
