//! Changing what privileges permit, and the permissions that plugins declare.
//!
//! Nobody adds to a privilege, or takes from it, what they do not hold themselves. `admin` permits everything always,
//! so it cannot be changed.

use std::collections::BTreeSet;

use vestry_phrases::phrase;
use vestry_storage::{PermissionRow, PrivilegeRow, Reader, Transaction};

use crate::permission_set::privilege_permissions;
use crate::{ADMIN, Act, Actor, HOST_PERMISSIONS, IdentityError, Name, Permission, PermissionSet, Privilege, audit};

/// Titles of the privileges that the database begins with.
const BUILTIN_TITLES: [&str; 5] =
    [phrase!("Administrator"), phrase!("Developer"), phrase!("Advocate"), phrase!("Trainer"), phrase!("User")];

/// The title of a privilege that comes with Vestry, as a phrase; none for others.
#[must_use]
pub fn builtin_title(title: &str) -> Option<&'static str> {
    BUILTIN_TITLES.iter().copied().find(|known| *known == title)
}

/// A privilege, as an actor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivilegeView {
    pub name: String,
    pub title: String,
    pub builtin: bool,
    /// In order; of `admin` all that are known.
    pub permissions: Vec<String>,
    /// The actor holds all that it permits, so may give and take it.
    pub may_give: bool,
}

/// A permission that a plugin declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    pub name: Permission,
    pub title: String,
    /// Privileges that the plugin proposes to permit it.
    pub suggested: Vec<Privilege>,
}

/// That a privilege should permit something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub privilege: Privilege,
    pub permission: Permission,
}

/// All permissions that can be held: name and title, the host's own first, then those of plugins by name.
///
/// # Errors
/// Where the database cannot be read.
pub fn known_permissions(reader: &Reader<'_>) -> Result<Vec<(String, String)>, IdentityError> {
    let own = HOST_PERMISSIONS.iter().map(|permission| (permission.name.to_owned(), permission.title.to_owned()));
    let declared = reader.permissions()?.into_iter().map(|permission| (permission.name, permission.title));
    Ok(own.chain(declared).collect())
}

/// All privileges.
///
/// # Errors
/// Where the database cannot be read.
pub fn list(reader: &Reader<'_>, actor: &Actor) -> Result<Vec<PrivilegeView>, IdentityError> {
    let holds = actor.holds_now(reader)?;
    let view = |row: PrivilegeRow| {
        let permits = privilege_permissions(reader, &row.name)?;
        Ok(PrivilegeView {
            may_give: holds.holds_name("users.privileges") && holds.includes(&permits),
            permissions: permits.names().map(str::to_owned).collect(),
            name: row.name,
            title: row.title,
            builtin: row.builtin,
        })
    };
    reader.privileges()?.into_iter().map(view).collect()
}

/// Adds a privilege of the organisation's own.
///
/// # Errors
/// Refused where the name is taken or the actor does not hold one of the permissions.
pub fn create(
    tx: &Transaction<'_>,
    actor: &Actor,
    name: &Privilege,
    title: &str,
    permissions: &[Permission],
    now: u64,
) -> Result<(), IdentityError> {
    let holds = manager(tx, actor)?;
    let title = Name::parse(title)?;
    if tx.privilege(name.as_str())?.is_some() {
        return Err(IdentityError::refused(format!("There is already a privilege `{name}`.")));
    }
    check_permissions(tx, &holds, permissions)?;
    tx.insert_privilege(name.as_str(), title.as_str())?;
    for permission in permissions {
        tx.add_privilege_permission(name.as_str(), permission.as_str())?;
    }
    changed(tx, actor, "privileges.create", name, &join(permissions), now)
}

/// Deletes a privilege of the organisation's own, and takes it from all who have it.
///
/// # Errors
/// Refused for one that comes with Vestry, and where the actor does not hold all that it permits.
pub fn delete(tx: &Transaction<'_>, actor: &Actor, name: &Privilege, now: u64) -> Result<(), IdentityError> {
    let holds = manager(tx, actor)?;
    let row = existing(tx, name)?;
    if row.builtin {
        return Err(IdentityError::refused(format!("The privilege `{name}` comes with Vestry and cannot be deleted.")));
    }
    if !holds.includes(&row.permissions.iter().map(String::as_str).collect()) {
        return Err(IdentityError::refused(format!("You do not hold all that the privilege `{name}` permits.")));
    }
    tx.delete_privilege(name.as_str())?;
    changed(tx, actor, "privileges.delete", name, &row.permissions.join(" "), now)
}

