//! Memory for bodies on their way in: so much for all requests together, and no more.
//!
//! Visitors have a part of their own, so that the world cannot lock out the house; and of each part one client has an
//! eighth at the most, so that one cannot lock out the others. A body takes its share as it grows, not by what it says
//! that it will be: whoever announces much and sends nothing takes nothing.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use vestry_phrases::words;

use crate::web::client::Client;
use crate::web::problem::Problem;

/// For people and programs that are signed in, in KiB. An eighth of it is what one request may hold in memory.
const HOUSE: usize = 256 << 10;
/// For visitors, in KiB.
const VISITORS: usize = 64 << 10;
/// Files on disk that are open for what people send, and for what visitors do: each takes one of the files that a process
/// may have open, as each connection does. An eighth is what one form may have of them.
const FILES: (usize, usize) = (800, 256);
/// How many clients it takes to fill a part.
const CLIENTS: usize = 8;
/// What a share grows by, in KiB.
const STEP: usize = 16;
/// How long a body waits for room.
const PATIENCE: Duration = Duration::from_secs(10);

/// The memory that all bodies share, and the files on disk.
#[derive(Debug)]
pub struct Room {
    house: Arc<Part>,
    visitors: Arc<Part>,
    patience: Duration,
}

#[derive(Debug)]
struct Part {
    all: Places,
    /// Of each client that is sending something: how many requests, and what they have together.
    of_each: Mutex<HashMap<Client, (usize, Arc<Places>)>>,
    /// What one client may have, in KiB and in files.
    most: (usize, usize),
}

/// What is free.
#[derive(Debug)]
struct Places {
    /// In KiB.
    memory: Arc<Semaphore>,
    files: Arc<Semaphore>,
}

impl Places {
    fn new((memory, files): (usize, usize)) -> Self {
        Self { memory: Arc::new(Semaphore::new(memory)), files: Arc::new(Semaphore::new(files)) }
    }
}

impl Part {
    fn new(memory: usize, files: usize) -> Arc<Self> {
        let (all, most) = (Places::new((memory, files)), (memory / CLIENTS, files / CLIENTS));
        Arc::new(Self { all, of_each: Mutex::default(), most })
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
    pub fn share(&self, client: Client) -> Share {
        let part = Arc::clone(if client.is_visitor() { &self.visitors } else { &self.house });
        let own = {
            let mut of_each = part.of_each.lock();
            let (requests, own) =
                of_each.entry(client.clone()).or_insert_with(|| (0, Arc::new(Places::new(part.most))));
            *requests += 1;
            Arc::clone(own)
        };
        Share { counted: Some(Counted { part, own, client, patience: self.patience }), ..Share::boundless() }
    }
}

/// What one request holds. Given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    counted: Option<Counted>,
    bytes: usize,
    memory: Taken,
    files: Taken,
}

/// For whom a share is counted, and where.
#[derive(Debug)]
struct Counted {
    part: Arc<Part>,
    own: Arc<Places>,
    client: Client,
    patience: Duration,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut of_each = self.part.of_each.lock();
        let left = of_each.get_mut(&self.client).map(|(requests, _)| {
            *requests -= 1;
            *requests
        });
        if left == Some(0) {
            of_each.remove(&self.client);
        }
    }
}

impl Share {
    /// One that is not counted.
    #[must_use]
    pub fn boundless() -> Self {
        Self { counted: None, bytes: 0, memory: Taken::default(), files: Taken::default() }
    }

    /// The most that it can hold in memory, in bytes.
    #[must_use]
    pub fn most(&self) -> u64 {
        self.counted.as_ref().map_or(u64::MAX, |counted| counted.part.most.0 as u64 * 1024)
    }

    /// Whether it could hold so many bytes more.
    #[must_use]
    pub fn could_grow(&self, bytes: usize) -> bool {
        (self.bytes + bytes) as u64 <= self.most()
    }

    /// What is held, in bytes.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes so many bytes more, as soon as they are free.
    ///
    /// # Errors
    ///
    /// Where it would be more than it can hold, or none are free for ten seconds.
    pub async fn grow(&mut self, bytes: usize) -> Result<(), Problem> {
        if !self.could_grow(bytes) {
            return Err(Problem::too_large(self.most()));
        }
        self.bytes += bytes;
        let Some(counted) = &self.counted else { return Ok(()) };
        // The most is no whole number of steps where it is small.
        let wanted = (self.bytes.div_ceil(1024 * STEP) * STEP).min(counted.part.most.0);
        let missing = wanted.saturating_sub(self.memory.count());
        self.memory.take(&counted.own.memory, &counted.part.all.memory, missing, counted.patience).await
    }

