//! Who holds a session or a token.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use vestry_storage::{AccountRow, Clock, Database, Hash, Reader, StorageError, TokenRow, Transaction};

use crate::cache::{Cache, Known};
use crate::{
    AccountId, BearerToken, Caller, CallerKind, Cost, IdentityError, Passwords, PermissionSet, Scopes, SessionToken,
    permissions_of,
};

/// What identity is set up with.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub cost: Cost,
    /// A session that is not used for so long ends. Milliseconds.
    pub session_idle: u64,
    /// Every session ends after this. Milliseconds.
    pub session_lasts: u64,
    /// Callers kept in memory at most, some 600 bytes each.
    pub cached: usize,
}

impl Default for Options {
    /// 12 hours idle, 30 days in all, 10,000 callers.
    fn default() -> Self {
        const HOUR: u64 = 60 * 60 * 1000;
        Self { cost: Cost::STANDARD, session_idle: 12 * HOUR, session_lasts: 30 * 24 * HOUR, cached: 10_000 }
    }
}

/// Sessions, tokens and passwords over one database. Clones share all of it.
#[derive(Clone)]
pub struct Identity {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    clock: Clock,
    options: Options,
    passwords: Passwords,
    cache: Cache,
    /// Sets of permissions by the privileges that make them, of one generation.
    sets: Mutex<(u64, HashMap<String, Arc<PermissionSet>>)>,
    visits: Mutex<Vec<Visit>>,
}

/// A use that is still to be written down.
struct Visit {
    what: Visited,
    account: String,
    time: u64,
}

enum Visited {
    Session { hash: Hash, idle_expires: u64 },
    Token { id: String },
}

impl Identity {
    /// # Errors
    /// Where the cost of passwords is out of range.
    pub fn new(database: Database, clock: Clock, options: Options) -> Result<Self, IdentityError> {
        let passwords = Passwords::new(options.cost)?;
        let cache = Cache::new(options.cached);
        let sets = Mutex::new((0, HashMap::new()));
        let visits = Mutex::new(Vec::new());
        Ok(Self { inner: Arc::new(Inner { database, clock, options, passwords, cache, sets, visits }) })
    }

    /// The database under it.
    pub fn database(&self) -> &Database {
        &self.inner.database
    }

