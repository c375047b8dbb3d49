//! An administrator's yes to what a package asks for: written down as a whole, with an entry in the audit for each.
//!
//! Grants are read at each host call, so a change counts at once, also for what runs already.

use std::collections::BTreeSet;

use vestry_capabilities::{Capability, MANAGE};
use vestry_identity::{Act, Actor, PermissionSet, audit};
use vestry_storage::{Database, GrantRow, StorageError, Transaction};

/// What is needed to grant anything.
pub const GRANT: &str = "plugins.grant";

/// Why nothing was granted or taken.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    #[error("Granting needs the permission {GRANT}.")]
    Forbidden,
    #[error("You do not hold the permission {0} yourself, so you cannot grant it.")]
    NotHeld(String),
    #[error("A secret is granted by who looks after secrets: it needs the permission {MANAGE}.")]
    Secret,
    #[error("Somebody else has changed what is granted since this was shown. Nothing was changed; look at it again.")]
    Stale,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What was ticked, and what it was ticked on.
#[derive(Debug)]
pub struct Ticked {
    /// What was shown as granted.
    pub shown: BTreeSet<Capability>,
    /// What is to be granted from now on.
    pub wanted: BTreeSet<Capability>,
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
/// Where the actor may not, or something else is granted than was shown: who ticks boxes answers what stood on the page, and
/// takes back nothing that another administrator gave meanwhile; nothing was changed then. See [`refusal`] for what needs
/// more than the permission to grant.
pub fn decide(
    database: &Database,
    actor: &Actor,
    plugin: &str,
    digest: &str,
    asks: &[Capability],
    ticked: &Ticked,
    now: u64,
) -> Result<Decided, GrantError> {
    let actor = actor.clone().through(plugin, digest);
    database.write(|tx| {
        let holds = actor.holds_now(tx)?;
        if !holds.holds_name(GRANT) {
            return Err(GrantError::Forbidden);
        }
        let mut decided = Decided::default();
        let Ticked { shown, wanted } = ticked;
        for ask in asks.iter().collect::<BTreeSet<_>>() {
            let name = ask.to_string();
            let granted = tx.is_granted(plugin, digest, &name)?;
            if granted != shown.contains(ask) {
                return Err(GrantError::Stale);
            }
            if wanted.contains(ask) && !granted {
                if let Some(refusal) = refusal(ask, &holds) {
                    return Err(refusal);
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

/// Why who may grant, and holds these permissions, cannot grant this: a plugin could otherwise do for them, with nobody
/// present, what they may not do themselves, or be handed a secret by who has no business with secrets.
#[must_use]
pub fn refusal(ask: &Capability, holds: &PermissionSet) -> Option<GrantError> {
    match ask {
        Capability::Permission(permission) if !holds.holds_name(permission) => {
            Some(GrantError::NotHeld(permission.clone()))
        }
        Capability::Secret(_) if !holds.holds_name(MANAGE) => Some(GrantError::Secret),
        _ => None,
    }
}

fn note(tx: &Transaction<'_>, actor: &Actor, action: &str, capability: &str, now: u64) -> Result<(), StorageError> {
    audit(tx, actor, &Act { action, subject: capability, detail: "" }, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "d1";

    fn asks() -> Vec<Capability> {
        ["vestry:plugin/kv", "public", "permission users.delete", "secret smtp"]
            .map(|name| name.parse().unwrap())
            .to_vec()
    }

    fn wanted(names: &[&str]) -> BTreeSet<Capability> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    /// As somebody ticks who sees what is granted.
    fn ticked(database: &Database, names: &[&str]) -> Ticked {
        let shown = granted(database);
        Ticked { shown: wanted(&shown.iter().map(String::as_str).collect::<Vec<_>>()), wanted: wanted(names) }
    }

    fn granted(database: &Database) -> Vec<String> {
        let rows = database.read(|reader| reader.grants("p", DIGEST)).unwrap();
        rows.into_iter().map(|row| row.capability).collect()
    }

    #[test]
    fn grants_become_those_that_are_wanted_and_nothing_else_is_granted() {
        let database = Database::temporary().unwrap();
        let console = Actor::console();
        let decide =
            |names: &[&str]| decide(&database, &console, "p", DIGEST, &asks(), &ticked(&database, names), 10).unwrap();
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
    fn what_another_gave_or_took_meanwhile_is_left_alone() {
        let database = Database::temporary().unwrap();
        let console = Actor::console();
        let decide = |ticked: &Ticked| decide(&database, &console, "p", DIGEST, &asks(), ticked, 10);
        let late = ticked(&database, &["public"]);
        decide(&ticked(&database, &["vestry:plugin/kv"])).unwrap();
        assert!(matches!(decide(&late), Err(GrantError::Stale)), "given meanwhile");
        assert_eq!(granted(&database), ["vestry:plugin/kv"], "it stays, and nothing else is granted");
        let late = ticked(&database, &["vestry:plugin/kv", "public"]);
        decide(&ticked(&database, &[])).unwrap();
        assert!(matches!(decide(&late), Err(GrantError::Stale)), "taken meanwhile");
        assert!(granted(&database).is_empty());
    }

    #[test]
    fn who_may_not_grants_nothing() {
        let database = Database::temporary().unwrap();
        let holds = |names: &[&str]| {
            let permissions: PermissionSet = names.iter().map(|name| (*name).to_owned()).collect();
            Actor::service("s", permissions)
        };
        let decide = |actor: &Actor, names: &[&str]| {
            decide(&database, actor, "p", DIGEST, &asks(), &ticked(&database, names), 10)
        };
        assert!(matches!(decide(&holds(&["users.read"]), &["public"]), Err(GrantError::Forbidden)));
        let manager = holds(&[GRANT]);
        let refused = decide(&manager, &["public", "permission users.delete"]);
        assert!(matches!(refused, Err(GrantError::NotHeld(permission)) if permission == "users.delete"));
        assert!(matches!(decide(&manager, &["public", "secret smtp"]), Err(GrantError::Secret)));
        assert!(matches!(decide(&holds(&["server.manage", MANAGE]), &["secret smtp"]), Err(GrantError::Forbidden)));
        assert!(granted(&database).is_empty(), "nothing of it was granted");
        assert_eq!(decide(&holds(&[GRANT, MANAGE]), &["secret smtp"]).unwrap(), Decided { given: 1, taken: 0 });
        assert_eq!(decide(&manager, &["secret smtp"]).unwrap(), Decided::default(), "it stays as it is");
        assert_eq!(decide(&manager, &[]).unwrap(), Decided { given: 0, taken: 1 }, "taking needs no more");
        decide(&holds(&[GRANT, "users.delete"]), &["permission users.delete"]).unwrap();
        assert_eq!(decide(&manager, &["permission users.delete"]).unwrap(), Decided::default(), "it stays as it is");
        assert_eq!(decide(&manager, &[]).unwrap(), Decided { given: 0, taken: 1 }, "taking needs no more");
    }
}
