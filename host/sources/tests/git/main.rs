//! Packages from Git repositories: of this machine, of `git http-backend`, and of servers that mean harm.

#![allow(clippy::unwrap_used)]

mod harm;
mod harmful_child;
mod here;
mod http;
mod packs;
mod repositories;
mod server;
mod tls;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use vestry_outbound::{Outbound, Policy};
use vestry_sources::{Access, Fetched, GitSource, Newest, Reference, Source, SourceError, Sources, SourcesSettings};

/// The sources of a server that may call this machine, and read repositories below one directory.
struct House {
    sources: Sources,
    scratch: TempDir,
    progress: Mutex<Vec<u64>>,
}

impl House {
    fn new(networks: &[&str], repositories: Option<&Path>) -> Self {
        Self::with(networks, repositories, None)
    }

    fn calling() -> Self {
        Self::new(&["127.0.0.1/32"], None)
    }

    fn believing(certificates: &Path) -> Self {
        Self::with(&["127.0.0.1/32"], None, Some(certificates))
    }

    fn with(networks: &[&str], repositories: Option<&Path>, certificates: Option<&Path>) -> Self {
        let policy = Policy::allowing(networks.iter().map(|network| network.parse().unwrap()).collect());
        let scratch = TempDir::new().unwrap();
        let outbound = Outbound::new(policy, certificates).unwrap();
        let mut settings = SourcesSettings::new(outbound, scratch.path().to_owned());
        settings.child = (child(), Vec::new());
        Self::of(settings, networks, repositories, certificates, scratch)
    }

    /// One whose child is a script of the shell.
    fn with_child(script: &str) -> Self {
        let scratch = TempDir::new().unwrap();
        let outbound = Outbound::new(Policy::allowing(Vec::new()), None).unwrap();
        let mut settings = SourcesSettings::new(outbound, scratch.path().to_owned());
        settings.child = ("/bin/sh".into(), vec!["-c".into(), script.into()]);
        Self::of(settings, &[], None, None, scratch)
    }

    fn of(
        mut settings: SourcesSettings,
        networks: &[&str],
        repositories: Option<&Path>,
        certificates: Option<&Path>,
        scratch: TempDir,
    ) -> Self {
        settings.networks = networks.iter().map(|network| (*network).to_owned()).collect();
        settings.certificates = certificates.map(Path::to_owned);
        settings.repositories = repositories.into_iter().map(Path::to_owned).collect();
        Self { sources: Sources::new(settings), scratch, progress: Mutex::default() }
    }

    async fn fetch(&self, source: &Source, access: Option<&Access>) -> Result<Fetched, SourceError> {
        let progress = |progress: vestry_sources::Progress| self.progress.lock().unwrap().push(progress.done);
        let fetched = self.sources.fetch(source, access, &progress).await;
        self.is_tidy();
        fetched
    }

    async fn references(&self, source: &Source, access: Option<&Access>) -> Result<Vec<Reference>, SourceError> {
        let references = self.sources.references(source, access).await;
        self.is_tidy();
        references
    }

    async fn newest(&self, source: &Source, current: &str, detail: &str) -> Result<Option<Newest>, SourceError> {
        self.sources.newest(source, None, &current.parse().unwrap(), detail).await
    }

    /// However it ended, nothing is left of it soon.
    fn is_tidy(&self) {
        let left = || std::fs::read_dir(self.scratch.path()).unwrap().count();
        let until = Instant::now() + Duration::from_secs(5);
        while left() > 0 && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(left(), 0);
    }
}

/// The example `fetch-git`, which is built with the tests: `target/debug/examples` beside `target/debug/deps`.
fn child() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let child = tests.ancestors().nth(2).unwrap().join("examples/fetch-git");
    assert!(child.exists(), "cargo builds {} with all tests of this crate, or by itself", child.display());
    child
}

fn at(url: &str) -> Source {
    git(url, None, None)
}

fn git(url: &str, reference: Option<&str>, path: Option<&str>) -> Source {
    let reference = reference.map(ToOwned::to_owned);
    Source::Git(GitSource { url: url.parse().unwrap(), reference, path: path.map(ToOwned::to_owned) })
}

fn access(user: &str, token: &str) -> Access {
    Access { user: user.into(), token: token.into() }
}

/// That an error is one of its kind and says all of this.
macro_rules! says {
    ($result:expr, $kind:ident, $($words:expr),+ $(,)?) => {
        match $result {
            Err(vestry_sources::SourceError::$kind(text)) => {
                $(assert!(text.contains(AsRef::<str>::as_ref(&$words)), "{text}");)+
            }
            other => panic!("{other:?}"),
        }
    };
}
pub(crate) use says;
