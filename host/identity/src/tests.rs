//! The rules of this crate, from its outside: one file for each of its tasks.

mod bulk;
mod caller_cache;
mod changes;
mod invitations;
mod passwords_and_sessions;
mod privileges;
mod setup;
mod sign_in;
mod tokens;

use std::sync::Arc;

use vestry_storage::{AccountRow, AuditFilter, Clock, Database};

use crate::accounts::{Change, Mode, Outcome, apply};
use crate::{
    AccountId, Actor, Caller, Cost, Identity, IdentityError, NewSession, Options, Permission, Privilege, SignInError,
    privileges as policy,
};

pub const PASSWORD: &str = "many plain words";
const START: u64 = 1_000_000_000;

/// A server's identity, with a clock to set.
pub struct House {
    pub identity: Identity,
    pub database: Database,
    pub clock: Clock,
}

impl House {
    pub fn new() -> Self {
        Self::over(Database::temporary().unwrap(), Clock::standing_at(START))
    }

    pub fn over(database: Database, clock: Clock) -> Self {
        let options = Options { cost: Cost::TEST, ..Options::default() };
        Self { identity: Identity::new(database.clone(), clock.clone(), options).unwrap(), database, clock }
    }

    /// An account `NAME@example.org`; answers its id.
    pub fn person(&self, name: &str, privileges: &[&str]) -> String {
        let privileges: Vec<String> = privileges.iter().map(|name| (*name).to_owned()).collect();
        let email = format!("{name}@example.org");
        self.identity.create_account(&Actor::console(), &email, name, &privileges, Some(PASSWORD)).unwrap().into()
    }

    /// A privilege that permits these.
    pub fn privilege(&self, name: &str, permissions: &[&str]) {
        let permissions: Vec<Permission> = permissions.iter().map(|name| Permission::parse(name).unwrap()).collect();
        let name = Privilege::parse(name).unwrap();
        self.database.write(|tx| policy::create(tx, &Actor::console(), &name, "A title", &permissions, START)).unwrap();
    }

    pub async fn session(&self, name: &str) -> NewSession {
        self.try_sign_in(name, PASSWORD).await.unwrap()
    }

    pub async fn try_sign_in(&self, name: &str, password: &str) -> Result<NewSession, SignInError> {
        self.identity.sign_in(&format!("{name}@example.org"), password, None, "Browser").await
    }

    pub fn caller(&self, session: &NewSession) -> Option<Arc<Caller>> {
        self.identity.authenticate_session(&session.token).unwrap()
    }

    /// On behalf of somebody who signs in for it.
    pub async fn actor(&self, name: &str) -> Actor {
        Actor::of(&self.caller(&self.session(name).await).unwrap())
    }

    pub fn apply(&self, actor: &Actor, changes: &[Change], mode: Mode) -> Outcome {
        self.database.write(|tx| apply(tx, actor, changes, mode, self.clock.now())).unwrap()
    }

    /// The sentence with which one change is refused.
    pub fn refusal(&self, actor: &Actor, change: Change) -> String {
        let outcome = self.apply(actor, &[change], Mode::AllOrNothing);
        assert_eq!((outcome.changed, outcome.refused), (0, 1), "{outcome:?}");
        outcome.refusals[0].reason.clone()
    }

    /// Does one change that is not refused.
    pub fn does(&self, actor: &Actor, change: Change) {
        let outcome = self.apply(actor, &[change], Mode::AllOrNothing);
        assert_eq!((outcome.changed, outcome.refused), (1, 0), "{outcome:?}");
    }

    pub fn row(&self, account: &str) -> AccountRow {
        self.database.read(|reader| reader.account(account)).unwrap().unwrap()
    }

    /// Action and outcome of the latest entries, latest first.
    pub fn audited(&self, limit: u32) -> Vec<(String, String)> {
        let rows = self.database.read(|reader| reader.audit_entries(&AuditFilter::default(), limit)).unwrap();
        rows.into_iter().map(|row| (row.action, row.outcome)).collect()
    }
}

pub fn give(account: &str, privilege: &str) -> Change {
    Change::Give { account: account.into(), privilege: privilege.into() }
}

pub fn take(account: &str, privilege: &str) -> Change {
    Change::Take { account: account.into(), privilege: privilege.into() }
}

pub fn activate(account: &str, active: bool) -> Change {
    Change::SetActive { account: account.into(), active }
}

pub fn rename(account: &str, name: &str) -> Change {
    Change::Rename { account: account.into(), name: name.into() }
}

pub fn delete(account: &str) -> Change {
    Change::Delete { account: account.into() }
}

pub fn create(email: &str, name: &str, privileges: &[&str]) -> Change {
    let privileges = privileges.iter().map(|name| (*name).into()).collect();
    Change::Create { id: AccountId::generate().unwrap(), email: email.into(), name: name.into(), privileges }
}

pub fn refused<T: std::fmt::Debug>(result: Result<T, IdentityError>) -> String {
    match result.unwrap_err() {
        IdentityError::Refused(reason) => reason.english(),
        other => panic!("not a refusal: {other:?}"),
    }
}
