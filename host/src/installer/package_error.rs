//! Why nothing came of something about packages: sentences that say what, who, and how to mend it.

use vestry_capabilities::AccessError;
use vestry_catalog::switching::SwitchError;
use vestry_catalog::{CatalogError, Obstacle};
use vestry_contract::types::Failure;
use vestry_identity::IdentityError;
use vestry_outbound::OutboundError;
use vestry_sandbox::{CallError, SandboxError};
use vestry_sources::SourceError;
use vestry_storage::StorageError;
use vestry_vault::VaultError;

use crate::installer::data::DataError;
use crate::installer::grants::GrantError;
use crate::installer::migration::MigrationError;
use crate::registry::mount::MountError;

/// Why a package was not fetched, or not put in its place. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    #[error("the package cannot be kept: {0}")]
    Store(#[from] std::io::Error),
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error("what the source is opened with was not sealed: {0}")]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Grant(#[from] GrantError),
    #[error(transparent)]
    Switch(#[from] SwitchError),
    #[error("the file that was sent is not here any more; send it again")]
    NoUpload,
    #[error("the package was asked what it registers, and gave no answer: {0}")]
    Register(CallError),
    #[error("the package cannot be installed:\n- {}", .0.join("\n- "))]
    Problems(Vec<String>),
    #[error("it does not ask for `{0}`")]
    NotAsked(String),
    #[error("no package with the id {0} is known here; add it from its file")]
    Unknown(String),
    #[error("no package of {id} has a digest that begins with `{digest}`, or several have; known are:\n- {}", .known.join("\n- "))]
    UnknownDigest { id: String, digest: String, known: Vec<String> },
    #[error("no package with the digest {0} is here; fetch it again")]
    NotHere(String),
    #[error("{0} came with no version of this server, and none is announced")]
    NotShipped(String),
    #[error("{0} is not mounted; `vestry package list` shows what is")]
    NotMounted(String),
    #[error("there is no version of {id} that could be gone back to{}", failed_ones(.failed))]
    NoFormer {
        id: String,
        /// Versions that are here, and failed as they ran.
        failed: Vec<String>,
    },
    #[error("nothing was at /{0} before what is there now")]
    NoneDisplaced(String),
    #[error(transparent)]
    Obstacle(#[from] Obstacle),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Mount(#[from] MountError),
    #[error("{0} is being updated at this moment; do it again in a few seconds")]
    Busy(String),
    #[error(
        "{id} {version} asks for more than the version that runs: {}. Say first what it gets",
        .wider.join(", ")
    )]
    Wider { id: String, version: String, wider: Vec<String> },
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("{id} {version} was not mounted, and nothing was changed: {error}")]
    Migration { id: String, version: String, error: MigrationError },
    #[error("{id} {version} was not mounted, and nothing was changed: its page {path} does not open: {reason}")]
    Page { id: String, version: String, path: String, reason: String },
    #[error("whoever ordered this may not any more: it needs the permission {0}")]
    Forbidden(&'static str),
    #[error("{0}")]
    Upgrades(String),
    #[error("{0}")]
    Full(String),
    #[error("it was cancelled")]
    Unwanted,
    #[error("the installation was broken off")]
    BrokenOff,
    /// Carried out once more, it would most likely end the server once more.
    #[error(
        "the server ended {0} times in the middle of it, so it is not tried again; see the server's log, and order it anew"
    )]
    Abandoned(u32),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// What is said of versions that nobody goes back to without naming them.
fn failed_ones(failed: &[String]) -> String {
    match failed {
        [] => String::new(),
        failed => format!(
            "; of those that are here, these failed as they ran, and are put back only by name: {}",
            failed.join(", ")
        ),
    }
}

impl PackageError {
    /// A sentence for each thing that is wrong.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        match self {
            Self::Problems(problems) => problems.clone(),
            Self::Sandbox(error) => error.problems(),
            Self::Register(error @ CallError::OtherContract(_)) => error.problems(),
            other => vec![other.to_string()],
        }
    }

    /// Whether another time may go well, with nothing done about it.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::Busy(_) | Self::BrokenOff | Self::Source(SourceError::Unavailable(_)) => true,
            Self::Storage(error) => error.is_busy(),
            _ => false,
        }
    }

    /// As a job says it.
    #[must_use]
    pub fn to_failure(&self) -> Failure {
        let words = self.to_string();
        match self {
            _ if self.passes() => Failure::Unavailable(words),
            Self::Forbidden(_) => Failure::Denied(words),
            Self::Full(_) => Failure::Exhausted(words),
            Self::Obstacle(Obstacle::Unknown(_)) => Failure::NotFound(words),
            Self::Obstacle(_) | Self::Wider { .. } | Self::Data(_) => Failure::Conflict(words),
            Self::Unknown(_) | Self::UnknownDigest { .. } | Self::NotHere(_) | Self::NotMounted(_) => {
                Failure::NotFound(words)
            }
            _ => Failure::Internal(words),
        }
    }

    /// Whether nothing is wrong but with this package in this place, so that all else can go on.
    #[must_use]
    pub fn leaves_the_rest(&self) -> bool {
        self.refusal().is_some()
            || matches!(
                self,
                Self::Data(_)
                    | Self::Busy(_)
                    | Self::Obstacle(_)
                    | Self::Catalog(_)
                    | Self::Wider { .. }
                    | Self::Mount(_)
            )
    }

    /// Why a package was not let in, where that is its own doing: what its history says.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        match self {
            Self::Migration { error, .. } => Some(error.to_string()),
            Self::Page { path, reason, .. } => Some(format!("its page {path} does not open: {reason}")),
            _ => None,
        }
    }
}
