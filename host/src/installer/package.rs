//! Inspecting a package, and mounting it.
//!
//! `register` runs once for each digest, with nothing of the host open to it; its stored answer is what is shown,
//! granted and served from then on.

use std::str::FromStr;
use std::sync::Arc;

use vestry_capabilities::{Call, Capability, Subject};
use vestry_contract::registration::{self, PluginInfo};
use vestry_identity::privileges::{self, Declared};
use vestry_identity::{Actor, IdentityError, Permission, Privilege};
use vestry_sandbox::{CallError, Sandbox, SandboxError};
use vestry_storage::{Database, Entry, GrantRow, PackageRow, PluginRow, StorageError, Transaction};

use crate::installer::store::{Digest, Store};
use crate::registry::inspection;
use crate::registry::mount::{Mount, MountError};

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
    #[error("the mount `{mount}` is taken by {by}; unmount that first, or choose another with --mount")]
    MountTaken { mount: String, by: String },
    #[error(transparent)]
    Mount(#[from] MountError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// What somebody decided about a package.
#[derive(Debug)]
pub struct Decision<'a> {
    /// Where it came from, such as `shipped` or `file`.
    pub source: &'a str,
    /// Where it is mounted; by default where it asks to be.
    pub mount: Option<&'a str>,
    pub grants: Vec<Capability>,
    /// Lets privileges permit what the plugin proposes.
    pub accept_proposals: bool,
    /// Takes the place of whatever is mounted there.
    pub replace: bool,
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
    };
    let info = sandbox.register(&loaded, Call::closed(Arc::new(subject))).await.map_err(PackageError::Register)?;
    let problems = inspection::problems(&info);
    if !problems.is_empty() {
        return Err(PackageError::Problems(problems));
    }
    let interfaces = loaded.interfaces().map(|name| {
        let name = name.split('@').next().unwrap_or(name);
        Capability::Interface(name.to_owned())
    });
    let wishes = info.wishes.iter().map(|wish| match &wish.capability {
        registration::Capability::Public => Capability::Public,
        registration::Capability::Identity => Capability::Identity,
        registration::Capability::Permission(name) => Capability::Permission(name.clone()),
        registration::Capability::Directory((name, access)) => {
            Capability::Other(format!("directory {name} {access:?}"))
        }
        registration::Capability::Origin(origin) => Capability::Other(format!("origin {origin}")),
        registration::Capability::Secret(name) => Capability::Other(format!("secret {name}")),
        registration::Capability::Other((kind, value)) => Capability::Other(format!("{kind} {value}")),
    });
    let asks = interfaces.chain(wishes).collect();
    Ok(Inspected { digest, asks, size: component.len() as u64, info })
}

/// Mounts an inspected package in one transaction: its row, its grants, its permissions, its place.
///
/// # Errors
///
/// Where its id belongs to another source, or its mount is taken.
pub fn mount(
    database: &Database,
    actor: &Actor,
    package: &Inspected,
    decision: &Decision<'_>,
    now: u64,
) -> Result<(), PackageError> {
    let mount = Mount::from_str(decision.mount.unwrap_or(&package.info.mount))?;
    let info = &package.info;
    database.write(|tx| {
        let owner = tx.claim_owner(&info.id, decision.source, now)?;
        if owner.source != decision.source {
            return Err(PackageError::Stranger {
                id: info.id.clone(),
                from: owner.source,
                source_: decision.source.to_owned(),
            });
        }
        make_room(tx, actor, &mount, &info.id, decision.replace, now)?;
        tx.insert_package(&PackageRow {
            digest: package.digest.as_str().to_owned(),
            id: info.id.clone(),
            version: info.version.clone(),
            source: decision.source.to_owned(),
            registration: serde_json::to_string(info).map_err(std::io::Error::other)?,
            size: package.size,
            added: now,
        })?;
        tx.put_plugin(&PluginRow {
            id: info.id.clone(),
            digest: package.digest.as_str().to_owned(),
            mount: mount.to_string(),
            enabled: true,
            quarantined: None,
            updated: now,
        })?;
        for capability in &decision.grants {
            tx.insert_grant(&GrantRow {
                plugin: info.id.clone(),
                digest: package.digest.as_str().to_owned(),
                capability: capability.to_string(),
                granted_by: actor.id().to_owned(),
                granted: now,
            })?;
        }
        declare(tx, actor, info, decision.accept_proposals, now)?;
        tx.raise_generation()?;
        audit(tx, actor, &info.id, package.digest.as_str(), &mount, &info.version, now)?;
        Ok(())
    })
}

