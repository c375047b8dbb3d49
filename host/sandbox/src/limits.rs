//! What one call may use, and how many calls of a plugin run at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::call_error::CallError;

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
