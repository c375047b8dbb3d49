//! Inspecting a package.
//!
//! `register` runs once for each digest, with nothing of the host open to it; its stored answer is what is shown,
//! granted and served from then on.

use std::sync::Arc;

use vestry_capabilities::{Call, Capability, Subject};
use vestry_contract::registration::PluginInfo;
use vestry_identity::IdentityError;
use vestry_sandbox::{CallError, Sandbox, SandboxError};
use vestry_storage::StorageError;

use crate::installer::data::DataError;
use crate::installer::migration::MigrationError;
use crate::installer::store::{Digest, Store};
use crate::registry::inspection::{self, Exports};
use crate::registry::mount::MountError;

/// A package that was inspected and can be mounted.
#[derive(Debug)]
pub struct Inspected {
    pub digest: Digest,
    pub info: PluginInfo,
    /// What it asks for: the interfaces that it imports, and its wishes.
    pub asks: Vec<Capability>,
    pub size: u64,
}

/// Why a package is not installed. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    #[error("the package cannot be kept: {0}")]
    Store(#[from] std::io::Error),
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error("the package was asked what it registers, and gave no answer: {0}")]
    Register(CallError),
    #[error("the package cannot be installed:\n- {}", .0.join("\n- "))]
    Problems(Vec<String>),
    #[error(
        "the package with the id {id} first came from `{from}`, and this one comes from `{source_}`; an id stays with where it came from"
    )]
    Stranger { id: String, from: String, source_: String },
    #[error("no package with the id {0} is known here; add it from its file")]
    Unknown(String),
    #[error("no package of {id} has a digest that begins with `{digest}`, or several have; known are:\n- {}", .known.join("\n- "))]
    UnknownDigest { id: String, digest: String, known: Vec<String> },
    #[error("the mount `{mount}` is taken by {by}; unmount that first, or choose another with --mount")]
    MountTaken { mount: String, by: String },
    #[error(transparent)]
    Mount(#[from] MountError),
    #[error("{0} is being updated at this moment; do it again in a few seconds")]
    Busy(String),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("{id} {version} was not mounted, and nothing was changed: {error}")]
    Migration { id: String, version: String, error: MigrationError },
    #[error("the installation was broken off")]
    BrokenOff,
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// Keeps a package, compiles it, asks it what it registers, and holds that against the rules.
///
/// # Errors
///
/// With every problem that was found.
pub async fn inspect(store: &Store, sandbox: &Sandbox, component: &[u8]) -> Result<Inspected, PackageError> {
    let digest = store.keep(component)?;
    let loaded = sandbox.load(digest.as_str(), &store.file(&digest)).await?;
    let subject = Subject {
        id: String::new(),
        version: String::new(),
        title: String::new(),
        digest: digest.as_str().to_owned(),
        settings: "{}".into(),
        space: String::new(),
        messages: Vec::new(),
    };
    let info = sandbox.register(&loaded, Call::closed(Arc::new(subject))).await.map_err(PackageError::Register)?;
    let exports = Exports { background: loaded.has_background(), migration: loaded.has_migration() };
    let problems = inspection::problems(&info, exports);
    if !problems.is_empty() {
        return Err(PackageError::Problems(problems));
    }
    let interfaces = loaded.interfaces().map(Capability::imported);
    let wishes = info.wishes.iter().map(|wish| Capability::wished(&wish.capability));
    let asks = interfaces.chain(wishes).collect();
    Ok(Inspected { digest, asks, size: component.len() as u64, info })
}
