//! One attempt at a job: for whom, how it ends, and what becomes of the job then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use vestry_capabilities::{Actor, Call, CallFacts, CallSettings, Effect, JobLine, JobLog, audit_refusals};
use vestry_catalog::order::HOST;
use vestry_contract::background::Task;
use vestry_contract::types::Failure;
use vestry_events::Event;
use vestry_sandbox::{CallError, Outcome};
use vestry_storage::{JobRow, JobState, Lease, StorageError, Transaction};

use crate::installer::quarantine;
use crate::registry::acting;
use crate::registry::plugin::{Plugin, State};
use crate::registry::surroundings::ServerSurroundings;
use crate::worker::{Doer, Worker, ordered, stopped};

/// How often the lines of a job are written down, and looked whether it is still wanted.
pub(super) const TICK: Duration = Duration::from_secs(1);
/// How long a job waits after each failure that may pass, in milliseconds; after the last it has failed.
const PATIENCE: &[u64] = &[2_000, 8_000, 32_000, 128_000];
/// How often an order about packages is tried again: somebody sits and waits for it.
const PATIENCE_WITH_ORDERS: usize = 2;
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
    let ended = match doer {
        _ if job.attempt > MOST_ATTEMPTS => {
            Ok(End::Failed(Failure::Internal(format!("it was begun {MOST_ATTEMPTS} times and never ended"))))
        }
        Doer::Plugin(plugin) => attempt(worker, plugin, &job, &lease, &log).await,
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
        let (worker, doer, job, lease, log) =
            (Arc::clone(worker), doer.clone(), job.clone(), lease.clone(), log.clone());
        let end = end.to_row(&worker, &job);
        let written = tokio::task::spawn_blocking(move || write_down(&worker, &doer, &job, &lease, &log, &end)).await;
        match written {
            Ok(Ok(())) => break,
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
    let end = watched(worker, plugin, lease, log, working).await;
    let refused = std::mem::take(&mut *refusals.lock());
    if !refused.is_empty() {
        let _ = tokio::task::spawn_blocking(move || audit_refusals(&facts, &refused)).await;
    }
    Ok(end)
}

/// Waits for the plugin, and meanwhile writes down its lines and looks whether the job is still wanted. Leaving drops
/// the instance where it is.
async fn watched(
    worker: &Worker,
    plugin: &Plugin,
    lease: &Lease,
    log: &JobLog,
    working: impl Future<Output = Result<Outcome<String>, CallError>>,
) -> End {
    let word = worker.parts.services.events.subscribe([Event::Job(lease.job.clone()), Event::Authority]);
    let mut stopping = worker.stopping.clone();
    let mut tick = tokio::time::interval(TICK);
    let mut working = std::pin::pin!(working);
    loop {
        tokio::select! {
            outcome = &mut working => {
                if let Err(error) = outcome.as_ref() && quarantine::counts(error) {
                    worker.parts.serving.failed(&plugin.subject, &error.to_string());
                }
                if let Err(CallError::Trapped { said, .. }) = &outcome
                    && !said.is_empty()
                {
                    let text = worker.words_of(&plugin.subject.id).redact(said).into_owned();
                    log.add(JobLine { time: worker.now(), level: "danger", text });
                }
                return ended(outcome);
            }
            () = stopped(&mut stopping) => return End::GivenBack,
            () = word.woken() => {}
            _ = tick.tick() => keep_lines(worker, lease, log).await,
        }
        if !still_runs(worker, plugin) {
            return End::GivenBack;
        }
        match worker.parts.services.database.read(|reader| reader.is_unwanted(lease)) {
            Ok(false) => {}
            Ok(true) => return unwanted(worker, lease),
            Err(error) => tracing::error!(%error, "whether a job is still wanted cannot be read"),
        }
    }
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

fn add_lines(
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

/// What is written down of an end.
struct Row {
    state: JobState,
    outcome: Option<String>,
    failure: Option<String>,
    due: u64,
    line: (&'static str, String),
    lost: bool,
}

impl End {
    fn name(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Again(_) => "again",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
            Self::GivenBack => "given back",
            Self::Lost => "lost",
        }
    }

    fn to_row(&self, worker: &Worker, job: &JobRow) -> Row {
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

/// One transaction: the job's end, its lines, and the audit.
fn write_down(
    worker: &Worker,
    doer: &Doer,
    job: &JobRow,
    lease: &Lease,
    log: &JobLog,
    row: &Row,
) -> Result<(), StorageError> {
    if row.lost {
        return Ok(());
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
        let Some(state) = state else { return Ok(()) };
        add_lines(tx, &job.id, &lines, now)?;
        // Somebody asked to cancel it just as it came to be tried again.
        let cancelled = state == JobState::Cancelled && row.state == JobState::Queued;
        let line = if cancelled { ("warning", "Cancelled.") } else { (row.line.0, row.line.1.as_str()) };
        tx.add_job_line(&job.id, now, line.0, line.1)?;
        if let Some(failure) = failure {
            tx.add_job_line(&job.id, now, row.line.0, &vestry_capabilities::sentence(failure))?;
        }
        if !state.has_ended() {
            return Ok(());
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
        })
    })
}
