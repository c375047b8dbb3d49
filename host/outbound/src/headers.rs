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

/// Headers that are for saying who asks, and so for secrets: names that contain one of these. Others - what servers keep
/// with a thing, repeat, or write into their logs - would let a plugin fetch a secret back that it only has sent.
const FOR_SECRETS: &[&str] = &["auth", "credential", "key", "passw", "secret", "signature", "token"];
/// The same for names that begin with this: what servers made up for themselves.
const OWN: &str = "x-";
/// Never for secrets, whatever else the name says. One that ends with `-` stands for all that begin with it.
const NOT_FOR_SECRETS: &[&str] = &["accept", "accept-", "content-", "if-", "range", "referer"];
/// Nor names with this in them: what stores of files keep with a file, and give out again.
const METADATA: &str = "-meta-";

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
    if let Some((_, reason)) = RESERVED.iter().find(|(reserved, _)| is_named(&parsed, reserved)) {
        return Err(OutboundError::Header { name: parsed.to_string(), reason });
    }
    if is_secret && !is_for_secrets(&parsed) {
        let reason = "a secret goes into Authorization, a header that begins with X-, or one whose name says that it is \
                      a key, token or the like; not into what describes a content";
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

/// Whether a line of a table means this header.
fn is_named(name: &HeaderName, line: &str) -> bool {
    name.as_str() == line || line.ends_with('-') && name.as_str().starts_with(line)
}

fn is_for_secrets(name: &HeaderName) -> bool {
    let says_who = name.as_str().starts_with(OWN) || FOR_SECRETS.iter().any(|word| name.as_str().contains(word));
    let describes = name.as_str().contains(METADATA) || NOT_FOR_SECRETS.iter().any(|line| is_named(name, line));
    says_who && !describes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_goes_where_one_says_who_one_is() {
        let origin: Origin = "https://api.example.org".parse().unwrap();
        let sent = |name: &str, is_secret: bool| {
            let (name, value) = (name.to_owned(), "open-sesame".to_owned());
            let header = match is_secret {
                true => Header::Secret { name, prefix: String::new(), value: Secret(value), bound_to: origin.clone() },
                false => Header::Text { name, value },
            };
            Headers::parse(vec![header], &origin)
        };
        for name in
            ["Authorization", "X-Key", "apikey", "Private-Token", "DD-API-KEY", "Signature", "Password", "x-anything"]
        {
            assert!(sent(name, true).is_ok(), "{name}");
        }
        for name in [
            "Content-Type",
            "content-disposition",
            "Accept",
            "Accept-Language",
            "Range",
            "If-Match",
            "Referer",
            "x-amz-meta-key",
            "X-Goog-Meta-Token",
            "Cache-Control",
            "Origin",
            "Link",
        ] {
            let error = sent(name, true).unwrap_err();
            assert!(
                matches!(&error, OutboundError::Header { reason, .. } if reason.contains("Authorization")),
                "{name}"
            );
            assert!(
                error.to_string().contains(&name.to_lowercase()) && !error.to_string().contains("sesame"),
                "{error}"
            );
            assert!(sent(name, false).is_ok(), "{name} with words");
        }
    }
}
