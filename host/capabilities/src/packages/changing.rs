//! Changing what is mounted without a job: on and off, limits, taking away. What stops something for everybody, or lets it
//! go further, is asked first: a plugin that may administer packages could do it for itself, or to others.

use vestry_catalog::Known;
use vestry_catalog::switching::{Switch, SwitchError, may_discard, may_unmount};
use vestry_contract::types::{Failure, FieldError, Text};
use vestry_identity::{Act, Actor, audit};
use vestry_storage::{PluginRow, Transaction};

use super::{PackageWrite, asking, no_package, read, switch_failure};
use crate::call::{Call, unavailable};
use crate::gate::Pass;
use crate::table::{
    PACKAGES_DISABLE, PACKAGES_DISCARD_USED, PACKAGES_RETRY, PACKAGES_SET_LIMITS, PACKAGES_UNINSTALL, Row,
};
use crate::transaction::{CommitError, Write};

/// Limits of one call; more than there are names.
const MOST_LIMITS: usize = 100;

pub(crate) async fn set_enabled(call: &mut Call, pass: Pass, id: String, enabled: bool) -> Result<(), Failure> {
    let plugin = mounted(call, &id)?;
    let what = if enabled { Switch::Enable } else { Switch::Disable };
    if !enabled {
        ask(call, &pass, PACKAGES_DISABLE, &plugin, "")?;
    }
    note(call, PackageWrite::Switch { id, what }).await
}

pub(crate) async fn retry(call: &mut Call, pass: Pass, id: String) -> Result<(), Failure> {
    let plugin = mounted(call, &id)?;
    if plugin.quarantined.is_none() {
        return Err(Failure::Conflict(format!("{id} is not in quarantine, so there is nothing to lift")));
    }
    ask(call, &pass, PACKAGES_RETRY, &plugin, "")?;
    note(call, PackageWrite::Switch { id, what: Switch::Retry }).await
}

pub(crate) async fn set_limits(
    call: &mut Call,
    pass: Pass,
    id: String,
    limits: Vec<(String, Option<u64>)>,
) -> Result<(), Failure> {
    let plugin = mounted(call, &id)?;
    if limits.len() > MOST_LIMITS {
        return Err(Failure::Exhausted(format!("at most {MOST_LIMITS} limits at a time")));
    }
    let known = call.settings()?.surroundings.facts().limits(&[]);
    let wrong: Vec<FieldError> = limits
        .iter()
        .filter_map(|(name, value)| {
            let message = match known.iter().find(|limit| limit.name == *name) {
                None => "There is no limit of this name.".to_owned(),
                Some(limit) => {
                    let outside = value.filter(|value| !(limit.least..=limit.most).contains(value))?;
                    format!("It can be {} to {}, and {outside} is not.", limit.least, limit.most)
                }
            };
            Some(FieldError { field: name.clone(), message: Text::Data(message), line: None, column: None })
        })
        .collect();
    if !wrong.is_empty() {
        return Err(Failure::Invalid(wrong));
    }
    ask(call, &pass, PACKAGES_SET_LIMITS, &plugin, &said(&limits))?;
    note(call, PackageWrite::SetLimits { id, limits }).await
}

pub(crate) async fn uninstall(call: &mut Call, pass: Pass, id: String, data: bool) -> Result<(), Failure> {
    let plugin = mounted(call, &id)?;
    let database = &call.settings()?.services.database;
    database.read(|reader| may_unmount(reader, &plugin)).map_err(switch_failure)?;
    let package = read(call, |reader| Ok(Known::named(reader, &plugin.digest)?))?;
    call.confirmed(&pass, &[PACKAGES_UNINSTALL], || Ok(asking::unmounting(&plugin, package.as_ref(), data)))?;
    note(call, PackageWrite::Switch { id, what: Switch::Unmount { data } }).await
}

pub(crate) async fn discard(call: &mut Call, pass: Pass, digest: String) -> Result<(), Failure> {
    let shipped = call.settings()?.surroundings.facts().shipped();
    let database = &call.settings()?.services.database;
    database.read(|reader| may_discard(reader, &digest, &shipped)).map_err(switch_failure)?;
    let package = read(call, |reader| Ok(Known::named(reader, &digest)?))?.ok_or_else(|| no_package(&digest))?;
    if package.row.used > 0 {
        call.confirmed(&pass, &[PACKAGES_DISCARD_USED], || Ok(asking::discarding(&package)))?;
    }
    note(call, PackageWrite::Discard { digest }).await
}

/// Sets limits, in the transaction of the request.
pub(super) fn limit(
    tx: &Transaction<'_>,
    actor: &Actor,
    id: &str,
    limits: &[(String, Option<u64>)],
    now: u64,
) -> Result<(), CommitError> {
    if tx.plugin(id)?.is_none() {
        return Err(CommitError::Conflict(SwitchError::Unknown(id.to_owned()).to_string()));
    }
    limits.iter().try_for_each(|(name, value)| tx.set_limit(id, name, *value))?;
    tx.raise_generation()?;
    Ok(audit(tx, actor, &Act { action: "plugin.set-limits", subject: id, detail: &said(limits) }, now)?)
}

/// `cpu-ms 500, memory by default`
fn said(limits: &[(String, Option<u64>)]) -> String {
    let said = limits.iter().map(|(name, value)| match value {
        Some(value) => format!("{name} {value}"),
        None => format!("{name} by default"),
    });
    said.collect::<Vec<_>>().join(", ")
}

/// Lets the person say yes to something about a plugin.
fn ask(call: &mut Call, pass: &Pass, row: Row, plugin: &PluginRow, detail: &str) -> Result<(), Failure> {
    let package = read(call, |reader| Ok(Known::named(reader, &plugin.digest)?))?;
    call.confirmed(pass, &[row], || Ok(asking::changing(row, plugin, package.as_ref(), detail)))
}

fn mounted(call: &Call, id: &str) -> Result<PluginRow, Failure> {
    let row = call.settings()?.services.database.read(|reader| reader.plugin(id)).map_err(unavailable)?;
    row.ok_or_else(|| switch_failure(SwitchError::Unknown(id.chars().take(100).collect())))
}

pub(super) async fn note(call: &mut Call, write: PackageWrite) -> Result<(), Failure> {
    call.transaction.push(Write::Package(write));
    call.settle().await
}
