//! Finding accounts, and the privileges that there are.

use vestry_contract::types::Failure;
use vestry_contract::ui::Texts;
use vestry_contract::users::{Found, FoundColumns, Privilege, Query, User};
use vestry_identity::privileges as policy;
use vestry_storage::{AccountFilter, AccountOrder, AccountQuery, AccountRow};

use super::{failure, identity_actor, identity_failure, invalid};
use crate::call::Call;
use crate::gate::Pass;

/// Accounts of one page, and of one `get`.
const LONGEST: u32 = 500;

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
    let list = open.services.database.read(|reader| policy::list(reader, &actor)).map_err(identity_failure)?;
    Ok(list
        .into_iter()
        .map(|view| Privilege { name: view.name, title: view.title, may_give: view.may_give, extra: Vec::new() })
        .collect())
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
