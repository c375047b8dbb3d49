//! What one call may use, and how many calls of a plugin run at a time.
//!
//! [`LIMITS`] is the table of those that an administrator can choose: what plugins are told of them, what is accepted, and
//! how a choice gets into [`Limits`] all come from it. `most` is what the engine can hold: a slot of the pool is as large as
//! the largest memory, and there are so many slots that no single plugin can take them all.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::call_error::CallError;
use crate::engine::LARGEST_MEMORY;

/// How long a call waits for a permit before it is told that the plugin is busy.
const PATIENCE: Duration = Duration::from_secs(2);

/// What one call may use. [`Limits::default`] is what a plugin has where an administrator says nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory in bytes.
    pub memory: usize,
    /// CPU time.
    pub cpu: Duration,
    /// Time by the clock on the wall, waiting included.
    pub wall: Duration,
    /// Bytes through host calls in both directions.
    pub bytes: usize,
    /// Bytes of one host call, or of the answer.
    pub handed: usize,
    /// Calls at a time for signed-in people; visitors have as many of their own.
    pub concurrent: usize,
    /// What its jobs may use.
    pub jobs: JobLimits,
}

/// What one attempt at a job may use, beside the memory of every call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobLimits {
    pub cpu: Duration,
    pub wall: Duration,
    /// Bytes through host calls in both directions.
    pub bytes: usize,
    /// Jobs at a time.
    pub concurrent: usize,
}

impl Default for JobLimits {
    fn default() -> Self {
        Self { cpu: Duration::from_secs(60), wall: Duration::from_secs(15 * 60), bytes: 4 << 30, concurrent: 2 }
    }
}

impl Limits {
    /// The limits of a job of this plugin.
    #[must_use]
    pub fn of_jobs(&self) -> Self {
        let JobLimits { cpu, wall, bytes, .. } = self.jobs;
        Self { cpu, wall, bytes, ..*self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 64 << 20,
            cpu: Duration::from_secs(1),
            wall: Duration::from_secs(10),
            bytes: 8 << 20,
            handed: 8 << 20,
            concurrent: 16,
            jobs: JobLimits::default(),
        }
    }
}

/// One limit that can be chosen.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// As plugins, the command line and the database call it.
    pub name: &'static str,
    pub least: u64,
    pub most: u64,
    read: fn(&Limits) -> u64,
    set: fn(&mut Limits, u64),
}

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// All of them: sizes in bytes, times in milliseconds.
pub const LIMITS: &[Limit] = &[
    Limit {
        name: "memory",
        // What the linker gives a guest to start with.
        least: 4 << 20,
        most: LARGEST_MEMORY as u64,
        read: |limits| limits.memory as u64,
        set: |limits, value| limits.memory = size(value),
    },
    Limit {
        name: "cpu-ms",
        // A tick of the clock that looks at it.
        least: 10,
        most: MINUTE,
        read: |limits| millis(limits.cpu),
        set: |limits, value| limits.cpu = Duration::from_millis(value),
    },
    Limit {
        name: "wall-ms",
        least: 100,
        most: 5 * MINUTE,
        read: |limits| millis(limits.wall),
        set: |limits, value| limits.wall = Duration::from_millis(value),
    },
    Limit {
        name: "bytes",
        least: 64 << 10,
        most: 1 << 30,
        read: |limits| limits.bytes as u64,
        set: |limits, value| limits.bytes = size(value),
    },
    Limit {
        name: "concurrent",
        least: 1,
        most: 100,
        read: |limits| limits.concurrent as u64,
        set: |limits, value| limits.concurrent = size(value),
    },
    Limit {
        name: "job-cpu-ms",
        least: 10,
        most: 6 * HOUR,
        read: |limits| millis(limits.jobs.cpu),
        set: |limits, value| limits.jobs.cpu = Duration::from_millis(value),
    },
    Limit {
        name: "job-wall-ms",
        least: SECOND,
        most: 24 * HOUR,
        read: |limits| millis(limits.jobs.wall),
        set: |limits, value| limits.jobs.wall = Duration::from_millis(value),
    },
    Limit {
        name: "job-bytes",
        least: 64 << 10,
        most: 1 << 40,
        read: |limits| limits.jobs.bytes as u64,
        set: |limits, value| limits.jobs.bytes = size(value),
    },
    Limit {
        name: "job-concurrent",
        least: 1,
        most: 32,
        read: |limits| limits.jobs.concurrent as u64,
        set: |limits, value| limits.jobs.concurrent = size(value),
    },
];

impl Limit {
    /// What holds where nobody chose.
    #[must_use]
    pub fn usual(&self) -> u64 {
        self.of(&Limits::default())
    }

    /// What it is in these limits.
    #[must_use]
    pub fn of(&self, limits: &Limits) -> u64 {
        (self.read)(limits)
    }

    /// Whether it may be chosen so.
    #[must_use]
    pub fn takes(&self, value: u64) -> bool {
        (self.least..=self.most).contains(&value)
    }
}

/// The limit of a name.
#[must_use]
pub fn limit(name: &str) -> Option<&'static Limit> {
    LIMITS.iter().find(|limit| limit.name == name)
}

