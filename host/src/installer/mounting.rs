//! Mounting a package: one transaction, or none of it.
//!
//! The same transaction says which data the plugin works with from then on. Where that has to be brought to another shape
//! first, nothing is written before it has been ([`migration`]); what would be refused is refused before that.

use std::str::FromStr;
use std::sync::Arc;

use vestry_capabilities::{Capability, Grants};
use vestry_contract::registration::PluginInfo;
use vestry_identity::privileges::{self, Declared};
use vestry_identity::{Actor, Permission, Privilege};
use vestry_storage::{Entry, GrantRow, PackageRow, PluginRow, Reader, SpaceRow, StorageError, Transaction};

use crate::installer::Installer;
use crate::installer::data::{Change, Choice};
use crate::installer::migration;
use crate::installer::package::{Inspected, PackageError};
use crate::registry::mount::Mount;

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
    /// Which data it works with, where that is not the data that is there.
    pub data: Option<Choice>,
}

/// A package that is in its place now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mounted {
    pub id: String,
    pub version: String,
    pub mount: Mount,
    /// The shape that its data had before, and has now, where that changed.
    pub migrated: Option<(u32, u32)>,
}

/// A package on its way to its mount, with everything that is written of it.
#[derive(Debug, Clone)]
pub(super) struct Placing {
    pub(super) actor: Actor,
    pub(super) package: PackageRow,
    pub(super) info: PluginInfo,
    pub(super) mount: Mount,
    pub(super) grants: Vec<Capability>,
    accept_proposals: bool,
    replace: bool,
    data: Option<Choice>,
}

/// Mounts an inspected package in one transaction: its row, its grants, its permissions, its place, its data. Takes five
/// seconds longer, at most, where its data has to change shape.
///
/// # Errors
///
/// Where its id belongs to another source, its mount is taken, or no data fits. Nothing was changed then.
pub async fn mount(
    installer: &Installer<'_>,
    actor: &Actor,
    package: &Inspected,
    decision: &Decision<'_>,
) -> Result<Mounted, PackageError> {
    let info = &package.info;
    let placing = Placing {
        actor: actor.clone(),
        package: PackageRow {
            digest: package.digest.as_str().to_owned(),
            id: info.id.clone(),
            version: info.version.clone(),
            source: decision.source.to_owned(),
            registration: serde_json::to_string(info).map_err(std::io::Error::other)?,
            size: package.size,
            added: installer.now(),
        },
        info: info.clone(),
        mount: Mount::from_str(decision.mount.unwrap_or(&info.mount))?,
        grants: decision.grants.clone(),
        accept_proposals: decision.accept_proposals,
        replace: decision.replace,
        data: decision.data,
    };
    placing.place(installer).await
}

/// A package that is known already, to be mounted with the grants that it had.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub id: &'a str,
    /// What the package's digest begins with; the package that was added last, where nothing is said.
    pub digest: Option<&'a str>,
    /// Which data it works with, where that is not the data that is there.
    pub data: Option<Choice>,
}

/// Mounts a known package: where the plugin is mounted now, else where the package asks to be.
///
/// # Errors
///
/// Where there is no such package, its mount is taken, or no data fits.
pub async fn mount_known(installer: &Installer<'_>, actor: &Actor, known: Known<'_>) -> Result<Mounted, PackageError> {
    let (package, mounted, grants) = installer.services.database.read(|reader| {
        let package = find(reader, known)?;
        let grants = reader.grants(known.id, &package.digest)?;
        Ok::<_, PackageError>((package, reader.plugin(known.id)?, grants))
    })?;
    let info: PluginInfo = serde_json::from_str(&package.registration).map_err(std::io::Error::other)?;
    let mount = mounted.map_or_else(|| info.mount.clone(), |plugin| plugin.mount);
    let placing = Placing {
        actor: actor.clone(),
        mount: Mount::from_str(&mount)?,
        grants: grants.iter().filter_map(|grant| grant.capability.parse().ok()).collect(),
        package,
        info,
        accept_proposals: false,
        replace: false,
        data: known.data,
    };
    placing.place(installer).await
}

