//! Jobs: a queue of rows, each taken by one worker at a time under a lease.
//!
//! A lease has a number of its own. Whoever works on a job names it with everything that they write, so a worker that
//! was taken for dead, and wakes up again, can no longer change anything. Times are handed in; how long a lease holds
//! and how often a job is tried is decided above.

use rusqlite::{Row, params};

use crate::{Reader, Result, Transaction};

/// A job as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    pub id: String,
    pub plugin: String,
    pub name: String,
    /// JSON.
    pub input: String,
    pub state: JobState,
    /// 0 to 100.
    pub percent: u8,
    /// JSON: what it said last.
    pub message: String,
    /// JSON, of one that is done.
    pub outcome: Option<String>,
    /// JSON, of one that failed.
    pub failure: Option<String>,
    pub account: Option<String>,
    pub token: Option<String>,
    pub schedule: Option<String>,
    /// The plugin that started it through the host; empty where it is its own.
    pub through: String,
    /// Attempts that began.
    pub attempt: u32,
    /// Attempts that failed; those that broke off with the server are not counted.
    pub failures: u32,
    pub queued: u64,
    pub due: u64,
    pub started: Option<u64>,
    pub ended: Option<u64>,
    pub cancel: bool,
    pub worker: Option<String>,
    pub lease: Option<u64>,
}

/// What a job is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,
}

/// All of them, with their names.
const STATES: &[(JobState, &str)] = &[
    (JobState::Queued, "queued"),
    (JobState::Running, "running"),
    (JobState::Done, "done"),
    (JobState::Failed, "failed"),
    (JobState::Cancelled, "cancelled"),
];

impl JobState {
    #[must_use]
    pub fn name(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("queued", |(_, name)| name)
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        STATES.iter().find(|(_, known)| *known == name).map(|(state, _)| *state)
    }

    #[must_use]
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// A job to be queued.
#[derive(Clone, Debug)]
pub struct NewJob<'a> {
    pub id: &'a str,
    pub plugin: &'a str,
    pub name: &'a str,
    pub input: &'a str,
    pub account: Option<&'a str>,
    pub token: Option<&'a str>,
    pub schedule: Option<&'a str>,
    /// The plugin that may see and cancel it, where that is not its own.
    pub through: &'a str,
}

/// Who works on a job: its number is never used again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub job: String,
    pub number: u64,
}

/// Which jobs.
#[derive(Clone, Copy, Debug, Default)]
pub struct JobFilter<'a> {
    pub plugin: Option<&'a str>,
    pub state: Option<JobState>,
    /// Those behind this one: when it was queued, and its id.
    pub behind: Option<(u64, &'a str)>,
    pub limit: u32,
}

/// A line of a job's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobLine {
    pub number: u64,
    pub time: u64,
    pub level: String,
    pub text: String,
}

const COLUMNS: &str = "id, plugin, name, input, state, percent, message, outcome, failure, account, token, schedule, \
                       attempt, failures, queued, due, started, ended, cancel, worker, lease, through";

/// Lines of one job that are kept.
const MOST_LINES: u64 = 1_000;

