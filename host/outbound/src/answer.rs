//! What another server answers, read within limits.

use bytes::{Bytes, BytesMut};
use reqwest::Response;
use reqwest::header::{HeaderMap, SET_COOKIE};

use crate::error::OutboundError;
use crate::origin::Origin;

/// The largest body of an answer, in bytes.
pub const MOST_ANSWER: usize = 8 << 20;

/// Headers of an answer, and their bytes.
pub(crate) const MOST_HEADERS: usize = 100;
const MOST_HEADER_BYTES: usize = 64 << 10;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// In lower case and in their order, without cookies. What is no UTF-8 is replaced (U+FFFD).
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// Who gave it, after all redirects.
    pub origin: Origin,
}

impl Answer {
    /// Reads all of it.
    pub(crate) async fn read(mut response: Response, origin: Origin, most: usize) -> Result<Self, OutboundError> {
        let headers = headers(response.headers(), &origin)?;
        let too_long = || OutboundError::AnswerTooLong { origin: origin.clone(), most };
        let announced = response.content_length().unwrap_or(0);
        if announced > most as u64 {
            return Err(too_long());
        }
        let mut body = BytesMut::new();
        loop {
            match response.chunk().await {
                Ok(Some(piece)) if piece.len() > most - body.len() => return Err(too_long()),
                Ok(Some(piece)) => body.extend_from_slice(&piece),
                Ok(None) => break,
                Err(error) => return Err(OutboundError::failed(&error, &origin)),
            }
        }
        Ok(Self { status: response.status().as_u16(), headers, body: body.freeze(), origin })
    }
}

/// Headers as they are shown, where they are not too much.
pub(crate) fn headers(headers: &HeaderMap, origin: &Origin) -> Result<Vec<(String, String)>, OutboundError> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > MOST_HEADERS || bytes > MOST_HEADER_BYTES {
        return Err(OutboundError::AnswerHeaders { origin: origin.clone() });
    }
    let kept = headers.iter().filter(|(name, _)| *name != SET_COOKIE);
    Ok(kept.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect())
}
