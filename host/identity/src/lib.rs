//! Who someone is and what they may do: accounts, privileges, permissions, sessions, tokens and passwords.
//!
//! [`Identity`] answers who holds a session or a token, signs people in and out, and keeps passwords. [`accounts`] and
//! [`privileges`] hold the policy of changing accounts and privileges, once, for the command line and for plugins alike:
//! they take a transaction and an [`Actor`], and answer refusals as sentences. [`invitations`] are links under which
//! somebody sets their own password: who may have one made, and how long it counts.
//!
//! No SQL and no HTTP is here. Text from outside becomes a newtype at this crate's edge ([`Email`], [`Permission`],
//! [`SessionToken`] and so on); rows of the database hold only what has passed there.
//!
//! Deliberately not done: second factors, which come with pages of their own.

pub mod accounts;
mod actor;
mod audit;
mod cache;
mod caller;
mod common_passwords;
mod error;
mod identity;
pub mod invitations;
mod names;
mod password_policy;
mod passwords;
mod permission;
mod permission_set;
pub mod privileges;
mod secret;
mod sessions;
mod setup;
mod sign_in;
mod throttle;
mod tokens;

pub use actor::{Actor, ActorKind};
pub use audit::{Act, audit, audit_refusal};
pub use caller::{Caller, CallerKind, FRESH, Scopes};
pub use error::{IdentityError, Invalid, What};
pub use identity::{Identity, Options};
pub use invitations::{AcceptError, LinkPurpose};
pub use names::{AccountId, Email, Name, Privilege};
pub use password_policy::{MIN_PASSWORD, NewPassword};
pub use passwords::{Cost, Passwords, Verdict};
pub use permission::{HOST_PERMISSIONS, HostPermission, Permission};
pub use permission_set::{PermissionSet, permissions_of};
pub use secret::{BearerToken, LinkToken, SessionHash, SessionToken};
pub use sign_in::{NewSession, SignInError};
pub use tokens::NewToken;

/// The privilege that holds every permission, also those declared later.
pub const ADMIN: &str = "admin";
/// The privilege that every account is given; what it holds, every signed-in account holds.
pub const USER: &str = "user";

#[cfg(test)]
mod tests;
