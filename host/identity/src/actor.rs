//! On whose behalf something is changed, and through what.

use std::sync::Arc;

use vestry_storage::{Reader, StorageError};

use crate::{AccountId, Caller, CallerKind, PermissionSet, permissions_of};

/// Who acts. What they hold is looked up again when something is changed, so that an actor who lost a permission since
/// the request began has lost it here too.
#[derive(Clone, Debug)]
pub struct Actor {
    /// None for the command line, for visitors and for services.
    pub account: Option<AccountId>,
    pub kind: ActorKind,
    pub name: String,
    /// What they may do at most.
    pub permissions: Arc<PermissionSet>,
    /// The plugin and package through which they act; empty for none.
    pub plugin: String,
    pub digest: String,
    /// The id of the request; empty for none.
    pub request: String,
}

/// What kind of actor it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    Person,
    Token,
    /// The command line: whoever can read the data directory may do all.
    Console,
    /// A job, for who started it.
    Job,
    /// A schedule, or a job that a visitor started.
    Service,
    /// Somebody who is not signed in.
    Nobody,
}

impl ActorKind {
    /// As it stands in the audit.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Token => "token",
            Self::Console => "console",
            Self::Job => "job",
            Self::Service => "service",
            Self::Nobody => "nobody",
        }
    }
}

impl Actor {
    /// The command line, which holds all.
    pub fn console() -> Self {
        Self::without_account(ActorKind::Console, "command line", PermissionSet::all())
    }

    /// Somebody who is not signed in and may do nothing.
    pub fn nobody() -> Self {
        Self::without_account(ActorKind::Nobody, "", PermissionSet::default())
    }

    /// A schedule of a plugin, with the permissions that it was granted.
    pub fn service(name: &str, permissions: PermissionSet) -> Self {
        Self::without_account(ActorKind::Service, name, permissions)
    }

    fn without_account(kind: ActorKind, name: &str, permissions: PermissionSet) -> Self {
        Self {
            account: None,
            kind,
            name: name.to_owned(),
            permissions: Arc::new(permissions),
            plugin: String::new(),
            digest: String::new(),
            request: String::new(),
        }
    }

    /// Whoever makes the request.
    pub fn of(caller: &Caller) -> Self {
        let kind = match caller.kind {
            CallerKind::Person => ActorKind::Person,
            CallerKind::Token => ActorKind::Token,
            CallerKind::Job => ActorKind::Job,
        };
        Self {
            account: Some(caller.account.clone()),
            kind,
            name: caller.name.clone(),
            permissions: Arc::clone(&caller.permissions),
            plugin: String::new(),
            digest: String::new(),
            request: String::new(),
        }
    }

    /// Acting through a package of a plugin.
    #[must_use]
    pub fn through(mut self, plugin: &str, digest: &str) -> Self {
        plugin.clone_into(&mut self.plugin);
        digest.clone_into(&mut self.digest);
        self
    }

    /// In a request.
    #[must_use]
    pub fn in_request(mut self, request: &str) -> Self {
        request.clone_into(&mut self.request);
        self
    }

    /// The account's id, or nothing.
    pub fn id(&self) -> &str {
        self.account.as_ref().map_or("", AccountId::as_str)
    }

    /// What they hold at this moment, and never more than they came with.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn holds_now(&self, reader: &Reader<'_>) -> Result<PermissionSet, StorageError> {
        let Some(account) = &self.account else {
            return Ok((*self.permissions).clone());
        };
        match reader.account(account.as_str())? {
            Some(row) if row.active => Ok(self.permissions.intersection(&permissions_of(reader, &row.privileges)?)),
            _ => Ok(PermissionSet::default()),
        }
    }
}
