//! Changing accounts: tried out at once, made when the request takes effect.

use vestry_contract::types::Failure;
use vestry_contract::users::{BulkChange, Change, Mode, Outcome, Query, Refusal as Refused};
use vestry_identity::{self as identity, AccountId, IdentityError, accounts};
use vestry_storage::{AccountFilter, Reader, StorageError, Transaction};

use super::{called, failure, fill, identity_failure, rehearse};
use crate::call::Call;
use crate::gate::{Pass, Question, Refusal};
use crate::table::{
    Kind, Row, USERS_ACTIVATE, USERS_ACTIVATE_FOUND, USERS_CREATE, USERS_DEACTIVATE, USERS_DEACTIVATE_FOUND,
    USERS_DELETE, USERS_GIVE, USERS_GIVE_FOUND, USERS_RENAME, USERS_TAKE, USERS_TAKE_FOUND,
};
use crate::transaction::{CommitError, Write};

/// Changes of one `apply`.
const MOST_CHANGES: usize = 1_000;

/// The rows of the table that these changes come under; a rehearsal needs the same permissions, and changes nothing.
pub(crate) fn rows(changes: &[Change], mode: Mode) -> Vec<Row> {
    let mut rows: Vec<Row> = changes.iter().map(row).collect();
    rows.sort_unstable_by_key(|row| row.case);
    rows.dedup();
    rows.into_iter().map(|row| as_mode(row, mode)).collect()
}

fn row(change: &Change) -> Row {
    match change {
        Change::Create(_) => USERS_CREATE,
        Change::Rename(_) => USERS_RENAME,
        Change::SetActive((_, true)) => USERS_ACTIVATE,
        Change::SetActive((_, false)) => USERS_DEACTIVATE,
        Change::Give(_) => USERS_GIVE,
        Change::Take(_) => USERS_TAKE,
        Change::Delete(_) => USERS_DELETE,
    }
}

pub(crate) fn bulk_row(change: &BulkChange, mode: Mode) -> Row {
    let row = match change {
        BulkChange::SetActive(true) => USERS_ACTIVATE_FOUND,
        BulkChange::SetActive(false) => USERS_DEACTIVATE_FOUND,
        BulkChange::Give(_) => USERS_GIVE_FOUND,
        BulkChange::Take(_) => USERS_TAKE_FOUND,
    };
    as_mode(row, mode)
}

fn as_mode(row: Row, mode: Mode) -> Row {
    if mode == Mode::Rehearse { Row { kind: Kind::Read, ask: None, ..row } } else { row }
}

pub(crate) async fn apply(
    call: &mut Call,
    pass: Pass,
    rows: &[Row],
    changes: Vec<Change>,
    mode: Mode,
) -> Result<Outcome, Failure> {
    if changes.len() > MOST_CHANGES {
        return Err(Failure::Exhausted(format!("at most {MOST_CHANGES} changes at a time; use apply-found for more")));
    }
    let changes: Vec<accounts::Change> = changes.into_iter().map(change).collect::<Result<_, _>>()?;
    let (tried, how) = (changes.clone(), account_mode(mode));
    let outcome = try_out(call, move |actor, tx, now| accounts::apply(tx, actor, &tried, how, now)).await?;
    if !takes_effect(call, mode, &outcome) {
        return Ok(contract_outcome(outcome));
    }
    if outcome.refused > outcome.refusals.len() as u64 {
        return Err(Failure::Exhausted("more of these changes are refused than can be listed; send fewer".into()));
    }
    let database = call.settings()?.services.database.clone();
    call.confirmed(&pass, rows, || {
        let sentences = database.read(|reader| {
            // What is refused does not happen, so it is not listed either: its words were not checked.
            let refused = |index: usize| outcome.refusals.iter().any(|refusal| refusal.index as usize == index);
            let listed = changes.iter().enumerate().filter(|(index, _)| !refused(*index));
            listed.map(|(_, change)| sentence(reader, change)).collect::<Result<Vec<_>, StorageError>>()
        });
        Ok(Question {
            sentences: sentences.map_err(failure)?,
            arguments: format!("{mode:?} {:?}", without_new_ids(&changes)),
        })
    })?;
    call.transaction.push(Write::Users { changes, mode: account_mode(mode), expected: outcome.clone() });
    Ok(contract_outcome(outcome))
}

