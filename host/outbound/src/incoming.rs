//! What another server answers, read as it comes: for what is too large to be held, or is checked on its way.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::Response;
use tokio::time::Instant;
use url::Url;

use crate::answer::headers;
use crate::error::OutboundError;
use crate::origin::Origin;

/// How much is read of an answer, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes that its body may have.
    pub bytes: usize,
    /// The time for all of it: looking up, connecting, redirects, the whole body.
    pub time: Duration,
    /// How long nothing may come, before its head or between two pieces of its body.
    pub silence: Duration,
}

/// An answer whose head has come. To drop it is to hang up.
pub struct Incoming {
    pub status: u16,
    /// In lower case and in their order, without cookies. What is no UTF-8 is replaced (U+FFFD).
    pub headers: Vec<(String, String)>,
    /// Who gives it, after all redirects.
    pub origin: Origin,
    /// The address that it is the answer of, after all redirects.
    pub url: Url,
    /// The bytes that were announced. No more than these come, and fewer are an error.
    pub length: Option<u64>,
    response: Response,
    reading: Reading,
    came: usize,
}

impl fmt::Debug for Incoming {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not its address, nor its headers: they may hold what opens a door.
        formatter.debug_struct("Incoming").field("status", &self.status).field("origin", &self.origin).finish()
    }
}

impl Incoming {
    pub(crate) fn of(response: Response, url: Url, origin: Origin, reading: Reading) -> Result<Self, OutboundError> {
        let headers = headers(response.headers(), &origin)?;
        let (status, length) = (response.status().as_u16(), response.content_length());
        let incoming = Self { status, headers, origin, url, length, response, reading, came: 0 };
        match length {
            Some(announced) if announced > reading.limits.bytes as u64 => Err(incoming.too_long()),
            _ => Ok(incoming),
        }
    }

    /// The first header of this name (in lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The next piece of the body, however small; none at its end.
    ///
    /// # Errors
    ///
    /// Where it breaks off, falls silent, takes too long or is too much. After that there is nothing more to be had.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, OutboundError> {
        let piece = self.reading.wait(&self.origin, self.response.chunk()).await?;
        let piece = piece.map_err(|error| OutboundError::failed(&error, &self.origin))?;
        let length = piece.as_ref().map_or(0, Bytes::len);
        if length > self.reading.limits.bytes - self.came {
            return Err(self.too_long());
        }
        self.came += length;
        Ok(piece)
    }

    /// All that is still to come, held.
    ///
    /// # Errors
    ///
    /// As [`Incoming::chunk`].
    pub async fn rest(mut self) -> Result<Bytes, OutboundError> {
        let mut body = BytesMut::new();
        while let Some(piece) = self.chunk().await? {
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }

    fn too_long(&self) -> OutboundError {
        OutboundError::AnswerTooLong { origin: self.origin.clone(), most: self.reading.limits.bytes }
    }
}

/// Reading that has begun.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    limits: Limits,
    ends: Instant,
}

impl Reading {
    pub(crate) fn begin(limits: Limits) -> Self {
        Self { limits, ends: Instant::now() + limits.time }
    }

    /// Waits for what comes next, as long as may be.
    pub(crate) async fn wait<T>(&self, origin: &Origin, next: impl Future<Output = T>) -> Result<T, OutboundError> {
        let silence_ends = Instant::now() + self.limits.silence;
        let late = |_| {
            let origin = origin.clone();
            if silence_ends < self.ends {
                OutboundError::Stalled { origin, time: self.limits.silence }
            } else {
                OutboundError::TooSlow { origin, time: self.limits.time }
            }
        };
        tokio::time::timeout_at(silence_ends.min(self.ends), next).await.map_err(late)
    }
}
