//! What nobody should read.

use std::fmt;

use vestry_phrases::phrase;

use crate::Invalid;

/// The longest value, in bytes.
pub const MAX_VALUE: usize = 8 << 10;

/// A password or key of 1 to 8192 bytes, without control characters: what fits into a header and onto one line.
///
/// It prints as dots, cannot be compared, and its memory is cleared when it is dropped. Copies that libraries make on
/// the way are not cleared.
#[derive(Clone)]
pub struct SecretValue(String);

impl SecretValue {
    /// Takes the text as it is: spaces at its ends belong to it.
    ///
    /// # Errors
    /// Where it is empty, too long, or has a control character in it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = |sentence| Invalid { sentence };
        if text.is_empty() {
            return Err(invalid(phrase!("The value is empty.")));
        }
        if text.len() > MAX_VALUE {
            return Err(invalid(phrase!("The value has more than 8192 bytes.")));
        }
        if text.chars().any(char::is_control) {
            return Err(invalid(phrase!("The value has a line break or another control character in it.")));
        }
        Ok(Self(text.to_owned()))
    }

    /// The same for what a file or a pipe holds: UTF-8, of which one line break at the end is not part of the value.
    ///
    /// # Errors
    /// As with [`parse`](Self::parse), and where it is not UTF-8.
    pub fn from_line(bytes: &[u8]) -> Result<Self, Invalid> {
        let text = std::str::from_utf8(bytes).map_err(|_| Invalid { sentence: "The value is not UTF-8 text." })?;
        let line = text.strip_suffix('\n').unwrap_or(text);
        Self::parse(line.strip_suffix('\r').unwrap_or(line))
    }

    /// The value. For the one it is meant for, nobody else and no log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for SecretValue {
    fn drop(&mut self) {
        clear(std::mem::take(&mut self.0).into_bytes());
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretValue(...)")
    }
}

/// Overwrites bytes that are no longer needed.
pub(crate) fn clear(mut bytes: Vec<u8>) {
    bytes.fill(0);
    // Keeps the compiler from leaving out a write that nobody reads.
    std::hint::black_box(&bytes);
}

#[cfg(test)]
mod tests {
    use super::{MAX_VALUE, SecretValue};

    #[test]
    fn a_value_is_taken_as_it_is_and_not_printed() {
        let value = SecretValue::parse(" two  words ").unwrap();
        assert_eq!(value.expose(), " two  words ");
        assert_eq!(format!("{value:?}"), "SecretValue(...)");
        assert!(SecretValue::parse(&"x".repeat(MAX_VALUE)).is_ok());
    }

    #[test]
    fn what_is_no_value_is_refused_without_quoting_it() {
        for text in ["", "two\nlines", "a\0b", "tab\there", "\u{85}", &"x".repeat(MAX_VALUE + 1)] {
            let error = SecretValue::parse(text).unwrap_err().to_string();
            assert!(text.len() < 3 || !error.contains(text), "{error}");
        }
    }

    #[test]
    fn one_line_break_at_the_end_is_not_part_of_it() {
        let read = |bytes: &[u8]| SecretValue::from_line(bytes).map(|value| value.expose().to_owned());
        assert_eq!(read(b"word\n").unwrap(), "word");
        assert_eq!(read(b"word\r\n").unwrap(), "word");
        assert_eq!(read(b"word ").unwrap(), "word ");
        for wrong in [&b"word\n\n"[..], b"\n", b"", b"a\nb\n", b"\xff\xfe"] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
