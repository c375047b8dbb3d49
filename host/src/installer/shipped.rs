//! The packages that the program ships with: the only place in the host where features are named.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use vestry_catalog::{Capability, Digest, Known, SHIPPED as SOURCE, is_newer};
use vestry_storage::PackageRow;

use crate::installer::Installer;
use crate::installer::commission::Commission;
use crate::installer::orders::{self, Decision};
use crate::installer::package::{self, Arrived, From};
use crate::installer::package_error::PackageError;

/// A package inside the program.
#[derive(Debug, Clone, Copy)]
pub struct Shipped {
    pub id: &'static str,
    pub component: &'static [u8],
}

/// All of them, in the order that they are installed.
pub const SHIPPED: &[Shipped] = &[
    Shipped { id: "org.vestry.users", component: include_bytes!(concat!(env!("OUT_DIR"), "/shipped/users.wasm")) },
    Shipped { id: "org.vestry.jobs", component: include_bytes!(concat!(env!("OUT_DIR"), "/shipped/jobs.wasm")) },
    Shipped {
        id: "org.vestry.styleguide",
        component: include_bytes!(concat!(env!("OUT_DIR"), "/shipped/styleguide.wasm")),
    },
    Shipped {
        id: "org.vestry.packages",
        component: include_bytes!(concat!(env!("OUT_DIR"), "/shipped/packages.wasm")),
    },
    Shipped { id: "org.vestry.about", component: include_bytes!(concat!(env!("OUT_DIR"), "/shipped/about.wasm")) },
    Shipped { id: "org.vestry.logs", component: include_bytes!(concat!(env!("OUT_DIR"), "/shipped/logs.wasm")) },
    Shipped {
        id: "org.vestry.utilities",
        component: include_bytes!(concat!(env!("OUT_DIR"), "/shipped/utilities.wasm")),
    },
];

/// Their digests, in their order.
static DIGESTS: LazyLock<Vec<Digest>> =
    LazyLock::new(|| SHIPPED.iter().map(|shipped| Digest::of(shipped.component)).collect());

impl Shipped {
    #[must_use]
    pub fn digest(&self) -> &'static Digest {
        let index = SHIPPED.iter().position(|shipped| shipped.id == self.id).unwrap_or(0);
        &DIGESTS[index]
    }
}

/// The shipped package of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Shipped> {
    SHIPPED.iter().find(|shipped| shipped.id == id)
}

/// All of them, as they are known of before anything is installed. They are crates of the program's workspace, and have its
/// version.
#[must_use]
pub fn brought_along() -> Vec<vestry_catalog::Shipped> {
    let version = env!("CARGO_PKG_VERSION");
    let known = |shipped: &Shipped| vestry_catalog::Shipped {
        id: shipped.id.to_owned(),
        version: version.to_owned(),
        digest: shipped.digest().clone(),
    };
    SHIPPED.iter().map(known).collect()
}

/// Whether this program ships with the package of a digest.
#[must_use]
pub fn is_shipped(digest: &str) -> bool {
    DIGESTS.iter().any(|shipped| shipped.as_str() == digest)
}

/// What becomes of a shipped package at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// It was never known.
    Install,
    /// An earlier program's version of it runs, and nobody has chosen that.
    Update,
    /// It is there, or what runs is newer, or somebody has decided otherwise: unmounted it, went back from it, put another in
    /// its place.
    Leave,
}

