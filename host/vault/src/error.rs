//! What can be wrong with a secret, without a word of it.

/// Text that is not what it should be. Reads as a sentence without its full stop; never quotes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {reason}")]
pub struct Invalid {
    pub what: &'static str,
    pub reason: &'static str,
}

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
