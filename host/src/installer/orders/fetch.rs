//! Fetching a package from wherever it is, up to a row that says what it is. Nothing is mounted.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Serialize;
use vestry_capabilities::{SealedAccess, Upload};
use vestry_catalog::order::{Fetch, Order};
use vestry_catalog::{Digest, Known, Newer, SHIPPED, is_newer};
use vestry_sources::{LARGEST_COMPONENT, Progress, Source, archive};
use vestry_storage::PackageSummary;

use crate::installer::Installer;
use crate::installer::commission::Commission;
use crate::installer::package::{self, Arrived, FILE, From, Promised};
use crate::installer::package_error::PackageError;
use crate::installer::placing::blocking;
use crate::installer::{shipped, upgrades};
use crate::registry::names::shown;

/// The largest share of the progress that fetching takes; the rest is for compiling and asking.
const FETCHED: u8 = 40;
const KIB: u64 = 1 << 10;
/// Packages that wait to be mounted, and their bytes: 2 GiB.
const MOST_WAITING: usize = 200;
const MOST_WAITING_BYTES: u64 = 2 << 30;

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
    let (database, data) = (installer.services.database.clone(), installer.store.data().to_owned());
    blocking(move || has_room(&database.read(|reader| reader.packages(None))?, &data)).await?;
    let arrived = arrive(installer, &commission.part(0, FETCHED), wanted).await?;
    package::receive(installer, &commission.part(FETCHED, 100), arrived).await
}

/// Refuses more where too much waits already that was never mounted, or the disk is nearly full.
fn has_room(packages: &[PackageSummary], data: &Path) -> Result<(), PackageError> {
    let waiting = || packages.iter().filter(|package| package.used == 0);
    let (count, bytes) = (waiting().count(), waiting().map(|package| package.size).sum::<u64>());
    if count >= MOST_WAITING || bytes >= MOST_WAITING_BYTES {
        return Err(PackageError::Full(format!(
            "{count} packages of {} MiB altogether were fetched and never mounted, which is as much as is kept; discard those \
             that nobody needs",
            bytes >> 20
        )));
    }
    match Upload::has_room(File::open(data)?, LARGEST_COMPONENT)? {
        true => Ok(()),
        false => Err(PackageError::Full("the server's disk is nearly full; make room, and order it again".into())),
    }
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
        Fetch::Source { source, access } => from_source(installer, commission, source, access.as_deref()).await,
        Fetch::Shipped { plugin } => newest_shipped(installer, commission, plugin).await,
    }
}

/// Takes the component out of what somebody sent.
async fn unpacked(content: Vec<u8>, name: String) -> Result<Arrived, PackageError> {
    blocking(move || {
        let unpacked = archive::unpack(content, &name).map_err(vestry_sources::SourceError::from)?;
        let from = From { source: FILE.to_owned(), origin: String::new(), detail: shown(&name) };
        Ok(Arrived { component: unpacked.component, readme: unpacked.readme, from, promised: None })
    })
    .await
}

async fn from_source(
    installer: &Installer<'_>,
    commission: &Commission,
    source: &Source,
    given: Option<&str>,
) -> Result<Arrived, PackageError> {
    let address = source.address();
    commission.begin(0, &format!("Fetching from {address}"));
    let by = commission.account().unwrap_or_default();
    let given = given.map(|sealed| SealedAccess::of_text(source, sealed, &by, installer.now())).transpose()?;
    let access = match &given {
        Some(given) => Some(given.open(installer.services)?),
        None => vestry_capabilities::source_access(installer.services, source)?,
    };
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
    if let Some(given) = given {
        keep(installer, commission, given).await?;
    }
    let origin = serde_json::to_string(source).map_err(std::io::Error::other)?;
    let from = From { source: address, origin, detail: fetched.detail };
    Ok(Arrived { component: fetched.component, readme: fetched.readme, from, promised: None })
}

/// Keeps what has opened a source, for the next time.
async fn keep(installer: &Installer<'_>, commission: &Commission, given: SealedAccess) -> Result<(), PackageError> {
    let (database, commission) = (installer.services.database.clone(), commission.clone());
    blocking(move || {
        database.write(|tx| {
            commission.check(tx)?;
            Ok::<_, PackageError>(given.keep(tx)?)
        })
    })
    .await
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
    let (component, origin, promised) = match (announced, own) {
        (Some((version, origin, component, sha256)), _) => {
            commission.begin(0, &format!("Fetching {plugin} {version}"));
            let content = commission.unless_unwanted(download(installer, &component, &sha256)).await?;
            (content, origin, Some(Promised { id: plugin.to_owned(), version }))
        }
        (None, Some(own)) => (own.component.to_vec(), String::new(), None),
        (None, None) => return Err(PackageError::NotShipped(plugin.to_owned())),
    };
    let detail = promised.as_ref().map(|promised| promised.version.clone()).unwrap_or_default();
    let from = From { source: SHIPPED.to_owned(), origin, detail };
    Ok(Arrived { component, readme: String::new(), from, promised })
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

#[cfg(test)]
mod tests {
    use vestry_sandbox::Compiler;
    use vestry_sources::Access;

    use super::*;
    use crate::ground::{Ground, Opening};
    use crate::settings::Settings;

    fn package(number: usize, size: u64, used: u64) -> PackageSummary {
        PackageSummary {
            digest: format!("{number:064x}"),
            id: "org.example.a".into(),
            version: "1.0.0".into(),
            source: FILE.into(),
            size,
            added: 1,
            used,
        }
    }

    #[test]
    fn what_waits_to_be_mounted_has_a_bound() {
        let data = tempfile::tempdir().unwrap();
        let refused =
            |packages: &[PackageSummary]| has_room(packages, data.path()).map_err(|error| error.to_string()).err();
        let few: Vec<_> = (0..199).map(|number| package(number, 1, 0)).collect();
        assert_eq!(refused(&few), None);
        let many: Vec<_> = (0..200).map(|number| package(number, 1, 0)).collect();
        assert!(refused(&many).is_some_and(|said| said.contains("200 packages") && said.contains("discard")));
        let mounted: Vec<_> = (0..500).map(|number| package(number, 1 << 30, 7)).collect();
        assert_eq!(refused(&mounted), None, "what was mounted is kept by another rule");
        let large = [package(1, 1 << 30, 0), package(2, 1 << 30, 0)];
        assert!(refused(&large).is_some_and(|said| said.contains("2048 MiB")));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_did_not_open_a_source_takes_the_place_of_nothing() {
        let data = tempfile::tempdir().unwrap();
        let opening = Opening {
            data: data.path().to_owned(),
            settings: Settings::default(),
            compiler: Compiler::InProcess,
            fetcher: (std::path::PathBuf::new(), Vec::new()),
        };
        let ground = Ground::open(opening).unwrap();
        // Of this machine, which is not called unless the settings say so.
        let source = Source::registry("http://127.0.0.1:9/team/hello:1.0.0").unwrap();
        let seal = |token: &str| {
            let access = Access { user: "anna".into(), token: token.into() };
            SealedAccess::new(&ground.services, &source, &access, None, "", 1).unwrap()
        };
        ground.services.database.write(|tx| seal("what opens it").keep(tx)).unwrap();
        let wanted = Fetch::Source { source: source.clone(), access: Some(seal("what does not").text()) };
        assert!(fetch(&ground.installer(), &Commission::of_console(1), &wanted).await.is_err());
        let kept = vestry_capabilities::source_access(&ground.services, &source).unwrap().unwrap();
        assert_eq!(kept.token, "what opens it");
    }
}
