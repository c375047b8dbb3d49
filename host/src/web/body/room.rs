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
/// Files on disk that are open for what people send, and for what visitors do: each takes one of the files that a process
/// may have open, as each connection does.
const FILES: (usize, usize) = (256, 64);
/// What a share grows by, in KiB.
const STEP: usize = 16;
/// How long a body waits for room.
const PATIENCE: Duration = Duration::from_secs(10);

/// The memory that all bodies share, and the files on disk.
#[derive(Debug)]
pub struct Room {
    house: Part,
    visitors: Part,
    patience: Duration,
}

#[derive(Debug, Clone)]
struct Part {
    /// In KiB.
    memory: Arc<Semaphore>,
    files: Arc<Semaphore>,
}

impl Part {
    fn new(memory: usize, files: usize) -> Self {
        Self { memory: Arc::new(Semaphore::new(memory)), files: Arc::new(Semaphore::new(files)) }
    }
}

impl Default for Room {
    fn default() -> Self {
        Self { house: Part::new(HOUSE, FILES.0), visitors: Part::new(VISITORS, FILES.1), patience: PATIENCE }
    }
}

impl Room {
    /// A share that is still empty.
    #[must_use]
    pub fn share(&self, visitor: bool) -> Share {
        let part = if visitor { &self.visitors } else { &self.house };
        Share { part: Some((part.clone(), self.patience)), bytes: 0, held: None, files: None }
    }
}

/// What one request holds. Given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    part: Option<(Part, Duration)>,
    bytes: usize,
    held: Option<OwnedSemaphorePermit>,
    files: Option<OwnedSemaphorePermit>,
}

impl Share {
    /// One that is not counted.
    #[must_use]
    pub fn boundless() -> Self {
        Self { part: None, bytes: 0, held: None, files: None }
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
        take(&part.memory, missing, *patience, &mut self.held).await
    }

    /// Takes one file on disk, as soon as one is free.
    ///
    /// # Errors
    ///
    /// Where none is for ten seconds.
    pub async fn open_file(&mut self) -> Result<(), Problem> {
        let Some((part, patience)) = &self.part else { return Ok(()) };
        take(&part.files, 1, *patience, &mut self.files).await
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

async fn take(
    semaphore: &Arc<Semaphore>,
    count: u32,
    patience: Duration,
    held: &mut Option<OwnedSemaphorePermit>,
) -> Result<(), Problem> {
    let more = Arc::clone(semaphore).acquire_many_owned(count);
    let Ok(Ok(more)) = tokio::time::timeout(patience, more).await else { return Err(no_room()) };
    match held {
        Some(held) => held.merge(more),
        None => *held = Some(more),
    }
    Ok(())
}

fn no_room() -> Problem {
    Problem::busy("Too much is being sent to the server at the moment. Try again in a few seconds.", 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_share_grows_as_far_as_there_is_room_and_gives_it_back() {
        let (house, visitors) = (Part::new(64, 2), Part::new(16, 1));
        let room = Room { house, visitors, patience: Duration::from_millis(10) };
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
        assert_eq!(room.house.memory.available_permits(), 64);
        assert_eq!(room.visitors.memory.available_permits(), 16);
        let mut share = room.share(false);
        share.open_file().await.unwrap();
        share.open_file().await.unwrap();
        assert_eq!(share.open_file().await.unwrap_err().status(), 503);
        room.share(true).open_file().await.unwrap();
        drop(share);
        assert_eq!(room.house.files.available_permits(), 2);
    }
}
