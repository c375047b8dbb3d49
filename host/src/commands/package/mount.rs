//! Putting packages in their places that are here already: `mount`, `roll-back`, `swap-back`.

use clap::Args;
use vestry_catalog::Known;
use vestry_catalog::order::{Choice, Placing};
use vestry_storage::{PackageEventKind, Reader};

use crate::commands::package::{Which, on_ground, report};
use crate::commands::{Data, Failure};
use crate::installer::Installer;
use crate::installer::commission::Commission;
use crate::installer::orders;
use crate::installer::package_error::PackageError;
use crate::installer::quarantine::failed_versions;
use crate::installer::{package, placing};

#[derive(Debug, Args)]
pub(in crate::commands) struct Mount {
    /// The plugin's id, such as `org.example.utilities`.
    id: String,
    /// What the digest of the package begins with; `package versions` lists them.
    #[arg(long)]
    digest: Option<String>,
    /// Where to mount it: by default where the plugin is now, else where it asks to be.
    #[arg(long)]
    mount: Option<String>,
    /// Take the place of another plugin that is mounted there.
    #[arg(long)]
    swap: bool,
    /// Which data it works with, where what is there does not fit.
    #[arg(long, value_name = "WHICH")]
    choose_data: Option<Which>,
    #[command(flatten)]
    data: Data,
}

#[derive(Debug, Args)]
pub(in crate::commands) struct RollBack {
    /// The plugin's id, such as `org.example.utilities`.
    id: String,
    /// A version, or what the digest of one begins with; the last one that ran and did not fail, if nothing is said.
    #[arg(long, value_name = "DIGEST|VERSION")]
    to: Option<String>,
    /// Which data it works with, where what is there does not fit.
    #[arg(long, value_name = "WHICH")]
    choose_data: Option<Which>,
    #[command(flatten)]
    data: Data,
}

#[derive(Debug, Args)]
pub(in crate::commands) struct SwapBack {
    /// The mount, such as `utilities`.
    mount: String,
    #[command(flatten)]
    data: Data,
}

impl Mount {
    pub(super) fn run(self) -> Result<(), Failure> {
        on_ground(&self.data, async |installer, commission| {
            let digest = installer.services.database.read(|reader| find(reader, &self.id, self.digest.as_deref()))?;
            let data = self.choose_data.map(Choice::from);
            let wish = wish(installer, &digest).await?;
            let wish = Placing { mount: self.mount.clone(), swap: self.swap, data, ..wish };
            place(installer, commission, &wish).await
        })
    }
}

impl RollBack {
    pub(super) fn run(self) -> Result<(), Failure> {
        on_ground(&self.data, async |installer, commission| {
            let digest = installer.services.database.read(|reader| {
                if reader.plugin(&self.id)?.is_none() {
                    return Err(PackageError::NotMounted(self.id.clone()));
                }
                match &self.to {
                    Some(to) => find(reader, &self.id, Some(to)),
                    None => before(reader, &self.id),
                }
            })?;
            let wish = Placing { data: self.choose_data.map(Choice::from), ..wish(installer, &digest).await? };
            place(installer, commission, &wish).await
        })
    }
}

impl SwapBack {
    pub(super) fn run(self) -> Result<(), Failure> {
        on_ground(&self.data, async |installer, commission| {
            let mount = self.mount.trim_start_matches('/');
            let digest = installer.services.database.read(|reader| displaced(reader, mount))?;
            let wish = Placing { mount: Some(mount.to_owned()), swap: true, ..wish(installer, &digest).await? };
            place(installer, commission, &wish).await
        })
    }
}

async fn place(installer: &Installer<'_>, commission: &Commission, wish: &Placing) -> Result<(), PackageError> {
    report(installer, &placing::place(installer, commission, wish).await?)
}

/// A placing of a package as things are now.
async fn wish(installer: &Installer<'_>, digest: &str) -> Result<Placing, PackageError> {
    let package: Known = package::known(installer, digest).await?;
    installer.services.database.read(|reader| orders::current(reader, &package))
}

/// The digest of the package that is meant: by a version, or what the digest begins with; the one that was added last, where
/// nothing is said.
pub(super) fn find(reader: &Reader<'_>, id: &str, meant: Option<&str>) -> Result<String, PackageError> {
    let packages = reader.packages(Some(id))?;
    let Some(meant) = meant else {
        let latest = packages.iter().max_by_key(|package| package.added);
        return latest.map(|package| package.digest.clone()).ok_or_else(|| PackageError::Unknown(id.to_owned()));
    };
    let mut fitting = packages.iter().filter(|package| package.version == meant || package.digest.starts_with(meant));
    match fitting.next().filter(|_| fitting.next().is_none()) {
        Some(package) => Ok(package.digest.clone()),
        None if packages.is_empty() => Err(PackageError::Unknown(id.to_owned())),
        None => Err(PackageError::UnknownDigest {
            id: id.to_owned(),
            digest: meant.to_owned(),
            known: packages.iter().map(|package| format!("{} {}", package.version, package.digest)).collect(),
        }),
    }
}

/// The version that was used last of those that do not run and did not fail.
fn before(reader: &Reader<'_>, id: &str) -> Result<String, PackageError> {
    let running = reader.plugin(id)?.map(|plugin| plugin.digest);
    let failed = failed_versions(reader, id)?;
    let packages = reader.packages(Some(id))?.into_iter();
    let others = packages.filter(|package| package.used > 0 && Some(&package.digest) != running.as_ref());
    let (failed, others): (Vec<_>, Vec<_>) = others.partition(|package| failed.contains(&package.digest));
    let last = others.into_iter().max_by_key(|package| package.used);
    last.map(|package| package.digest).ok_or_else(|| {
        let failed = failed.into_iter().map(|package| format!("{} {}", package.version, package.digest)).collect();
        PackageError::NoFormer { id: id.to_owned(), failed }
    })
}

/// The last version of the plugin that was at a mount before the one that is there.
fn displaced(reader: &Reader<'_>, mount: &str) -> Result<String, PackageError> {
    let none = || PackageError::NoneDisplaced(mount.to_owned());
    let there = reader.plugins()?.into_iter().find(|plugin| plugin.mount == mount).ok_or_else(none)?;
    let events = reader.package_events_at(mount, 100)?;
    let swapped = events
        .into_iter()
        .take_while(|event| event.plugin == there.id && event.kind != PackageEventKind::Unmounted)
        .find(|event| !event.former_plugin.is_empty() && event.former_plugin != there.id);
    let former = swapped.ok_or_else(none)?.former_plugin;
    let kept = reader.packages(Some(&former))?.into_iter().filter(|package| package.used > 0);
    kept.max_by_key(|package| package.used).map(|package| package.digest).ok_or_else(none)
}
