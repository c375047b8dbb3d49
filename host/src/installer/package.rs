//! From the bytes of a component to a package that is known here.
//!
//! `register` runs once for each digest, with nothing of the host open to it; its stored answer is what is shown,
//! granted and served from then on.

use std::sync::Arc;

use vestry_capabilities::{Call, Subject};
use vestry_catalog::{Digest, Known, SHIPPED};
use vestry_contract::registration::PluginInfo;
use vestry_identity::{Act, audit};
use vestry_sandbox::Loaded;
use vestry_storage::{PackageRow, Transaction};

use crate::installer::Installer;
use crate::installer::commission::Commission;
use crate::installer::package_error::PackageError;
use crate::installer::placing::blocking;
use crate::registry::inspection::{self, Exports};
use crate::registry::names::is_reserved;

/// A component as it came.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub component: Vec<u8>,
    /// Empty where there is none.
    pub readme: String,
    pub from: From,
    /// What it was said to be, where that was said.
    pub promised: Option<Promised>,
}

/// What the document of upgrades says of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promised {
    pub id: String,
    pub version: String,
}

/// Where a package came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct From {
    /// What its id is tied to: `shipped`, `file`, or a source's address.
    pub source: String,
    /// JSON: the source as it can be asked again; empty where there is none to ask.
    pub origin: String,
    /// What of the source it is, for people.
    pub detail: String,
}

/// What files are tied to that somebody sends, and those of the command line.
pub const FILE: &str = vestry_catalog::FILE;

/// Keeps a package, compiles it, asks it what it registers, holds that against the rules, and writes it down. One that is
/// known already is not asked again; where it ran, it stays what it was.
///
/// # Errors
///
/// With every problem that was found.
pub async fn receive(
    installer: &Installer<'_>,
    commission: &Commission,
    arrived: Arrived,
) -> Result<Known, PackageError> {
    let Arrived { component, readme, from, promised } = arrived;
    let (store, size) = (installer.store.clone(), component.len() as u64);
    // Until the row is written, nobody takes the file for one that nobody wants.
    let (held, digest) = blocking(move || {
        let held = store.adding()?;
        Ok((held, store.keep(&component)?))
    })
    .await?;
    commission.begin(10, "Compiling");
    let file = installer.store.file(&digest);
    let loaded = commission.unless_unwanted(installer.sandbox.load(digest.as_str(), &file)).await?;
    let known = installer.services.database.read(|reader| Known::named(reader, digest.as_str()))?;
    // What it registered may be in words of another program's: then it is asked anew.
    let row = match known.filter(Known::is_legible) {
        Some(known) => PackageRow { imports: Some(imports(&loaded)?), readme, ..known.row },
        None => {
            commission.begin(80, "Asking what it registers");
            let info = commission.unless_unwanted(register(installer, &digest, &loaded)).await?;
            PackageRow {
                digest: digest.as_str().to_owned(),
                id: info.id.clone(),
                version: info.version.clone(),
                registration: serde_json::to_string(&info).map_err(std::io::Error::other)?,
                size,
                added: installer.now(),
                imports: Some(imports(&loaded)?),
                readme,
                ..PackageRow::default()
            }
        }
    };
    may_be(&row, &from, promised.as_ref())?;
    let (database, now, commission) = (installer.services.database.clone(), installer.now(), commission.clone());
    blocking(move || {
        let known = database.write(|tx| write(tx, &commission, row, &from, now))?;
        drop(held);
        Ok(known)
    })
    .await
}

/// Refuses what is not what it was said to be, and what calls itself by a name that is not its source's to give.
fn may_be(row: &PackageRow, from: &From, promised: Option<&Promised>) -> Result<(), PackageError> {
    let PackageRow { id, version, .. } = row;
    if let Some(promised) = promised.filter(|promised| (&promised.id, &promised.version) != (id, version)) {
        return Err(PackageError::Upgrades(format!(
            "{} {} was announced, and what came calls itself {id} {version}; whoever wrote the document has to mend it",
            promised.id, promised.version
        )));
    }
    match is_reserved(id) && from.source != SHIPPED {
        true => Err(PackageError::Problems(vec![format!(
            "the id `{id}` belongs to what comes with Vestry; name it after a domain of your own, such as org.example.utilities"
        )])),
        false => Ok(()),
    }
}

/// A package that is here, with what it imports: which was not written down at first.
///
/// # Errors
///
/// Where it is not here, or cannot be loaded.
pub async fn known(installer: &Installer<'_>, digest: &str) -> Result<Known, PackageError> {
    let known = installer.services.database.read(|reader| Known::read(reader, digest))?;
    let mut known = known.ok_or_else(|| PackageError::NotHere(digest.to_owned()))?;
    if known.row.imports.is_some() {
        return Ok(known);
    }
    let parsed = Digest::parse(digest).ok_or_else(|| PackageError::NotHere(digest.to_owned()))?;
    let loaded = installer.sandbox.load(digest, &installer.store.file(&parsed)).await?;
    let imports = imports(&loaded)?;
    known.row.imports = Some(imports.clone());
    let (database, digest) = (installer.services.database.clone(), digest.to_owned());
    blocking(move || Ok(database.write(|tx| tx.set_package_imports(&digest, &imports))?)).await?;
    Ok(known)
}

async fn register(installer: &Installer<'_>, digest: &Digest, loaded: &Loaded) -> Result<PluginInfo, PackageError> {
    let subject = Subject {
        id: String::new(),
        version: String::new(),
        title: String::new(),
        digest: digest.as_str().to_owned(),
        settings: "{}".into(),
        space: String::new(),
        messages: Vec::new(),
    };
    let asked = installer.sandbox.register(loaded, Call::closed(Arc::new(subject))).await;
    let info = asked.map_err(PackageError::Register)?;
    let exports = Exports { background: loaded.has_background(), migration: loaded.has_migration() };
    match inspection::problems(&info, exports) {
        problems if problems.is_empty() => Ok(info),
        problems => Err(PackageError::Problems(problems)),
    }
}

fn imports(loaded: &Loaded) -> Result<String, PackageError> {
    let interfaces: Vec<&str> = loaded.interfaces().collect();
    Ok(serde_json::to_string(&interfaces).map_err(std::io::Error::other)?)
}

/// Writes down a package that has come. Where it ran, or somebody has decided about it, it stays what it was: the same
/// bytes from elsewhere do not make somebody else's plugin of it, and no other words beside them.
fn write(
    tx: &Transaction<'_>,
    commission: &Commission,
    row: PackageRow,
    from: &From,
    now: u64,
) -> Result<Known, PackageError> {
    commission.check(tx)?;
    let From { source, origin, detail } = from;
    let fresh = PackageRow { source: source.clone(), origin: origin.clone(), detail: detail.clone(), ..row };
    if !tx.insert_package(&fresh)? {
        if let Some(imports) = &fresh.imports {
            tx.set_package_imports(&fresh.digest, imports)?;
        }
        if Known::named(tx, &fresh.digest)?.is_some_and(|known| !known.is_legible() && known.row.id == fresh.id) {
            tx.set_package_registration(&fresh.digest, &fresh.registration)?;
            tx.raise_generation()?;
        }
        tx.set_package_source(&fresh)?;
    }
    let actor = commission.actor.clone().through(&fresh.id, &fresh.digest);
    audit(
        tx,
        &actor,
        &Act { action: "package.fetch", subject: &fresh.id, detail: &format!("{} from {source}", fresh.version) },
        now,
    )?;
    Known::read(tx, &fresh.digest)?.ok_or(PackageError::NotHere(fresh.digest))
}
