//! The packages that the program ships with: the only place in the host where features are named.

use vestry_identity::Actor;

use crate::installer::Installer;
use crate::installer::mounting::{self, Decision};
use crate::installer::package::{self, PackageError};
use crate::installer::store::Digest;

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
];

/// Where shipped packages come from.
pub const SOURCE: &str = "shipped";

/// Installs those that were never installed, and updates those that this program has in another version. One that an
/// administrator has unmounted or replaced stays so: its package is known, and its plugin is not there.
///
/// # Errors
///
/// Where a package of the program itself cannot be installed.
pub async fn install(installer: &Installer<'_>) -> Result<(), PackageError> {
    for shipped in SHIPPED {
        let digest = Digest::of(shipped.component);
        let (known, mounted) = installer
            .services
            .database
            .read(|reader| Ok::<_, PackageError>((reader.packages(Some(shipped.id))?, reader.plugin(shipped.id)?)))?;
        let current = mounted.as_ref().is_some_and(|plugin| plugin.digest == digest.as_str());
        let sent_away = mounted.is_none() && !known.is_empty();
        if current || sent_away {
            continue;
        }
        let inspected = package::inspect(installer.store, installer.sandbox, shipped.component).await?;
        let mount = mounted.as_ref().map(|plugin| plugin.mount.as_str());
        let decision = Decision {
            source: SOURCE,
            mount,
            grants: inspected.asks.clone(),
            accept_proposals: true,
            replace: false,
            data: None,
        };
        match mounting::mount(installer, &Actor::console(), &inspected, &decision).await {
            Ok(_) => {
                tracing::info!(
                    plugin = shipped.id,
                    version = inspected.info.version,
                    "a shipped package was installed"
                );
            }
            // What was there goes on: a server that does not start would be worse.
            Err(error @ (PackageError::Migration { .. } | PackageError::Data(_) | PackageError::Busy(_))) => {
                tracing::error!(plugin = shipped.id, version = inspected.info.version, %error, "a shipped package was not updated");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