pub(crate) async fn apply_found(
    call: &mut Call,
    pass: Pass,
    rows: &[Row],
    query: Query,
    change: BulkChange,
    mode: Mode,
) -> Result<Outcome, Failure> {
    let filter = AccountFilter { text: query.text, privilege: query.privilege, active: query.active };
    let change = match change {
        BulkChange::SetActive(active) => accounts::BulkChange::SetActive(active),
        BulkChange::Give(privilege) => accounts::BulkChange::Give(privilege),
        BulkChange::Take(privilege) => accounts::BulkChange::Take(privilege),
    };
    let (tried, how) = ((filter.clone(), change.clone()), account_mode(mode));
    let outcome =
        try_out(call, move |actor, tx, now| accounts::apply_found(tx, actor, &tried.0, &tried.1, how, now)).await?;
    if !takes_effect(call, mode, &outcome) {
        return Ok(contract_outcome(outcome));
    }
    // Which accounts it would change is part of what the person says yes to.
    call.confirmed(&pass, rows, || {
        Ok(Question {
            sentences: vec![bulk_sentence(&filter, &change, outcome.changed)],
            arguments: format!("{mode:?} {filter:?} {change:?} {:?}", outcome.touched),
        })
    })?;
    call.transaction.push(Write::UsersFound { filter, change, mode: account_mode(mode), expected: outcome.clone() });
    Ok(contract_outcome(outcome))
}

