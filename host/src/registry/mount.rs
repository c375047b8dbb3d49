//! The first segment of a plugin's URLs.

use std::fmt;
use std::str::FromStr;

use vestry_phrases::{Words, words};

/// Mounts that the host keeps for itself, now or later.
const RESERVED: &[&str] = &[
    "account",
    "admin-api",
    "api",
    "assets",
    "audit",
    "confirm",
    "events",
    "healthz",
    "host",
    "leave",
    "login",
    "logout",
    "menu",
    "metrics",
    "outbox",
    "p",
    "routes",
    "safe",
    "setup",
    "sign-in",
    "sign-out",
    "static",
    "theme",
    "uploads",
    "vestry",
    "welcome",
];

/// A mount: 1 to 32 of `a`-`z`, `0`-`9` and `-`, starting with a letter, and not reserved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mount(String);

/// Why a text is no mount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MountError {
    #[error("the mount `{0}` is not 1 to 32 of a-z, 0-9 and -, starting with a letter; choose another")]
    Malformed(String),
    #[error("the mount `{0}` belongs to the server itself; choose another")]
    Reserved(String),
}

impl MountError {
    /// The same as a sentence, for pages.
    #[must_use]
    pub fn words(&self) -> Words {
        match self {
            Self::Malformed(mount) => words!(
                "The mount `{mount}` is not 1 to 32 of a-z, 0-9 and -, starting with a letter; choose another.",
                mount
            ),
            Self::Reserved(mount) => words!("The mount `{mount}` belongs to the server itself; choose another.", mount),
        }
    }
}

impl Mount {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Mount {
    type Err = MountError;

    fn from_str(text: &str) -> Result<Self, MountError> {
        let mut bytes = text.bytes();
        let starts = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase());
        let goes_on = bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !starts || !goes_on || text.len() > 32 {
            return Err(MountError::Malformed(text.to_owned()));
        }
        if RESERVED.contains(&text) {
            return Err(MountError::Reserved(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Mount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_segments_that_are_not_the_servers_are_mounts() {
        for good in ["users", "a", "hello-2"] {
            assert_eq!(good.parse::<Mount>().unwrap().as_str(), good);
        }
        for bad in ["", "Users", "2fa", "-a", "a/b", "..", "a.b", "ä", &"a".repeat(33)] {
            assert!(matches!(bad.parse::<Mount>(), Err(MountError::Malformed(_))), "{bad}");
        }
        assert!(matches!("account".parse::<Mount>(), Err(MountError::Reserved(_))));
    }
}
