//! Signing in and out, and giving the password once more.

use std::net::IpAddr;

use vestry_phrases::{Words, words};
use vestry_storage::{Password, SessionRow, Transaction};

use crate::throttle::Throttle;
use crate::{
    AccountId, Act, Actor, ActorKind, Caller, Email, Identity, IdentityError, Options, SessionHash, SessionToken,
    Verdict, audit, audit_refusal,
};

/// A session that just began.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// For the person's browser alone; it cannot be had again.
    pub token: SessionToken,
    pub account: AccountId,
    /// When it ends in any case.
    pub expires: u64,
}

/// Why nobody was signed in. One message for every failure: it tells nobody which accounts exist.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    #[error("{}", SignInError::refusal())]
    Refused {
        /// Seconds until the next attempt is heard; 0 for at once.
        retry_after: u64,
    },
    #[error(transparent)]
    Failed(#[from] IdentityError),
}

impl SignInError {
    /// What every refusal is called.
    #[must_use]
    pub fn refusal() -> Words {
        words!("The e-mail address or the password is not right, or there were too many attempts.")
    }
}

/// Where a browser is, for the list of sessions.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    address: Option<IpAddr>,
    agent: String,
}

impl Place {
    pub(crate) fn new(address: Option<IpAddr>, agent: &str) -> Self {
        Self { address, agent: agent.chars().filter(|character| !character.is_control()).take(200).collect() }
    }
}

