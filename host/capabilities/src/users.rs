//! `users`: accounts and who holds what. The policy is identity's; here it is brought into the contract's form.
//!
//! A change is tried at once, in a transaction that is taken back, so that the plugin learns what would come of it;
//! it takes effect when the request does. The host's question is put together from the same attempt.

use vestry_contract::types::{Failure, FieldError, Text};
use vestry_contract::ui::Texts;
use vestry_contract::users::{
    BulkChange, Change, Found, FoundColumns, Mode, Outcome, Privilege, Query, Refusal as Refused, User,
};
use vestry_identity::{
    self as identity, AccountId, IdentityError, PermissionSet, accounts, privileges as privilege_policy,
};
use vestry_storage::{AccountFilter, AccountOrder, AccountQuery, AccountRow, StorageError, Transaction};

use crate::call::{Actor, Call, CallSettings, unavailable};
use crate::gate::{Pass, Question, Refusal};
use crate::grants::Capability;
use crate::table::{
    Kind, Row, USERS_ACTIVATE, USERS_ACTIVATE_FOUND, USERS_CREATE, USERS_DEACTIVATE, USERS_DEACTIVATE_FOUND,
    USERS_DELETE, USERS_GIVE, USERS_GIVE_FOUND, USERS_RENAME, USERS_TAKE, USERS_TAKE_FOUND,
};
use crate::transaction::{CommitError, Write};

/// Accounts of one page, and of one `get`.
const LONGEST: u32 = 500;
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

pub(crate) fn find(call: &Call, _pass: Pass, query: Query) -> Result<Found, Failure> {
    let query = account_query(query)?;
    let page = call.settings()?.services.database.read(|reader| reader.find_accounts(&query)).map_err(failure)?;
    Ok(Found {
        users: page.accounts.into_iter().map(user).collect(),
        total: page.found.total,
        previous: page.found.previous,
        next: page.found.next,
    })
}

/// Columns are filled straight from the database's rows.
pub(crate) fn find_columns(call: &Call, _pass: Pass, query: Query) -> Result<FoundColumns, Failure> {
    let query = account_query(query)?;
    let room = query.limit as usize;
    let (mut ids, mut emails, mut names, mut privileges) =
        (Column::with_room(room), Column::with_room(room), Column::with_room(room), Column::with_room(room));
    let (mut active, mut second_factor) = (Vec::with_capacity(room), Vec::with_capacity(room));
    let (mut created, mut last_seen) = (Vec::with_capacity(room), Vec::with_capacity(room));
    let found = call.settings()?.services.database.read(|reader| {
        reader.visit_accounts(&query, |account| {
            ids.push(account.id);
            emails.push(account.email.unwrap_or_default());
            names.push(account.name);
            privileges.push(account.privileges);
            active.push(account.active);
            second_factor.push(account.second_factor);
            created.push(account.created);
            last_seen.push(account.last_seen.unwrap_or(0));
        })
    });
    let found = found.map_err(failure)?;
    Ok(FoundColumns {
        ids: ids.0,
        emails: emails.0,
        names: names.0,
        active,
        privileges: privileges.0,
        second_factor,
        created,
        last_seen,
        total: found.total,
        previous: found.previous,
        next: found.next,
    })
}

pub(crate) fn get(call: &Call, _pass: Pass, ids: &[String]) -> Result<Vec<Option<User>>, Failure> {
    if ids.len() > LONGEST as usize {
        return Err(Failure::Exhausted(format!("at most {LONGEST} accounts at a time")));
    }
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    let found = call.settings()?.services.database.read(|reader| reader.accounts(&names)).map_err(failure)?;
    Ok(found.into_iter().map(|row| row.map(user)).collect())
}

pub(crate) fn privileges(call: &Call, _pass: Pass) -> Result<Vec<Privilege>, Failure> {
    let open = call.settings()?;
    let actor = identity_actor(call, open)?;
    let list =
        open.services.database.read(|reader| privilege_policy::list(reader, &actor)).map_err(identity_failure)?;
    Ok(list
        .into_iter()
        .map(|view| Privilege { name: view.name, title: view.title, may_give: view.may_give, extra: Vec::new() })
        .collect())
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
    let outcome = try_out(call, Attempt::Changes(&changes, account_mode(mode))).await?;
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
    let outcome = try_out(call, Attempt::Found(&filter, &change, account_mode(mode))).await?;
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

/// Something to be tried out.
enum Attempt<'a> {
    Changes(&'a [accounts::Change], accounts::Mode),
    Found(&'a AccountFilter, &'a accounts::BulkChange, accounts::Mode),
}

/// Does it, after everything that this request did before, and takes all of it back.
async fn try_out(call: &Call, attempt: Attempt<'_>) -> Result<accounts::Outcome, Failure> {
    let open = call.settings()?;
    let actor = identity_actor(call, open)?;
    let before: Vec<Write> = call.transaction.writes().iter().filter_map(Write::of_users).collect();
    let (now, database) = (open.services.identity.clock().now(), open.services.database.clone());
    let attempt = match attempt {
        Attempt::Changes(changes, mode) => {
            Write::Users { changes: changes.to_vec(), mode, expected: accounts::Outcome::default() }
        }
        Attempt::Found(filter, change, mode) => Write::UsersFound {
            filter: filter.clone(),
            change: change.clone(),
            mode,
            expected: accounts::Outcome::default(),
        },
    };
    let work = move || {
        database.rehearse(|tx| {
            for write in &before {
                perform(&actor, tx, write, now)?;
            }
            perform(&actor, tx, &attempt, now)
        })
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Failure::Unavailable("the server is stopping".into()))?
        .map_err(commit_failure)
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
        Write::Kv { .. } | Write::Badge { .. } => return Ok(accounts::Outcome::default()),
    };
    outcome.map_err(|error| match error {
        IdentityError::Storage(error) => error.into(),
        other => CommitError::Conflict(other.to_string()),
    })
}

