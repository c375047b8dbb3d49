//! The worker: carries out jobs, and starts those of schedules.
//!
//! Every process that serves has one. It takes jobs out of the queue under leases, a few at a time for each plugin and
//! in all, and lets each run in the slow lane. Which worker is still there is told by a lock on a file of its own
//! ([`presence`]), which the system lets go of however the process ends: so jobs of a process that was killed are taken
//! up again at once, and one that only is slow is not taken for dead.
//!
//! A job is a plugin's, and the sandbox runs it, or the host's own: what somebody ordered about packages, which the
//! installer carries out whatever plugins there are.
//!
//! What it deliberately does not do: decide what a job may. That is the gate's, at each call, with the rights that who
//! started it has then.

mod attempt;
mod ending;
mod ordered;
pub mod presence;
mod schedules;
mod turns;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinSet;
use vestry_capabilities::{Holder, Redaction, Services};
use vestry_catalog::order::HOST;
use vestry_events::Event;
use vestry_sandbox::Sandbox;
use vestry_storage::{JobRow, Lease, StorageError};

use crate::installer::serving::Serving;
use crate::registry::Registry;
use crate::registry::plugin::Plugin;
use crate::worker::presence::Presence;
use crate::worker::turns::Place;

/// How often the worker looks around where nobody wakes it: for jobs of other processes, workers that are gone,
/// schedules.
const LOOK: Duration = Duration::from_secs(1);
/// How long a lease holds that is not renewed. Longer than any pause of a healthy process: a worker that is there, and
/// silent for so long, is stuck.
const LEASE: u64 = 120_000;
/// How often leases are renewed, in milliseconds.
const RENEW: u64 = 20_000;
/// How long jobs are known after they have ended, in milliseconds: 30 days.
const KEPT: u64 = 30 * 24 * 60 * 60 * 1000;
/// Jobs of one plugin that have ended and are known; of more, the latest.
const MOST_ENDED: u64 = 2_000;
/// Jobs that are forgotten at once: each can have a thousand lines, and everybody else's writes wait meanwhile.
const PURGED_AT_ONCE: u32 = 50;

/// What a worker works with.
#[derive(Debug, Clone)]
pub struct Parts {
    pub data: PathBuf,
    pub services: Services,
    pub sandbox: Arc<Sandbox>,
    pub registry: Arc<Registry>,
    pub serving: Serving,
    /// Scheme and host that links in jobs start with.
    pub origin: String,
}

/// The worker of this process.
#[derive(Debug)]
struct Worker {
    parts: Parts,
    presence: Presence,
    /// What runs here: each job by its id, with whose place it takes up.
    running: Mutex<HashMap<String, Place>>,
    stopping: watch::Receiver<bool>,
}

/// Who does a job.
#[derive(Debug, Clone)]
enum Doer {
    Plugin(Arc<Plugin>),
    /// The server itself.
    Host,
}

/// A job that is this worker's.
struct Taken {
    job: JobRow,
    lease: Lease,
    doer: Doer,
    slot: Slot,
}

/// The place that a job takes up; given back when this is dropped, however the job ended.
struct Slot {
    worker: Arc<Worker>,
    job: String,
}

impl Slot {
    fn new(worker: &Arc<Worker>, job: &JobRow) -> Self {
        worker.running.lock().insert(job.id.clone(), Place::of(job));
        Self { worker: Arc::clone(worker), job: job.id.clone() }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.worker.running.lock().remove(&self.job);
    }
}

/// Works until it is told to stop; then gives back what it has under way, and ends.
///
/// # Errors
///
/// Where the worker's own file cannot be made.
pub async fn work(parts: Parts, stopping: watch::Receiver<bool>) -> std::io::Result<()> {
    let presence = Presence::announce(&parts.data)?;
    parts.serving.about().is_node(presence.name());
    let worker = Arc::new(Worker { parts, presence, running: Mutex::default(), stopping });
    let word = worker.parts.services.events.subscribe([Event::Work]);
    let mut stopping = worker.stopping.clone();
    let mut attempts = JoinSet::new();
    let mut renewed = 0;
    loop {
        let next = match worker.look_around(&mut attempts, &mut renewed).await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "the queue of jobs cannot be read");
                LOOK
            }
        };
        tokio::select! {
            () = word.woken() => {}
            Some(_) = attempts.join_next() => {}
            () = tokio::time::sleep(next) => {}
            () = stopped(&mut stopping) => break,
        }
    }
    while attempts.join_next().await.is_some() {}
    worker.presence.leave();
    Ok(())
}

/// Waits until the worker is told to stop, or nobody is left who could tell it.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

impl Worker {
    fn now(&self) -> u64 {
        self.parts.services.identity.clock().now()
    }