/// The package that is meant.
fn find(reader: &Reader<'_>, known: Known<'_>) -> Result<PackageRow, PackageError> {
    let packages = reader.packages(Some(known.id))?;
    let found = match known.digest {
        None => packages.iter().max_by_key(|package| package.added),
        Some(digest) => {
            let mut fitting = packages.iter().filter(|package| package.digest.starts_with(digest));
            fitting.next().filter(|_| fitting.next().is_none())
        }
    };
    let unknown = || match known.digest {
        Some(digest) if !packages.is_empty() => PackageError::UnknownDigest {
            id: known.id.to_owned(),
            digest: digest.to_owned(),
            known: packages.iter().map(|package| format!("{} {}", package.version, package.digest)).collect(),
        },
        _ => PackageError::Unknown(known.id.to_owned()),
    };
    let digest = &found.ok_or_else(unknown)?.digest;
    reader.package(digest)?.ok_or_else(unknown)
}

impl Placing {
    pub(super) fn held(&self) -> Grants {
        self.grants.iter().cloned().collect()
    }

    async fn place(self, installer: &Installer<'_>) -> Result<Mounted, PackageError> {
        let placing = Arc::new(self);
        let (database, now) = (installer.services.database.clone(), installer.now());
        let begun = Arc::clone(&placing);
        let before = blocking(move || database.write(|tx| begun.begin(tx, now))).await?;
        let migrated = before.as_ref().map(|before| (before.data_version, placing.info.data_version));
        if let Some(before) = before {
            migration::run(installer, &placing, before).await?;
        }
        let Self { package, mount, .. } = placing.as_ref();
        Ok(Mounted { id: package.id.clone(), version: package.version.clone(), mount: mount.clone(), migrated })
    }

    /// Everything, where the data needs no new shape; otherwise nothing, and answers the data that does.
    fn begin(&self, tx: &Transaction<'_>, now: u64) -> Result<Option<SpaceRow>, PackageError> {
        let (id, wanted) = (&self.info.id, self.info.data_version);
        let change = Change::find(tx.active_space(id)?, tx.retired_spaces(id)?, wanted, self.data)?;
        if !change.make(tx, id, wanted, now)? {
            return Err(PackageError::Busy(id.clone()));
        }
        match change {
            Change::Migrate(before) => {
                // Once as if, so that what is refused anyway holds up nobody.
                tx.part(|tx| self.write(tx, now).map(|()| ((), false)))?;
                Ok(Some(before))
            }
            Change::Keep | Change::Start | Change::TakeBack(_) => {
                self.write(tx, now)?;
                if let Some(choice) = self.data {
                    self.audit(tx, "package.choose-data", "done", choice.name(), now)?;
                }
                Ok(None)
            }
        }
    }

    /// Writes everything but the data.
    pub(super) fn write(&self, tx: &Transaction<'_>, now: u64) -> Result<(), PackageError> {
        let Self { actor, package, info, mount, .. } = self;
        let owner = tx.claim_owner(&info.id, &package.source, now)?;
        if owner.source != package.source {
            return Err(PackageError::Stranger {
                id: info.id.clone(),
                from: owner.source,
                source_: package.source.clone(),
            });
        }
        make_room(tx, actor, mount, &info.id, self.replace, now)?;
        tx.insert_package(package)?;
        tx.put_plugin(&PluginRow {
            id: info.id.clone(),
            digest: package.digest.clone(),
            mount: mount.to_string(),
            enabled: true,
            quarantined: None,
            updated: now,
        })?;
        for capability in &self.grants {
            tx.insert_grant(&GrantRow {
                plugin: info.id.clone(),
                digest: package.digest.clone(),
                capability: capability.to_string(),
                granted_by: actor.id().to_owned(),
                granted: now,
            })?;
        }
        declare(tx, actor, info, self.accept_proposals, now)?;
        tx.raise_generation()?;
        Ok(self.audit(tx, "package.mount", "done", &package.version, now)?)
    }

    pub(super) fn audit(
        &self,
        tx: &Transaction<'_>,
        action: &str,
        outcome: &str,
        detail: &str,
        now: u64,
    ) -> Result<(), StorageError> {
        tx.audit(&Entry {
            time: now,
            actor: self.actor.id(),
            actor_kind: self.actor.kind.name(),
            plugin: &self.info.id,
            digest: &self.package.digest,
            action,
            subject: self.mount.as_str(),
            outcome,
            detail,
            request: &self.actor.request,
        })
    }
}

/// Runs what waits for the disk where that holds up nobody.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PackageError> + Send + 'static,
) -> Result<T, PackageError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(PackageError::BrokenOff))
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