/// Who changes accounts through this call.
pub(crate) fn identity_actor(call: &Call, open: &CallSettings) -> Result<identity::Actor, Failure> {
    let subject = call.subject();
    let actor = match call.actor_now() {
        Actor::Person(caller) | Actor::Token(caller) => identity::Actor::of(&caller),
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

fn account_query(query: Query) -> Result<AccountQuery, Failure> {
    let order = match query.order.as_str() {
        "" => AccountOrder::default(),
        name => AccountOrder::parse(name).ok_or_else(|| {
            invalid("order", format!("There is no order `{name}`; take name, email, created or last-seen."))
        })?,
    };
    Ok(AccountQuery {
        filter: AccountFilter { text: query.text, privilege: query.privilege, active: query.active },
        order,
        descending: query.descending,
        cursor: query.cursor,
        limit: query.limit.clamp(1, LONGEST),
    })
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
fn sentence(reader: &vestry_storage::Reader<'_>, change: &accounts::Change) -> Result<String, StorageError> {
    let account = |id: &str| -> Result<String, StorageError> {
        Ok(match reader.account(id)? {
            Some(AccountRow { name, email: Some(email), .. }) => format!("{name} ({email})"),
            Some(AccountRow { name, .. }) => name,
            None => id.to_owned(),
        })
    };
    let (row, values): (Row, Vec<(&str, String)>) = match change {
        accounts::Change::Create { email, name, privileges, .. } => {
            let with = if privileges.is_empty() {
                String::new()
            } else {
                format!(", with the privileges {}", privileges.join(", "))
            };
            (USERS_CREATE, vec![("name", name.clone()), ("email", email.clone()), ("with", with)])
        }
        accounts::Change::Rename { account: id, name } => {
            return Ok(format!("Rename {} to “{name}”", account(id)?));
        }
        accounts::Change::SetActive { account: id, active } => {
            (if *active { USERS_ACTIVATE } else { USERS_DEACTIVATE }, vec![("account", account(id)?)])
        }
        accounts::Change::Give { account: id, privilege } => {
            (USERS_GIVE, vec![("account", account(id)?), ("privilege", privilege.clone())])
        }
        accounts::Change::Take { account: id, privilege } => {
            (USERS_TAKE, vec![("account", account(id)?), ("privilege", privilege.clone())])
        }
        accounts::Change::Delete { account: id } => (USERS_DELETE, vec![("account", account(id)?)]),
    };
    Ok(fill(row, &values))
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

/// Fills the `{name}`s of a row's sentence, each once: what is filled in is not looked at again.
fn fill(row: Row, values: &[(&str, String)]) -> String {
    let mut filled = String::new();
    let mut rest = row.ask.unwrap_or_default();
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        filled.extend(values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str()));
        rest = after;
    }
    filled + rest
}

fn user(row: AccountRow) -> User {
    User {
        id: row.id,
        email: row.email,
        name: row.name,
        active: row.active,
        privileges: row.privileges.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        second_factor: row.second_factor,
        created: row.created,
        last_seen: row.last_seen,
        version: row.version,
        extra: Vec::new(),
    }
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

/// Texts of one column, one after another.
struct Column(Texts);

impl Column {
    fn with_room(rows: usize) -> Self {
        Self(Texts { all: String::with_capacity(rows * 24), ends: Vec::with_capacity(rows) })
    }

    fn push(&mut self, text: &str) {
        self.0.all.push_str(text);
        self.0.ends.push(u32::try_from(self.0.all.len()).unwrap_or(u32::MAX));
    }
}

fn invalid(field: &str, message: String) -> Failure {
    Failure::Invalid(vec![FieldError { field: field.into(), message: Text::Data(message), line: None, column: None }])
}

fn failure(error: StorageError) -> Failure {
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

fn identity_failure(error: IdentityError) -> Failure {
    match error {
        IdentityError::Storage(error) => failure(error),
        IdentityError::Refused(reason) => Failure::Denied(reason),
        other => {
            tracing::error!(error = %other, "a host call on accounts failed");
            Failure::Unavailable("the server cannot do that at the moment".into())
        }
    }
}
