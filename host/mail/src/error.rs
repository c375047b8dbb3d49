//! Why a mail was not handed over, told apart by whether trying again can help.

use std::fmt::Display;

use crate::line::one_line;

/// The most characters of a server's words that are kept.
const LONGEST: usize = 500;

/// A mail that was not handed over. The text is for an administrator; it holds no password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The mail itself was refused (5xx of RFC 5321, section 4.2.1): another attempt would be too.
    #[error("{0}")]
    Permanent(String),
    /// The server cannot be reached, does not take us, or says that it is only for now (4xx): another attempt may succeed.
    #[error("{0}")]
    Passing(String),
}

impl SendError {
    /// Whether another attempt may succeed.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Passing(_))
    }

    pub(crate) fn permanent(reason: &dyn Display) -> Self {
        Self::Permanent(one_line(&reason.to_string(), LONGEST))
    }

    pub(crate) fn passing(reason: &dyn Display) -> Self {
        Self::Passing(one_line(&reason.to_string(), LONGEST))
    }
}
