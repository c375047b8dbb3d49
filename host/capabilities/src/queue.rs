//! `queue`: the jobs of all plugins, for whoever administers the server.

use vestry_catalog::order::{HOST, PLACE};
use vestry_contract::queue::{Found, Job, Line, Query};
use vestry_contract::types::{Failure, FieldError, Text};
use vestry_storage::{JobFilter, JobRow, JobState, Reader, StorageError};

use crate::call::{Call, unavailable};
use crate::gate::Pass;
use crate::jobs::{JobWrite, text};
use crate::transaction::Write;

/// Jobs of one answer, and lines.
const MOST: u32 = 500;

pub(crate) fn find(call: &Call, _pass: Pass, query: &Query) -> Result<Found, Failure> {
    let state = match query.state.as_deref() {
        None => None,
        Some(name) => Some(JobState::parse(name).ok_or_else(|| wrong("state", "There is no such state of a job."))?),
    };
    let behind = match query.cursor.as_deref() {
        None => None,
        Some(cursor) => Some(parse_cursor(cursor).ok_or_else(|| wrong("cursor", "The cursor is not one of these."))?),
    };
    let limit = query.limit.clamp(1, MOST);
    let filter = JobFilter { plugin: query.plugin.as_deref(), state, behind, limit };
    read(call, |reader| {
        let rows = reader.jobs(&filter)?;
        let total = reader.count_jobs(filter.plugin, state)?;
        let full = rows.len() >= limit as usize;
        let next = rows.last().filter(|_| full).map(|last| format!("{} {}", last.queued, last.id));
        let jobs = rows.into_iter().map(|row| job(reader, row)).collect::<Result<_, _>>()?;
        Ok(Found { jobs, total, next })
    })
}

pub(crate) fn get(call: &Call, _pass: Pass, id: &str) -> Result<Job, Failure> {
    let found = read(call, |reader| reader.job(id)?.map(|row| job(reader, row)).transpose())?;
    found.ok_or_else(|| unknown(id))
}

pub(crate) fn lines(call: &Call, _pass: Pass, id: &str, after: u64) -> Result<Vec<Line>, Failure> {
    let lines = read(call, |reader| reader.job_lines(id, after, MOST))?;
    let line = |line: vestry_storage::JobLine| Line {
        number: line.number,
        time: line.time,
        level: line.level,
        text: line.text,
    };
    Ok(lines.into_iter().map(line).collect())
}

pub(crate) async fn cancel(call: &mut Call, _pass: Pass, id: String) -> Result<(), Failure> {
    read(call, |reader| reader.job(&id))?.ok_or_else(|| unknown(&id))?;
    call.transaction.push(Write::Job(JobWrite::Cancel { id }));
    call.settle().await
}

pub(crate) async fn retry(call: &mut Call, _pass: Pass, id: String) -> Result<(), Failure> {
    let row = read(call, |reader| reader.job(&id))?.ok_or_else(|| unknown(&id))?;
    if !matches!(row.state, JobState::Failed | JobState::Cancelled) {
        return Err(Failure::Conflict(format!(
            "the job is {}; only one that failed or was cancelled is tried again",
            row.state.name()
        )));
    }
    if is_for_just_then(&row) {
        return Err(Failure::Conflict(
            "somebody said yes to this once, to what they saw then; order it again, where packages are administered"
                .into(),
        ));
    }
    call.transaction.push(Write::Job(JobWrite::Retry { id }));
    call.settle().await
}

/// Whether it puts packages in their places: what a person agreed to, for what was there at that moment.
fn is_for_just_then(row: &JobRow) -> bool {
    row.plugin == HOST && row.name == PLACE
}

fn read<T>(call: &Call, body: impl FnOnce(&Reader<'_>) -> Result<T, StorageError>) -> Result<T, Failure> {
    call.settings()?.services.database.read(body).map_err(unavailable)
}

fn job(reader: &Reader<'_>, row: JobRow) -> Result<Job, StorageError> {
    let starter = row.account.as_deref().map(|id| reader.account(id)).transpose()?.flatten();
    let message = match &row.failure {
        Some(failure) => Text::Data(sentence(failure)),
        None => text(&row.message),
    };
    let waits = row.state == JobState::Queued && row.due > row.queued;
    Ok(Job {
        id: row.id,
        plugin: row.plugin,
        name: row.name,
        state: row.state.name().to_owned(),
        percent: row.percent,
        message,
        attempt: row.attempt,
        starter: row.account,
        starter_name: starter.map(|account| account.name).unwrap_or_default(),
        scheduled: row.schedule.is_some(),
        queued: row.queued,
        started: row.started,
        ended: row.ended,
        due: waits.then_some(row.due),
        extra: Vec::new(),
    })
}

/// What a failure says, as it was kept.
#[must_use]
pub fn sentence(kept: &str) -> String {
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
            let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
            format!("values cannot be right: {}", fields.join(", "))
        }
        Err(_) => String::new(),
    }
}

fn parse_cursor(cursor: &str) -> Option<(u64, &str)> {
    let (queued, id) = cursor.split_once(' ')?;
    Some((queued.parse().ok()?, id))
}

fn wrong(field: &str, message: &str) -> Failure {
    let message = Text::Data(message.into());
    Failure::Invalid(vec![FieldError { field: field.into(), message, line: None, column: None }])
}

fn unknown(id: &str) -> Failure {
    Failure::NotFound(format!("there is no job {id}"))
}
