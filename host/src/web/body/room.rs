//! Memory for bodies on their way in: so much for all requests together, and no more.
//!
//! Visitors have a part of their own, so that the world cannot lock out the house. A body takes its share as it grows,
//! not by what it says that it will be: whoever announces much and sends nothing takes nothing.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::web::problem::Problem;

/// For people and programs that are signed in, in KiB.
const HOUSE: usize = 192 << 10;
/// For visitors, in KiB.
const VISITORS: usize = 64 << 10;
/// What a share grows by, in KiB.
const STEP: usize = 16;
/// How long a body waits for room.
const PATIENCE: Duration = Duration::from_secs(10);

/// The memory that all bodies share.
#[derive(Debug)]
pub struct Room {
    house: Arc<Semaphore>,
    visitors: Arc<Semaphore>,
    patience: Duration,
}

impl Default for Room {
    fn default() -> Self {
        Self::new(HOUSE, VISITORS, PATIENCE)
    }
}

impl Room {
    fn new(house: usize, visitors: usize, patience: Duration) -> Self {
        Self { house: Arc::new(Semaphore::new(house)), visitors: Arc::new(Semaphore::new(visitors)), patience }
    }

    /// A share that is still empty.
    #[must_use]
    pub fn share(&self, visitor: bool) -> Share {
        let part = if visitor { &self.visitors } else { &self.house };
        Share { part: Some((Arc::clone(part), self.patience)), bytes: 0, held: None }
    }
}

/// What one request holds. Given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    part: Option<(Arc<Semaphore>, Duration)>,
    bytes: usize,
    held: Option<OwnedSemaphorePermit>,
}

impl Share {
    /// One that is not counted.
    #[must_use]
    pub fn boundless() -> Self {
        Self { part: None, bytes: 0, held: None }
    }

    /// What is held, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes so many bytes more, as soon as they are free.
    ///
    /// # Errors
    ///
    /// Where none are for ten seconds.
    pub async fn grow(&mut self, bytes: usize) -> Result<(), Problem> {
        self.bytes += bytes;
        let Some((part, patience)) = &self.part else { return Ok(()) };
        let held = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = self.bytes.div_ceil(1024 * STEP) * STEP - held;
        let Some(missing) = u32::try_from(missing).ok().filter(|missing| *missing > 0) else { return Ok(()) };
        let more = Arc::clone(part).acquire_many_owned(missing);
        let Ok(Ok(more)) = tokio::time::timeout(*patience, more).await else { return Err(no_room()) };
        match &mut self.held {
            Some(held) => held.merge(more),
            None => self.held = Some(more),
        }
        Ok(())
    }

    /// Gives bytes back that are no longer in memory.
    pub fn shrink(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
        let needed = self.bytes.div_ceil(1024 * STEP) * STEP;
        if let Some(held) = &mut self.held {
            drop(held.split(held.num_permits().saturating_sub(needed)));
        }
    }
}

fn no_room() -> Problem {
    Problem::busy("Too much is being sent to the server at the moment. Try again in a few seconds.", 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_share_grows_as_far_as_there_is_room_and_gives_it_back() {
        let room = Room::new(64, 16, Duration::from_millis(10));
        let mut one = room.share(false);
        one.grow(1).await.unwrap();
        one.grow(48 << 10).await.unwrap();
        let mut two = room.share(false);
        assert_eq!(two.grow(1).await.unwrap_err().status(), 503);
        room.share(true).grow(16 << 10).await.unwrap();
        one.shrink(40 << 10);
        two.grow(1).await.unwrap();
        drop(one);
        two.grow(60 << 10).await.unwrap();
        assert_eq!(two.grow(4 << 10).await.unwrap_err().status(), 503);
        drop(two);
        assert_eq!(room.house.available_permits(), 64);
        assert_eq!(room.visitors.available_permits(), 16);
    }
}