impl Reader<'_> {
    /// One job.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn job(&self, id: &str) -> Result<Option<JobRow>> {
        self.first(&format!("SELECT {COLUMNS} FROM jobs WHERE id = ?"), [id], read_job)
    }

    /// Jobs, the latest first.
    pub fn jobs(&self, filter: &JobFilter<'_>) -> Result<Vec<JobRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM jobs WHERE (?1 IS NULL OR plugin = ?1) AND (?2 IS NULL OR state = ?2) \
             AND (?3 IS NULL OR (queued, id) < (?3, ?4)) ORDER BY queued DESC, id DESC LIMIT ?5"
        );
        let (queued, id) = filter.behind.unzip();
        self.all(&sql, params![filter.plugin, filter.state.map(JobState::name), queued, id, filter.limit], read_job)
    }

    /// How many jobs there are of this plugin and state.
    pub fn count_jobs(&self, plugin: Option<&str>, state: Option<JobState>) -> Result<u64> {
        let sql = "SELECT count(*) FROM jobs WHERE (?1 IS NULL OR plugin = ?1) AND (?2 IS NULL OR state = ?2)";
        self.value(sql, params![plugin, state.map(JobState::name)])
    }

    /// How many jobs of a plugin wait, or of those that nobody known started.
    pub fn count_waiting(&self, plugin: &str, visitors: bool) -> Result<u64> {
        let sql = "SELECT count(*) FROM jobs WHERE plugin = ?1 AND state = 'queued' \
                   AND (NOT ?2 OR (account IS NULL AND schedule IS NULL))";
        self.value(sql, params![plugin, visitors])
    }

    /// When the next job that waits may begin.
    pub fn next_due(&self) -> Result<Option<u64>> {
        self.value("SELECT min(due) FROM jobs WHERE state = 'queued'", [])
    }

    /// The job of a plugin that waits longest of those that may begin now.
    pub fn due_job(&self, plugin: &str, now: u64) -> Result<Option<JobRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM jobs WHERE state = 'queued' AND cancel = 0 AND plugin = ? AND due <= ? \
             ORDER BY due, queued, id LIMIT 1"
        );
        self.first(&sql, params![plugin, now], read_job)
    }

    /// The same, of those of its jobs that are called one of these.
    pub fn due_job_called(&self, plugin: &str, names: &[&str], now: u64) -> Result<Option<JobRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM jobs WHERE state = 'queued' AND cancel = 0 AND plugin = ? AND due <= ? AND name = ? \
             ORDER BY due, queued, id LIMIT 1"
        );
        let mut first: Option<JobRow> = None;
        for name in names {
            let job = self.first(&sql, params![plugin, now, name], read_job)?;
            let key = |job: &JobRow| (job.due, job.queued);
            if let Some(job) = job
                && first.as_ref().is_none_or(|first| key(&job) < key(first))
            {
                first = Some(job);
            }
        }
        Ok(first)
    }

    /// Plugins that have a job that waits.
    pub fn plugins_with_jobs(&self) -> Result<Vec<String>> {
        self.all("SELECT DISTINCT plugin FROM jobs WHERE state = 'queued'", [], |row| row.get(0))
    }

    /// Workers that have a job, and until when their oldest lease holds.
    pub fn workers(&self) -> Result<Vec<(String, u64)>> {
        let sql = "SELECT worker, min(leased_until) FROM jobs WHERE state = 'running' GROUP BY worker";
        self.all(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// What a worker has taken.
    pub fn leases_of(&self, worker: &str) -> Result<Vec<Lease>> {
        let sql = "SELECT id, lease FROM jobs WHERE state = 'running' AND worker = ?";
        self.all(sql, [worker], |row| Ok(Lease { job: row.get(0)?, number: row.get(1)? }))
    }

    /// Whether a job of this schedule waits or runs.
    pub fn is_scheduled_under_way(&self, plugin: &str, schedule: &str) -> Result<bool> {
        let sql = "SELECT count(*) FROM jobs WHERE plugin = ? AND schedule = ? AND state IN ('queued', 'running')";
        Ok(self.value::<u64>(sql, params![plugin, schedule])? > 0)
    }

    /// Whether somebody asked for a job to be cancelled, or its lease is another's by now.
    pub fn is_unwanted(&self, lease: &Lease) -> Result<bool> {
        let sql = "SELECT cancel FROM jobs WHERE id = ? AND state = 'running' AND lease = ?";
        Ok(self.first(sql, params![lease.job, lease.number], |row| row.get(0))?.unwrap_or(true))
    }

    /// Lines of a job behind a number, in their order.
    pub fn job_lines(&self, job: &str, after: u64, limit: u32) -> Result<Vec<JobLine>> {
        let sql =
            "SELECT number, time, level, text FROM job_lines WHERE job = ? AND number > ? ORDER BY number LIMIT ?";
        self.all(sql, params![job, after, limit], |row| {
            Ok(JobLine { number: row.get(0)?, time: row.get(1)?, level: row.get(2)?, text: row.get(3)? })
        })
    }
}

impl Transaction<'_> {
    /// Queues a job, to begin at once.
    pub fn insert_job(&self, job: &NewJob<'_>, now: u64) -> Result<()> {
        self.execute(
            "INSERT INTO jobs (id, plugin, name, input, state, percent, message, account, token, schedule, attempt, failures, \
             queued, due, cancel, through) VALUES (?, ?, ?, ?, 'queued', 0, '', ?, ?, ?, 0, 0, ?8, ?8, 0, ?9)",
            params![job.id, job.plugin, job.name, job.input, job.account, job.token, job.schedule, now, job.through],
        )?;
        Ok(())
    }

    /// Takes a job that waits; `false` where somebody else was faster.
    pub fn take_job(&self, lease: &Lease, worker: &str, now: u64, until: u64) -> Result<bool> {
        let sql = "UPDATE jobs SET state = 'running', attempt = attempt + 1, started = ?4, worker = ?3, lease = ?2, \
                   leased_until = ?5 WHERE id = ?1 AND state = 'queued' AND cancel = 0";
        Ok(self.execute(sql, params![lease.job, lease.number, worker, now, until])? > 0)
    }

    /// Whether this is still the lease of its job.
    pub fn holds_lease(&self, lease: &Lease) -> Result<bool> {
        let sql = "SELECT count(*) FROM jobs WHERE id = ? AND state = 'running' AND lease = ?";
        Ok(self.value::<u64>(sql, params![lease.job, lease.number])? > 0)
    }

    /// Says that a worker is still there: all of its leases hold until then.
    pub fn renew_leases(&self, worker: &str, until: u64) -> Result<usize> {
        self.execute(
            "UPDATE jobs SET leased_until = ?2 WHERE state = 'running' AND worker = ?1",
            params![worker, until],
        )
    }

    /// How far a job has come; `false` where the lease is no longer its.
    pub fn job_progress(&self, lease: &Lease, percent: u8, message: &str) -> Result<bool> {
        let sql = "UPDATE jobs SET percent = ?3, message = ?4 WHERE id = ?1 AND state = 'running' AND lease = ?2";
        Ok(self.execute(sql, params![lease.job, lease.number, percent, message])? > 0)
    }

    /// Ends a job that this lease has: done, with its outcome; failed, with its failure; or cancelled. `false` where the
    /// lease is no longer its.
    pub fn end_job(
        &self,
        lease: &Lease,
        state: JobState,
        outcome: Option<&str>,
        failure: Option<&str>,
        now: u64,
    ) -> Result<bool> {
        // What a job that is done was started with is of no use any more, and can be large.
        let sql = "UPDATE jobs SET state = ?3, outcome = ?4, failure = ?5, ended = ?6, worker = NULL, lease = NULL, \
                   leased_until = NULL, failures = failures + (?3 = 'failed'), \
                   input = CASE ?3 WHEN 'done' THEN '{}' ELSE input END, \
                   percent = CASE ?3 WHEN 'done' THEN 100 ELSE percent END \
                   WHERE id = ?1 AND state = 'running' AND lease = ?2";
        Ok(self.execute(sql, params![lease.job, lease.number, state.name(), outcome, failure, now])? > 0)
    }

    /// Puts a job that failed back into the queue, to be tried again later. Answers what it is then, as the next does;
    /// none where the lease is no longer its.
    pub fn retry_later(&self, lease: &Lease, failure: &str, due: u64, now: u64) -> Result<Option<JobState>> {
        let sql =
            "UPDATE jobs SET failures = failures + 1, failure = ?3 WHERE id = ?1 AND state = 'running' AND lease = ?2";
        match self.execute(sql, params![lease.job, lease.number, failure])? {
            0 => Ok(None),
            _ => self.wait_again(lease, Some(due), 0, now),
        }
    }

    /// Puts a job back as if it had not been taken: its worker stops in good order.
    pub fn give_back(&self, lease: &Lease, now: u64) -> Result<Option<JobState>> {
        self.wait_again(lease, None, 1, now)
    }

    /// Jobs of a worker that is gone wait again, and go first; answers which, and what they are then.
    pub fn release_jobs(&self, worker: &str, now: u64) -> Result<Vec<(String, JobState)>> {
        let lost = self.leases_of(worker)?;
        let mut released = Vec::with_capacity(lost.len());
        for lease in lost {
            if let Some(state) = self.wait_again(&lease, None, 0, now)? {
                released.push((lease.job, state));
            }
        }
        Ok(released)
    }

    /// Puts a job back into the queue, by default where it was; `not_begun` attempts are not counted. One that somebody
    /// asked to cancel meanwhile is cancelled instead: nothing that waits is unwanted.
    fn wait_again(&self, lease: &Lease, due: Option<u64>, not_begun: u32, now: u64) -> Result<Option<JobState>> {
        let sql = "UPDATE jobs SET state = CASE cancel WHEN 0 THEN 'queued' ELSE 'cancelled' END, \
                   ended = CASE cancel WHEN 0 THEN NULL ELSE ?5 END, due = coalesce(?3, queued), \
                   attempt = attempt - ?4, worker = NULL, lease = NULL, leased_until = NULL \
                   WHERE id = ?1 AND state = 'running' AND lease = ?2 RETURNING cancel";
        let cancelled: Option<bool> =
            self.first(sql, params![lease.job, lease.number, due, not_begun, now], |row| row.get(0))?;
        Ok(cancelled.map(|cancelled| if cancelled { JobState::Cancelled } else { JobState::Queued }))
    }

    /// Cancels a job: one that waits at once, one that runs as soon as its worker sees it. Answers what it was at, none
    /// where there is no such job.
    pub fn cancel_job(&self, id: &str, now: u64) -> Result<Option<JobState>> {
        let Some(job) = self.job(id)? else { return Ok(None) };
        match job.state {
            JobState::Queued => {
                let sql = "UPDATE jobs SET state = 'cancelled', cancel = 1, ended = ?2 WHERE id = ?1";
                self.execute(sql, params![id, now])?;
            }
            JobState::Running => drop(self.execute("UPDATE jobs SET cancel = 1 WHERE id = ?", [id])?),
            JobState::Done | JobState::Failed | JobState::Cancelled => {}
        }
        Ok(Some(job.state))
    }

    /// Queues a job once more that failed or was cancelled; `false` for any other.
    pub fn queue_again(&self, id: &str, now: u64) -> Result<bool> {
        let sql = "UPDATE jobs SET state = 'queued', due = ?2, ended = NULL, failure = NULL, failures = 0, \
                   attempt = 0, cancel = 0 \
                   WHERE id = ?1 AND state IN ('failed', 'cancelled')";
        Ok(self.execute(sql, params![id, now])? > 0)
    }

    /// Adds a line to a job's log, and drops the oldest where there are too many.
    pub fn add_job_line(&self, job: &str, time: u64, level: &str, text: &str) -> Result<()> {
        let last: Option<u64> = self.value("SELECT max(number) FROM job_lines WHERE job = ?", [job])?;
        let number = last.unwrap_or(0) + 1;
        self.execute(
            "INSERT INTO job_lines (job, number, time, level, text) VALUES (?, ?, ?, ?, ?)",
            params![job, number, time, level, text],
        )?;
        if number > MOST_LINES {
            let oldest = number - MOST_LINES;
            self.execute("DELETE FROM job_lines WHERE job = ? AND number <= ?", params![job, oldest])?;
        }
        Ok(())
    }

    /// Removes up to `limit` jobs with their lines: those that ended before a time, and of each plugin the oldest beyond the
    /// latest `kept` that have ended. Answers how many.
    pub fn purge_jobs(&self, before: u64, kept: u64, limit: u32) -> Result<usize> {
        let sql = "SELECT id FROM jobs WHERE ended IS NOT NULL AND ended < ? ORDER BY ended LIMIT ?";
        let mut ids: Vec<String> = self.all(sql, params![before, limit], |row| row.get(0))?;
        let sql = "SELECT plugin, count(*) FROM jobs WHERE ended IS NOT NULL GROUP BY plugin HAVING count(*) > ?";
        let over: Vec<(String, u64)> = self.all(sql, [kept], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (plugin, count) in over {
            let sql = "SELECT id FROM jobs WHERE plugin = ? AND ended IS NOT NULL ORDER BY ended LIMIT ?";
            ids.extend(
                self.all(sql, params![plugin, (count - kept).min(limit.into())], |row| row.get::<_, String>(0))?,
            );
        }
        ids.truncate(limit as usize);
        ids.iter().try_for_each(|id| self.execute("DELETE FROM jobs WHERE id = ?", [id]).map(drop))?;
        Ok(ids.len())
    }
}

fn read_job(row: &Row<'_>) -> rusqlite::Result<JobRow> {
    let state: String = row.get(4)?;
    Ok(JobRow {
        id: row.get(0)?,
        plugin: row.get(1)?,
        name: row.get(2)?,
        input: row.get(3)?,
        state: JobState::parse(&state).ok_or(rusqlite::Error::InvalidQuery)?,
        percent: row.get(5)?,
        message: row.get(6)?,
        outcome: row.get(7)?,
        failure: row.get(8)?,
        account: row.get(9)?,
        token: row.get(10)?,
        schedule: row.get(11)?,
        attempt: row.get(12)?,
        failures: row.get(13)?,
        queued: row.get(14)?,
        due: row.get(15)?,
        started: row.get(16)?,
        ended: row.get(17)?,
        cancel: row.get(18)?,
        worker: row.get(19)?,
        lease: row.get(20)?,
        through: row.get(21)?,
    })
}

#[cfg(test)]
mod tests;
