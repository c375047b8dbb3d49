//! One attempt at a job of the host's own: an order about packages, carried out for who gave it.
//!
//! It runs in a task of its own and is never dropped in the middle: a step that changes nothing is left as soon as the job
//! is not wanted any more, one that changes something is finished. So a job that is cancelled has done all of it or
//! nothing.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use vestry_capabilities::{JobLine, JobLog};
use vestry_catalog::order::{HOST, Order};
use vestry_contract::types::{Failure, Text};
use vestry_events::Event;
use vestry_identity::Actor;
use vestry_storage::{JobRow, Lease, StorageError};

use crate::installer::commission::{Commission, Step};
use crate::installer::orders::{self, Outcome};
use crate::installer::package_error::PackageError;
use crate::worker::attempt::{End, TICK, keep_lines, unwanted};
use crate::worker::{Worker, stopped};

/// How far an order is: percent, and what it is at.
type Far = (u8, String);

/// Steps are written down at most so often.
const STEPS: Duration = Duration::from_millis(100);
/// How often the server may end in the middle of an order before it is taken that the order is what ends it.
const MOST_LOST: u32 = 3;

/// Carries an order out, to its end or until nobody wants it any more.
pub(super) async fn attempt(
    worker: &Arc<Worker>,
    job: &JobRow,
    lease: &Lease,
    log: &JobLog,
) -> Result<End, StorageError> {
    if lost(job) >= MOST_LOST {
        let ended = Err(PackageError::Abandoned(MOST_LOST));
        note(worker, lease, job, &ended).await;
        return Ok(to_end(worker, lease, ended));
    }
    let order: Order = match serde_json::from_str(&job.input) {
        Ok(order) => order,
        Err(error) => return Ok(End::Failed(Failure::Internal(format!("the order cannot be read: {error}")))),
    };
    let caller = match &job.account {
        None => None,
        Some(account) => match worker.parts.services.identity.on_behalf(account, job.token.as_deref())? {
            Some(caller) => Some(caller),
            None => {
                let reason = "who ordered it may not sign in any more, or their token was taken back";
                return Ok(End::Failed(Failure::Denied(reason.into())));
            }
        },
    };
    let actor = caller.as_ref().map_or_else(Actor::nobody, |caller| Actor::of(caller)).in_request(&job.id);
    let (wanted, still_wanted) = watch::channel(true);
    let (step, steps) = watch::channel::<Far>((0, String::new()));
    let (lines, redaction, clock) =
        (log.clone(), worker.words_of(HOST), worker.parts.services.identity.clock().clone());
    let commission = Commission::of_job(actor, caller, lease.clone(), still_wanted)
        .ordered_at(job.queued)
        .serving(&worker.parts.serving)
        .telling(move |Step { percent, words, begins }| {
            if begins {
                let text = redaction.redact(words).into_owned();
                lines.add(JobLine { time: clock.now(), level: "neutral", text });
            }
            step.send_replace((percent, words.to_owned()));
        });
    let carrying_out = {
        let (worker, order, commission) = (Arc::clone(worker), order.clone(), commission.clone());
        tokio::spawn(async move {
            let installer = worker.parts.serving.installer();
            orders::carry_out(&installer, &commission, &order).await
        })
    };
    let ended = watched(worker, (lease, log), &wanted, steps, carrying_out).await;
    note(worker, lease, job, &ended).await;
    Ok(to_end(worker, lease, ended))
}

/// Attempts of an order before this one that broke off with the server.
fn lost(job: &JobRow) -> u32 {
    job.attempt.saturating_sub(1).saturating_sub(job.failures)
}

/// Waits for it; meanwhile says how far it is, and looks whether it is still wanted.
async fn watched(
    worker: &Worker,
    (lease, log): (&Lease, &JobLog),
    wanted: &watch::Sender<bool>,
    mut steps: watch::Receiver<Far>,
    mut carrying_out: tokio::task::JoinHandle<Result<Outcome, PackageError>>,
) -> Result<Outcome, PackageError> {
    let services = &worker.parts.services;
    let word = services.events.subscribe([Event::Job(lease.job.clone())]);
    let mut stopping = worker.stopping.clone();
    let mut tick = tokio::time::interval(TICK);
    let mut told = tokio::time::interval(STEPS);
    told.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            ended = &mut carrying_out => return ended.unwrap_or(Err(PackageError::BrokenOff)),
            () = stopped(&mut stopping), if *wanted.borrow() => {
                wanted.send_replace(false);
            }
            () = word.woken() => {}
            _ = tick.tick() => keep_lines(worker, lease, log).await,
            _ = told.tick(), if steps.has_changed().unwrap_or(false) => {
                let (percent, words) = steps.borrow_and_update().clone();
                say(worker, lease, percent, words).await;
                continue;
            }
        }
        match services.database.read(|reader| reader.is_unwanted(lease)) {
            Ok(false) => {}
            Ok(true) => drop(wanted.send_replace(false)),
            Err(error) => tracing::error!(%error, "whether a job is still wanted cannot be read"),
        }
    }
}

