//! How a call can end without an answer.

use std::time::Duration;

use crate::fit::LoadError;

/// Why a plugin gave no answer. All of these are the plugin's own failure but [`CallError::Busy`] and [`CallError::Waited`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    #[error("it has as many calls under way as it may; try again in a moment")]
    Busy,
    /// It said that it would answer to that, and exports nothing that could.
    #[error("it does not export the interface that answers to this; its author has to add it")]
    NotExported,
    /// What it exports has other types than the contract's.
    #[error(transparent)]
    OtherContract(#[from] LoadError),
    #[error("it used more than {} ms of CPU time", .0.as_millis())]
    TooMuchCpu(Duration),
    #[error("it did not answer within {} s", .0.as_secs())]
    TooLong(Duration),
    /// The same, where most of that time went by with waiting for other servers: theirs, not the plugin's.
    #[error("it did not answer within {} s, because another server that it asks did not", .0.as_secs())]
    Waited(Duration),
    #[error("it asked for {wanted} bytes of memory; its limit is {limit}")]
    TooMuchMemory { wanted: usize, limit: usize },
    #[error("it handed over more than {0} bytes at once")]
    TooMuchData(usize),
    #[error("it broke off: {reason}")]
    Trapped {
        reason: String,
        /// What it wrote to stderr, such as the message of a panic. For administrators' eyes.
        said: String,
    },
}

impl CallError {
    /// A sentence for each thing that is wrong.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        match self {
            Self::OtherContract(error) => error.problems().to_vec(),
            other => vec![other.to_string()],
        }
    }
}