/// Mounts the latest known package of an id again, where it asks to be, with the grants that it had; answers where.
///
/// # Errors
///
/// Where no package of that id is known, or its mount is taken.
pub fn mount_again(database: &Database, actor: &Actor, id: &str, now: u64) -> Result<Mount, PackageError> {
    database.write(|tx| {
        let latest = tx.packages(Some(id))?.into_iter().max_by_key(|package| package.added);
        let package = latest.map(|summary| tx.package(&summary.digest)).transpose()?.flatten();
        let package = package.ok_or_else(|| PackageError::Unknown(id.to_owned()))?;
        let info: PluginInfo = serde_json::from_str(&package.registration).map_err(std::io::Error::other)?;
        let mount = Mount::from_str(&info.mount)?;
        make_room(tx, actor, &mount, id, false, now)?;
        tx.put_plugin(&PluginRow {
            id: id.to_owned(),
            digest: package.digest.clone(),
            mount: mount.to_string(),
            enabled: true,
            quarantined: None,
            updated: now,
        })?;
        tx.raise_generation()?;
        audit(tx, actor, id, &package.digest, &mount, &package.version, now)?;
        Ok(mount)
    })
}

/// One mount, one plugin: whoever is there has to go first, or to be replaced.
fn make_room(
    tx: &Transaction<'_>,
    actor: &Actor,
    mount: &Mount,
    id: &str,
    replace: bool,
    now: u64,
) -> Result<(), PackageError> {
    let taken = tx.plugins()?.into_iter().find(|plugin| plugin.mount == mount.as_str() && plugin.id != id);
    match taken {
        None => Ok(()),
        Some(plugin) if replace => {
            tx.delete_plugin(&plugin.id)?;
            tx.audit(&Entry {
                time: now,
                actor: actor.id(),
                actor_kind: actor.kind.name(),
                plugin: &plugin.id,
                digest: &plugin.digest,
                action: "plugin.unmount",
                subject: mount.as_str(),
                outcome: "done",
                detail: &format!("replaced by {id}"),
                request: &actor.request,
            })?;
            Ok(())
        }
        Some(plugin) => Err(PackageError::MountTaken { mount: mount.to_string(), by: plugin.id }),
    }
}

fn declare(tx: &Transaction<'_>, actor: &Actor, info: &PluginInfo, accept: bool, now: u64) -> Result<(), PackageError> {
    let mut declared = Vec::new();
    for permission in &info.permissions {
        let parsed =
            Permission::parse(&permission.name).map_err(|error| PackageError::Problems(vec![error.to_string()]))?;
        let suggested = permission.suggested.iter().filter_map(|name| Privilege::parse(name).ok()).collect();
        let title = vestry_screen::plain_text(&permission.title).into_owned();
        declared.push(Declared { name: parsed, title, suggested });
    }
    let proposals = privileges::declare(tx, &info.id, &declared)?;
    if accept {
        privileges::accept(tx, actor, &proposals, now)?;
    }
    Ok(())
}

fn audit(
    tx: &Transaction<'_>,
    actor: &Actor,
    id: &str,
    digest: &str,
    mount: &Mount,
    version: &str,
    now: u64,
) -> Result<(), StorageError> {
    tx.audit(&Entry {
        time: now,
        actor: actor.id(),
        actor_kind: actor.kind.name(),
        plugin: id,
        digest,
        action: "package.mount",
        subject: mount.as_str(),
        outcome: "done",
        detail: version,
        request: &actor.request,
    })
}
