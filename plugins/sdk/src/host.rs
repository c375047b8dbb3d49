//! What a plugin may ask the host for. A component imports an interface only where something in it is called, and the
//! administrator is asked for those that it imports.

pub mod events;
pub mod files;
pub mod http;
pub mod jobs;
pub mod kv;
pub mod log;
pub mod mail;
#[cfg(feature = "admin")]
pub mod packages;
#[cfg(feature = "admin")]
pub mod phrases;
pub mod queue;
pub mod secrets;
#[cfg(feature = "admin")]
pub mod server;
pub mod uploads;

pub use crate::bindings::vestry::plugin::{contributions, links, menu, settings};

#[cfg(feature = "admin")]
pub use crate::bindings::vestry::admin::users;