    /// The clock by which it goes.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub(crate) fn options(&self) -> &Options {
        &self.inner.options
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.inner.passwords
    }

    pub(crate) fn forget(&self, hash: &Hash) {
        self.inner.cache.remove(hash);
    }

    /// The person whose session this is; none where it ended or their account is inactive.
    ///
    /// Most often answered from memory. A change made through this process counts at once, one of another process from
    /// its next [`poll_generation`](Database::poll_generation) on.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn authenticate_session(&self, token: &SessionToken) -> Result<Option<Arc<Caller>>, StorageError> {
        self.authenticate(token.hash(), Self::look_up_session)
    }

    /// The program that holds this token, in its owner's name; none where it expired, was revoked, or the account is
    /// inactive.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn authenticate_bearer(&self, token: &BearerToken) -> Result<Option<Arc<Caller>>, StorageError> {
        self.authenticate(token.hash(), Self::look_up_token)
    }

    /// The same caller with the rights of this moment; none where the session ended, the token was revoked or the account
    /// was deactivated since. Being looked at again is no use of a session: a page that is left open does not keep it
    /// alive.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn current(&self, caller: &Caller) -> Result<Option<Arc<Caller>>, StorageError> {
        let known = match caller.kind {
            CallerKind::Person => self.known(caller.hash, Self::look_up_session)?,
            CallerKind::Token => self.known(caller.hash, Self::look_up_token)?,
            CallerKind::Job => return self.on_behalf(caller.account.as_str(), caller.token.as_deref()),
        };
        Ok(known.map(|known| Arc::clone(&known.caller)))
    }

    /// An account with nobody present, for a job that it started - with a token, if there was one: a job may do no more
    /// than the token that started it. None where the account is inactive or the token was revoked or expired.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn on_behalf(&self, account: &str, token: Option<&str>) -> Result<Option<Arc<Caller>>, StorageError> {
        let token_part = token.unwrap_or_default();
        let hash: Hash = Sha256::digest(format!("job {account} {token_part}")).into();
        self.authenticate(hash, |identity, reader, hash, generation, now| {
            identity.look_up_behalf(reader, account, token, hash, generation, now)
        })
    }

    fn authenticate(
        &self,
        hash: Hash,
        look_up: impl FnOnce(&Self, &Reader<'_>, &Hash, u64, u64) -> Result<Option<Known>, StorageError>,
    ) -> Result<Option<Arc<Caller>>, StorageError> {
        let Some(known) = self.known(hash, look_up)? else { return Ok(None) };
        let now = self.inner.clock.now();
        if known.is_due(now) {
            self.note(&known, now);
        }
        Ok(Some(Arc::clone(&known.caller)))
    }

    fn known(
        &self,
        hash: Hash,
        look_up: impl FnOnce(&Self, &Reader<'_>, &Hash, u64, u64) -> Result<Option<Known>, StorageError>,
    ) -> Result<Option<Arc<Known>>, StorageError> {
        let now = self.inner.clock.now();
        // Before the rows: what is read after it is at least that new.
        let generation = self.inner.database.generation();
        if let Some(known) = self.inner.cache.get(&hash, generation, now) {
            return Ok(Some(known));
        }
        let found = self.inner.database.read(|reader| look_up(self, reader, &hash, generation, now))?;
        let Some(known) = found.map(Arc::new) else {
            self.inner.cache.remove(&hash);
            return Ok(None);
        };
        self.inner.cache.put(hash, Arc::clone(&known));
        Ok(Some(known))
    }

    fn look_up_session(
        &self,
        reader: &Reader<'_>,
        hash: &Hash,
        generation: u64,
        now: u64,
    ) -> Result<Option<Known>, StorageError> {
        let Some(session) = reader.session(hash)?.filter(|session| now < session.idle_expires.min(session.expires))
        else {
            return Ok(None);
        };
        let Some((account, row)) = active_account(reader, &session.account)? else {
            return Ok(None);
        };
        let permissions = self.permissions(reader, &row.privileges, generation)?;
        let language = reader.account_language(&row.id)?;
        let caller = Caller {
            account,
            name: row.name,
            email: row.email,
            kind: CallerKind::Person,
            hash: *hash,
            session: Some(*hash),
            token: None,
            privileges: row.privileges,
            permissions,
            scopes: None,
            authenticated_at: session.authenticated,
            language,
        };
        Ok(Some(Known {
            caller: Arc::new(caller),
            generation,
            until: session.idle_expires.min(session.expires).into(),
            expires: session.expires,
            idle: self.inner.options.session_idle,
            noted: session.seen.into(),
        }))
    }

    fn look_up_token(
        &self,
        reader: &Reader<'_>,
        hash: &Hash,
        generation: u64,
        now: u64,
    ) -> Result<Option<Known>, StorageError> {
        match reader.token(hash)? {
            Some(token) => self.holder(reader, token, hash, CallerKind::Token, generation, now),
            None => Ok(None),
        }
    }

    fn look_up_behalf(
        &self,
        reader: &Reader<'_>,
        account: &str,
        token: Option<&str>,
        hash: &Hash,
        generation: u64,
        now: u64,
    ) -> Result<Option<Known>, StorageError> {
        if let Some(id) = token {
            let tokens = reader.tokens_of(account)?;
            return match tokens.into_iter().find(|token| token.id == id) {
                Some(token) => self.holder(reader, token, hash, CallerKind::Job, generation, now),
                None => Ok(None),
            };
        }
        let Some((account, row)) = active_account(reader, account)? else { return Ok(None) };
        let permissions = self.permissions(reader, &row.privileges, generation)?;
        Ok(Some(Known {
            caller: Arc::new(nobody_present(account, row, CallerKind::Job, hash, permissions)),
            generation,
            until: u64::MAX.into(),
            expires: u64::MAX,
            idle: 0,
            noted: u64::MAX.into(),
        }))
    }

    /// Who holds a token, or acts with it, while it holds.
    fn holder(
        &self,
        reader: &Reader<'_>,
        token: TokenRow,
        hash: &Hash,
        kind: CallerKind,
        generation: u64,
        now: u64,
    ) -> Result<Option<Known>, StorageError> {
        if token.expires.is_some_and(|expires| expires <= now) {
            return Ok(None);
        }
        let Some((account, row)) = active_account(reader, &token.account)? else {
            return Ok(None);
        };
        let mut permissions = self.permissions(reader, &row.privileges, generation)?;
        let scopes = Scopes::of(&token.scopes);
        if let Some(scopes) = &scopes {
            permissions = Arc::new(permissions.intersection(&scopes.permissions));
        }
        let caller = nobody_present(account, row, kind, hash, permissions);
        let expires = token.expires.unwrap_or(u64::MAX);
        Ok(Some(Known {
            caller: Arc::new(Caller { token: Some(token.id), scopes, ..caller }),
            generation,
            until: expires.into(),
            expires,
            idle: 0,
            noted: if kind == CallerKind::Job { u64::MAX } else { token.last_used.unwrap_or_default() }.into(),
        }))
    }

    /// What these privileges permit, kept for the others that have the same.
    fn permissions(
        &self,
        reader: &Reader<'_>,
        privileges: &str,
        generation: u64,
    ) -> Result<Arc<PermissionSet>, StorageError> {
        if let (of, sets) = &*self.inner.sets.lock()
            && *of == generation
            && let Some(set) = sets.get(privileges)
        {
            return Ok(Arc::clone(set));
        }
        let set = Arc::new(permissions_of(reader, privileges)?);
        let mut kept = self.inner.sets.lock();
        if kept.0 != generation || kept.1.len() >= MOST_SETS {
            *kept = (generation, HashMap::new());
        }
        kept.1.insert(privileges.to_owned(), Arc::clone(&set));
        Ok(set)
    }

    fn note(&self, known: &Known, now: u64) {
        let caller = &known.caller;
        let what = match (&caller.session, &caller.token) {
            (Some(hash), _) => {
                let idle_expires = now.saturating_add(known.idle).min(known.expires);
                Visited::Session { hash: *hash, idle_expires }
            }
            (None, Some(id)) => Visited::Token { id: id.clone() },
            (None, None) => return,
        };
        let visit = Visit { what, account: caller.account.to_string(), time: now };
        self.inner.visits.lock().push(visit);
    }

    /// Writes down who was seen since the last time, in one transaction; answers how many. Blocks: for a thread of the
    /// program that does it every few seconds, and once before it stops.
    ///
    /// # Errors
    /// Where the database cannot be written; what was to be noted then is lost.
    pub fn write_visits(&self) -> Result<usize, StorageError> {
        let visits = std::mem::take(&mut *self.inner.visits.lock());
        if visits.is_empty() {
            return Ok(0);
        }
        self.inner.database.write(|tx| visits.iter().try_for_each(|visit| visit.write(tx)))?;
        Ok(visits.len())
    }

    /// Removes sessions that expired and attempts that no longer count. Blocks; meant for once an hour.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn tidy(&self) -> Result<(), StorageError> {
        let now = self.inner.clock.now();
        self.inner.database.write(|tx| {
            tx.purge_sessions(now)?;
            tx.purge_attempts(now.saturating_sub(crate::throttle::REMEMBERED))?;
            Ok(())
        })
    }

    /// Writes on a thread that may block.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, IdentityError> + Send + 'static,
    ) -> Result<T, IdentityError> {
        let database = self.inner.database.clone();
        let work = move || database.write(|tx| body(tx));
        tokio::task::spawn_blocking(work).await.map_err(|_| IdentityError::Interrupted)?
    }

    #[cfg(test)]
    pub(crate) fn cached(&self) -> usize {
        self.inner.cache.len()
    }
}

