//! `kv`: keys and values of the plugin, with checks on versions in place of locks.
//!
//! A commit takes effect when the request does (in a job at once), so what was committed earlier in the same request is
//! laid over what the database holds. Checks are made twice: here, to tell the plugin at once, and again as the request
//! takes effect, where a conflict means that it runs once more.

use std::collections::BTreeMap;

use vestry_contract::kv::{Change, Check, Entry, Range};
use vestry_contract::types::Failure;
use vestry_storage::{KvEntry, KvRange, MAX_KEY_BYTES, MAX_VALUE_BYTES, StorageError};

use crate::call::{Call, unavailable};
use crate::gate::Pass;
use crate::transaction::Write;

/// Entries that one scan answers at most.
const LONGEST_SCAN: u32 = 1_000;

pub(crate) fn get(call: &Call, _pass: Pass, keys: Vec<String>) -> Result<Vec<Option<Entry>>, Failure> {
    let overlay = overlay(call);
    let names: Vec<&str> = keys.iter().map(String::as_str).collect();
    let stored = read(call, |reader, plugin, bytes, now| reader.kv_get(plugin, &names, bytes, now))?;
    Ok(keys.iter().zip(stored).map(|(key, stored)| overlay.get(key).cloned().unwrap_or(stored.map(entry))).collect())
}

pub(crate) fn scan(call: &Call, _pass: Pass, range: &Range) -> Result<Vec<Entry>, Failure> {
    let overlay = overlay(call);
    let limit = range.limit.min(LONGEST_SCAN);
    // As many more as the overlay can take away.
    let wanted = limit.saturating_add(u32::try_from(overlay.len()).unwrap_or(u32::MAX));
    let asked = KvRange { start: &range.start, end: &range.end, limit: wanted, reverse: range.reverse };
    let stored = read(call, |reader, plugin, bytes, now| reader.kv_scan(plugin, &asked, bytes, now))?;
    let mut found: BTreeMap<String, Option<Entry>> =
        stored.into_iter().map(|stored| (stored.key.clone(), Some(entry(stored)))).collect();
    found.extend(
        overlay.into_iter().filter(|(key, _)| *key >= range.start && (range.end.is_empty() || *key < range.end)),
    );
    let entries = found.into_values().flatten();
    let limit = limit as usize;
    Ok(if range.reverse { entries.rev().take(limit).collect() } else { entries.take(limit).collect() })
}

/// Answers the version that the values have.
pub(crate) async fn commit(
    call: &mut Call,
    pass: Pass,
    checks: Vec<Check>,
    changes: Vec<Change>,
) -> Result<u64, Failure> {
    for change in &changes {
        within_limits(change)?;
    }
    let keys = checks.iter().map(|check| check.key.clone()).collect();
    let found = get(call, pass, keys)?;
    for (check, found) in checks.iter().zip(found) {
        if found.map(|entry| entry.version) != check.version {
            return Err(Failure::Conflict(format!("`{}` was changed since it was read", check.key)));
        }
    }
    let version = new_version()?;
    call.transaction.push(Write::Kv { checks, changes, version });
    call.settle().await?;
    Ok(version)
}

fn within_limits(change: &Change) -> Result<(), Failure> {
    let (key, value) = match change {
        Change::Set((key, value)) | Change::SetUntil((key, value, _)) => (key, value.len()),
        Change::Delete(key) => (key, 0),
    };
    if key.is_empty() || key.len() > MAX_KEY_BYTES {
        return Err(Failure::Exhausted(format!("a key has 1 to {MAX_KEY_BYTES} bytes; this one has {}", key.len())));
    }
    if value > MAX_VALUE_BYTES {
        return Err(Failure::Exhausted(format!(
            "the value of `{key}` has {value} bytes; the most is {MAX_VALUE_BYTES}"
        )));
    }
    Ok(())
}

/// What this request has written so far: the last word on each key; `None` is deleted.
fn overlay(call: &Call) -> BTreeMap<String, Option<Entry>> {
    let mut overlay = BTreeMap::new();
    for write in call.transaction.writes() {
        let Write::Kv { changes, version, .. } = write else { continue };
        for change in changes {
            let (key, value) = match change {
                Change::Set((key, value)) | Change::SetUntil((key, value, _)) => (key, Some(value.clone())),
                Change::Delete(key) => (key, None),
            };
            overlay.insert(key.clone(), value.map(|value| Entry { key: key.clone(), value, version: *version }));
        }
    }
    overlay
}

fn read<T>(
    call: &Call,
    body: impl FnOnce(&vestry_storage::Reader<'_>, &str, usize, u64) -> Result<T, StorageError>,
) -> Result<T, Failure> {
    let services = &call.settings()?.services;
    let now = services.identity.clock().now();
    services.database.read(|reader| body(reader, &call.subject().space, call.left(), now)).map_err(failure)
}

fn failure(error: StorageError) -> Failure {
    match error {
        StorageError::Exhausted(reason) => Failure::Exhausted(reason),
        other => unavailable(other),
    }
}

fn entry(stored: KvEntry) -> Entry {
    Entry { key: stored.key, value: stored.value, version: stored.version }
}

/// Never used before: 63 random bits.
fn new_version() -> Result<u64, Failure> {
    getrandom::u64()
        .map(|random| (random >> 1).max(1))
        .map_err(|error| Failure::Unavailable(format!("the server has no random numbers: {error}")))
}
