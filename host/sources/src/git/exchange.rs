//! What the server and its child say to each other: one document on the child's standard input, lines on its output.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::access::Access;
use crate::error::SourceError;
use crate::source::GitSource;
use crate::sources::Reference;

/// What is to be done, and with what. Access stands here and nowhere else: arguments and environment can be read by others.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) work: Work,
    pub(super) source: GitSource,
    pub(super) access: Option<Access>,
    /// Private networks that may be called.
    pub(super) networks: Vec<String>,
    /// Authorities that are believed beside Mozilla's.
    pub(super) certificates: Option<PathBuf>,
    /// Directories below which repositories of this machine may lie.
    pub(super) repositories: Vec<PathBuf>,
    /// An empty directory that is the child's alone.
    pub(super) scratch: PathBuf,
    /// For all of it.
    pub(super) milliseconds: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Work {
    References,
    Fetch,
}

/// A line of the child's output. The last one is not [`Line::Progress`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Line {
    /// Bytes that have come so far.
    Progress(u64),
    References(Vec<Reference>),
    /// What lies in the scratch directory now, under the names below.
    Fetched {
        detail: String,
    },
    Error {
        kind: Kind,
        text: String,
    },
}

/// What the child leaves in its scratch directory.
pub(super) const COMPONENT: &str = "component";
pub(super) const README: &str = "readme";

/// The errors that cross from one process to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    Address,
    Access,
    NotFound,
    Unavailable,
    Content,
    Refused,
}

impl Kind {
    pub(super) fn error(self, text: String) -> SourceError {
        match self {
            Self::Address => SourceError::Address(text),
            Self::Access => SourceError::Access(text),
            Self::NotFound => SourceError::NotFound(text),
            Self::Unavailable => SourceError::Unavailable(text),
            Self::Content => SourceError::Content(text),
            Self::Refused => SourceError::Refused(text),
        }
    }
}

impl From<SourceError> for Line {
    fn from(error: SourceError) -> Self {
        let kind = match &error {
            SourceError::Address(_) => Kind::Address,
            SourceError::Access(_) => Kind::Access,
            SourceError::NotFound(_) => Kind::NotFound,
            SourceError::Unavailable(_) | SourceError::Io(_) => Kind::Unavailable,
            SourceError::Content(_) | SourceError::Archive(_) => Kind::Content,
            SourceError::Refused(_) => Kind::Refused,
        };
        Self::Error { kind, text: error.to_string() }
    }
}
