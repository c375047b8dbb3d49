//! What somebody holds.

use std::collections::BTreeSet;

use vestry_storage::{Reader, StorageError};

use crate::{ADMIN, HOST_PERMISSIONS, Permission, USER};

/// A set of permissions; or all of them, also those that nobody has declared yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PermissionSet {
    all: bool,
    names: BTreeSet<String>,
}

impl PermissionSet {
    /// Every permission there is and will be.
    pub fn all() -> Self {
        Self { all: true, names: HOST_PERMISSIONS.iter().map(|permission| permission.name.to_owned()).collect() }
    }

    /// Whether it holds this one.
    pub fn holds(&self, permission: &Permission) -> bool {
        self.holds_name(permission.as_str())
    }

    /// The same, for a name that was parsed before or stands in the program.
    pub fn holds_name(&self, permission: &str) -> bool {
        self.all || self.names.contains(permission)
    }

    /// Whether it holds all that `other` holds.
    pub fn includes(&self, other: &Self) -> bool {
        self.all || (!other.all && other.names.is_subset(&self.names))
    }

    /// What both hold.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        match (self.all, other.all) {
            (true, true) => Self { all: true, names: self.names.union(&other.names).cloned().collect() },
            (true, false) => other.clone(),
            (false, true) => self.clone(),
            (false, false) => Self { all: false, names: self.names.intersection(&other.names).cloned().collect() },
        }
    }

    /// Whether it holds everything, also what is declared later.
    pub fn is_all(&self) -> bool {
        self.all
    }

    /// The permissions by name, in order; of [`all`](Self::all) those that were known when it was made.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

impl<N: Into<String>> FromIterator<N> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = N>>(names: I) -> Self {
        Self { all: false, names: names.into_iter().map(Into::into).collect() }
    }
}

/// What an account with these privileges (by name, spaces between) holds. What `user` holds everyone does.
///
/// # Errors
/// Where the database cannot be read.
pub fn permissions_of(reader: &Reader<'_>, privileges: &str) -> Result<PermissionSet, StorageError> {
    let mut set = privilege_permissions(reader, USER)?;
    for privilege in privileges.split_ascii_whitespace() {
        let more = privilege_permissions(reader, privilege)?;
        set.all |= more.all;
        set.names.extend(more.names);
    }
    Ok(set)
}

/// What one privilege holds.
pub(crate) fn privilege_permissions(reader: &Reader<'_>, privilege: &str) -> Result<PermissionSet, StorageError> {
    if privilege != ADMIN {
        return Ok(reader.privilege_permissions(privilege)?.into_iter().collect());
    }
    let mut set = PermissionSet::all();
    set.names.extend(reader.permissions()?.into_iter().map(|permission| permission.name));
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::PermissionSet;

    #[test]
    fn sets_compare_by_what_they_permit() {
        let few: PermissionSet = ["users.read"].into_iter().collect();
        let more: PermissionSet = ["users.read", "users.write"].into_iter().collect();
        assert!(more.includes(&few) && !few.includes(&more));
        assert!(PermissionSet::all().includes(&more) && !more.includes(&PermissionSet::all()));
        assert!(PermissionSet::all().holds_name("org.example.later/read"));
        assert_eq!(PermissionSet::all().intersection(&few), few);
        assert_eq!(more.intersection(&few), few);
        assert!(PermissionSet::all().intersection(&PermissionSet::all()).is_all());
    }
}
