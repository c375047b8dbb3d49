//! How mails leave: through a server, or into a directory.

use crate::{Directory, Letter, SendError, Smtp};

/// What takes mails.
#[derive(Debug, Clone)]
pub enum Transport {
    Smtp(Smtp),
    Directory(Directory),
}

impl Transport {
    /// Hands a mail over. Takes up to [`crate::DEADLINE`].
    ///
    /// # Errors
    /// Where it was not taken; then nobody has it, as far as can be known: a connection that breaks off after the last
    /// line leaves open whether the server has it, and counts as not taken.
    pub async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => smtp.send(letter).await,
            Self::Directory(directory) => directory.send(letter).await,
        }
    }

    /// As rows and pages call it: `smtp` or `directory`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Smtp(_) => "smtp",
            Self::Directory(_) => "directory",
        }
    }
}
