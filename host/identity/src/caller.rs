//! Who makes a request, as it was found out from a session or a token.

use std::collections::BTreeSet;
use std::sync::Arc;

use vestry_storage::Hash;

use crate::{AccountId, PermissionSet, SessionHash};

/// How long after giving the password a person may do what is grave. Milliseconds.
pub const FRESH: u64 = 5 * 60 * 1000;

/// A person in a browser, or a program with a person's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub account: AccountId,
    pub name: String,
    pub email: Option<String>,
    pub kind: CallerKind,
    /// Of the session's or bearer's token: names it, opens nothing.
    pub hash: Hash,
    /// Of a person.
    pub session: Option<SessionHash>,
    /// The id of the token, of a program or of a job that a program started.
    pub token: Option<String>,
    /// Names with one space between.
    pub privileges: String,
    /// What this caller may do: all that the account may, or what the token names of that.
    pub permissions: Arc<PermissionSet>,
    /// Of a token that names what it is for.
    pub scopes: Option<Scopes>,
    /// When the password was last given; 0 for a token or a job.
    pub authenticated_at: u64,
    /// The tag of the language that the account has chosen; none where the browser decides.
    pub language: Option<String>,
}

/// How a caller proved who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerKind {
    Person,
    Token,
    /// Nobody is present: a job, for who started it.
    Job,
}

/// What a token names: permissions, and functions of interfaces such as `vestry:admin/users.apply`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes {
    pub permissions: PermissionSet,
    pub functions: BTreeSet<String>,
}

impl Caller {
    /// Whether the password was given within the last five minutes. Never so of a token or a job.
    pub fn is_fresh(&self, now: u64) -> bool {
        self.kind == CallerKind::Person && now < self.authenticated_at.saturating_add(FRESH)
    }

    /// Whether a token names this function. Never so of a person, who is asked instead.
    pub fn names_function(&self, function: &str) -> bool {
        self.scopes.as_ref().is_some_and(|scopes| scopes.functions.contains(function))
    }
}

impl Scopes {
    /// Scopes as they are stored: with spaces between, none for all that the account may. A function has a colon in
    /// its name, a permission has not.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let (functions, permissions): (Vec<&str>, Vec<&str>) =
            text.split_ascii_whitespace().partition(|name| name.contains(':'));
        if functions.is_empty() && permissions.is_empty() {
            return None;
        }
        let functions = functions.into_iter().map(str::to_owned).collect();
        Some(Self { permissions: permissions.into_iter().collect(), functions })
    }
}
