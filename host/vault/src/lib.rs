//! Secrets: passwords and keys for other programs, sealed where they are kept, taken out of what is written.
//!
//! [`Vault`] seals a value for its place, so that the database holds nothing that can be read, and nothing that can be
//! moved to another name. [`Redactor`] knows the values that this process has opened, and takes them out of a text
//! before it is logged or stored. [`SecretName`], [`SecretValue`] and [`Origin`] are what comes from outside, parsed
//! once; a value prints as dots.
//!
//! Deliberately not done: keys of several generations (a lost key means that secrets are set again), and locking
//! memory: who can read the memory of the process has the secrets that it uses.

mod error;
mod name;
mod origin;
mod redactor;
mod value;
mod vault;

pub use error::{Invalid, VaultError};
pub use name::SecretName;
pub use origin::Origin;
pub use redactor::{REDACTED, Redactor, SHORTEST};
pub use value::{MAX_VALUE, SecretValue};
pub use vault::{Place, Vault};
