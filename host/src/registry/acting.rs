//! Who acts, as a plugin is told.

use vestry_capabilities::{Capability, Services, TABLE};
use vestry_contract::types::Actor;
use vestry_identity::{Caller, CallerKind};
use vestry_storage::StorageError;

use crate::registry::plugin::Plugin;

/// The actor with just the permissions that concern this plugin: those it declared, and those of the interfaces it was
/// granted.
///
/// # Errors
///
/// Where grants cannot be read.
pub fn actor(services: &Services, plugin: &Plugin, caller: &Caller) -> Result<Actor, StorageError> {
    let subject = &plugin.subject;
    let grants = services.grants(&subject.id, &subject.digest)?;
    let declared = plugin.info.permissions.iter().map(|permission| permission.name.as_str());
    let of_interfaces =
        TABLE.iter().filter(|row| grants.holds_interface(row.interface)).filter_map(|row| row.permission);
    let mut permissions: Vec<String> =
        declared.chain(of_interfaces).filter(|name| caller.permissions.holds_name(name)).map(str::to_owned).collect();
    permissions.sort_unstable();
    permissions.dedup();
    let identity = grants.holds(&Capability::Identity);
    Ok(Actor {
        id: caller.account.as_str().to_owned(),
        kind: match caller.kind {
            CallerKind::Person => "person".into(),
            CallerKind::Token => "token".into(),
            CallerKind::Job => "service".into(),
        },
        name: if identity { caller.name.clone() } else { String::new() },
        email: caller.email.clone().filter(|_| identity),
        permissions,
        extra: Vec::new(),
    })
}