    /// Takes one file on disk, as soon as one is free.
    ///
    /// # Errors
    ///
    /// Where it would be more than one request can have, or none is free for ten seconds.
    pub async fn open_file(&mut self) -> Result<(), Problem> {
        let Some(counted) = &self.counted else { return Ok(()) };
        let most = counted.part.most.1;
        if self.files.count() >= most {
            return Err(Problem::bad_request(words!(
                "A form has at most {count} files of more than 64 KiB.",
                count = most
            )));
        }
        self.files.take(&counted.own.files, &counted.part.all.files, 1, counted.patience).await
    }

    /// Gives bytes back that are no longer in memory.
    pub fn shrink(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
        self.memory.keep(self.bytes.div_ceil(1024 * STEP) * STEP);
    }
}

/// What was taken, of the client's own places and of all.
#[derive(Debug, Default)]
struct Taken([Option<OwnedSemaphorePermit>; 2]);

impl Taken {
    fn count(&self) -> usize {
        self.0[1].as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }

    /// The client's own go first: who waits for those keeps none of the others waiting.
    async fn take(
        &mut self,
        own: &Arc<Semaphore>,
        all: &Arc<Semaphore>,
        count: usize,
        patience: Duration,
    ) -> Result<(), Problem> {
        let Some(count) = u32::try_from(count).ok().filter(|count| *count > 0) else { return Ok(()) };
        let until = Instant::now() + patience;
        let more = async |places: &Arc<Semaphore>| {
            let more = timeout_at(until, Arc::clone(places).acquire_many_owned(count)).await;
            more.ok().and_then(Result::ok).ok_or_else(no_room)
        };
        let more = [more(own).await?, more(all).await?];
        for (held, more) in self.0.iter_mut().zip(more) {
            match held {
                Some(held) => held.merge(more),
                None => *held = Some(more),
            }
        }
        Ok(())
    }

    /// Gives back all but so many.
    fn keep(&mut self, count: usize) {
        for held in self.0.iter_mut().flatten() {
            drop(held.split(held.num_permits().saturating_sub(count)));
        }
    }
}

fn no_room() -> Problem {
    Problem::busy(words!("Too much is being sent to the server at the moment. Try again in a few seconds."), 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 64 KiB and two files for each client of the house, half of it for each visitor.
    fn room() -> Room {
        let (house, visitors) = (Part::new(8 * 64, 8 * 2), Part::new(8 * 32, 8));
        Room { house, visitors, patience: Duration::from_millis(10) }
    }

    fn visitor(number: u8) -> Client {
        Client::visitor([192, 0, 2, number].into())
    }

    #[tokio::test]
    async fn a_share_grows_as_far_as_there_is_room_and_gives_it_back() {
        let room = room();
        let mut one = room.share(visitor(1));
        one.grow(1).await.unwrap();
        one.grow(16 << 10).await.unwrap();
        let mut two = room.share(visitor(1));
        assert_eq!(two.grow(1).await.unwrap_err().status(), 503, "one client has an eighth");
        drop(two);
        one.shrink(16 << 10);
        let mut two = room.share(visitor(1));
        two.grow(16 << 10).await.unwrap();
        assert_eq!(two.grow(1).await.unwrap_err().status(), 503);
        drop((one, two));
        let mut two = room.share(visitor(1));
        two.grow(16 << 10).await.unwrap();
        assert_eq!(two.grow(17 << 10).await.unwrap_err().status(), 413, "there is never room for it");
        drop(two);
        assert_eq!(room.visitors.all.memory.available_permits(), 8 * 32);
        assert!(room.visitors.of_each.lock().is_empty());
    }

    #[tokio::test]
    async fn one_client_leaves_room_for_others_and_all_have_an_end() {
        let room = room();
        let mut shares = Vec::new();
        for number in 0..8 {
            let mut share = room.share(visitor(number));
            share.grow(32 << 10).await.unwrap();
            share.open_file().await.unwrap();
            assert_eq!(share.open_file().await.unwrap_err().status(), 400, "a form that can never be taken");
            let mut another = room.share(visitor(number));
            assert_eq!(another.grow(1).await.unwrap_err().status(), 503);
            assert_eq!(another.open_file().await.unwrap_err().status(), 503);
            shares.push(share);
        }
        let mut late = room.share(visitor(8));
        assert_eq!(late.grow(1).await.unwrap_err().status(), 503);
        assert_eq!(late.open_file().await.unwrap_err().status(), 503);
        shares.pop();
        let mut late = room.share(visitor(8));
        late.grow(1).await.unwrap();
        late.open_file().await.unwrap();
        drop((shares, late));
        let left = &room.visitors.all;
        assert_eq!((left.memory.available_permits(), left.files.available_permits()), (8 * 32, 8));
    }

    #[tokio::test]
    async fn visitors_take_nothing_from_the_house() {
        let room = Room::default();
        assert_eq!(room.share(visitor(1)).most(), 8 << 20);
        assert!(room.house.most == (32 << 10, 100) && room.visitors.most == (8 << 10, 32));
        room.share(visitor(1)).grow(8 << 20).await.unwrap();
        assert_eq!(room.house.all.memory.available_permits(), HOUSE);
    }
}
