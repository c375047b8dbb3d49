//! One attempt at a job: for whom, how it ends, and what becomes of the job then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use vestry_capabilities::{Actor, Call, CallFacts, CallSettings, Effect, JobLine, JobLog, audit_refusals};
use vestry_contract::background::Task;
use vestry_contract::types::Failure;
use vestry_events::Event;
use vestry_sandbox::{CallError, Outcome};
use vestry_storage::{JobRow, JobState, Lease, StorageError, Transaction};

use crate::installer::quarantine;
use crate::registry::acting;
use crate::registry::plugin::{Plugin, State};
use crate::registry::surroundings::ServerSurroundings;
use crate::worker::ending::write_down;
use crate::worker::{Doer, Worker, ordered, stopped};

/// How often the lines of a job are written down, and looked whether it is still wanted.
pub(super) const TICK: Duration = Duration::from_secs(1);
/// Attempts in all, those that broke off with the server included.
const MOST_ATTEMPTS: u32 = 50;
/// Bytes of an outcome.
const LARGEST_OUTCOME: usize = 256 << 10;

/// How an attempt ended.
pub(super) enum End {
    Done(String),
    /// It may go well another time.
    Again(Failure),
    Failed(Failure),
    Cancelled,
    /// The server or the plugin stops: as if it had not been taken.
    GivenBack,
    /// The job is another's by now.
    Lost,
}

/// Runs an attempt to its end, and writes down what came of it.
pub(super) async fn run(worker: &Arc<Worker>, doer: &Doer, job: JobRow, lease: Lease) {
    let log = JobLog::default();
    let mut broken = None;
    let ended = match doer {
        _ if job.attempt > MOST_ATTEMPTS => {
            Ok(End::Failed(Failure::Internal(format!("it was begun {MOST_ATTEMPTS} times and never ended"))))
        }
        Doer::Plugin(plugin) => attempt(worker, plugin, &job, &lease, &log, &mut broken).await,
        Doer::Host => ordered::attempt(worker, &job, &lease, &log).await,
    };
    let end = match ended {
        Ok(end) => end,
        Err(error) => {
            tracing::error!(%error, job = job.id, plugin = job.plugin, "a job could not be run");
            End::Again(Failure::Unavailable("the server's database does not answer at the moment".into()))
        }
    };
    let name = worker.words_of(&job.plugin).redact(&job.name).into_owned();
    tracing::info!(job = job.id, plugin = job.plugin, name, attempt = job.attempt, end = end.name(), "job");
    // The job is this worker's until it is written down how it ended; a database that is busy is asked again.
    for pause in [0, 1, 5, 25] {
        tokio::time::sleep(Duration::from_secs(pause)).await;
        let written = {
            let (worker, doer, job, lease, log) =
                (Arc::clone(worker), doer.clone(), job.clone(), lease.clone(), log.clone());
            let end = end.to_row(&worker, &job);
            tokio::task::spawn_blocking(move || write_down(&worker, &doer, &job, &lease, &log, &end)).await
        };
        match written {
            Ok(Ok(state)) => {
                if let (Doer::Plugin(plugin), Some(error)) = (&doer, &broken)
                    && let Some(account) = whom_it_failed(&job, state, error)
                {
                    worker.parts.serving.failed(&plugin.subject, account, &error.to_string());
                }
                break;
            }
            Ok(Err(error)) => tracing::error!(%error, "the end of a job could not be written down"),
            Err(_) => break,
        }
    }
    worker.parts.services.events.publish(&Event::Job(job.id.clone()));
    worker.parts.services.events.publish(&Event::Work);
    if matches!(doer, Doer::Host) {
        ordered::clear(worker, &job).await;
    }
}

async fn attempt(
    worker: &Worker,
    plugin: &Arc<Plugin>,
    job: &JobRow,
    lease: &Lease,
    log: &JobLog,
    broken: &mut Option<CallError>,
) -> Result<End, StorageError> {
    let services = &worker.parts.services;
    let State::Ready(loaded) = &plugin.state else { return Ok(End::GivenBack) };
    let actor = match &job.account {
        None => Actor::Nobody,
        Some(account) => match services.identity.on_behalf(account, job.token.as_deref())? {
            Some(caller) => Actor::Job(caller),
            None => {
                let reason = "who started it may not sign in any more, or their token was taken back";
                return Ok(End::Failed(Failure::Denied(reason.into())));
            }
        },
    };
    let told = match &actor {
        Actor::Job(caller) => Some(acting::actor(services, plugin, caller)?),
        _ => None,
    };
    let settings = CallSettings {
        services: services.clone(),
        subject: Arc::clone(&plugin.subject),
        actor: actor.clone(),
        reading: false,
        effect: Effect::Job { lease: lease.clone(), log: log.clone() },
        visitor: String::new(),
        request: job.id.clone(),
        bytes: plugin.limits.jobs.bytes,
        until: Instant::now() + plugin.limits.jobs.wall,
        uploads: Vec::new(),
        surroundings: Arc::new(ServerSurroundings {
            snapshot: worker.parts.registry.snapshot(),
            origin: worker.parts.origin.clone(),
            about: Arc::clone(worker.parts.serving.about()),
            speech: None,
        }),
        approvals: Vec::new(),
    };
    let task = Task {
        id: job.id.clone(),
        name: job.name.clone(),
        input: job.input.clone(),
        attempt: job.attempt,
        actor: told,
        extra: Vec::new(),
    };
    let facts = CallFacts {
        database: services.database.clone(),
        plugin: plugin.subject.id.clone(),
        digest: plugin.subject.digest.clone(),
        request: job.id.clone(),
        actor,
        time: worker.now(),
    };
    let call = Call::new(settings);
    let refusals = call.refusals();
    let working = worker.parts.sandbox.work(plugin.callee(loaded), call, task);
    let (end, error) = watched(worker, plugin, lease, log, working).await;
    *broken = error;
    let refused = std::mem::take(&mut *refusals.lock());
    if !refused.is_empty() {
        let _ = tokio::task::spawn_blocking(move || audit_refusals(&facts, &refused)).await;
    }
    Ok(end)
}

