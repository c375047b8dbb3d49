//! `jobs`: work that outlasts the request. A row is written, and a worker carries it out.

use vestry_contract::jobs::Job;
use vestry_contract::types::{Failure, Text};
use vestry_events::{Event, Events};
use vestry_storage::{JobRow, JobState, NewJob, Transaction};

use crate::call::{Actor, Call, unavailable};
use crate::gate::Pass;
use crate::packages::PackageWrite;
use crate::secret_store::{Holder, Redaction};
use crate::table::{PACKAGES_FETCH, PACKAGES_OUTCOME, Row};
use crate::transaction::{CommitError, Write};

/// Bytes of what a job is started with.
const LARGEST_INPUT: usize = 256 << 10;
/// Characters of a job's name.
const LONGEST_NAME: usize = 64;
/// Bytes of what it says about its progress.
const LONGEST_MESSAGE: usize = 8 << 10;
/// Jobs of one plugin that wait.
const MOST_WAITING: u64 = 10_000;
/// Of these, those that visitors started.
const MOST_OF_VISITORS: u64 = 100;

/// Something to be done about a job.
#[derive(Debug)]
pub(crate) enum JobWrite {
    Start { id: String, name: String, input: String },
    Cancel { id: String },
    Retry { id: String },
    Progress { percent: u8, message: String, job: String },
}

pub(crate) async fn start(call: &mut Call, _pass: Pass, name: String, input: String) -> Result<String, Failure> {
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Failure::Exhausted(format!("the name of a job has 1 to {LONGEST_NAME} characters")));
    }
    if input.len() > LARGEST_INPUT {
        let bytes = input.len();
        return Err(Failure::Exhausted(format!(
            "the input of a job has at most {LARGEST_INPUT} bytes; this has {bytes}"
        )));
    }
    if serde_json::from_str::<serde::de::IgnoredAny>(&input).is_err() {
        return Err(Failure::Internal("the input of a job has to be a JSON document".into()));
    }
    // Lists of jobs, the log and the audit say it.
    let name = words(call)?.redact(&name).into_owned();
    let id = new_id()?;
    call.transaction.push(Write::Job(JobWrite::Start { id: id.clone(), name, input }));
    call.settle().await?;
    Ok(id)
}

pub(crate) fn get(call: &Call, _pass: Pass, id: &str) -> Result<Job, Failure> {
    let own = own(call, id, &PACKAGES_OUTCOME)?;
    if let Some(row) = own {
        return Ok(job(row));
    }
    let started = call.transaction.writes().iter().find_map(|write| match write {
        Write::Job(JobWrite::Start { id: known, name, .. }) if known == id => Some(name.clone()),
        Write::Package(PackageWrite::Order { id: known, order }) if known == id => Some(order.name().to_owned()),
        _ => None,
    });
    started.map(|name| waiting(id, name, call)).ok_or_else(|| unknown(id))
}

pub(crate) async fn cancel(call: &mut Call, _pass: Pass, id: String) -> Result<(), Failure> {
    own(call, &id, &PACKAGES_FETCH)?.ok_or_else(|| unknown(&id))?;
    call.transaction.push(Write::Job(JobWrite::Cancel { id }));
    call.settle().await
}

pub(crate) async fn progress(call: &mut Call, _pass: Pass, percent: u8, message: &Text) -> Result<(), Failure> {
    let Some(lease) = call.lease() else {
        return Err(Failure::Denied("only a job has progress".into()));
    };
    let job = lease.job.clone();
    let message = serde_json::to_string(message).map_err(|error| Failure::Internal(error.to_string()))?;
    if message.len() > LONGEST_MESSAGE {
        return Err(Failure::Exhausted(format!("what a job says has at most {LONGEST_MESSAGE} bytes")));
    }
    let message = words(call)?.redact_json(&message);
    call.transaction.push(Write::Job(JobWrite::Progress { percent: percent.min(100), message, job }));
    call.settle().await
}