impl Identity {
    /// Signs a person in. `agent`: what the browser calls itself.
    ///
    /// # Errors
    /// [`Refused`](SignInError::Refused) for a wrong password, an unknown or inactive account, or too many attempts.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &str,
        address: Option<IpAddr>,
        agent: &str,
    ) -> Result<NewSession, SignInError> {
        let throttle = Throttle::new(email, address);
        let stored = match Email::parse(email) {
            Ok(email) => {
                self.database().read(|reader| reader.password_by_email(email.as_str())).map_err(IdentityError::from)?
            }
            Err(_) => None,
        };
        let verdict = match self.try_password(&throttle, stored.as_ref(), password).await {
            Err(IdentityError::WrongPassword { retry_after }) => {
                return Err(SignInError::Refused { retry_after });
            }
            verdict => verdict?,
        };
        let Some(stored) = stored.filter(|stored| stored.active && verdict != Verdict::Wrong) else {
            return Err(SignInError::Refused { retry_after: self.wait(&throttle)? });
        };
        let renewed = match verdict {
            Verdict::RightButOutdated => Some(self.passwords().hash(password).await?),
            _ => None,
        };
        match self.begin_session(stored, renewed, throttle.clone(), Place::new(address, agent)).await? {
            Some(session) => Ok(session),
            None => Err(SignInError::Refused { retry_after: self.wait(&throttle)? }),
        }
    }

    /// Ends a session.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn sign_out(&self, caller: &Caller) -> Result<(), IdentityError> {
        let Some(hash) = caller.session else {
            return Ok(());
        };
        let (actor, now) = (Actor::of(caller), self.clock().now());
        self.write(move |tx| {
            if tx.delete_session(actor.id(), &hash)? {
                tx.raise_generation()?;
                audit(tx, &actor, &Act { action: "session.end", subject: actor.id(), detail: "" }, now)?;
            }
            Ok(())
        })
        .await?;
        self.forget(&hash);
        Ok(())
    }

    /// Takes the password once more: then the caller [is fresh](Caller::is_fresh) for five minutes, from its next
    /// request on.
    ///
    /// # Errors
    /// [`WrongPassword`](IdentityError::WrongPassword), also after too many attempts.
    pub async fn reauthenticate(&self, caller: &Caller, password: &str) -> Result<(), IdentityError> {
        let hash = caller
            .session
            .ok_or_else(|| IdentityError::refused("Only a person who is signed in can give a password.".to_owned()))?;
        self.check_own_password(caller, password).await?;
        let now = self.clock().now();
        self.write(move |tx| {
            tx.set_session_authenticated(&hash, now)?;
            // Other processes keep the caller with its old time as well.
            Ok(tx.raise_generation()?)
        })
        .await
    }

    /// Throttled like signing in: who sits at another's open browser cannot try passwords there.
    pub(crate) async fn check_own_password(&self, caller: &Caller, password: &str) -> Result<(), IdentityError> {
        let throttle = Throttle::new(caller.email.as_deref().unwrap_or(caller.account.as_str()), None);
        let stored = self.database().read(|reader| reader.password(caller.account.as_str()))?;
        let verdict = self.try_password(&throttle, stored.as_ref(), password).await?;
        if verdict == Verdict::Wrong {
            return Err(IdentityError::WrongPassword { retry_after: self.wait(&throttle)? });
        }
        self.write(move |tx| Ok(throttle.succeed(tx)?)).await
    }

    /// Counts the attempt, then looks at the password. What is wrong is written down.
    async fn try_password(
        &self,
        throttle: &Throttle,
        stored: Option<&Password>,
        password: &str,
    ) -> Result<Verdict, IdentityError> {
        let now = self.clock().now();
        let counted = throttle.clone();
        if let Err(wait) = self.write(move |tx| Ok(counted.begin(tx, now)?)).await? {
            return Err(IdentityError::WrongPassword { retry_after: wait.div_ceil(1000) });
        }
        let verdict = self.passwords().verify(password, stored.and_then(|stored| stored.phc.as_deref())).await?;
        if verdict == Verdict::Wrong {
            let subject = stored.map(|stored| stored.account.clone()).unwrap_or_default();
            let refused = move |tx: &Transaction<'_>| {
                let act =
                    Act { action: "session.start", subject: &subject, detail: "wrong password, or no such account" };
                Ok(audit_refusal(tx, &Actor::nobody(), &act, now)?)
            };
            self.write(refused).await?;
        }
        Ok(verdict)
    }

    /// None where the account changed while its password was being checked.
    async fn begin_session(
        &self,
        checked: Password,
        renewed: Option<String>,
        throttle: Throttle,
        place: Place,
    ) -> Result<Option<NewSession>, IdentityError> {
        let now = self.clock().now();
        let options = *self.options();
        self.write(move |tx| {
            let unchanged =
                tx.password(&checked.account)?.is_some_and(|stored| stored.active && stored.phc == checked.phc);
            let Some(old) = checked.phc.filter(|_| unchanged) else {
                return Ok(None);
            };
            if let Some(new) = renewed {
                tx.rehash_password(&checked.account, &old, &new)?;
            }
            throttle.succeed(tx)?;
            start_session(tx, &checked.account, &place, &options, now).map(Some)
        })
        .await
    }

    /// Seconds.
    fn wait(&self, throttle: &Throttle) -> Result<u64, IdentityError> {
        let now = self.clock().now();
        Ok(self.database().read(|reader| throttle.wait(reader, now))?.div_ceil(1000))
    }
}

/// Begins a session for whoever has just shown that the account is theirs, and writes it down.
pub(crate) fn start_session(
    tx: &Transaction<'_>,
    account: &str,
    place: &Place,
    options: &Options,
    now: u64,
) -> Result<NewSession, IdentityError> {
    let token = SessionToken::generate()?;
    let hash: SessionHash = token.hash();
    let expires = now.saturating_add(options.session_lasts);
    tx.insert_session(&SessionRow {
        hash,
        account: account.to_owned(),
        created: now,
        seen: now,
        idle_expires: now.saturating_add(options.session_idle).min(expires),
        expires,
        authenticated: now,
        address: place.address.map(|address| address.to_canonical().to_string()).unwrap_or_default(),
        agent: place.agent.clone(),
    })?;
    tx.set_last_seen(account, now)?;
    let account = AccountId::parse(account)?;
    let actor = Actor { account: Some(account.clone()), kind: ActorKind::Person, ..Actor::nobody() };
    audit(tx, &actor, &Act { action: "session.start", subject: account.as_str(), detail: "" }, now)?;
    Ok(NewSession { token, account, expires })
}
