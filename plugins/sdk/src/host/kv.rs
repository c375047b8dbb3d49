//! Values of the plugin's own, by key, in order of their keys.
//!
//! A request is one transaction: what is committed counts when `handle` answers without failure.

pub use crate::bindings::vestry::plugin::kv::{Change, Check, Entry, Range, commit, get, scan};
use crate::failure::Result;

/// The entry of one key.
///
/// # Errors
/// Those of the host.
pub fn read(key: &str) -> Result<Option<Entry>> {
    Ok(get(&[key.to_owned()])?.pop().flatten())
}

/// Sets one key, whatever it held.
///
/// # Errors
/// Those of the host: `exhausted` for a key over 512 bytes, a value over 1 MiB, or 50 MiB of all together.
pub fn write(key: &str, value: impl Into<Vec<u8>>) -> Result<u64> {
    commit(&[], &[Change::Set((key.to_owned(), value.into()))])
}

/// Sets one key if it is still as `seen`; none: if it is still absent.
///
/// # Errors
/// `conflict` where somebody else was quicker; the host then runs the request again, twice at most.
pub fn replace(key: &str, seen: Option<&Entry>, value: impl Into<Vec<u8>>) -> Result<u64> {
    let check = Check { key: key.to_owned(), version: seen.map(|entry| entry.version) };
    commit(&[check], &[Change::Set((key.to_owned(), value.into()))])
}
