//! The name of a package: what it consists of.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// SHA-256 of a package in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

impl Digest {
    #[must_use]
    pub fn of(component: &[u8]) -> Self {
        Self(data_encoding::HEXLOWER.encode(&Sha256::digest(component)))
    }

    /// Reads what [`Self::as_str`] wrote; none for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        plain.then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| "a digest is 64 digits of 0-9 and a-f".to_owned())
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_digest_is_read_as_one() {
        for text in ["", "../x", &"A".repeat(64), &"a".repeat(63), &format!("{}/", "a".repeat(63))] {
            assert_eq!(Digest::parse(text), None);
        }
        let digest = Digest::of(b"component");
        assert_eq!(Digest::parse(digest.as_str()), Some(digest));
    }
}