/// Installs those that were never installed, and updates those that an earlier program shipped, where nobody has decided
/// otherwise since.
///
/// # Errors
///
/// Where a package of the program itself cannot be installed.
pub async fn install(installer: &Installer<'_>) -> Result<(), PackageError> {
    let commission = Commission::of_console(installer.now());
    for shipped in SHIPPED {
        let digest = shipped.digest().as_str();
        let known = installer.services.database.read(|reader| Known::named(reader, digest))?;
        let known = match known.filter(Known::is_legible) {
            Some(known) => known,
            None => {
                let from = From { source: SOURCE.to_owned(), origin: String::new(), detail: String::new() };
                let component = shipped.component.to_vec();
                package::receive(
                    installer,
                    &commission,
                    Arrived { component, readme: String::new(), from, promised: None },
                )
                .await?
            }
        };
        let (owned, running) = installer.services.database.read(|reader| {
            Ok::<_, PackageError>((reader.owner(shipped.id)?.is_some(), Known::running(reader, shipped.id)?))
        })?;
        if start(&known.row, owned, running.as_ref().map(|running| &running.row)) == Start::Leave {
            continue;
        }
        let grants = Some(granted(installer, &known, running.as_ref())?);
        let decision = Decision { grants, accept_proposals: true, ..Decision::default() };
        match orders::add(installer, &commission, &known, decision).await {
            Ok(placed) => {
                tracing::info!(plugin = shipped.id, version = placed.version, "a shipped package was installed");
            }
            // What was there goes on: a server that does not start would be worse.
            Err(error) if error.leaves_the_rest() => {
                tracing::error!(plugin = shipped.id, version = known.row.version, %error, "a shipped package was not installed");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// `owned`: its id is known from before; `running`: what runs of it.
fn start(package: &PackageRow, owned: bool, running: Option<&PackageRow>) -> Start {
    match running {
        None if owned => Start::Leave,
        None => Start::Install,
        // A newer program was here, and may be again; what it left the data in is its own to know.
        Some(running) if is_newer(&running.version, &package.version) => Start::Leave,
        // It was mounted once, and somebody put another version in its place; or it runs.
        Some(_) if package.used > 0 => Start::Leave,
        Some(running) if running.source != SOURCE => Start::Leave,
        // One that was announced, and fetched: newer than what the program brought along, as a rule.
        Some(running) if !running.origin.is_empty() && !is_newer(&package.version, &running.version) => Start::Leave,
        Some(_) => Start::Update,
    }
}

/// All that it asks for, but what was asked for before and refused.
fn granted(installer: &Installer<'_>, known: &Known, running: Option<&Known>) -> Result<Vec<Capability>, PackageError> {
    let mut granted: Vec<Capability> = known.asks().into_iter().map(|ask| ask.capability).collect();
    if let Some(running) = running {
        let rows = installer.services.database.read(|reader| reader.grants(&running.info.id, &running.row.digest))?;
        let held: BTreeSet<String> = rows.into_iter().map(|grant| grant.capability).collect();
        let asked: BTreeSet<Capability> = running.asks().into_iter().map(|ask| ask.capability).collect();
        granted.retain(|capability| !asked.contains(capability) || held.contains(&capability.to_string()));
    }
    Ok(granted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(version: &str, source: &str, origin: &str, used: u64) -> PackageRow {
        PackageRow {
            version: version.into(),
            source: source.into(),
            origin: origin.into(),
            used,
            ..PackageRow::default()
        }
    }

    #[test]
    fn what_somebody_decided_stays_so_at_the_next_start() {
        let brought = row("0.2.0", SOURCE, "", 0);
        let used = row("0.2.0", SOURCE, "", 5);
        for (package, owned, running, expected) in [
            (&brought, false, None, Start::Install),
            (&brought, true, None, Start::Leave),
            (&brought, true, Some(row("0.1.0", SOURCE, "", 4)), Start::Update),
            (&brought, true, Some(row("0.2.0", SOURCE, "", 4)), Start::Update),
            (&used, true, Some(row("0.1.0", SOURCE, "", 4)), Start::Leave),
            (&brought, true, Some(row("0.1.0", "file", "", 4)), Start::Leave),
            (&brought, true, Some(row("0.3.0", SOURCE, "", 4)), Start::Leave),
            (&brought, true, Some(row("0.2.1-rc.1", SOURCE, "", 4)), Start::Leave),
            (&brought, true, Some(row("0.2.0-rc.1", SOURCE, "", 4)), Start::Update),
            (&brought, true, Some(row("0.1.1", SOURCE, "{}", 4)), Start::Update),
            (&brought, true, Some(row("0.2.1", SOURCE, "{}", 4)), Start::Leave),
        ] {
            assert_eq!(start(package, owned, running.as_ref()), expected, "{running:?}");
        }
    }

    #[test]
    fn each_is_known_by_its_digest() {
        for shipped in SHIPPED {
            assert_eq!(find(shipped.id).map(Shipped::digest), Some(&Digest::of(shipped.component)));
            assert!(is_shipped(shipped.digest().as_str()));
        }
        assert!(!is_shipped("") && find("org.example.a").is_none());
    }
}