/// Writes down how far it is.
async fn say(worker: &Worker, lease: &Lease, percent: u8, words: String) {
    let (database, lease) = (worker.parts.services.database.clone(), lease.clone());
    let redaction = worker.words_of(HOST);
    let event = Event::Job(lease.job.clone());
    let work = move || {
        let words = Text::Phrase(redaction.redact(&words).into_owned());
        let message = serde_json::to_string(&words).unwrap_or_default();
        database.write(|tx| tx.job_progress(&lease, percent, &message))
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(Err(error)) => tracing::error!(%error, "how far a job is could not be written down"),
        _ => worker.parts.services.events.publish(&event),
    }
}

/// Writes down which package it turned out to be, and what is wrong with it.
async fn note(worker: &Worker, lease: &Lease, job: &JobRow, ended: &Result<Outcome, PackageError>) {
    let (database, id, lease) = (worker.parts.services.database.clone(), job.id.clone(), lease.clone());
    let redaction = worker.words_of(HOST);
    let (digest, plugin) = match ended {
        Ok(Outcome::Fetched(fetched)) => (fetched.digest.clone(), fetched.id.clone()),
        _ => (String::new(), String::new()),
    };
    let problems: Vec<String> = match ended {
        Ok(_) | Err(PackageError::Unwanted) => Vec::new(),
        Err(error) => error.problems().iter().map(|problem| redaction.redact(problem).into_owned()).collect(),
    };
    let work = move || {
        database.write(|tx| {
            if !tx.holds_lease(&lease)? {
                return Ok(());
            }
            let Some(row) = tx.package_job(&id)? else { return Ok(()) };
            let problems = serde_json::to_string(&problems).unwrap_or_else(|_| "[]".into());
            let digest = if digest.is_empty() { row.digest.clone() } else { digest };
            let plugin = if plugin.is_empty() { row.plugin.clone() } else { plugin };
            if (&digest, &plugin, &problems) == (&row.digest, &row.plugin, &row.problems) {
                return Ok(());
            }
            tx.set_package_job(&id, &digest, &plugin, &problems)
        })
    };
    if let Ok(Err(error)) = tokio::task::spawn_blocking(work).await {
        tracing::error!(%error, job = job.id, "what became of an order could not be written down");
    }
}

fn to_end(worker: &Worker, lease: &Lease, ended: Result<Outcome, PackageError>) -> End {
    match ended {
        Ok(outcome) => match serde_json::to_string(&outcome) {
            Ok(outcome) => End::Done(outcome),
            Err(error) => End::Failed(Failure::Internal(error.to_string())),
        },
        Err(PackageError::Unwanted) if *worker.stopping.borrow() => End::GivenBack,
        Err(PackageError::Unwanted) => unwanted(worker, lease),
        Err(error) if error.passes() => End::Again(error.to_failure()),
        Err(error) => End::Failed(error.to_failure()),
    }
}

/// Removes what was sent for an order that has ended for good.
pub(super) async fn clear(worker: &Worker, job: &JobRow) {
    let ended = worker.parts.services.database.read(|reader| reader.job(&job.id));
    if let Ok(Some(row)) = ended
        && row.state.has_ended()
        && let Ok(order) = serde_json::from_str(&job.input)
    {
        orders::clear(&worker.parts.serving.installer(), &order).await;
    }
}

#[cfg(test)]
mod tests {
    use vestry_storage::{Database, NewJob};

    use super::*;

    #[test]
    fn attempts_that_broke_off_with_the_server_are_told_from_those_that_failed() {
        let database = Database::temporary().unwrap();
        let (id, plugin, name) = ("j1", HOST, "fetch");
        let (account, token, schedule) = (None, None, None);
        let new = NewJob { id, plugin, name, input: "{}", account, token, schedule, through: "" };
        database.write(|tx| tx.insert_job(&new, 1)).unwrap();
        let take = |number| {
            let lease = Lease { job: id.into(), number };
            assert!(database.write(|tx| tx.take_job(&lease, "w", 2, 9)).unwrap());
            lease
        };
        let lost = || lost(&database.read(|reader| reader.job(id)).unwrap().unwrap());
        let first = take(1);
        assert_eq!(lost(), 0);
        database.write(|tx| tx.retry_later(&first, "{}", 3, 3)).unwrap();
        let second = take(2);
        assert_eq!(lost(), 0, "it failed, and said so");
        database.write(|tx| tx.give_back(&second, 3)).unwrap();
        for number in 0..MOST_LOST {
            take(10 + u64::from(number));
            assert!(lost() == number && lost() < MOST_LOST, "{number}");
            database.write(|tx| tx.release_jobs("w", 4)).unwrap();
        }
        take(20);
        assert!(lost() >= MOST_LOST, "whatever it is, it ends the server");
    }
}
