//! The worker: carries out jobs, and starts those of schedules.
//!
//! Every process that serves has one. It takes jobs out of the queue under leases, a few at a time for each plugin and
//! in all, and lets each run in the slow lane. Which worker is still there is told by a lock on a file of its own
//! ([`presence`]), which the system lets go of however the process ends: so jobs of a process that was killed are taken
//! up again at once, and one that only is slow is not taken for dead.
//!
//! What it deliberately does not do: decide what a job may. That is the gate's, at each call, with the rights that who
//! started it has then.

mod attempt;
mod presence;
mod schedules;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinSet;
use vestry_capabilities::Services;
use vestry_events::Event;
use vestry_sandbox::Sandbox;
use vestry_storage::{JobRow, Lease, StorageError};

use crate::registry::Registry;
use crate::registry::plugin::{Plugin, State};
use crate::registry::snapshot::Snapshot;
use crate::worker::presence::Presence;

/// Jobs at a time, over all plugins.
const MOST: usize = 4;
/// How often the worker looks around where nobody wakes it: for jobs of other processes, workers that are gone,
/// schedules.
const LOOK: Duration = Duration::from_secs(1);
/// How long a lease holds that is not renewed. Longer than any pause of a healthy process: a worker that is there, and
/// silent for so long, is stuck.
const LEASE: u64 = 120_000;
/// How often leases are renewed, in milliseconds.
const RENEW: u64 = 20_000;
/// How long jobs are known after they have ended, in milliseconds: 30 days.
pub const KEPT: u64 = 30 * 24 * 60 * 60 * 1000;

/// What a worker works with.
#[derive(Debug, Clone)]
pub struct Parts {
    pub data: PathBuf,
    pub services: Services,
    pub sandbox: Arc<Sandbox>,
    pub registry: Arc<Registry>,
    /// Scheme and host that links in jobs start with.
    pub origin: String,
}

/// The worker of this process.
#[derive(Debug)]
struct Worker {
    parts: Parts,
    presence: Presence,
    /// How many jobs of each plugin run here, by its id.
    running: Mutex<HashMap<String, usize>>,
    stopping: watch::Receiver<bool>,
}

/// Works until it is told to stop; then gives back what it has under way, and ends.
///
/// # Errors
///
/// Where the worker's own file cannot be made.
pub async fn work(parts: Parts, stopping: watch::Receiver<bool>) -> std::io::Result<()> {
    let presence = Presence::announce(&parts.data)?;
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
        let room = MOST.saturating_sub(self.running.lock().values().sum());
        let worker = Arc::clone(self);
        let work = move || {
            if renew {
                worker.renew(now)?;
            }
            worker.release_lost(now)?;
            schedules::start_due(&worker.parts, now)?;
            let taken = if room > 0 { worker.take(room, now)? } else { Vec::new() };
            let due = worker.parts.services.database.read(|reader| reader.next_due())?;
            Ok::<_, StorageError>((taken, due))
        };
        let (taken, due) = match tokio::task::spawn_blocking(work).await {
            Ok(done) => done?,
            Err(_) => return Ok(LOOK),
        };
        for (job, lease, plugin) in taken {
            let worker = Arc::clone(self);
            attempts.spawn(async move {
                let id = plugin.subject.id.clone();
                attempt::run(&worker, &plugin, job, lease).await;
                let mut running = worker.running.lock();
                if let Some(count) = running.get_mut(&id) {
                    *count = count.saturating_sub(1);
                }
            });
        }
        let soon = due.map_or(LOOK, |due| Duration::from_millis(due.saturating_sub(now)));
        // One that is due and was not taken waits for room or for its plugin, not for time.
        Ok(if soon.is_zero() { LOOK } else { soon.min(LOOK) })
    }

    fn renew(&self, now: u64) -> Result<(), StorageError> {
        let database = &self.parts.services.database;
        let mine = database.read(|reader| reader.workers())?.iter().any(|(name, _)| name == self.presence.name());
        if mine {
            database.write(|tx| tx.renew_leases(self.presence.name(), now + LEASE))?;
        }
        Ok(())
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
                let released = tx.release_jobs(&name)?;
                for job in &released {
                    tx.add_job_line(
                        job,
                        now,
                        "warning",
                        "The server stopped in the middle; the job is taken up again.",
                    )?;
                }
                Ok::<_, StorageError>(released)
            })?;
            presence::forget(data, &name);
            tracing::warn!(worker = name, jobs = released.len(), "jobs of a worker that is gone are taken up again");
            released.into_iter().for_each(|job| services.events.publish(&Event::Job(job)));
        }
        Ok(())
    }

    /// Takes jobs that are due, as far as there is room.
    fn take(&self, room: usize, now: u64) -> Result<Vec<(JobRow, Lease, Arc<Plugin>)>, StorageError> {
        let Parts { services, registry, .. } = &self.parts;
        let snapshot = registry.snapshot();
        let mut taken = Vec::new();
        while taken.len() < room {
            let Some((job, plugin)) = self.next_due(&snapshot, now)? else { break };
            let number = getrandom::u64().map_or(now, |random| random >> 1).max(1);
            let lease = Lease { job: job.id.clone(), number };
            let name = self.presence.name();
            let mine = services.database.write(|tx| tx.take_job(&lease, name, now, now + LEASE))?;
            if mine {
                *self.running.lock().entry(job.plugin.clone()).or_default() += 1;
                services.events.publish(&Event::Job(job.id.clone()));
                taken.push((JobRow { attempt: job.attempt + 1, ..job }, lease, plugin));
            }
        }
        Ok(taken)
    }

    /// The job that waits longest, of the plugins that run and have not as many under way as they may.
    fn next_due(&self, snapshot: &Snapshot, now: u64) -> Result<Option<(JobRow, Arc<Plugin>)>, StorageError> {
        let running = self.running.lock().clone();
        self.parts.services.database.read(|reader| {
            let mut first: Option<(JobRow, Arc<Plugin>)> = None;
            for id in reader.plugins_with_jobs()? {
                let Some(plugin) = snapshot.by_id(&id).filter(|plugin| matches!(plugin.state, State::Ready(_))) else {
                    continue;
                };
                if plugin.is_held(now) || running.get(&id).copied().unwrap_or(0) >= plugin.limits.jobs.concurrent {
                    continue;
                }
                let Some(job) = reader.due_job(&id, now)? else { continue };
                if first.as_ref().is_none_or(|(other, _)| (job.due, job.queued) < (other.due, other.queued)) {
                    first = Some((job, Arc::clone(plugin)));
                }
            }
            Ok(first)
        })
    }
}
