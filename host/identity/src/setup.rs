//! The first administrator, and accounts made with a password.

use vestry_phrases::words;
use vestry_storage::{LinkRow, LinkState, NewAccount, Transaction};

use crate::accounts::{self, Change, Mode};
use crate::sessions::store_password;
use crate::{
    ADMIN, AccountId, Act, Actor, ActorKind, Email, Identity, IdentityError, LinkToken, Name, NewPassword, USER, audit,
};

const PURPOSE: &str = "setup";
/// Milliseconds.
const LINK_LASTS: u64 = 60 * 60 * 1000;

impl Identity {
    /// A link to make the first administrator with, where there are no accounts. It counts for an hour and once; older
    /// ones count no longer. Blocks.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn setup_link(&self) -> Result<Option<LinkToken>, IdentityError> {
        if self.database().read(|reader| reader.count_accounts(None))? > 0 {
            return Ok(None);
        }
        let token = LinkToken::generate()?;
        let now = self.clock().now();
        self.database().write(|tx| {
            if tx.count_accounts(None)? > 0 {
                return Ok(None);
            }
            let expires = now.saturating_add(LINK_LASTS);
            let purpose = PURPOSE.to_owned();
            let link = LinkRow { purpose, account: None, made_by: None, created: now, expires, used: None };
            tx.replace_link(&token.hash(), &link)?;
            Ok(Some(token))
        })
    }

    /// Whether a link counts now, before anything is typed.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn is_setup_link(&self, token: &LinkToken) -> Result<bool, IdentityError> {
        let now = self.clock().now();
        self.database().read(|reader| {
            let link = reader.link(&token.hash())?;
            let counts = link.is_some_and(|link| link.purpose == PURPOSE && link.state(now) == LinkState::Valid);
            Ok::<_, IdentityError>(counts && reader.count_accounts(None)? == 0)
        })
    }

    /// Makes the first administrator.
    ///
    /// # Errors
    /// [`Invalid`](IdentityError::Invalid) says which field is wrong; refused where the link does not count any more or
    /// there is an account already.
    pub async fn complete_setup(
        &self,
        token: &LinkToken,
        name: &str,
        email: &str,
        password: &str,
    ) -> Result<AccountId, IdentityError> {
        let name = Name::parse(name)?;
        let email = Email::parse(email)?;
        let password = NewPassword::parse(password, email.as_str(), name.as_str())?;
        if !self.is_setup_link(token)? {
            return Err(void());
        }
        let phc = self.passwords().hash(password.expose()).await?;
        let (hash, now) = (token.hash(), self.clock().now());
        self.write(move |tx| {
            if tx.count_accounts(None)? > 0 || !tx.use_link(&hash, PURPOSE, now)? {
                return Err(void());
            }
            let account = AccountId::generate()?;
            insert_first(tx, &account, &name, &email, now)?;
            tx.set_password(account.as_str(), Some(&phc))?;
            tx.raise_generation()?;
            let actor = Actor { account: Some(account.clone()), kind: ActorKind::Person, ..Actor::nobody() };
            audit(
                tx,
                &actor,
                &Act { action: "setup.complete", subject: account.as_str(), detail: email.as_str() },
                now,
            )?;
            Ok(account)
        })
        .await
    }

    /// Adds an account, with a password or without one, as a whole. Blocks.
    ///
    /// # Errors
    /// Refused or invalid, with a sentence.
    pub fn create_account(
        &self,
        actor: &Actor,
        email: &str,
        name: &str,
        privileges: &[String],
        password: Option<&str>,
    ) -> Result<AccountId, IdentityError> {
        let phc = match password {
            Some(password) => Some(self.passwords().hash_here(NewPassword::parse(password, email, name)?.expose())?),
            None => None,
        };
        let id = AccountId::generate()?;
        let create =
            Change::Create { id, email: email.to_owned(), name: name.to_owned(), privileges: privileges.to_vec() };
        let now = self.clock().now();
        self.database().write(|tx| {
            let outcome = accounts::apply(tx, actor, std::slice::from_ref(&create), Mode::AllOrNothing, now)?;
            if let Some(refusal) = outcome.refusals.into_iter().next() {
                return Err(IdentityError::refused(refusal.reason));
            }
            let created = outcome.created.first().map(String::as_str).unwrap_or_default();
            let account = AccountId::parse(created)?;
            if let Some(phc) = &phc {
                store_password(tx, actor, account.as_str(), phc, now)?;
            }
            Ok(account)
        })
    }
}

fn insert_first(
    tx: &Transaction<'_>,
    account: &AccountId,
    name: &Name,
    email: &Email,
    now: u64,
) -> Result<(), IdentityError> {
    tx.insert_account(&NewAccount {
        id: account.as_str(),
        email: Some(email.as_str()),
        name: name.as_str(),
        created: now,
    })?;
    tx.give_privilege(account.as_str(), ADMIN)?;
    tx.give_privilege(account.as_str(), USER)?;
    Ok(())
}

fn void() -> IdentityError {
    IdentityError::refused(words!(
        "This link no longer works. The server prints a new one when it is started again, as long as there is no account."
    ))
}