/// Waits for the plugin, and meanwhile writes down its lines and looks whether the job is still wanted. Leaving drops
/// the instance where it is. Answers also how the plugin broke off, where it did.
async fn watched(
    worker: &Worker,
    plugin: &Plugin,
    lease: &Lease,
    log: &JobLog,
    working: impl Future<Output = Result<Outcome<String>, CallError>>,
) -> (End, Option<CallError>) {
    let word = worker.parts.services.events.subscribe([Event::Job(lease.job.clone()), Event::Authority]);
    let mut stopping = worker.stopping.clone();
    let mut tick = tokio::time::interval(TICK);
    let mut working = std::pin::pin!(working);
    loop {
        tokio::select! {
            outcome = &mut working => {
                if let Err(CallError::Trapped { said, .. }) = &outcome
                    && !said.is_empty()
                {
                    let text = worker.words_of(&plugin.subject.id).redact(said).into_owned();
                    log.add(JobLine { time: worker.now(), level: "danger", text });
                }
                let broken = outcome.as_ref().err().cloned();
                return (ended(outcome), broken);
            }
            () = stopped(&mut stopping) => return (End::GivenBack, None),
            () = word.woken() => {}
            _ = tick.tick() => keep_lines(worker, lease, log).await,
        }
        if !still_runs(worker, plugin) {
            return (End::GivenBack, None);
        }
        match worker.parts.services.database.read(|reader| reader.is_unwanted(lease)) {
            Ok(false) => {}
            Ok(true) => return (unwanted(worker, lease), None),
            Err(error) => tracing::error!(%error, "whether a job is still wanted cannot be read"),
        }
    }
}

/// The account that a job failed, where its end counts against the plugin: it has failed for good, so that each job counts
/// once however often it was tried, and somebody known had started it. What visitors and schedules start counts against
/// nobody: whoever can put something into a plugin's jobs could have it stopped.
fn whom_it_failed<'j>(job: &'j JobRow, state: Option<JobState>, error: &CallError) -> Option<&'j str> {
    job.account.as_deref().filter(|_| state == Some(JobState::Failed) && quarantine::counts(error))
}

/// Whether this build of the plugin is still the one that is mounted and switched on. If not, the job waits for the one
/// that is.
fn still_runs(worker: &Worker, plugin: &Plugin) -> bool {
    let snapshot = worker.parts.registry.snapshot();
    snapshot.by_id(&plugin.subject.id).is_some_and(|mounted| {
        matches!(mounted.state, State::Ready(_)) && mounted.subject.digest == plugin.subject.digest
    })
}

/// Somebody asked for it to be cancelled, or it is another's.
pub(super) fn unwanted(worker: &Worker, lease: &Lease) -> End {
    match worker.parts.services.database.read(|reader| reader.job(&lease.job)) {
        Ok(Some(job)) if job.lease == Some(lease.number) => End::Cancelled,
        _ => End::Lost,
    }
}

fn ended(outcome: Result<Outcome<String>, CallError>) -> End {
    match outcome {
        Ok(Outcome { answer: Ok(outcome), .. }) if outcome.len() > LARGEST_OUTCOME => {
            End::Failed(Failure::Exhausted(format!("its outcome has more than {LARGEST_OUTCOME} bytes")))
        }
        Ok(Outcome { answer: Ok(outcome), .. }) => match serde_json::from_str::<serde::de::IgnoredAny>(&outcome) {
            Ok(_) => End::Done(outcome),
            Err(_) => End::Failed(Failure::Internal("what it answered is not a JSON document".into())),
        },
        Ok(Outcome { answer: Err(failure), .. }) => match failure {
            Failure::Unavailable(_) | Failure::Conflict(_) | Failure::Exhausted(_) => End::Again(failure),
            failure => End::Failed(failure),
        },
        Err(error @ (CallError::Busy | CallError::Trapped { .. })) => End::Again(Failure::Internal(error.to_string())),
        Err(error) => End::Failed(Failure::Internal(error.to_string())),
    }
}

pub(super) async fn keep_lines(worker: &Worker, lease: &Lease, log: &JobLog) {
    let (lines, more) = log.take();
    if lines.is_empty() {
        return;
    }
    let (database, job, now) = (worker.parts.services.database.clone(), lease.job.clone(), worker.now());
    let lines = (lines, more);
    let written = tokio::task::spawn_blocking(move || database.write(|tx| add_lines(tx, &job, &lines, now))).await;
    if let Ok(Err(error)) = written {
        tracing::error!(%error, "lines of a job could not be written down");
    }
    worker.parts.services.events.publish(&Event::Job(lease.job.clone()));
}

pub(super) fn add_lines(
    tx: &Transaction<'_>,
    job: &str,
    (lines, more): &(Vec<JobLine>, usize),
    now: u64,
) -> Result<(), StorageError> {
    for line in lines {
        tx.add_job_line(job, line.time, line.level, &line.text)?;
    }
    if *more > 0 {
        tx.add_job_line(job, now, "warning", &format!("{more} more lines came too fast to be kept."))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
