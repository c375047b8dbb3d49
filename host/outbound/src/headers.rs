//! Headers that go along with a call: what may be sent, and secrets that go to one origin and no other.

use std::fmt;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::error::OutboundError;
use crate::origin::Origin;

/// Headers of a request, and their bytes.
const MOST_HEADERS: usize = 100;
const MOST_HEADER_BYTES: usize = 64 << 10;

/// A value that shows itself to nobody but the server that it is sent to.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

/// A header, as it is asked for.
#[derive(Debug, Clone)]
pub enum Header {
    Text {
        name: String,
        value: String,
    },
    /// Filled in where the call goes to the origin that the secret is bound to.
    Secret {
        name: String,
        /// What goes before it, such as `Bearer `.
        prefix: String,
        value: Secret,
        bound_to: Origin,
    },
}

/// Headers that nobody but the host sets, and why. A name that ends with `-` stands for all that begin with it.
const RESERVED: &[(&str, &str)] = &[
    ("connection", HOW),
    ("content-length", HOW),
    ("expect", HOW),
    ("host", HOW),
    ("http2-settings", HOW),
    ("keep-alive", HOW),
    ("proxy-", HOW),
    ("te", HOW),
    ("trailer", HOW),
    ("transfer-encoding", HOW),
    ("upgrade", HOW),
    ("cookie", "calls carry no cookies"),
    ("cookie2", "calls carry no cookies"),
    ("set-cookie", "calls carry no cookies"),
    ("user-agent", WHO),
    ("forwarded", WHO),
    ("via", WHO),
    ("x-forwarded-", WHO),
    ("x-real-ip", WHO),
    ("x-http-method", VERB),
    ("x-http-method-override", VERB),
    ("x-method-override", VERB),
];
const HOW: &str = "the server alone says how a request is carried";
const WHO: &str = "the server alone says who sends a request";
const VERB: &str = "the verb of the call says what is asked";

/// Headers that stay behind where a redirect leads to another origin.
const STAY: &[HeaderName] = &[reqwest::header::AUTHORIZATION];

/// Headers that were looked at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Headers {
    /// For whichever origin a redirect leads to.
    anywhere: HeaderMap,
    /// For the first origin alone.
    at_first: HeaderMap,
}

impl Headers {
    /// Looks at the headers of a call to this origin.
    pub(crate) fn parse(headers: Vec<Header>, origin: &Origin) -> Result<Self, OutboundError> {
        if headers.len() > MOST_HEADERS {
            return Err(OutboundError::TooManyHeaders { most: MOST_HEADERS });
        }
        let mut parsed = Self::default();
        let mut bytes = 0;
        for header in headers {
            let (name, value, is_secret) = match header {
                Header::Text { name, value } => (name, value, false),
                Header::Secret { name, bound_to, .. } if bound_to != *origin => {
                    return Err(OutboundError::SecretElsewhere { header: name, bound_to, origin: origin.clone() });
                }
                Header::Secret { name, prefix, value, .. } => (name, prefix + &value.0, true),
            };
            bytes += name.len() + value.len();
            if bytes > MOST_HEADER_BYTES {
                return Err(OutboundError::HeadersTooLong { most: MOST_HEADER_BYTES });
            }
            let (name, value) = parse(name, &value, is_secret)?;
            let stays = is_secret || STAY.contains(&name);
            let into = if stays { &mut parsed.at_first } else { &mut parsed.anywhere };
            into.append(name, value);
        }
        Ok(parsed)
    }

    /// What is sent; `elsewhere`: a redirect has led away from the first origin.
    pub(crate) fn to_send(&self, elsewhere: bool) -> HeaderMap {
        let mut headers = self.anywhere.clone();
        if !elsewhere {
            for (name, value) in &self.at_first {
                headers.append(name, value.clone());
            }
        }
        headers
    }
}

/// One header. What is wrong is said without its value, which may be a secret.
fn parse(name: String, value: &str, is_secret: bool) -> Result<(HeaderName, HeaderValue), OutboundError> {
    let Ok(parsed) = HeaderName::from_bytes(name.as_bytes()) else {
        let name = name.escape_debug().to_string();
        return Err(OutboundError::Header { name, reason: "this is not a name that a header can have" });
    };
    let reserves = |row: &&(&str, &str)| {
        let (reserved, _) = row;
        parsed.as_str() == *reserved || reserved.ends_with('-') && parsed.as_str().starts_with(reserved)
    };
    if let Some((_, reason)) = RESERVED.iter().find(reserves) {
        return Err(OutboundError::Header { name: parsed.to_string(), reason });
    }
    // Line breaks would begin a header, or a request, of their own; other bytes mean something else to each server.
    let is_plain = value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte));
    match HeaderValue::from_str(value) {
        Ok(mut value) if is_plain => {
            value.set_sensitive(is_secret);
            Ok((parsed, value))
        }
        _ => Err(OutboundError::Header {
            name: parsed.to_string(),
            reason: "its value has characters that a header cannot carry: only visible ASCII, spaces and tabs",
        }),
    }
}