impl Limits {
    /// What was chosen, by name, over what is usual. A value that the engine cannot hold counts as the nearest that it can;
    /// a name that is none is passed over, and logged: both can stand in a database that another version wrote.
    #[must_use]
    pub fn chosen(rows: &[(String, u64)]) -> Self {
        let mut limits = Self::default();
        for (name, value) in rows {
            match limit(name) {
                Some(limit) => (limit.set)(&mut limits, (*value).clamp(limit.least, limit.most)),
                None => tracing::warn!(limit = name, "an unknown limit is passed over"),
            }
        }
        limits
    }
}

fn size(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The permits of one plugin: separate for signed-in people and visitors, so that the world cannot lock out the house.
#[derive(Debug, Clone)]
pub struct Permits {
    signed_in: Arc<Semaphore>,
    visitors: Arc<Semaphore>,
    followers: Arc<Semaphore>,
    visiting_followers: Arc<Semaphore>,
}

/// Questions for open pages at a time, of signed-in people and of visitors each: many pages may be open, and none of
/// them is waited for by a person.
const FOLLOWERS: usize = 4;

/// For whom a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    SignedIn,
    Visitor,
    /// A page that somebody signed in has open.
    Follower,
    /// A page that a visitor has open.
    VisitingFollower,
}

impl Permits {
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let permits = |count| Arc::new(Semaphore::new(count));
        Self {
            signed_in: permits(limits.concurrent),
            visitors: permits(limits.concurrent),
            followers: permits(FOLLOWERS),
            visiting_followers: permits(FOLLOWERS),
        }
    }

    /// One permit, held as long as the call lasts.
    ///
    /// # Errors
    ///
    /// [`CallError::Busy`] where none is free within two seconds.
    pub(crate) async fn take(&self, asker: Asker) -> Result<OwnedSemaphorePermit, CallError> {
        self.take_within(asker, PATIENCE).await
    }

    async fn take_within(&self, asker: Asker, patience: Duration) -> Result<OwnedSemaphorePermit, CallError> {
        let permits = match asker {
            Asker::SignedIn => &self.signed_in,
            Asker::Visitor => &self.visitors,
            Asker::Follower => &self.followers,
            Asker::VisitingFollower => &self.visiting_followers,
        };
        match Arc::clone(permits).try_acquire_owned() {
            Ok(permit) => Ok(permit),
            Err(_) => match tokio::time::timeout(patience, Arc::clone(permits).acquire_owned()).await {
                Ok(Ok(permit)) => Ok(permit),
                _ => Err(CallError::Busy),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::SLOTS;

    /// The contract, which names them.
    const WIT: &str = include_str!("../../../wit/admin/admin.wit");

    #[test]
    fn each_limit_is_read_as_it_was_set_and_within_its_bounds() {
        for limit in LIMITS {
            assert!(limit.takes(limit.usual()), "{}", limit.name);
            for (chosen, read) in [
                (limit.least, limit.least),
                (limit.most, limit.most),
                (limit.least - 1, limit.least),
                (limit.most + 1, limit.most),
                (u64::MAX, limit.most),
            ] {
                let limits = Limits::chosen(&[(limit.name.to_owned(), chosen)]);
                assert_eq!(limit.of(&limits), read, "{} of {chosen}", limit.name);
                for other in LIMITS.iter().filter(|other| other.name != limit.name) {
                    assert_eq!(other.of(&limits), other.usual(), "{} leaves {} alone", limit.name, other.name);
                }
            }
        }
        assert_eq!(Limits::chosen(&[("of-a-later-version".into(), 1)]), Limits::default());
    }

    #[test]
    fn the_contract_names_just_these() {
        let record = WIT.split_once("record limit {").unwrap().1.split_once("name: string").unwrap().0;
        let mut named: Vec<&str> = record.split('`').skip(1).step_by(2).collect();
        let mut known: Vec<&str> = LIMITS.iter().map(|limit| limit.name).collect();
        named.sort_unstable();
        known.sort_unstable();
        assert_eq!(named, known);
    }

    #[test]
    fn no_plugin_can_take_all_slots() {
        let most = |name| limit(name).unwrap().most;
        let calls = 2 * (most("concurrent") + FOLLOWERS as u64) + most("job-concurrent");
        assert!(calls < u64::from(SLOTS), "{calls}");
    }

    #[tokio::test]
    async fn visitors_do_not_take_the_permits_of_the_house() {
        let permits = Permits::new(&Limits { concurrent: 1, ..Limits::default() });
        let at_once = Duration::from_millis(1);
        for (visitor, person, count) in
            [(Asker::Visitor, Asker::SignedIn, 1), (Asker::VisitingFollower, Asker::Follower, FOLLOWERS)]
        {
            let mut held = Vec::new();
            for asker in [visitor, person] {
                for _ in 0..count {
                    held.push(permits.take(asker).await.unwrap());
                }
                assert!(matches!(permits.take_within(asker, at_once).await, Err(CallError::Busy)));
            }
            assert_eq!(held.len(), 2 * count);
        }
    }
}
