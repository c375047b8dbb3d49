//! An administrator's yes to what a package asks for: written down as a whole, with an entry in the audit for each.
//!
//! Grants are read at each host call, so a change counts at once, also for what runs already.

use std::collections::BTreeSet;

use vestry_capabilities::Capability;
use vestry_identity::{Act, Actor, audit};
use vestry_storage::{Database, GrantRow, StorageError, Transaction};

/// What is needed to grant anything.
pub const GRANT: &str = "server.manage";

/// Why nothing was granted or taken.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    #[error("Granting needs the permission {GRANT}.")]
    Forbidden,
    #[error("You do not hold the permission {0} yourself, so you cannot grant it.")]
    NotHeld(String),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// How many grants were given and taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Decided {
    pub given: usize,
    pub taken: usize,
}

/// Makes the grants of one package those that are wanted; of what it does not ask for nothing is granted. `asks`: all that
/// it asks for. Waits for the disk.
///
/// # Errors
///
/// Where the actor may not; nothing was changed then. A permission can only be granted by who holds it: a plugin could
/// otherwise do for its administrator, with nobody present, what they may not do themselves.
pub fn decide(
    database: &Database,
    actor: &Actor,
    plugin: &str,
    digest: &str,
    asks: &[Capability],
    wanted: &BTreeSet<Capability>,
    now: u64,
) -> Result<Decided, GrantError> {
    let actor = actor.clone().through(plugin, digest);
    database.write(|tx| {
        let holds = actor.holds_now(tx)?;
        if !holds.holds_name(GRANT) {
            return Err(GrantError::Forbidden);
        }
        let mut decided = Decided::default();
        for ask in asks.iter().collect::<BTreeSet<_>>() {
            let name = ask.to_string();
            let granted = tx.is_granted(plugin, digest, &name)?;
            if wanted.contains(ask) && !granted {
                if let Capability::Permission(permission) = ask
                    && !holds.holds_name(permission)
                {
                    return Err(GrantError::NotHeld(permission.clone()));
                }
                tx.insert_grant(&GrantRow {
                    plugin: plugin.to_owned(),
                    digest: digest.to_owned(),
                    capability: name.clone(),
                    granted_by: actor.id().to_owned(),
                    granted: now,
                })?;
                note(tx, &actor, "grant.give", &name, now)?;
                decided.given += 1;
            } else if granted && !wanted.contains(ask) {
                tx.delete_grant(plugin, digest, &name)?;
                note(tx, &actor, "grant.take", &name, now)?;
                decided.taken += 1;
            }
        }
        if decided != Decided::default() {
            tx.raise_generation()?;
        }
        Ok(decided)
    })
}

fn note(tx: &Transaction<'_>, actor: &Actor, action: &str, capability: &str, now: u64) -> Result<(), StorageError> {
    audit(tx, actor, &Act { action, subject: capability, detail: "" }, now)
}

#[cfg(test)]
mod tests {
    use vestry_identity::PermissionSet;

    use super::*;

    const DIGEST: &str = "d1";

    fn asks() -> Vec<Capability> {
        ["vestry:plugin/kv", "public", "permission users.delete"].map(|name| name.parse().unwrap()).to_vec()
    }

    fn wanted(names: &[&str]) -> BTreeSet<Capability> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn granted(database: &Database) -> Vec<String> {
        let rows = database.read(|reader| reader.grants("p", DIGEST)).unwrap();
        rows.into_iter().map(|row| row.capability).collect()
    }

    #[test]
    fn grants_become_those_that_are_wanted_and_nothing_else_is_granted() {
        let database = Database::temporary().unwrap();
        let console = Actor::console();
        let decide = |names: &[&str]| decide(&database, &console, "p", DIGEST, &asks(), &wanted(names), 10).unwrap();
        let generation = database.generation();
        assert_eq!(decide(&["vestry:plugin/kv", "public", "vestry:admin/users"]), Decided { given: 2, taken: 0 });
        assert!(database.generation() > generation);
        let mut now = granted(&database);
        now.sort();
        assert_eq!(now, ["public", "vestry:plugin/kv"], "what it does not ask for is not granted");
        assert_eq!(decide(&["vestry:plugin/kv", "permission users.delete"]), Decided { given: 1, taken: 1 });
        let generation = database.generation();
        assert_eq!(decide(&["vestry:plugin/kv", "permission users.delete"]), Decided::default());
        assert_eq!(database.generation(), generation);
        let entries = database.read(|reader| reader.audit_entries(&Default::default(), 10)).unwrap();
        let entries: Vec<_> = entries.iter().map(|entry| (entry.action.as_str(), entry.subject.as_str())).collect();
        assert!(entries.contains(&("grant.take", "public")) && entries.contains(&("grant.give", "public")));
        assert_eq!(entries.len(), 4);
    }

    #[test]
    fn who_may_not_grants_nothing() {
        let database = Database::temporary().unwrap();
        let holds = |names: &[&str]| {
            let permissions: PermissionSet = names.iter().map(|name| (*name).to_owned()).collect();
            Actor::service("s", permissions)
        };
        let decide = |actor: &Actor, names: &[&str]| decide(&database, actor, "p", DIGEST, &asks(), &wanted(names), 10);
        assert!(matches!(decide(&holds(&["users.read"]), &["public"]), Err(GrantError::Forbidden)));
        let manager = holds(&[GRANT]);
        let refused = decide(&manager, &["public", "permission users.delete"]);
        assert!(matches!(refused, Err(GrantError::NotHeld(permission)) if permission == "users.delete"));
        assert!(granted(&database).is_empty(), "nothing of it was granted");
        decide(&holds(&[GRANT, "users.delete"]), &["permission users.delete"]).unwrap();
        assert_eq!(decide(&manager, &["permission users.delete"]).unwrap(), Decided::default(), "it stays as it is");
        assert_eq!(decide(&manager, &[]).unwrap(), Decided { given: 0, taken: 1 }, "taking needs no more");
    }
}
