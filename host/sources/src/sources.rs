//! Asking sources, whatever kind they are of.

use std::path::PathBuf;
use std::time::Duration;

use vestry_outbound::Outbound;

use crate::access::Access;
use crate::error::SourceError;
use crate::source::Source;
use crate::{git, registry};

/// How long a source may send nothing, unless that is said otherwise.
pub const USUAL_SILENCE: Duration = Duration::from_secs(20);

/// What sources are asked with.
#[derive(Debug, Clone)]
pub struct SourcesSettings {
    pub outbound: Outbound,
    /// Program and arguments that run [`git::child::run`].
    pub child: (PathBuf, Vec<String>),
    /// What the child calls with: the same as `outbound` was made of.
    pub networks: Vec<String>,
    pub certificates: Option<PathBuf>,
    /// Directories below which `file://` repositories may lie.
    pub repositories: Vec<PathBuf>,
    /// Where fetching keeps what is under way; what lies there belongs to nobody at the next start.
    pub scratch: PathBuf,
    /// How long a source may send nothing.
    pub silence: Duration,
}

impl SourcesSettings {
    /// Calls with `outbound`, reads no repositories of this machine, and cannot fetch from Git before it has a child.
    #[must_use]
    pub fn new(outbound: Outbound, scratch: PathBuf) -> Self {
        let child = (PathBuf::new(), Vec::new());
        Self {
            outbound,
            child,
            networks: Vec::new(),
            certificates: None,
            repositories: Vec::new(),
            scratch,
            silence: USUAL_SILENCE,
        }
    }
}

/// Asks sources. One for each process; clones share it.
#[derive(Debug, Clone)]
pub struct Sources {
    pub(crate) settings: std::sync::Arc<SourcesSettings>,
}

/// A package as it came.
#[derive(Debug, Clone)]
pub struct Fetched {
    pub component: Vec<u8>,
    /// Empty where there is none.
    pub readme: String,
    /// For people: a branch with its commit, a tag with its digest.
    pub detail: String,
}

/// A name under which a source has a version.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reference {
    pub name: String,
    pub kind: ReferenceKind,
    /// A commit or a manifest's digest; empty where that would have to be asked for each.
    pub target: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReferenceKind {
    Branch,
    Tag,
}

/// What a source has that is newer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// A version, where a name says one; else what the branch or tag stands for now, shortened.
    pub version: String,
    /// Where that is fetched from.
    pub source: Source,
}

/// How far fetching has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes so far.
    pub done: u64,
    /// Bytes in all, where that is known.
    pub total: Option<u64>,
}

impl Sources {
    #[must_use]
    pub fn new(settings: SourcesSettings) -> Self {
        Self { settings: std::sync::Arc::new(settings) }
    }

    /// Branches and tags, or tags; at most 500, versions before other names, the highest first.
    ///
    /// # Errors
    ///
    /// Where the source cannot be asked.
    pub async fn references(&self, source: &Source, access: Option<&Access>) -> Result<Vec<Reference>, SourceError> {
        match source {
            Source::Git(git) => git::references(self, git, access).await,
            Source::Registry(registry) => registry::references(self, registry, access).await,
        }
    }

    /// Fetches the component, checked against every digest that its source names. `progress` is told as it comes.
    ///
    /// # Errors
    ///
    /// Where it cannot be had, or is not what it should be.
    pub async fn fetch(
        &self,
        source: &Source,
        access: Option<&Access>,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Fetched, SourceError> {
        match source {
            Source::Git(git) => git::fetch(self, git, access, progress).await,
            Source::Registry(registry) => registry::fetch(self, registry, access, progress).await,
        }
    }

    /// Whether a source has something newer than `detail`, which [`Fetched::detail`] said of the version that is here, with
    /// the version `current`: a higher version among its tags; else the same branch or tag, standing for something else.
    ///
    /// # Errors
    ///
    /// Where the source cannot be asked.
    pub async fn newest(
        &self,
        source: &Source,
        access: Option<&Access>,
        current: &semver::Version,
        detail: &str,
    ) -> Result<Option<Newest>, SourceError> {
        match source {
            Source::Git(git) => git::newest(self, git, access, current, detail).await,
            Source::Registry(registry) => registry::newest(self, registry, access, current, detail).await,
        }
    }
}
