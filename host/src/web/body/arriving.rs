//! A body as it arrives: not more than it may be, and not slower than a bad line.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use futures_util::StreamExt;
use tokio::time::Instant;
use vestry_phrases::words;

use crate::web::body::room::Share;
use crate::web::problem::Problem;

/// How long nothing may come.
const IDLE: Duration = Duration::from_secs(60);
/// How long a body may take that is held in memory; and from when on one that goes to disk has to keep its pace.
const MINUTE: Duration = Duration::from_secs(60);
/// The least that has to come in a second of what goes to disk, on the average, in bytes.
const PACE: u64 = 4 << 10;

/// A body on its way in.
#[derive(Debug)]
pub struct Arriving {
    stream: BodyDataStream,
    limit: u64,
    received: u64,
    began: Instant,
    /// Whether it has a minute for all of it.
    brief: bool,
}

impl Arriving {
    /// # Errors
    ///
    /// Where it says itself that it is larger than `limit` bytes.
    pub fn new(body: Body, length: Option<u64>, limit: u64) -> Result<Self, Problem> {
        if length.is_some_and(|length| length > limit) {
            return Err(Problem::too_large(limit));
        }
        Ok(Self { stream: body.into_data_stream(), limit, received: 0, began: Instant::now(), brief: false })
    }

    /// The same with a minute for all of it: what is half there is held in memory.
    #[must_use]
    pub fn within_a_minute(mut self) -> Self {
        self.brief = true;
        self
    }

    /// The next part; none at the end.
    ///
    /// # Errors
    ///
    /// Where it becomes too large, is too slow, or breaks off.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let until = if self.brief { self.began + MINUTE } else { Instant::now() + IDLE };
        let part = tokio::time::timeout_at(until, self.stream.next()).await.map_err(|_| slow())?;
        let Some(part) = part else { return Ok(None) };
        let part = part.map_err(|_| Problem::bad_request(words!("The request broke off before it was whole.")))?;
        self.received += part.len() as u64;
        if self.received > self.limit {
            return Err(Problem::too_large(self.limit));
        }
        let late = self.began.elapsed().saturating_sub(MINUTE).as_secs();
        if self.received < late.saturating_mul(PACE) {
            return Err(slow());
        }
        Ok(Some(part))
    }

    /// All of it, in memory.
    ///
    /// # Errors
    ///
    /// As for each part, and where there is no room for it.
    pub async fn whole(mut self, share: &mut Share) -> Result<Vec<u8>, Problem> {
        let mut whole = Vec::new();
        while let Some(part) = self.next().await? {
            share.grow(part.len()).await?;
            whole.extend_from_slice(&part);
        }
        Ok(whole)
    }

    /// How much has come so far, in bytes.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }
}

fn slow() -> Problem {
    Problem::bad_request(words!("The request took too long to arrive."))
}
