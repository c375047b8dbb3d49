//! What a secret is called.

use std::fmt;

use vestry_phrases::phrase;

use crate::Invalid;

/// The longest name, in bytes.
const LONGEST: usize = 64;

/// 1 to 64 of `a`-`z`, `0`-`9`, `-`, `_` and `.`, from a letter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretName(String);

impl SecretName {
    /// # Errors
    /// Where the text cannot be a name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
        let valid = text.len() <= LONGEST
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(plain);
        match valid {
            true => Ok(Self(text.to_owned())),
            false => Err(Invalid {
                sentence: phrase!(
                    "The secret's name has 1 to 64 of a-z, 0-9, dash, underscore and dot, and starts with a letter."
                ),
            }),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::SecretName;

    #[test]
    fn a_name_is_plain_and_starts_with_a_letter() {
        for name in ["a", "smtp", "api.example-2_x", &"a".repeat(64)] {
            assert_eq!(SecretName::parse(name).unwrap().as_str(), name);
        }
        for name in ["", "1a", "-a", ".a", "A", "a b", "a/b", "ä", "a\n", &"a".repeat(65)] {
            assert!(SecretName::parse(name).is_err(), "{name:?}");
        }
    }
}
