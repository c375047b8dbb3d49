//! What a request has written, kept until the plugin has answered.
//!
//! A host call checks what it is asked, tells the plugin what would come of it, and notes it here. Only when the plugin
//! has answered without failure does all of it take effect, in one transaction of the database; a trap, a failure or a
//! `confirm` leaves nothing. If somebody was faster in between, nothing takes effect either and the request runs again.
//! In a job and a migration nobody waits for an answer: there each commit takes effect at once ([`Effect`]).

use vestry_contract::types::Failure;
use vestry_contract::{kv, ui};
use vestry_events::{Event, Events};
use vestry_identity::accounts;
use vestry_storage::{AccountFilter, BadgeRow, Entry, KvChange, KvCheck, StorageError};

use crate::call::{Actor, Call, CallSettings, Effect};
use crate::gate::Refusals;
use crate::invitations::Invitation;
use crate::jobs::JobWrite;
use crate::mail::QueuedMail;
use crate::packages::PackageWrite;
use crate::phrases::PhraseWrite;
use crate::words;

/// One thing to be done.
#[derive(Debug)]
pub(crate) enum Write {
    Kv {
        checks: Vec<kv::Check>,
        changes: Vec<kv::Change>,
        version: u64,
    },
    Badge {
        route: String,
        badge: Option<ui::Badge>,
    },
    Users {
        changes: Vec<accounts::Change>,
        mode: accounts::Mode,
        expected: accounts::Outcome,
    },
    UsersFound {
        filter: AccountFilter,
        change: accounts::BulkChange,
        mode: accounts::Mode,
        expected: accounts::Outcome,
    },
    /// Word to followers; nothing is stored of it.
    Event {
        topic: String,
    },
    Job(JobWrite),
    Mail(QueuedMail),
    Invitation(Invitation),
    Package(PackageWrite),
    Phrases(PhraseWrite),
}

impl Write {
    /// A copy of it, if it concerns accounts.
    pub(crate) fn of_users(&self) -> Option<Self> {
        match self {
            Self::Users { changes, mode, expected } => {
                Some(Self::Users { changes: changes.clone(), mode: *mode, expected: expected.clone() })
            }
            Self::UsersFound { filter, change, mode, expected } => Some(Self::UsersFound {
                filter: filter.clone(),
                change: change.clone(),
                mode: *mode,
                expected: expected.clone(),
            }),
            Self::Invitation(invitation) => Some(Self::Invitation(invitation.clone())),
            _ => None,
        }
    }
}

/// What is to be done, in its order.
#[derive(Debug, Default)]
pub(crate) struct Transaction(Vec<Write>);

impl Transaction {
    pub(crate) fn push(&mut self, write: Write) {
        self.0.push(write);
    }

    pub(crate) fn writes(&self) -> &[Write] {
        &self.0
    }
}

/// Why what a request wrote did not take effect. Nothing of it did.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Somebody else was faster; the request can run again.
    #[error("{0}")]
    Conflict(String),
    #[error("{0}")]
    Exhausted(String),
    #[error(transparent)]
    Storage(StorageError),
}

impl From<StorageError> for CommitError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Conflict { .. } => Self::Conflict(error.to_string()),
            StorageError::Exhausted(reason) => Self::Exhausted(reason),
            other => Self::Storage(other),
        }
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(reason) => Self::Conflict(reason),
            CommitError::Exhausted(reason) => Self::Exhausted(reason),
            CommitError::Storage(error) => crate::call::unavailable(error),
        }
    }
}

impl Call {
    /// Whether anything was written.
    #[must_use]
    pub fn has_written(&self) -> bool {
        !self.transaction.0.is_empty()
    }

    /// Makes what was written take effect, with an audit entry for each. Waits for the disk: async code calls it in
    /// `spawn_blocking`.
    ///
    /// # Errors
    ///
    /// [`CommitError::Conflict`] where somebody was faster. After any error nothing has taken effect.
    pub fn commit(self) -> Result<(), CommitError> {
        let Ok(open) = self.settings() else { return Ok(()) };
        if !self.has_written() {
            return Ok(());
        }
        let writes = &self.transaction.0;
        if !writes.iter().all(|write| matches!(write, Write::Event { .. })) {
            open.services.database.write(|tx| {
                self.may_write(open, tx)?;
                writes.iter().try_for_each(|write| self.make(open, tx, write))
            })?;
        }
        writes.iter().for_each(|write| self.announce(&open.services.events, write));
        Ok(())
    }

    /// A call writes as long as the plugin works with the data that the call works with: not while a copy of it is
    /// brought to another shape, and not after that has taken its place. Whoever works on a job, as long as the job is
    /// theirs: one that was taken for dead, and wakes up again, may not.
    fn may_write(&self, open: &CallSettings, tx: &vestry_storage::Transaction<'_>) -> Result<(), CommitError> {
        let (subject, now) = (self.subject(), open.services.identity.clock().now());
        let writable = match open.effect {
            Effect::Migration => tx.is_open_copy(&subject.space, now)?,
            Effect::WithAnswer | Effect::Job { .. } => tx.is_writable(&subject.id, &subject.space, now)?,
            Effect::Trial => false,
        };
        if !writable {
            return Err(CommitError::Conflict("the plugin's data is changing its shape".into()));
        }
        match self.lease() {
            Some(lease) if !tx.holds_lease(lease)? => {
                Err(CommitError::Conflict("this attempt at the job is no longer the one that counts".into()))
            }
            _ => Ok(()),
        }
    }

