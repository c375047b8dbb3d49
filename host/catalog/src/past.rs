//! What happened to plugins' places, and what became of orders.

use vestry_contract::packages::{Event, Work};
use vestry_contract::types::{Failure, Text};
use vestry_storage::{Reader, StorageError};

/// Events of one answer.
const MOST: u32 = 100;

/// What happened to a plugin, the latest first.
///
/// # Errors
///
/// Where the database cannot be read.
pub fn history(reader: &Reader<'_>, id: &str) -> Result<Vec<Event>, StorageError> {
    let events = reader.package_events(id, MOST)?;
    events
        .into_iter()
        .map(|event| {
            let by = event.account.as_deref().map(|account| reader.account(account)).transpose()?.flatten();
            Ok(Event {
                time: event.time,
                kind: event.kind.name().to_owned(),
                version: event.version,
                digest: event.digest,
                former: event.former,
                by: by.map(|account| account.name).unwrap_or_default(),
                reason: event.reason,
            })
        })
        .collect()
}

/// What became of an order; none where there is no such job.
///
/// # Errors
///
/// Where the database cannot be read.
pub fn work(reader: &Reader<'_>, job: &str) -> Result<Option<Work>, StorageError> {
    let (Some(order), Some(row)) = (reader.package_job(job)?, reader.job(job)?) else { return Ok(None) };
    let mut problems: Vec<String> = serde_json::from_str(&order.problems).unwrap_or_default();
    if problems.is_empty() {
        problems.extend(row.failure.as_deref().map(reason));
    }
    let known = |text: String| Some(text).filter(|text| !text.is_empty());
    Ok(Some(Work {
        kind: order.kind,
        state: row.state.name().to_owned(),
        digest: known(order.digest),
        plugin: known(order.plugin),
        problems: problems.into_iter().map(Text::Data).collect(),
        started: row.started.unwrap_or(row.queued),
    }))
}

/// Why a job failed, in words.
fn reason(kept: &str) -> String {
    match serde_json::from_str::<Failure>(kept) {
        Ok(
            Failure::Denied(text)
            | Failure::NotFound(text)
            | Failure::Conflict(text)
            | Failure::Exhausted(text)
            | Failure::Unavailable(text)
            | Failure::Internal(text)
            | Failure::Confirm(text)
            | Failure::Other((_, text)),
        ) => text,
        Ok(Failure::Invalid(errors)) => {
            let words: Vec<String> = errors
                .iter()
                .map(|error| format!("{}: {}", error.field, crate::known::plain(&error.message)))
                .collect();
            words.join("; ")
        }
        Err(_) => "The reason was not kept.".to_owned(),
    }
}
