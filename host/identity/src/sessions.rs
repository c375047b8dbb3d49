//! Listing and ending sessions, and changing passwords, which ends them too.

use vestry_phrases::words;
use vestry_storage::{AccountRow, SessionRow, StorageError, Transaction};

use crate::invitations::void_all;
use crate::{
    Act, Actor, ActorKind, Caller, Identity, IdentityError, NewPassword, PermissionSet, SessionHash, audit,
    permissions_of,
};

impl Identity {
    /// The sessions of an account that have not ended, the latest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn sessions(&self, account: &str) -> Result<Vec<SessionRow>, StorageError> {
        let now = self.clock().now();
        self.database().read(|reader| reader.sessions_of(account, now))
    }

    /// Ends one session of an account; answers whether there was such a one. Blocks.
    ///
    /// # Errors
    /// Refused to who is neither the account's owner nor may change it.
    pub fn end_session(&self, actor: &Actor, account: &str, session: &SessionHash) -> Result<bool, IdentityError> {
        let now = self.clock().now();
        self.database().write(|tx| {
            may_end(tx, actor, account)?;
            let ended = tx.delete_session(account, session)?;
            if ended {
                tx.raise_generation()?;
                audit(tx, actor, &Act { action: "session.end", subject: account, detail: "" }, now)?;
            }
            Ok(ended)
        })
    }

    /// Ends all sessions of an account, or all but one; answers how many. Blocks.
    ///
    /// # Errors
    /// Refused to who is neither the account's owner nor may change it.
    pub fn end_sessions(
        &self,
        actor: &Actor,
        account: &str,
        except: Option<&SessionHash>,
    ) -> Result<usize, IdentityError> {
        let now = self.clock().now();
        self.database().write(|tx| {
            may_end(tx, actor, account)?;
            let ended = tx.delete_sessions_of(account, except)?;
            if ended > 0 {
                tx.raise_generation()?;
                audit(
                    tx,
                    actor,
                    &Act { action: "session.end", subject: account, detail: &format!("{ended} sessions") },
                    now,
                )?;
            }
            Ok(ended)
        })
    }

    /// Changes the caller's own name. Blocks.
    ///
    /// # Errors
    /// [`Invalid`](IdentityError::Invalid) where it is not one.
    pub fn rename_oneself(&self, caller: &Caller, name: &str) -> Result<(), IdentityError> {
        let name = crate::Name::parse(name)?;
        let (actor, now) = (Actor::of(caller), self.clock().now());
        self.database().write(|tx| {
            if !tx.rename_account(actor.id(), name.as_str())? {
                return Err(unknown());
            }
            tx.raise_generation()?;
            let detail = format!("{} -> {name}", caller.name);
            Ok(audit(tx, &actor, &Act { action: "users.rename", subject: actor.id(), detail: &detail }, now)?)
        })
    }

    /// Changes the language in which the caller is spoken to: its tag, or empty for what the browser asks for. Blocks.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn choose_language(&self, caller: &Caller, tag: &str) -> Result<(), IdentityError> {
        let (actor, now) = (Actor::of(caller), self.clock().now());
        self.database().write(|tx| {
            tx.set_account_language(actor.id(), tag)?;
            Ok(audit(tx, &actor, &Act { action: "users.language", subject: actor.id(), detail: tag }, now)?)
        })
    }

    /// Changes the caller's own password, and ends their other sessions.
    ///
    /// # Errors
    /// [`WrongPassword`](IdentityError::WrongPassword) for the current one, [`Invalid`](IdentityError::Invalid) for the
    /// new one.
    pub async fn change_password(&self, caller: &Caller, current: &str, new: &str) -> Result<(), IdentityError> {
        let session = caller.session.ok_or_else(|| {
            IdentityError::refused("Only a person who is signed in can change a password.".to_owned())
        })?;
        let new = NewPassword::parse(new, caller.email.as_deref().unwrap_or_default(), &caller.name)?;
        self.check_own_password(caller, current).await?;
        let phc = self.passwords().hash(new.expose()).await?;
        let (actor, now) = (Actor::of(caller), self.clock().now());
        self.write(move |tx| {
            tx.set_password(actor.id(), Some(&phc))?;
            void_all(tx, actor.id())?;
            tx.set_session_authenticated(&session, now)?;
            tx.delete_sessions_of(actor.id(), Some(&session))?;
            tx.raise_generation()?;
            Ok(audit(tx, &actor, &Act { action: "password.change", subject: actor.id(), detail: "" }, now)?)
        })
        .await
    }

    /// Sets the password of an account from outside, and ends its sessions. Blocks.
    ///
    /// # Errors
    /// [`Invalid`](IdentityError::Invalid) for the password; refused to who may not change the account.
    pub fn set_password(&self, actor: &Actor, account: &str, password: &str) -> Result<(), IdentityError> {
        let row = self.database().read(|reader| reader.account(account))?.ok_or_else(unknown)?;
        let password = NewPassword::parse(password, row.email.as_deref().unwrap_or_default(), &row.name)?;
        let phc = self.passwords().hash_here(password.expose())?;
        let now = self.clock().now();
        self.database().write(|tx| {
            may_change(tx, actor, account)?;
            store_password(tx, actor, account, &phc, now)
        })
    }
}

/// Whoever changes an account must hold all that it holds. Its owner need not.
fn may_end(tx: &Transaction<'_>, actor: &Actor, account: &str) -> Result<(), IdentityError> {
    if actor.kind == ActorKind::Person && actor.id() == account {
        return Ok(());
    }
    let holds = may_change(tx, actor, account)?;
    match holds.holds_name("users.activate") {
        true => Ok(()),
        false => Err(IdentityError::refused("You may not end the sessions of others.".to_owned())),
    }
}

/// Whoever changes an account must hold all that it holds; answers what the actor holds.
pub(crate) fn may_change(tx: &Transaction<'_>, actor: &Actor, account: &str) -> Result<PermissionSet, IdentityError> {
    let row: AccountRow = tx.account(account)?.ok_or_else(unknown)?;
    let holds = actor.holds_now(tx)?;
    match holds.includes(&permissions_of(tx, &row.privileges)?) {
        true => Ok(holds),
        false => Err(IdentityError::refused(
            "This account may do things that you may not, so you cannot change it.".to_owned(),
        )),
    }
}

/// Sets the hash, ends the sessions, voids links under which another could be set, and writes it down.
pub(crate) fn store_password(
    tx: &Transaction<'_>,
    actor: &Actor,
    account: &str,
    phc: &str,
    now: u64,
) -> Result<(), IdentityError> {
    tx.set_password(account, Some(phc))?;
    void_all(tx, account)?;
    tx.delete_sessions_of(account, None)?;
    tx.raise_generation()?;
    Ok(audit(tx, actor, &Act { action: "password.set", subject: account, detail: "" }, now)?)
}

fn unknown() -> IdentityError {
    IdentityError::refused(words!("There is no such account."))
}