    /// Does what is due, and answers how long to wait for the next.
    async fn look_around(
        self: &Arc<Self>,
        attempts: &mut JoinSet<()>,
        renewed: &mut u64,
    ) -> Result<Duration, StorageError> {
        let now = self.now();
        let renew = now >= renewed.saturating_add(RENEW);
        if renew {
            *renewed = now;
        }
        let worker = Arc::clone(self);
        let work = move || {
            let mut taken = Vec::new();
            let looked = worker.look(renew, now, &mut taken);
            (taken, looked)
        };
        let Ok((taken, looked)) = tokio::task::spawn_blocking(work).await else { return Ok(LOOK) };
        // What was taken is worked on, whatever went wrong behind it.
        for Taken { job, lease, doer, slot } in taken {
            let worker = Arc::clone(self);
            attempts.spawn(async move {
                attempt::run(&worker, &doer, job, lease).await;
                drop(slot);
            });
        }
        let soon = looked?.map_or(LOOK, |due| Duration::from_millis(due.saturating_sub(now)));
        // One that is due and was not taken waits for room or for its plugin, not for time.
        Ok(if soon.is_zero() { LOOK } else { soon.min(LOOK) })
    }

    /// One look at the queue; answers when the next job is due. Waits for the disk.
    fn look(self: &Arc<Self>, renew: bool, now: u64, taken: &mut Vec<Taken>) -> Result<Option<u64>, StorageError> {
        if renew {
            self.renew(now)?;
            let database = &self.parts.services.database;
            database.write(|tx| tx.purge_jobs(now.saturating_sub(KEPT), MOST_ENDED, PURGED_AT_ONCE).map(drop))?;
        }
        self.release_lost(now)?;
        schedules::start_due(&self.parts, now)?;
        self.take(now, taken)?;
        self.parts.services.database.read(|reader| reader.next_due())
    }

    /// Says that this worker is still there, and puts back what it has taken and is not at: an error came in between.
    fn renew(&self, now: u64) -> Result<(), StorageError> {
        let (database, name) = (&self.parts.services.database, self.presence.name());
        let mine = database.read(|reader| reader.leases_of(name))?;
        if mine.is_empty() {
            return Ok(());
        }
        let running: HashSet<String> = self.running.lock().keys().cloned().collect();
        database.write(|tx| {
            for lost in mine.iter().filter(|lease| !running.contains(&lease.job)) {
                tx.give_back(lost, now)?;
            }
            tx.renew_leases(name, now + LEASE).map(drop)
        })
    }

    /// Puts jobs back into the queue whose worker is gone.
    fn release_lost(&self, now: u64) -> Result<(), StorageError> {
        let Parts { services, data, .. } = &self.parts;
        for (name, until) in services.database.read(|reader| reader.workers())? {
            let lost = name != self.presence.name() && (until < now || presence::is_gone(data, &name));
            if !lost {
                continue;
            }
            let released = services.database.write(|tx| {
                let released = tx.release_jobs(&name, now)?;
                for (job, state) in &released {
                    let then = if state.has_ended() { "was to be cancelled" } else { "is taken up again" };
                    let line = format!("The server stopped in the middle; the job {then}.");
                    tx.add_job_line(job, now, "warning", &line)?;
                }
                Ok::<_, StorageError>(released)
            })?;
            presence::forget(data, &name);
            tracing::warn!(worker = name, jobs = released.len(), "jobs of a worker that is gone are taken up again");
            released.into_iter().for_each(|(job, _)| services.events.publish(&Event::Job(job)));
        }
        Ok(())
    }

    /// Takes jobs that are due, as far as there is room.
    fn take(self: &Arc<Self>, now: u64, taken: &mut Vec<Taken>) -> Result<(), StorageError> {
        let Parts { services, registry, .. } = &self.parts;
        let snapshot = registry.snapshot();
        loop {
            let running: Vec<Place> = self.running.lock().values().cloned().collect();
            let next = services.database.read(|reader| turns::next_due(reader, &snapshot, running.iter(), now))?;
            let Some((job, doer)) = next else { break };
            let number = getrandom::u64().map_or(now, |random| random >> 1).max(1);
            let lease = Lease { job: job.id.clone(), number };
            let slot = Slot::new(self, &job);
            if !services.database.write(|tx| tx.take_job(&lease, self.presence.name(), now, now + LEASE))? {
                // Another process was faster, and will be with the next; there is another look in a moment.
                break;
            }
            services.events.publish(&Event::Job(job.id.clone()));
            taken.push(Taken { job: JobRow { attempt: job.attempt + 1, ..job }, lease, doer, slot });
        }
        Ok(())
    }

    /// Takes out of somebody's words what they were given. Orders are given nothing but what opens their own source, which is
    /// taken out where that is asked; what else the host knows would be found out by who chooses their words.
    fn words_of(&self, doer: &str) -> Redaction {
        match doer {
            HOST => Redaction::default(),
            plugin => self.parts.services.secrets.words_of(Holder::Plugin(plugin)),
        }
    }
}