/// Lets a privilege permit these and nothing else.
///
/// # Errors
/// Refused for `admin`, and where the actor does not hold what is added or removed.
pub fn set_permissions(
    tx: &Transaction<'_>,
    actor: &Actor,
    name: &Privilege,
    permissions: &[Permission],
    now: u64,
) -> Result<(), IdentityError> {
    let holds = manager(tx, actor)?;
    let row = existing(tx, name)?;
    if row.name == ADMIN {
        return Err(IdentityError::refused("Administrators may do everything; that cannot be changed.".to_owned()));
    }
    let before: BTreeSet<Permission> = row.permissions.iter().filter_map(|name| Permission::parse(name).ok()).collect();
    let after: BTreeSet<Permission> = permissions.iter().cloned().collect();
    let differ: Vec<Permission> = before.symmetric_difference(&after).cloned().collect();
    if differ.is_empty() {
        return Ok(());
    }
    check_held(&holds, &differ)?;
    check_known(tx, after.difference(&before))?;
    for permission in &differ {
        match after.contains(permission) {
            true => tx.add_privilege_permission(name.as_str(), permission.as_str())?,
            false => tx.remove_privilege_permission(name.as_str(), permission.as_str())?,
        };
    }
    let detail = format!("{} -> {}", row.permissions.join(" "), join(permissions));
    changed(tx, actor, "privileges.set", name, &detail, now)
}

/// Notes what a plugin declares. Answers what it proposes for permissions that are seen for the first time; nothing
/// is permitted by it until that is [accepted](accept).
///
/// # Errors
/// Refused where a permission is not one of the plugin's own.
pub fn declare(tx: &Transaction<'_>, plugin: &str, declared: &[Declared]) -> Result<Vec<Proposal>, IdentityError> {
    let mut proposals = Vec::new();
    for Declared { name, title, suggested } in declared {
        if name.plugin() != Some(plugin) {
            return Err(IdentityError::refused(format!("The permission `{name}` does not begin with `{plugin}/`.")));
        }
        let row = PermissionRow { name: name.to_string(), title: title.clone(), plugin: plugin.to_owned() };
        if tx.declare_permission(&row)? {
            proposals.extend(
                suggested.iter().map(|privilege| Proposal { privilege: privilege.clone(), permission: name.clone() }),
            );
        }
    }
    tx.raise_generation()?;
    Ok(proposals)
}

/// Lets privileges permit what was proposed. A proposal for `admin`, which permits it anyway, or for a privilege that
/// does not exist changes nothing.
///
/// # Errors
/// Refused where the actor does not hold what is proposed.
pub fn accept(tx: &Transaction<'_>, actor: &Actor, proposals: &[Proposal], now: u64) -> Result<(), IdentityError> {
    let holds = actor.holds_now(tx)?;
    for Proposal { privilege, permission } in proposals {
        if privilege.as_str() == ADMIN || tx.privilege(privilege.as_str())?.is_none() {
            continue;
        }
        check_permissions(tx, &holds, std::slice::from_ref(permission))?;
        if tx.add_privilege_permission(privilege.as_str(), permission.as_str())? {
            changed(tx, actor, "privileges.set", privilege, &format!("+ {permission}"), now)?;
        }
    }
    Ok(())
}

fn manager(tx: &Transaction<'_>, actor: &Actor) -> Result<PermissionSet, IdentityError> {
    let holds = actor.holds_now(tx)?;
    match holds.holds_name("users.privileges") {
        true => Ok(holds),
        false => Err(IdentityError::refused(
            "You may not change privileges: that needs the permission users.privileges.".to_owned(),
        )),
    }
}

fn existing(tx: &Transaction<'_>, name: &Privilege) -> Result<PrivilegeRow, IdentityError> {
    tx.privilege(name.as_str())?.ok_or_else(|| IdentityError::refused(format!("There is no privilege `{name}`.")))
}

fn check_permissions(
    tx: &Transaction<'_>,
    holds: &PermissionSet,
    permissions: &[Permission],
) -> Result<(), IdentityError> {
    check_held(holds, permissions)?;
    check_known(tx, permissions)
}

fn check_held(holds: &PermissionSet, permissions: &[Permission]) -> Result<(), IdentityError> {
    match permissions.iter().find(|permission| !holds.holds(permission)) {
        None => Ok(()),
        Some(permission) => Err(IdentityError::refused(format!("You do not hold `{permission}` yourself."))),
    }
}

fn check_known<'p>(
    tx: &Transaction<'_>,
    permissions: impl IntoIterator<Item = &'p Permission>,
) -> Result<(), IdentityError> {
    let known = known_permissions(tx)?;
    let unknown = permissions.into_iter().find(|permission| !known.iter().any(|(name, _)| name == permission.as_str()));
    match unknown {
        None => Ok(()),
        Some(permission) => Err(IdentityError::refused(format!("There is no permission `{permission}`."))),
    }
}

fn changed(
    tx: &Transaction<'_>,
    actor: &Actor,
    action: &str,
    name: &Privilege,
    detail: &str,
    now: u64,
) -> Result<(), IdentityError> {
    tx.raise_generation()?;
    Ok(audit(tx, actor, &Act { action, subject: name.as_str(), detail }, now)?)
}

fn join(permissions: &[Permission]) -> String {
    permissions.iter().map(Permission::as_str).collect::<Vec<_>>().join(" ")
}