/// Does it, with an audit entry for what somebody decided.
pub(crate) fn make(call: &Call, tx: &Transaction<'_>, write: &JobWrite, now: u64) -> Result<(), CommitError> {
    let plugin = call.subject().id.as_str();
    match write {
        JobWrite::Start { id, name, input } => {
            let (account, token) = match call.actor() {
                Actor::Person(caller) | Actor::Token(caller) | Actor::Job(caller) => {
                    (Some(caller.account.as_str()), caller.token.as_deref())
                }
                Actor::Visitor | Actor::Nobody | Actor::Gone => (None, None),
            };
            let most = if account.is_none() { MOST_OF_VISITORS } else { MOST_WAITING };
            if tx.count_waiting(plugin, account.is_none())? >= most {
                return Err(CommitError::Exhausted(format!("{most} jobs of this plugin wait already")));
            }
            tx.insert_job(&NewJob { id, plugin, name, input, account, token, schedule: None, through: "" }, now)?;
            Ok(call.audit(tx, "jobs.start", id, now)?)
        }
        JobWrite::Cancel { id } => {
            match tx.cancel_job(id, now)? {
                Some(JobState::Queued | JobState::Running) => Ok(call.audit(tx, "jobs.cancel", id, now)?),
                // It had ended: nothing was changed.
                _ => Ok(()),
            }
        }
        JobWrite::Retry { id } => {
            if !tx.queue_again(id, now)? {
                return Err(CommitError::Conflict("the job has neither failed nor was it cancelled".into()));
            }
            Ok(call.audit(tx, "jobs.retry", id, now)?)
        }
        JobWrite::Progress { percent, message, .. } => match call.lease() {
            Some(lease) => Ok(tx.job_progress(lease, *percent, message).map(drop)?),
            None => Ok(()),
        },
    }
}

/// Wakes workers and those who watch the job.
pub(crate) fn announce(events: &Events, write: &JobWrite) {
    let (job, work) = match write {
        JobWrite::Start { id, .. } | JobWrite::Cancel { id } | JobWrite::Retry { id } => (id, true),
        JobWrite::Progress { job, .. } => (job, false),
    };
    events.publish(&Event::Job(job.clone()));
    if work {
        events.publish(&Event::Work);
    }
}

/// Takes out of a plugin's words what it was given.
fn words(call: &Call) -> Result<Redaction, Failure> {
    Ok(call.settings()?.services.secrets.words_of(Holder::Plugin(&call.subject().id)))
}

/// A job of the plugin; or one of the host's that it had written down, where this call may do what `needed` says: those are
/// the server's, so a plugin that was trusted with them once, and people who only use it, see and cancel none.
fn own(call: &Call, id: &str, needed: &Row) -> Result<Option<JobRow>, Failure> {
    let row = call.settings()?.services.database.read(|reader| reader.job(id)).map_err(unavailable)?;
    let plugin = &call.subject().id;
    match row {
        Some(row) if row.plugin == *plugin => Ok(Some(row)),
        Some(row) if row.through == *plugin && call.may(needed)?.is_ok() => Ok(Some(row)),
        _ => Ok(None),
    }
}

fn unknown(id: &str) -> Failure {
    Failure::NotFound(format!("there is no job {id}"))
}

fn job(row: JobRow) -> Job {
    Job {
        id: row.id,
        name: row.name,
        state: row.state.name().to_owned(),
        percent: row.percent,
        message: text(&row.message),
        outcome: row.outcome,
        failure: row.failure.as_deref().and_then(|failure| serde_json::from_str(failure).ok()),
        queued: row.queued,
        started: row.started,
    }
}

/// One that this request has started.
fn waiting(id: &str, name: String, call: &Call) -> Job {
    let queued = call.settings().map_or(0, |open| open.services.identity.clock().now());
    let state = "queued".to_owned();
    let message = Text::Data(String::new());
    Job { id: id.to_owned(), name, state, percent: 0, message, outcome: None, failure: None, queued, started: None }
}

/// What a job said last, as it was kept.
pub(crate) fn text(kept: &str) -> Text {
    serde_json::from_str(kept).unwrap_or(Text::Data(String::new()))
}

/// Twenty characters that rise with time only by chance: a job's id opens nothing, but says nothing either.
///
/// # Errors
///
/// Where the system has no random numbers.
pub fn new_id() -> Result<String, Failure> {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::Unavailable(format!("the server has no random numbers: {error}")))?;
    Ok(data_encoding::BASE32_DNSCURVE.encode(&bytes))
}
