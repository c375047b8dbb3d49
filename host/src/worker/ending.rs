//! What becomes of a job when an attempt at it has ended, and what is written down of that.

use vestry_capabilities::JobLog;
use vestry_catalog::order::HOST;
use vestry_contract::types::Failure;
use vestry_storage::{JobRow, JobState, Lease, StorageError};

use crate::worker::attempt::{End, add_lines};
use crate::worker::{Doer, Worker};

/// How long a job waits after each failure that may pass, in milliseconds; after the last it has failed.
const PATIENCE: &[u64] = &[2_000, 8_000, 32_000, 128_000];
/// How often an order about packages is tried again: somebody sits and waits for it.
const PATIENCE_WITH_ORDERS: usize = 2;

/// What is written down of an end.
pub(super) struct Row {
    state: JobState,
    outcome: Option<String>,
    failure: Option<String>,
    due: u64,
    line: (&'static str, String),
    lost: bool,
}

impl End {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Again(_) => "again",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
            Self::GivenBack => "given back",
            Self::Lost => "lost",
        }
    }

    pub(super) fn to_row(&self, worker: &Worker, job: &JobRow) -> Row {
        let (now, secrets) = (worker.now(), worker.words_of(&job.plugin));
        let kept = |failure: &Failure| {
            let kept = serde_json::to_string(failure).unwrap_or_default();
            Some(secrets.redact_json(&kept))
        };
        let row = |state, line: (&'static str, String)| Row {
            state,
            outcome: None,
            failure: None,
            due: now,
            line,
            lost: false,
        };
        let attempt = job.attempt;
        match self {
            Self::Done(outcome) => {
                let outcome = Some(secrets.redact_json(outcome));
                Row { outcome, ..row(JobState::Done, ("success", "Done.".into())) }
            }
            Self::Again(failure) => match patience(job).get(job.failures as usize) {
                Some(pause) => {
                    let seconds = pause / 1000;
                    let line = format!("Attempt {attempt} failed; it is tried again in {seconds} s.");
                    Row { failure: kept(failure), due: now + pause, ..row(JobState::Queued, ("warning", line)) }
                }
                None => {
                    let line = format!("Attempt {attempt} failed, and it was the last.");
                    Row { failure: kept(failure), ..row(JobState::Failed, ("danger", line)) }
                }
            },
            Self::Failed(failure) => Row {
                failure: kept(failure),
                ..row(JobState::Failed, ("danger", format!("Attempt {attempt} failed.")))
            },
            Self::Cancelled => row(JobState::Cancelled, ("warning", "Cancelled.".into())),
            Self::GivenBack => {
                row(JobState::Queued, ("neutral", "Its server or its plugin stopped; the job waits for them.".into()))
            }
            Self::Lost => Row { lost: true, ..row(JobState::Queued, ("neutral", String::new())) },
        }
    }
}

/// How long this job waits after each failure.
fn patience(job: &JobRow) -> &'static [u64] {
    if job.plugin == HOST { &PATIENCE[..PATIENCE_WITH_ORDERS] } else { PATIENCE }
}

/// One transaction: the job's end, its lines, and the audit. Answers what the job is at then; none where it is another's.
pub(super) fn write_down(
    worker: &Worker,
    doer: &Doer,
    job: &JobRow,
    lease: &Lease,
    log: &JobLog,
    row: &Row,
) -> Result<Option<JobState>, StorageError> {
    if row.lost {
        return Ok(None);
    }
    let now = worker.now();
    let lines = log.take();
    // It was looked at as the job was started; what the plugin was given since is not to stand in the audit either.
    let name = worker.words_of(&job.plugin).redact(&job.name);
    let digest = match doer {
        Doer::Plugin(plugin) => plugin.subject.digest.as_str(),
        Doer::Host => "",
    };
    worker.parts.services.database.write(|tx| {
        let (outcome, failure) = (row.outcome.as_deref(), row.failure.as_deref());
        let state = match (row.state, failure) {
            (JobState::Queued, Some(failure)) => tx.retry_later(lease, failure, row.due, now)?,
            (JobState::Queued, None) => tx.give_back(lease, now)?,
            (state, _) => tx.end_job(lease, state, outcome, failure, now)?.then_some(state),
        };
        let Some(state) = state else { return Ok(None) };
        add_lines(tx, &job.id, &lines, now)?;
        // Somebody asked to cancel it just as it came to be tried again.
        let cancelled = state == JobState::Cancelled && row.state == JobState::Queued;
        let line = if cancelled { ("warning", "Cancelled.") } else { (row.line.0, row.line.1.as_str()) };
        tx.add_job_line(&job.id, now, line.0, line.1)?;
        if let Some(failure) = failure {
            tx.add_job_line(&job.id, now, row.line.0, &vestry_capabilities::sentence(failure))?;
        }
        if !state.has_ended() {
            return Ok(Some(state));
        }
        tx.audit(&vestry_storage::Entry {
            time: now,
            actor: job.account.as_deref().unwrap_or_default(),
            actor_kind: if job.account.is_some() { "job" } else { "service" },
            plugin: &job.plugin,
            digest,
            action: "job.end",
            subject: &job.id,
            outcome: state.name(),
            detail: &name,
            request: &job.id,
        })?;
        Ok(Some(state))
    })
}
