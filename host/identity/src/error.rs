//! What can go wrong, in words for the person who asked.

use vestry_storage::StorageError;

/// Text that is not what it should be. Reads as a sentence without its full stop: "the e-mail address needs one @ ...".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {reason}")]
pub struct Invalid {
    pub what: &'static str,
    pub reason: &'static str,
}

/// Why something was not done. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Not permitted or not possible; the sentence may be shown.
    #[error("{0}")]
    Refused(String),
    /// What was given is not valid; may be shown.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The password given does not fit, or there were too many attempts.
    #[error("The password is not right.")]
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
    pub(crate) fn refused(reason: impl Into<String>) -> Self {
        Self::Refused(reason.into())
    }
}
