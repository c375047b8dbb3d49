//! What is asked of another server, looked at before anything is sent.

use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use url::Url;

use crate::answer::MOST_ANSWER;
use crate::error::OutboundError;
use crate::headers::{Header, Headers};
use crate::origin::Origin;

/// The largest body of a request, in bytes.
pub const MOST_BODY: usize = 8 << 20;

/// How long a call may take that says nothing of it, and the longest that it may say.
pub const DEFAULT_TIME: Duration = Duration::from_secs(10);
pub const LONGEST_TIME: Duration = Duration::from_secs(60);

/// The longest address, in bytes.
const LONGEST_URL: usize = 8 << 10;

/// What to do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

/// Each with its name, and with what it is on the wire.
const VERBS: &[(&str, Verb, Method)] = &[
    ("GET", Verb::Get, Method::GET),
    ("HEAD", Verb::Head, Method::HEAD),
    ("POST", Verb::Post, Method::POST),
    ("PUT", Verb::Put, Method::PUT),
    ("PATCH", Verb::Patch, Method::PATCH),
    ("DELETE", Verb::Delete, Method::DELETE),
];

impl Verb {
    /// Whether it only looks: `GET` and `HEAD`. Such a call has no body, and follows redirects.
    #[must_use]
    pub fn is_reading(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }

    pub(crate) fn method(self) -> Method {
        VERBS.iter().find(|(_, verb, _)| *verb == self).map_or(Method::GET, |(_, _, method)| method.clone())
    }
}

impl FromStr for Verb {
    type Err = OutboundError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = VERBS.iter().find(|(name, _, _)| *name == text);
        found.map(|(_, verb, _)| *verb).ok_or_else(|| OutboundError::Verb(text.escape_debug().to_string()))
    }
}

/// A call that can be made.
#[derive(Debug, Clone)]
pub struct Request {
    pub(crate) verb: Verb,
    pub(crate) url: Url,
    pub(crate) origin: Origin,
    pub(crate) headers: Headers,
    pub(crate) body: Bytes,
    pub(crate) time: Duration,
    pub(crate) most_answer: usize,
}

impl Request {
    /// Looks at where a call goes and what it carries. It may take [`DEFAULT_TIME`].
    ///
    /// # Errors
    ///
    /// What is wrong with the address, a header or the body.
    pub fn new(verb: Verb, url: &str, headers: Vec<Header>, body: Bytes) -> Result<Self, OutboundError> {
        let (url, origin) = parse(url).map_err(OutboundError::Url)?;
        let headers = Headers::parse(headers, &origin)?;
        if verb.is_reading() && !body.is_empty() {
            return Err(OutboundError::BodyOfReading);
        }
        if body.len() > MOST_BODY {
            return Err(OutboundError::BodyTooLong { most: MOST_BODY });
        }
        Ok(Self { verb, url, origin, headers, body, time: DEFAULT_TIME, most_answer: MOST_ANSWER })
    }

    /// The time for all of it: looking up, connecting, redirects, the whole answer.
    ///
    /// # Errors
    ///
    /// Where it is over [`LONGEST_TIME`].
    pub fn within(mut self, time: Duration) -> Result<Self, OutboundError> {
        if time > LONGEST_TIME {
            return Err(OutboundError::Time { most: LONGEST_TIME });
        }
        self.time = time;
        Ok(self)
    }

    /// The most bytes that the body of the answer may have; never over [`MOST_ANSWER`].
    #[must_use]
    pub fn at_most(mut self, bytes: usize) -> Self {
        self.most_answer = bytes.min(MOST_ANSWER);
        self
    }
}

impl Origin {
    /// The origin that a call to this address goes to first.
    ///
    /// # Errors
    ///
    /// What is wrong with the address.
    pub fn of_address(url: &str) -> Result<Self, OutboundError> {
        parse(url).map(|(_, origin)| origin).map_err(OutboundError::Url)
    }
}

/// An address and its origin; the fragment stays here.
pub(crate) fn parse(text: &str) -> Result<(Url, Origin), String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    check(url)
}

/// The same for one that was already read.
pub(crate) fn check(mut url: Url) -> Result<(Url, Origin), String> {
    if url.as_str().len() > LONGEST_URL {
        return Err(format!("it is longer than {LONGEST_URL} bytes"));
    }
    let origin = Origin::of(&url)?;
    url.set_fragment(None);
    Ok((url, origin))
}
