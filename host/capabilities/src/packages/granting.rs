//! What somebody can grant: never more than they could do themselves. A plugin could otherwise do it for them, with nobody
//! present or through somebody who holds more; or be handed a secret, or a directory of the server, by who has no business
//! with those.
//!
//! The same holds for what goes over from the version that runs to one that takes its place.

use vestry_catalog::{Capability, FILE, SHIPPED};
use vestry_identity::PermissionSet;

use crate::secret_store::MANAGE;
use crate::table::TABLE;

/// What is needed to grant anything.
pub const GRANT: &str = "plugins.grant";
/// What is needed to grant a directory of the server.
pub const SERVER: &str = "server.manage";

/// Why something cannot be granted by who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotYours {
    /// It is a permission that they do not hold.
    Permission(String),
    /// It is an interface, some function of which needs this permission.
    PermissionOf(&'static str),
    Directory,
    Secret,
}

/// Why who may grant, and holds these permissions, cannot grant this.
#[must_use]
pub fn not_yours(ask: &Capability, holds: &PermissionSet) -> Option<NotYours> {
    match ask {
        Capability::Permission(permission) if !holds.holds_name(permission) => {
            Some(NotYours::Permission(permission.clone()))
        }
        Capability::Interface(name) => {
            let mut needed = TABLE.iter().filter(|row| row.interface == name).filter_map(|row| row.permission);
            needed.find(|permission| !holds.holds_name(permission)).map(NotYours::PermissionOf)
        }
        Capability::Directory { .. } if !holds.holds_name(SERVER) => Some(NotYours::Directory),
        Capability::Secret(_) if !holds.holds_name(MANAGE) => Some(NotYours::Secret),
        _ => None,
    }
}

/// Whether what the version that runs holds goes over, by the hand of who holds these permissions, to a package from the
/// same source. What comes with the server is the server's own. A repository is whose it was when somebody said yes to what
/// is in it; a file is whoever's sent it, so of that nothing goes over by who may not grant.
#[must_use]
pub fn hands_on(holds: &PermissionSet, source: &str, ask: &Capability) -> bool {
    source == SHIPPED || (not_yours(ask, holds).is_none() && (source != FILE || holds.holds_name(GRANT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_hands_on_what_they_could_not_give() {
        let hands_on = |holds: &[&str], source: &str, ask: &str| {
            let holds: PermissionSet = holds.iter().map(|name| (*name).to_owned()).collect();
            hands_on(&holds, source, &ask.parse().unwrap())
        };
        let (kv, git) = ("vestry:plugin/kv", "git https://example.org/a.git");
        for (holds, source, ask, expected) in [
            (&[][..], git, kv, true),
            (&[], FILE, kv, false),
            (&[GRANT], FILE, kv, true),
            (&[GRANT], FILE, "permission users.delete", false),
            (&[GRANT, "users.delete"], FILE, "permission users.delete", true),
            (&[GRANT], git, "secret smtp", false),
            (&[GRANT], git, "directory logs", false),
            (&[GRANT], git, "vestry:admin/users", false),
            (&[], SHIPPED, "vestry:admin/users", true),
        ] {
            assert_eq!(hands_on(holds, source, ask), expected, "{holds:?} {source} {ask}");
        }
        let all = PermissionSet::all();
        for ask in [kv, "secret smtp", "directory-write logs", "vestry:admin/users", "permission users.delete"] {
            assert!(
                super::hands_on(&all, FILE, &ask.parse().unwrap()),
                "who may do all, such as the command line: {ask}"
            );
        }
    }
}