/// Different sets of privileges that are kept.
const MOST_SETS: usize = 1000;

fn active_account(reader: &Reader<'_>, id: &str) -> Result<Option<(AccountId, AccountRow)>, StorageError> {
    let row = reader.account(id)?.filter(|row| row.active);
    Ok(row.and_then(|row| Some((AccountId::parse(&row.id).ok()?, row))))
}

/// A caller that no session stands behind.
fn nobody_present(
    account: AccountId,
    row: AccountRow,
    kind: CallerKind,
    hash: &Hash,
    permissions: Arc<PermissionSet>,
) -> Caller {
    Caller {
        account,
        name: row.name,
        email: row.email,
        kind,
        hash: *hash,
        session: None,
        token: None,
        privileges: row.privileges,
        permissions,
        scopes: None,
        authenticated_at: 0,
        language: None,
    }
}

impl Visit {
    fn write(&self, tx: &Transaction<'_>) -> Result<(), StorageError> {
        match &self.what {
            Visited::Session { hash, idle_expires } => tx.touch_session(hash, self.time, *idle_expires)?,
            Visited::Token { id } => tx.touch_token(id, self.time)?,
        }
        tx.set_last_seen(&self.account, self.time)
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Identity").field("database", &self.inner.database).finish_non_exhaustive()
    }
}
