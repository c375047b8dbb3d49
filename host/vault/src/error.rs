//! What can be wrong with a secret, without a word of it.

use std::fmt;

use vestry_phrases::Words;

/// Text that is not what it should be; never quotes a value. Prints as a part of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// A sentence; a phrase where pages show it.
    pub sentence: &'static str,
}

impl Invalid {
    /// The sentence, for pages.
    #[must_use]
    pub fn words(&self) -> Words {
        Words::plain(self.sentence)
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = self.sentence.trim_end_matches('.');
        let mut characters = part.chars();
        let first: String = characters.next().into_iter().flat_map(char::to_lowercase).collect();
        write!(formatter, "{first}{}", characters.as_str())
    }
}

impl std::error::Error for Invalid {}

/// Why something was not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// Sealed with another key, for another name or origin, or damaged: which of them, nobody can tell.
    #[error("it was sealed with another key or for another place, or it is damaged")]
    Foreign,
    /// Sealed by a program that seals differently.
    #[error("it was sealed in the form {0}, which this version does not know")]
    Form(u8),
    /// The system gave no random numbers.
    #[error("the system gave no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}