    /// Wakes who waits for what was written.
    fn announce(&self, events: &Events, write: &Write) {
        match write {
            Write::Event { topic } => events.publish(&Event::Topic(self.subject().id.clone(), topic.clone())),
            Write::Job(write) => crate::jobs::announce(events, write),
            Write::Package(write) => crate::packages::announce(self, events, write),
            Write::Mail(_) | Write::Invitation(_) => events.publish(&Event::Work),
            Write::Badge { .. } | Write::Users { .. } | Write::UsersFound { .. } => events.publish(&Event::Authority),
            Write::Kv { .. } | Write::Phrases(_) => {}
        }
    }

    fn make(
        &self,
        open: &CallSettings,
        tx: &vestry_storage::Transaction<'_>,
        write: &Write,
    ) -> Result<(), CommitError> {
        let plugin = &self.subject().id;
        let now = open.services.identity.clock().now();
        match write {
            Write::Kv { checks, changes, version } => {
                let checks: Vec<KvCheck<'_>> =
                    checks.iter().map(|check| KvCheck { key: &check.key, version: check.version }).collect();
                let changes: Vec<KvChange<'_>> = changes.iter().map(stored).collect();
                tx.kv_commit(&self.subject().space, &checks, &changes, *version, now)?;
                match open.effect {
                    Effect::WithAnswer => Ok(self.audit(tx, "kv.commit", &format!("{} keys", changes.len()), now)?),
                    // What a job keeps as it goes along is no decision of anybody's, and can be thousands of commits.
                    Effect::Job { .. } | Effect::Migration | Effect::Trial => Ok(()),
                }
            }
            Write::Event { .. } => Ok(()),
            Write::Job(write) => crate::jobs::make(self, tx, write, now),
            Write::Mail(mail) => crate::mail::make(self, tx, mail, now),
            Write::Package(write) => crate::packages::make(self, open, tx, write, now),
            Write::Phrases(write) => crate::phrases::make(self, tx, write, now),
            Write::Invitation(invitation) => crate::invitations::make(self, open, tx, invitation, now),
            Write::Badge { route, badge } => {
                match badge {
                    Some(badge) => tx.put_badge(&BadgeRow {
                        plugin: plugin.clone(),
                        route: route.clone(),
                        // A phrase is kept as it is and translated when it is drawn.
                        label: words::fill(&badge.label, &[]),
                        level: format!("{:?}", badge.level).to_lowercase(),
                    })?,
                    None => drop(tx.delete_badge(plugin, route)?),
                }
                tx.raise_generation()?;
                Ok(self.audit(tx, "menu.set-badge", route, now)?)
            }
            Write::Users { expected, .. } | Write::UsersFound { expected, .. } => {
                let actor = crate::users::identity_actor(self, open)
                    .map_err(|_| CommitError::Conflict("what the actor may do was changed in the meantime".into()))?;
                as_expected(&crate::users::perform(&actor, tx, write, now)?, expected)
            }
        }
    }

    pub(crate) fn audit(
        &self,
        tx: &vestry_storage::Transaction<'_>,
        action: &str,
        subject: &str,
        time: u64,
    ) -> Result<(), StorageError> {
        let (actor, actor_kind) = self.actor_for_audit();
        tx.audit(&Entry {
            time,
            actor,
            actor_kind,
            plugin: &self.subject().id,
            digest: &self.subject().digest,
            action,
            subject,
            outcome: "done",
            detail: "",
            request: self.request_id(),
        })
    }

    pub(crate) fn actor_for_audit(&self) -> (&str, &'static str) {
        actor_for_audit(self.actor())
    }
}

fn actor_for_audit(actor: &Actor) -> (&str, &'static str) {
    match actor {
        Actor::Person(caller) => (caller.account.as_str(), "person"),
        Actor::Token(caller) => (caller.account.as_str(), "token"),
        Actor::Job(caller) => (caller.account.as_str(), "job"),
        Actor::Visitor => ("", "visitor"),
        Actor::Nobody | Actor::Gone => ("", "nobody"),
    }
}

/// Writes what was refused during a request to the audit, whatever came of the request. Waits for the disk.
///
/// # Errors
///
/// Where the database cannot be written.
pub fn audit_refusals(open: &CallFacts, refusals: &Refusals) -> Result<(), StorageError> {
    if refusals.is_empty() {
        return Ok(());
    }
    let (actor, actor_kind) = actor_for_audit(&open.actor);
    open.database.write(|tx| {
        for (refusal, times) in refusals {
            tx.audit(&Entry {
                time: open.time,
                actor,
                actor_kind,
                plugin: &open.plugin,
                digest: &open.digest,
                action: &refusal.function,
                subject: "",
                outcome: "refused",
                detail: &format!("{} ({times} times)", refusal.reason),
                request: &open.request,
            })?;
        }
        Ok(())
    })
}

/// What of a call outlives it.
#[derive(Debug, Clone)]
pub struct CallFacts {
    pub database: vestry_storage::Database,
    pub plugin: String,
    pub digest: String,
    pub request: String,
    pub actor: Actor,
    /// When it began.
    pub time: u64,
}

fn stored(change: &kv::Change) -> KvChange<'_> {
    match change {
        kv::Change::Set((key, value)) => KvChange::Set { key, value },
        kv::Change::Delete(key) => KvChange::Delete { key },
        kv::Change::SetUntil((key, value, expires)) => KvChange::SetUntil { key, value, expires: *expires },
    }
}

/// What was told to the plugin has to be what happens.
fn as_expected(outcome: &accounts::Outcome, expected: &accounts::Outcome) -> Result<(), CommitError> {
    let same = (outcome.unchanged, outcome.refused, &outcome.touched)
        == (expected.unchanged, expected.refused, &expected.touched);
    if same { Ok(()) } else { Err(CommitError::Conflict("the accounts were changed in the meantime".into())) }
}

#[cfg(test)]
mod tests;
