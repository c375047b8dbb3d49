//! Where one change after another is checked, made and written down.

use std::collections::HashMap;

use vestry_storage::{AccountRow, NewAccount, StorageError, Transaction};

use super::{BulkChange, Change, Done};
use crate::invitations::void_all;
use crate::permission_set::privilege_permissions;
use crate::{
    ADMIN, AccountId, Act, Actor, Email, IdentityError, Invalid, Name, PermissionSet, USER, audit, permissions_of,
};

/// What an actor holds, and what was looked up for the changes so far.
pub(super) struct Desk<'t> {
    tx: &'t Transaction<'t>,
    actor: &'t Actor,
    now: u64,
    holds: PermissionSet,
    active_admins: u64,
    /// Whether the actor holds all that these privileges permit.
    may_change: HashMap<String, bool>,
    /// The same of one privilege; none for one that does not exist.
    may_give: HashMap<String, Option<bool>>,
}

/// Why a change was not made.
pub(super) enum Stop {
    /// A sentence; the other changes go on.
    Refused(String),
    Failed(IdentityError),
}

impl From<StorageError> for Stop {
    fn from(error: StorageError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<IdentityError> for Stop {
    fn from(error: IdentityError) -> Self {
        Self::Failed(error)
    }
}

impl From<Invalid> for Stop {
    fn from(invalid: Invalid) -> Self {
        Self::Refused(invalid.sentence.to_owned())
    }
}

fn refuse<T>(reason: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Refused(reason.into()))
}

impl<'t> Desk<'t> {
    pub(super) fn new(tx: &'t Transaction<'t>, actor: &'t Actor, now: u64) -> Result<Self, IdentityError> {
        Ok(Self {
            tx,
            actor,
            now,
            holds: actor.holds_now(tx)?,
            active_admins: tx.count_active_holders(ADMIN)?,
            may_change: HashMap::new(),
            may_give: HashMap::new(),
        })
    }

    pub(super) fn change(&mut self, change: &Change) -> Result<Done, Stop> {
        if let Change::Create { id, email, name, privileges } = change {
            return self.create(id, email, name, privileges);
        }
        let Some(account) = self.tx.account(change.account())? else {
            return refuse("There is no such account.");
        };
        match change {
            Change::Create { .. } => Ok(Done::Unchanged),
            Change::Rename { name, .. } => self.rename(&account, name),
            Change::SetActive { active, .. } => self.set_active(&account, *active),
            Change::Give { privilege, .. } => self.give(&account, privilege),
            Change::Take { privilege, .. } => self.take(&account, privilege),
            Change::Delete { .. } => self.delete(&account),
        }
    }

    pub(super) fn change_found(&mut self, account: &AccountRow, change: &BulkChange) -> Result<Done, Stop> {
        match change {
            BulkChange::SetActive(active) => self.set_active(account, *active),
            BulkChange::Give(privilege) => self.give(account, privilege),
            BulkChange::Take(privilege) => self.take(account, privilege),
        }
    }

    fn create(&mut self, id: &AccountId, email: &str, name: &str, privileges: &[String]) -> Result<Done, Stop> {
        self.needs("users.create", "add accounts")?;
        let email = Email::parse(email)?;
        let name = Name::parse(name)?;
        for privilege in privileges {
            self.handles(privilege)?;
        }
        if !self.may_change(USER)? {
            return refuse("A new account could do things that you may not, so you cannot add one.");
        }
        if self.tx.account_by_email(email.as_str())?.is_some() {
            return refuse(format!("There is already an account with the e-mail address {email}."));
        }
        let new = NewAccount { id: id.as_str(), email: Some(email.as_str()), name: name.as_str(), created: self.now };
        self.tx.insert_account(&new)?;
        for privilege in privileges.iter().map(String::as_str).chain([USER]) {
            let given = self.tx.give_privilege(id.as_str(), privilege)?;
            if given && privilege == ADMIN {
                self.active_admins += 1;
            }
        }
        self.audit("users.create", id.as_str(), &format!("{email} {}", privileges.join(" ")))?;
        Ok(Done::Created(id.to_string()))
    }

    fn rename(&mut self, account: &AccountRow, name: &str) -> Result<Done, Stop> {
        self.needs("users.write", "rename accounts")?;
        self.guard(account)?;
        let name = Name::parse(name)?;
        if account.name == name.as_str() {
            return Ok(Done::Unchanged);
        }
        self.tx.rename_account(&account.id, name.as_str())?;
        self.audit("users.rename", &account.id, &format!("{} -> {name}", account.name))?;
        Ok(Done::Changed)
    }

