//! What stands on a data directory: the server does, and each command that installs packages beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use vestry_capabilities::{Inbox, Secrets, Services};
use vestry_catalog::house;
use vestry_identity::{Identity, Options};
use vestry_outbound::{Outbound, Policy};
use vestry_sandbox::{Compiler, Sandbox, SandboxSettings};
use vestry_sources::{Sources, SourcesSettings};
use vestry_storage::{Clock, Database};

use crate::installer::Installer;
use crate::installer::shipped;
use crate::installer::store::Store;
use crate::keys::Keys;
use crate::registry::about::About;
use crate::settings::Settings;
use crate::start_error::StartError;

/// How a data directory is opened.
#[derive(Debug, Clone)]
pub struct Opening {
    pub data: PathBuf,
    pub settings: Settings,
    pub compiler: Compiler,
    /// What puts Git objects together, as a child: a program and its arguments.
    pub fetcher: (PathBuf, Vec<String>),
}

/// An open data directory.
#[derive(Debug)]
pub struct Ground {
    pub data: PathBuf,
    pub settings: Settings,
    pub keys: Keys,
    pub services: Services,
    pub sandbox: Sandbox,
    pub store: Store,
    pub about: Arc<About>,
}

impl Ground {
    /// Opens the directory, or makes it.
    ///
    /// # Errors
    ///
    /// Where anything of it cannot be had; says what, and how to mend it.
    pub fn open(opening: Opening) -> Result<Self, StartError> {
        let Opening { data, settings, compiler, fetcher } = opening;
        prepare(&data)?;
        let io = |source| StartError::Data { directory: data.clone(), source };
        let keys = Keys::open(&data).map_err(io)?;
        let store = Store::open(&data).map_err(io)?;
        let database = Database::open(&data)?;
        let options = Options {
            session_idle: millis(settings.sessions.idle()),
            session_lasts: millis(settings.sessions.absolute()),
            ..Options::default()
        };
        let identity = Identity::new(database.clone(), Clock::system(), options)?;
        let secrets = Secrets::new(database, keys.secrets(), settings.secrets.configured().clone());
        let called = Policy::allowing(settings.outbound.networks.clone());
        let outbound = Outbound::new(called, settings.outbound.certificates.as_deref())?;
        let sandbox =
            Sandbox::new(SandboxSettings { compiled: data.join("compiled"), key: keys.compiled_code(), compiler })?;
        let sources = Sources::new(SourcesSettings {
            child: fetcher,
            networks: settings.outbound.networks.iter().map(ToString::to_string).collect(),
            certificates: settings.outbound.certificates.clone(),
            repositories: settings.packages.repositories.clone(),
            ..SourcesSettings::new(outbound.clone(), data.join("fetching"))
        });
        let inbox = Inbox::open(&data).map_err(io)?;
        let directories = settings.directories.configured().with_own(&house::LOGS, settings.logs.place(&data));
        let services = Services::new(identity, secrets, outbound, sources, directories, inbox);
        let about = Arc::new(About::new(&data, sandbox.facts(), shipped::brought_along()));
        Ok(Self { data, settings, keys, services, sandbox, store, about })
    }

    /// What packages are installed with here.
    #[must_use]
    pub fn installer(&self) -> Installer<'_> {
        let Self { store, sandbox, services, settings, about, .. } = self;
        Installer { store, sandbox, services, settings, about }
    }
}

/// Makes the data directory, for nobody else to read.
///
/// # Errors
///
/// Where it cannot be made.
pub fn prepare(data: &Path) -> Result<(), StartError> {
    use std::os::unix::fs::DirBuilderExt;
    if data.is_dir() {
        return Ok(());
    }
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data);
    made.map_err(|source| StartError::Data { directory: data.to_owned(), source })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
