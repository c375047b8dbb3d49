//! Changing accounts: one function over a list of changes, for the command line and for plugins alike.
//!
//! The rules, each of which answers a sentence where it refuses:
//! - a kind of change needs its permission (`users.write`, `users.activate`, ...);
//! - nobody gives or takes what they do not hold themselves;
//! - who changes an account must hold every permission that it has or would have;
//! - the last active administrator stays one, and nobody deactivates or deletes themselves.
//!
//! What the actor holds is looked up in the transaction of the changes, not when the request began.

mod desk;

use vestry_storage::{AccountFilter, Transaction};

use self::desk::{Desk, Stop};
use crate::{AccountId, Act, Actor, IdentityError, audit_refusal};

/// A new account, or what becomes of one. Text as it came; it is checked here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// `id`: a new one, chosen by the caller, so that a rehearsal and the change itself make the same account. `user` is
    /// given in any case.
    Create {
        id: AccountId,
        email: String,
        name: String,
        privileges: Vec<String>,
    },
    Rename {
        account: String,
        name: String,
    },
    SetActive {
        account: String,
        active: bool,
    },
    Give {
        account: String,
        privilege: String,
    },
    Take {
        account: String,
        privilege: String,
    },
    Delete {
        account: String,
    },
}

/// What becomes of all accounts that a filter finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BulkChange {
    SetActive(bool),
    Give(String),
    Take(String),
}

/// What happens where something is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is changed; the outcome says what would be.
    Rehearse,
    /// With one refusal, nothing is changed.
    AllOrNothing,
    /// What is refused stays as it is, the rest is changed.
    SkipRefused,
}

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Into the changes; of a bulk change, 0.
    pub index: u32,
    /// The account, empty for one that is to be created.
    pub account: String,
    /// A sentence that may be shown.
    pub reason: String,
}

/// What was changed, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub changed: u64,
    /// Was so already.
    pub unchanged: u64,
    pub refused: u64,
    /// The first hundred.
    pub refusals: Vec<Refusal>,
    /// Ids of new accounts, in the order of their changes. Of a rehearsal, none.
    pub created: Vec<String>,
    /// Ids of the accounts that are changed, or would be, in order; new ones too.
    pub touched: Vec<String>,
}

/// Refusals that are listed, and written to the audit.
const LISTED: usize = 100;
/// Accounts that are read at once when all that a filter finds are changed; some 300 bytes each.
const BATCH: u32 = 5000;

/// Does the changes in their order, as part of the transaction; later ones see what earlier ones did.
///
/// # Errors
/// Where the database fails. Refusals are no errors: they stand in the outcome.
pub fn apply(
    tx: &Transaction<'_>,
    actor: &Actor,
    changes: &[Change],
    mode: Mode,
    now: u64,
) -> Result<Outcome, IdentityError> {
    run(tx, actor, mode, now, |desk, outcome| {
        for (index, change) in changes.iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            outcome.note(index, change.account(), desk.change(change))?;
        }
        Ok(())
    })
}

/// Does one change to all accounts that a filter finds, as part of the transaction.
///
/// # Errors
/// Where the database fails. Refusals are no errors: they stand in the outcome.
pub fn apply_found(
    tx: &Transaction<'_>,
    actor: &Actor,
    filter: &AccountFilter,
    change: &BulkChange,
    mode: Mode,
    now: u64,
) -> Result<Outcome, IdentityError> {
    run(tx, actor, mode, now, |desk, outcome| {
        let mut after = String::new();
        loop {
            let batch = tx.accounts_after(filter, &after, BATCH)?;
            let Some(last) = batch.last() else {
                return Ok(());
            };
            last.id.clone_into(&mut after);
            for account in &batch {
                outcome.note(0, &account.id, desk.change_found(account, change))?;
            }
        }
    })
}

/// Keeps or takes back what `body` does, as the mode says.
fn run(
    tx: &Transaction<'_>,
    actor: &Actor,
    mode: Mode,
    now: u64,
    body: impl FnOnce(&mut Desk<'_>, &mut Outcome) -> Result<(), IdentityError>,
) -> Result<Outcome, IdentityError> {
    let outcome = tx.part(|tx| {
        let mut desk = Desk::new(tx, actor, now)?;
        let mut outcome = Outcome::default();
        body(&mut desk, &mut outcome)?;
        let keep = match mode {
            Mode::Rehearse => false,
            Mode::AllOrNothing => outcome.refused == 0,
            Mode::SkipRefused => true,
        };
        if outcome.changed > 0 {
            tx.raise_generation()?;
        }
        if !keep {
            outcome.created.clear();
        }
        if !keep && mode == Mode::AllOrNothing {
            outcome.changed = 0;
        }
        Ok::<_, IdentityError>((outcome, keep))
    })?;
    if mode != Mode::Rehearse {
        for refusal in &outcome.refusals {
            let act = Act { action: "users.apply", subject: &refusal.account, detail: &refusal.reason };
            audit_refusal(tx, actor, &act, now)?;
        }
    }
    Ok(outcome)
}

impl Change {
    /// The account that is changed, empty for one that is to be created.
    pub fn account(&self) -> &str {
        match self {
            Self::Create { .. } => "",
            Self::Rename { account, .. }
            | Self::SetActive { account, .. }
            | Self::Give { account, .. }
            | Self::Take { account, .. }
            | Self::Delete { account } => account,
        }
    }
}

/// What one change came to.
enum Done {
    Changed,
    Created(String),
    Unchanged,
}

impl Outcome {
    fn note(&mut self, index: u32, account: &str, done: Result<Done, Stop>) -> Result<(), IdentityError> {
        match done {
            Ok(Done::Changed) => {
                self.changed += 1;
                self.touched.push(account.to_owned());
            }
            Ok(Done::Created(id)) => {
                self.changed += 1;
                self.touched.push(id.clone());
                self.created.push(id);
            }
            Ok(Done::Unchanged) => self.unchanged += 1,
            Err(Stop::Refused(reason)) => {
                self.refused += 1;
                if self.refusals.len() < LISTED {
                    self.refusals.push(Refusal { index, account: account.to_owned(), reason });
                }
            }
            Err(Stop::Failed(error)) => return Err(error),
        }
        Ok(())
    }
}
