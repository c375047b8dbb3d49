//! The packages that the program ships with: the only place in the host where features are named.

use vestry_identity::Actor;
use vestry_sandbox::Sandbox;
use vestry_storage::Database;

use crate::installer::package::{self, Decision, PackageError};
use crate::installer::store::{Digest, Store};

/// A package inside the program.
#[derive(Debug, Clone, Copy)]
pub struct Shipped {
    pub id: &'static str,
    pub component: &'static [u8],
}

/// All of them, in the order that they are installed.
pub const SHIPPED: &[Shipped] = &[
    Shipped { id: "org.vestry.users", component: include_bytes!(concat!(env!("OUT_DIR"), "/shipped/users.wasm")) },
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
pub async fn install(database: &Database, store: &Store, sandbox: &Sandbox, now: u64) -> Result<(), PackageError> {
    for shipped in SHIPPED {
        let digest = Digest::of(shipped.component);
        let (known, mounted) = database
            .read(|reader| Ok::<_, PackageError>((reader.packages(Some(shipped.id))?, reader.plugin(shipped.id)?)))?;
        let current = mounted.as_ref().is_some_and(|plugin| plugin.digest == digest.as_str());
        let sent_away = mounted.is_none() && !known.is_empty();
        if current || sent_away {
            continue;
        }
        let inspected = package::inspect(store, sandbox, shipped.component).await?;
        let mount = mounted.map(|plugin| plugin.mount);
        let decision = Decision {
            source: SOURCE,
            mount: mount.as_deref(),
            grants: inspected.asks.clone(),
            accept_proposals: true,
            replace: false,
        };
        let (database, actor) = (database.clone(), Actor::console());
        package::mount(&database, &actor, &inspected, &decision, now)?;
        tracing::info!(plugin = shipped.id, version = inspected.info.version, "a shipped package was installed");
    }
    Ok(())
}
