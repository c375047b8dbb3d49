//! What can go wrong, in words for the person who asked.

use std::fmt;

use vestry_phrases::{Words, words};
use vestry_storage::StorageError;

/// Text that is not what it should be. Prints as a part of a sentence: "the e-mail address needs one @ ...".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// What the text is.
    pub what: What,
    /// A sentence; a phrase where pages show it.
    pub sentence: &'static str,
}

/// What text can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Account,
    Email,
    Name,
    Password,
    Permission,
    Privilege,
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

/// Why something was not done. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Not permitted or not possible; the sentence may be shown.
    #[error("{0}")]
    Refused(Words),
    /// What was given is not valid; may be shown.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The password given does not fit, or there were too many attempts.
    #[error("{}", wrong_password())]
    WrongPassword {
        /// Seconds until the next attempt is heard; 0 for at once.
        retry_after: u64,
    },
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The system gave no random numbers.
    #[error("the system gave no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The password could not be hashed, or what is stored is not a hash.
    #[error("the password could not be processed: {0}")]
    Hashing(String),
    /// The server is stopping.
    #[error("the work was interrupted")]
    Interrupted,
}

impl IdentityError {
    pub(crate) fn refused(reason: impl Into<Words>) -> Self {
        Self::Refused(reason.into())
    }

    /// The same for pages.
    #[must_use]
    pub fn words(&self) -> Words {
        match self {
            Self::Refused(words) => words.clone(),
            Self::Invalid(invalid) => invalid.words(),
            Self::WrongPassword { .. } => wrong_password(),
            // What these say is for the log; no page shows it.
            Self::Storage(_) | Self::Random(_) | Self::Hashing(_) | Self::Interrupted => self.to_string().into(),
        }
    }
}

fn wrong_password() -> Words {
    words!("The password is not right.")
}
