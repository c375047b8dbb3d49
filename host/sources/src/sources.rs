//! Asking sources, whatever kind they are of.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use vestry_outbound::Outbound;

use crate::access::Access;
use crate::error::SourceError;
use crate::source::Source;
use crate::{git, registry};

/// How long a source may send nothing, unless that is said otherwise.
pub const USUAL_SILENCE: Duration = Duration::from_secs(20);

/// Repositories whose branches and tags are asked for at the same time.
const MOST_ASKING: usize = 4;

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

/// Asks sources. One for each process; clones share it. No error says the token that a source was asked with.
#[derive(Debug, Clone)]
pub struct Sources {
    pub(crate) settings: Arc<SourcesSettings>,
    /// One for each that lists branches and tags at this moment: each is a process.
    asking: Arc<Semaphore>,
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
        Self { settings: Arc::new(settings), asking: Arc::new(Semaphore::new(MOST_ASKING)) }
    }

    /// Waits until not too many repositories are asked at once.
    pub(crate) async fn asking(&self) -> Result<SemaphorePermit<'_>, SourceError> {
        self.asking.acquire().await.map_err(|error| SourceError::Unavailable(error.to_string()))
    }

    /// Branches and tags, or tags; at most 500, versions before other names, the highest first.
    ///
    /// # Errors
    ///
    /// Where the source cannot be asked.
    pub async fn references(&self, source: &Source, access: Option<&Access>) -> Result<Vec<Reference>, SourceError> {
        let listed = match source {
            Source::Git(git) => git::references(self, git, access).await,
            Source::Registry(registry) => registry::references(self, registry, access).await,
        };
        listed.map_err(|error| error.without(access))
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
        let fetched = match source {
            Source::Git(git) => git::fetch(self, git, access, progress).await,
            Source::Registry(registry) => registry::fetch(self, registry, access, progress).await,
        };
        fetched.map_err(|error| error.without(access))
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
        let newest = match source {
            Source::Git(git) => git::newest(self, git, access, current, detail).await,
            Source::Registry(registry) => registry::newest(self, registry, access, current, detail).await,
        };
        newest.map_err(|error| error.without(access))
    }
}
