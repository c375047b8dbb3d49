//! Writing down what an actor did or was refused.

use vestry_storage::{Entry, Result, Transaction};

use crate::Actor;

/// What was done or asked for.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// Such as `users.give`.
    pub action: &'a str,
    /// To what, such as an account's id.
    pub subject: &'a str,
    /// For a person to read. No secrets.
    pub detail: &'a str,
}

/// Writes down what was done, in the transaction that does it.
///
/// # Errors
/// Where the database cannot be written.
pub fn audit(tx: &Transaction<'_>, actor: &Actor, act: &Act<'_>, now: u64) -> Result<()> {
    write(tx, actor, act, "done", now)
}

/// Writes down what was refused, in a transaction that stands.
///
/// # Errors
/// Where the database cannot be written.
pub fn audit_refusal(tx: &Transaction<'_>, actor: &Actor, act: &Act<'_>, now: u64) -> Result<()> {
    write(tx, actor, act, "refused", now)
}

fn write(tx: &Transaction<'_>, actor: &Actor, act: &Act<'_>, outcome: &str, now: u64) -> Result<()> {
    tx.audit(&Entry {
        time: now,
        actor: actor.id(),
        actor_kind: actor.kind.name(),
        plugin: &actor.plugin,
        digest: &actor.digest,
        action: act.action,
        subject: act.subject,
        outcome,
        detail: act.detail,
        request: &actor.request,
    })
}