/// Does them, as part of the attempt; what is no refusal but an error is the server's.
async fn try_out(
    call: &Call,
    work: impl FnOnce(&identity::Actor, &Transaction<'_>, u64) -> Result<accounts::Outcome, IdentityError> + Send + 'static,
) -> Result<accounts::Outcome, Failure> {
    rehearse(call, work).await?.map_err(identity_failure)
}

/// Does what a request has written to accounts.
pub(crate) fn perform(
    actor: &identity::Actor,
    tx: &Transaction<'_>,
    write: &Write,
    now: u64,
) -> Result<accounts::Outcome, CommitError> {
    let outcome = match write {
        Write::Users { changes, mode, .. } => accounts::apply(tx, actor, changes, *mode, now),
        Write::UsersFound { filter, change, mode, .. } => accounts::apply_found(tx, actor, filter, change, *mode, now),
        Write::Invitation(invitation) => invitation.perform(actor, tx, now).map(|()| accounts::Outcome::default()),
        _ => return Ok(accounts::Outcome::default()),
    };
    outcome.map_err(|error| match error {
        IdentityError::Storage(error) => error.into(),
        other => CommitError::Conflict(other.to_string()),
    })
}

/// Whether there is anything to do. What was refused is noted for the audit: the attempt itself leaves no trace.
fn takes_effect(call: &mut Call, mode: Mode, outcome: &accounts::Outcome) -> bool {
    if mode == Mode::Rehearse {
        return false;
    }
    for refusal in &outcome.refusals {
        let function = "vestry:admin/users.apply".to_owned();
        call.note_refusal(Refusal {
            function,
            reason: format!("{} {}", refusal.account, refusal.reason).trim().to_owned(),
        });
    }
    outcome.changed > 0 && (mode == Mode::SkipRefused || outcome.refused == 0)
}

fn account_mode(mode: Mode) -> accounts::Mode {
    match mode {
        Mode::Rehearse => accounts::Mode::Rehearse,
        Mode::AllOrNothing => accounts::Mode::AllOrNothing,
        Mode::SkipRefused => accounts::Mode::SkipRefused,
    }
}

/// A new account gets its id here, so that the attempt and what takes effect make the same one.
fn change(change: Change) -> Result<accounts::Change, Failure> {
    Ok(match change {
        Change::Create((email, name, privileges)) => {
            let id = AccountId::generate().map_err(identity_failure)?;
            accounts::Change::Create { id, email, name, privileges }
        }
        Change::Rename((account, name)) => accounts::Change::Rename { account, name },
        Change::SetActive((account, active)) => accounts::Change::SetActive { account, active },
        Change::Give((account, privilege)) => accounts::Change::Give { account, privilege },
        Change::Take((account, privilege)) => accounts::Change::Take { account, privilege },
        Change::Delete(account) => accounts::Change::Delete { account },
    })
}

/// The changes as a yes is for them: when the request is made again, new accounts have other ids.
fn without_new_ids(changes: &[accounts::Change]) -> Vec<String> {
    changes
        .iter()
        .map(|change| match change {
            accounts::Change::Create { email, name, privileges, .. } => {
                format!("create {email:?} {name:?} {privileges:?}")
            }
            other => format!("{other:?}"),
        })
        .collect()
}

/// One change in the host's own words, with the account's name and address as they are in the database.
fn sentence(reader: &Reader<'_>, change: &accounts::Change) -> Result<String, StorageError> {
    let (row, values): (Row, Vec<(&str, String)>) = match change {
        accounts::Change::Create { email, name, privileges, .. } => (
            USERS_CREATE,
            vec![("name", name.clone()), ("email", email.clone()), ("with", with_privileges(privileges))],
        ),
        accounts::Change::Rename { account: id, name } => {
            return Ok(format!("Rename {} to “{name}”", called(reader, id)?));
        }
        accounts::Change::SetActive { account: id, active } => {
            (if *active { USERS_ACTIVATE } else { USERS_DEACTIVATE }, vec![("account", called(reader, id)?)])
        }
        accounts::Change::Give { account: id, privilege } => {
            (USERS_GIVE, vec![("account", called(reader, id)?), ("privilege", privilege.clone())])
        }
        accounts::Change::Take { account: id, privilege } => {
            (USERS_TAKE, vec![("account", called(reader, id)?), ("privilege", privilege.clone())])
        }
        accounts::Change::Delete { account: id } => (USERS_DELETE, vec![("account", called(reader, id)?)]),
    };
    Ok(fill(row, &values))
}

/// The end of a sentence about a new account.
pub(crate) fn with_privileges(privileges: &[String]) -> String {
    match privileges {
        [] => String::new(),
        _ => format!(", with the privileges {}", privileges.join(", ")),
    }
}

fn bulk_sentence(filter: &AccountFilter, change: &accounts::BulkChange, count: u64) -> String {
    let mut which = Vec::new();
    if !filter.text.trim().is_empty() {
        which.push(format!("found by “{}”", filter.text.trim()));
    }
    which.extend(filter.privilege.as_ref().map(|privilege| format!("with the privilege {privilege}")));
    which.extend(filter.active.map(|active| if active { "active" } else { "inactive" }.to_owned()));
    let which = if which.is_empty() { "all there are".to_owned() } else { which.join(", ") };
    let (row, privilege) = match change {
        accounts::BulkChange::SetActive(true) => (USERS_ACTIVATE_FOUND, ""),
        accounts::BulkChange::SetActive(false) => (USERS_DEACTIVATE_FOUND, ""),
        accounts::BulkChange::Give(privilege) => (USERS_GIVE_FOUND, privilege.as_str()),
        accounts::BulkChange::Take(privilege) => (USERS_TAKE_FOUND, privilege.as_str()),
    };
    fill(row, &[("count", count.to_string()), ("privilege", privilege.to_owned()), ("which", which)])
}

fn contract_outcome(outcome: accounts::Outcome) -> Outcome {
    Outcome {
        changed: outcome.changed,
        unchanged: outcome.unchanged,
        refused: outcome.refused,
        refusals: outcome
            .refusals
            .into_iter()
            .map(|refusal| Refused { index: refusal.index, id: refusal.account, reason: refusal.reason })
            .collect(),
        created: outcome.created,
    }
}
