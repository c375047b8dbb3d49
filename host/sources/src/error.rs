//! Why a package could not be had, in sentences for who asked for it.

use vestry_outbound::{Kind, OutboundError};
use vestry_vault::{Redactor, SecretValue};

use crate::access::Access;

/// Each says what, where, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// What was typed is not an address.
    #[error("{0}")]
    Address(String),
    /// The source wants other access, or any.
    #[error("{0}")]
    Access(String),
    /// It answered, and what is asked for is not there.
    #[error("{0}")]
    NotFound(String),
    /// It did not answer, or not in time; another time may go well.
    #[error("{0}")]
    Unavailable(String),
    /// What came is not what it should be: too large, broken off, of another digest.
    #[error("{0}")]
    Content(String),
    /// This server does not call there, or does not read there, unless its configuration says so.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Archive(#[from] crate::archive::ArchiveError),
    #[error("the server cannot write what it fetches: {0}")]
    Io(#[from] std::io::Error),
}

impl SourceError {
    /// The same without the token that was in use. A server can put into its answers what it was sent.
    pub(crate) fn without(self, access: Option<&Access>) -> Self {
        let Some(token) = access.and_then(|access| SecretValue::parse(&access.token).ok()) else { return self };
        let known = Redactor::default();
        known.remember(&token);
        let clean = |text: String| known.redact(&text).into_owned();
        match self {
            Self::Address(text) => Self::Address(clean(text)),
            Self::Access(text) => Self::Access(clean(text)),
            Self::NotFound(text) => Self::NotFound(clean(text)),
            Self::Unavailable(text) => Self::Unavailable(clean(text)),
            Self::Content(text) => Self::Content(clean(text)),
            Self::Refused(text) => Self::Refused(clean(text)),
            // What a file of the source is called, and what this machine says.
            Self::Archive(_) | Self::Io(_) => self,
        }
    }
}

impl From<OutboundError> for SourceError {
    fn from(error: OutboundError) -> Self {
        let text = error.to_string();
        match (innermost(&error), error.kind()) {
            (OutboundError::TooSlow { .. } | OutboundError::Stalled { .. }, _) => {
                Self::Unavailable(format!("{text}. Try again later"))
            }
            (OutboundError::NotGranted(origin), _) => Self::Refused(format!(
                "it leads on to {origin}: without TLS, what is on this machine alone is asked. Give an address that leads to \
                 one with https://"
            )),
            (OutboundError::BrokeOff { .. }, _) => Self::Content(format!("{text}. Try again")),
            (_, Kind::Invalid(_)) => Self::Address(text),
            (_, Kind::Denied) => Self::Refused(text),
            (_, Kind::Exhausted) => Self::Content(text),
            (_, Kind::Unavailable) => Self::Unavailable(text),
        }
    }
}

/// What went wrong behind all redirects.
fn innermost(error: &OutboundError) -> &OutboundError {
    match error {
        OutboundError::Redirected { reason, .. } => innermost(reason),
        other => other,
    }
}