    fn set_active(&mut self, account: &AccountRow, active: bool) -> Result<Done, Stop> {
        self.needs("users.activate", "activate and deactivate accounts")?;
        self.guard(account)?;
        if account.active == active {
            return Ok(Done::Unchanged);
        }
        if !active {
            self.not_oneself(account, "deactivate")?;
            self.keep_an_administrator(account)?;
        }
        self.tx.set_account_active(&account.id, active)?;
        if !active {
            self.tx.delete_sessions_of(&account.id, None)?;
            // They would count again as soon as the account is activated.
            void_all(self.tx, &account.id)?;
        }
        if is_admin(account) {
            self.active_admins = if active { self.active_admins + 1 } else { self.active_admins.saturating_sub(1) };
        }
        self.audit(if active { "users.activate" } else { "users.deactivate" }, &account.id, "")?;
        Ok(Done::Changed)
    }

    fn give(&mut self, account: &AccountRow, privilege: &str) -> Result<Done, Stop> {
        self.needs("users.privileges", "give privileges")?;
        self.handles(privilege)?;
        self.guard(account)?;
        if !self.tx.give_privilege(&account.id, privilege)? {
            return Ok(Done::Unchanged);
        }
        if privilege == ADMIN && account.active {
            self.active_admins += 1;
        }
        self.audit("users.give", &account.id, privilege)?;
        Ok(Done::Changed)
    }

    fn take(&mut self, account: &AccountRow, privilege: &str) -> Result<Done, Stop> {
        self.needs("users.privileges", "take privileges")?;
        self.handles(privilege)?;
        self.guard(account)?;
        if privilege == ADMIN {
            self.keep_an_administrator(account)?;
        }
        if !self.tx.take_privilege(&account.id, privilege)? {
            return Ok(Done::Unchanged);
        }
        if privilege == ADMIN && account.active {
            self.active_admins = self.active_admins.saturating_sub(1);
        }
        self.audit("users.take", &account.id, privilege)?;
        Ok(Done::Changed)
    }

    fn delete(&mut self, account: &AccountRow) -> Result<Done, Stop> {
        self.needs("users.delete", "delete accounts")?;
        self.guard(account)?;
        self.not_oneself(account, "delete")?;
        self.keep_an_administrator(account)?;
        self.tx.delete_account(&account.id)?;
        if account.active && is_admin(account) {
            self.active_admins = self.active_admins.saturating_sub(1);
        }
        let detail = format!("{} {}", account.name, account.email.as_deref().unwrap_or_default());
        self.audit("users.delete", &account.id, &detail)?;
        Ok(Done::Changed)
    }

    fn needs(&self, permission: &str, what: &str) -> Result<(), Stop> {
        match self.holds.holds_name(permission) {
            true => Ok(()),
            false => refuse(format!("You may not {what}: that needs the permission {permission}.")),
        }
    }

    /// Whether the actor holds all that the account holds.
    fn guard(&mut self, account: &AccountRow) -> Result<(), Stop> {
        match self.may_change(&account.privileges)? {
            true => Ok(()),
            false => refuse("This account may do things that you may not, so you cannot change it."),
        }
    }

    fn may_change(&mut self, privileges: &str) -> Result<bool, Stop> {
        if let Some(known) = self.may_change.get(privileges) {
            return Ok(*known);
        }
        let may = self.holds.includes(&permissions_of(self.tx, privileges)?);
        self.may_change.insert(privileges.to_owned(), may);
        Ok(may)
    }

    /// Whether the actor may give and take a privilege.
    fn handles(&mut self, privilege: &str) -> Result<(), Stop> {
        let known = match self.may_give.get(privilege) {
            Some(known) => *known,
            None => {
                let exists = self.tx.privilege(privilege)?.is_some();
                let may = self.holds.includes(&privilege_permissions(self.tx, privilege)?);
                *self.may_give.entry(privilege.to_owned()).or_insert(exists.then_some(may))
            }
        };
        match known {
            Some(true) => Ok(()),
            Some(false) => refuse(format!(
                "You do not hold all that the privilege `{privilege}` permits, so you can neither give nor take it."
            )),
            None => refuse(format!("There is no privilege `{privilege}`.")),
        }
    }

    fn not_oneself(&self, account: &AccountRow, what: &str) -> Result<(), Stop> {
        match self.actor.id() == account.id {
            true => refuse(format!("You cannot {what} your own account.")),
            false => Ok(()),
        }
    }

    fn keep_an_administrator(&self, account: &AccountRow) -> Result<(), Stop> {
        match account.active && is_admin(account) && self.active_admins <= 1 {
            true => refuse("This is the last active administrator. Make somebody else one first."),
            false => Ok(()),
        }
    }

    fn audit(&self, action: &str, subject: &str, detail: &str) -> Result<(), Stop> {
        Ok(audit(self.tx, self.actor, &Act { action, subject, detail: detail.trim_end() }, self.now)?)
    }
}

fn is_admin(account: &AccountRow) -> bool {
    account.privileges.split(' ').any(|privilege| privilege == ADMIN)
}
