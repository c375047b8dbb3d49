//! `users`: accounts and who holds what. The policy is identity's; here it is brought into the contract's form.
//!
//! A change is tried at once, in a transaction that is taken back, so that the plugin learns what would come of it;
//! it takes effect when the request does. The host's question is put together from the same attempt. Links under which
//! passwords are set have a file of their own, [`crate::invitations`].

mod changing;
mod finding;

use vestry_contract::types::{Failure, FieldError, Text};
use vestry_identity::{self as identity, IdentityError, PermissionSet};
use vestry_storage::{AccountRow, Reader, StorageError, Transaction};

pub(crate) use self::changing::{apply, apply_found, bulk_row, perform, rows, with_privileges};
pub(crate) use self::finding::{find, find_columns, get, privileges};
use crate::call::{Actor, Call, CallSettings, unavailable};
use crate::table::Row;
use crate::transaction::{CommitError, Write};
use vestry_catalog::Capability;

/// Tries something out after all that this request did to accounts before, and takes all of it back.
///
/// # Errors
///
/// The outer one where the database fails, or what was done before cannot be done any more.
pub(crate) async fn rehearse<T: Send + 'static>(
    call: &Call,
    work: impl FnOnce(&identity::Actor, &Transaction<'_>, u64) -> Result<T, IdentityError> + Send + 'static,
) -> Result<Result<T, IdentityError>, Failure> {
    let open = call.settings()?;
    let actor = identity_actor(call, open)?;
    let before: Vec<Write> = call.transaction.writes().iter().filter_map(Write::of_users).collect();
    let (now, database) = (call.now(), open.services.database.clone());
    let tried = move || {
        database.rehearse(|tx| {
            for write in &before {
                perform(&actor, tx, write, now)?;
            }
            Ok(work(&actor, tx, now))
        })
    };
    tokio::task::spawn_blocking(tried)
        .await
        .map_err(|_| Failure::Unavailable("the server is stopping".into()))?
        .map_err(commit_failure)
}

/// What the host calls an account: its name and address, as they are in the database.
pub(crate) fn called(reader: &Reader<'_>, id: &str) -> Result<String, StorageError> {
    Ok(match reader.account(id)? {
        Some(AccountRow { name, email: Some(email), .. }) => format!("{name} ({email})"),
        Some(AccountRow { name, .. }) => name,
        None => id.to_owned(),
    })
}

/// Who changes accounts through this call.
pub(crate) fn identity_actor(call: &Call, open: &CallSettings) -> Result<identity::Actor, Failure> {
    let subject = call.subject();
    let actor = match call.actor_now() {
        Actor::Person(caller) | Actor::Token(caller) | Actor::Job(caller) => identity::Actor::of(&caller),
        Actor::Gone => identity::Actor::nobody(),
        Actor::Visitor | Actor::Nobody => {
            let grants = open.services.grants(&subject.id, &subject.digest).map_err(unavailable)?;
            let held: PermissionSet = crate::TABLE
                .iter()
                .filter_map(|row| row.permission)
                .filter(|permission| grants.holds(&Capability::Permission((*permission).to_owned())))
                .collect();
            identity::Actor::service(&subject.id, held)
        }
    };
    Ok(actor.through(&subject.id, &subject.digest).in_request(call.request_id()))
}

/// What the host asks about a row, with its values.
pub(crate) fn fill(row: Row, values: &[(&str, String)]) -> String {
    let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
    vestry_phrases::fill(row.ask.unwrap_or_default(), value)
}

pub(crate) fn invalid(field: &str, message: String) -> Failure {
    Failure::Invalid(vec![FieldError { field: field.into(), message: Text::Data(message), line: None, column: None }])
}

pub(crate) fn failure(error: StorageError) -> Failure {
    match error {
        StorageError::Cursor => invalid("cursor", "The cursor is not one that was answered for this order.".into()),
        other => unavailable(other),
    }
}

fn commit_failure(error: CommitError) -> Failure {
    match error {
        CommitError::Conflict(reason) => Failure::Conflict(reason),
        CommitError::Exhausted(reason) => Failure::Exhausted(reason),
        CommitError::Storage(error) => failure(error),
    }
}

pub(crate) fn identity_failure(error: IdentityError) -> Failure {
    match error {
        IdentityError::Storage(error) => failure(error),
        IdentityError::Refused(reason) => Failure::Denied(reason.english()),
        other => {
            tracing::error!(error = %other, "a host call on accounts failed");
            Failure::Unavailable("the server cannot do that at the moment".into())
        }
    }
}
