//! Fetching a package from wherever it is, up to a row that says what it is. Nothing is mounted.

use std::io::Read;

use serde::Serialize;
use vestry_catalog::order::{Fetch, Order};
use vestry_catalog::{Digest, Known, Newer, SHIPPED, is_newer};
use vestry_sources::{LARGEST_COMPONENT, Progress, Source, archive};

use crate::installer::Installer;
use crate::installer::commission::Commission;
use crate::installer::package::{self, Arrived, FILE, From};
use crate::installer::package_error::PackageError;
use crate::installer::placing::blocking;
use crate::installer::{shipped, upgrades};

/// The largest share of the progress that fetching takes; the rest is for compiling and asking.
const FETCHED: u8 = 40;
const KIB: u64 = 1 << 10;

/// As a job answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    pub digest: String,
    pub id: String,
    pub version: String,
}

impl std::convert::From<Known> for Outcome {
    fn from(known: Known) -> Self {
        let row = known.row;
        Self { digest: row.digest, id: row.id, version: row.version }
    }
}

/// Fetches it.
///
/// # Errors
///
/// Where it cannot be had, or is no package that could be mounted; with every problem that was found.
pub async fn fetch(installer: &Installer<'_>, commission: &Commission, wanted: &Fetch) -> Result<Known, PackageError> {
    let arrived = arrive(installer, &commission.part(0, FETCHED), wanted).await?;
    package::receive(installer, &commission.part(FETCHED, 100), arrived).await
}

/// The package in a file of the command line's: a component, or a ZIP that holds one.
///
/// # Errors
///
/// As [`fetch`].
pub async fn from_file(
    installer: &Installer<'_>,
    commission: &Commission,
    content: Vec<u8>,
    name: &str,
) -> Result<Known, PackageError> {
    let arrived = unpacked(content, name.to_owned()).await?;
    package::receive(installer, commission, arrived).await
}

async fn arrive(installer: &Installer<'_>, commission: &Commission, wanted: &Fetch) -> Result<Arrived, PackageError> {
    match wanted {
        Fetch::Inbox { file, name } => {
            commission.begin(0, "Reading the file");
            let (inbox, file) = (installer.services.inbox.clone(), file.clone());
            let reading = move || {
                let mut content = Vec::new();
                inbox.file(&file).map_err(|_| PackageError::NoUpload)?.read_to_end(&mut content)?;
                Ok(content)
            };
            unpacked(blocking(reading).await?, name.clone()).await
        }
        Fetch::Source { source } => from_source(installer, commission, source).await,
        Fetch::Shipped { plugin } => newest_shipped(installer, commission, plugin).await,
    }
}

/// Takes the component out of what somebody sent.
async fn unpacked(content: Vec<u8>, name: String) -> Result<Arrived, PackageError> {
    blocking(move || {
        let unpacked = archive::unpack(content, &name).map_err(vestry_sources::SourceError::from)?;
        let from = From { source: FILE.to_owned(), origin: String::new(), detail: name };
        Ok(Arrived { component: unpacked.component, readme: unpacked.readme, from })
    })
    .await
}

async fn from_source(
    installer: &Installer<'_>,
    commission: &Commission,
    source: &Source,
) -> Result<Arrived, PackageError> {
    let address = source.address();
    commission.begin(0, &format!("Fetching from {address}"));
    let access = vestry_capabilities::source_access(installer.services, source)?;
    // What is under way lies in files of its own; nobody is to take them for left behind.
    let store = installer.store.clone();
    let _held = blocking(move || Ok(store.adding()?)).await?;
    let telling = commission.clone();
    let progress = move |Progress { done, total }: Progress| {
        let percent = total.map_or(50, |total| u8::try_from(done * 100 / total.max(1)).unwrap_or(100));
        telling.go_on(percent, &format!("Fetched {} KiB", done / KIB));
    };
    let fetching = installer.services.sources.fetch(source, access.as_ref(), &progress);
    let fetched = commission.unless_unwanted(fetching).await?;
    let origin = serde_json::to_string(source).map_err(std::io::Error::other)?;
    let from = From { source: address, origin, detail: fetched.detail };
    Ok(Arrived { component: fetched.component, readme: fetched.readme, from })
}

/// What this program has, or what is announced of it, where that is newer.
async fn newest_shipped(
    installer: &Installer<'_>,
    commission: &Commission,
    plugin: &str,
) -> Result<Arrived, PackageError> {
    let checks = installer.services.database.read(|reader| reader.package_checks())?;
    let check = checks.into_iter().find(|check| check.plugin == plugin);
    let own = shipped::find(plugin);
    let announced = check.and_then(|check| match Newer::parse(&check.origin)? {
        Newer::Announced { component, sha256, .. } => Some((check.newer, check.origin, component, sha256)),
        Newer::Source { .. } | Newer::Program { .. } => None,
    });
    let known = own.map(|own| installer.services.database.read(|reader| reader.package(own.digest().as_str())));
    let known = known.transpose()?.flatten();
    let announced = announced.filter(|(version, ..)| known.is_none_or(|own| is_newer(version, &own.version)));
    let (component, origin, detail) = match (announced, own) {
        (Some((version, origin, component, sha256)), _) => {
            commission.begin(0, &format!("Fetching {plugin} {version}"));
            let content = commission.unless_unwanted(download(installer, &component, &sha256)).await?;
            (content, origin, version)
        }
        (None, Some(own)) => (own.component.to_vec(), String::new(), String::new()),
        (None, None) => return Err(PackageError::NotShipped(plugin.to_owned())),
    };
    let from = From { source: SHIPPED.to_owned(), origin, detail };
    Ok(Arrived { component, readme: String::new(), from })
}

/// A component that the document of upgrades announces: the bytes that it names, or none.
async fn download(installer: &Installer<'_>, address: &str, wanted: &Digest) -> Result<Vec<u8>, PackageError> {
    let answer = upgrades::get(installer, address, LARGEST_COMPONENT).await?;
    match Digest::of(&answer) {
        found if found == *wanted => Ok(answer),
        found => Err(PackageError::Upgrades(format!(
            "what is at {address} has the digest {found}, and {wanted} was announced; somebody has changed one of the two"
        ))),
    }
}

/// Removes what somebody sent for an order that has ended: an order that is begun again needs it.
pub async fn clear(installer: &Installer<'_>, order: &Order) {
    let Order::Fetch(Fetch::Inbox { file, .. }) = order else { return };
    let (inbox, named) = (installer.services.inbox.clone(), file.to_owned());
    if let Err(error) = blocking(move || Ok(inbox.remove(&named)?)).await {
        tracing::warn!(%error, file, "a file that was sent could not be removed; the hour takes it");
    }
}
