//! Packages of the server: what is mounted, what waits, and what is ordered about them, for who administers the server.
//!
//! What lasts is a job of the host's. `fetch`, `check` and `place` answer its id as soon as the request takes effect:
//! [`block::job`](crate::block::job) shows how far it is, [`outcome`] what became of it.
//!
//! ```no_run
//! # use vestry_sdk::prelude::*;
//! use vestry_sdk::packages::{self, Placing};
//!
//! fn update(digest: &str, running: &str) -> Result<String> {
//!     packages::place(&[Placing::of(digest).in_place_of(running)])
//! }
//!
//! fn swap(digest: &str) -> Result<String> {
//!     packages::place(&[Placing::of(digest).at("utilities").swapping()])
//! }
//! ```

use crate::bindings::vestry::admin::packages;
pub use crate::bindings::vestry::admin::packages::{
    Access, Addition, Ask, Event, Git, Inspection, Limit, Package, Placing, Plugin, Reference, Source, Upgrade, Used,
    Work, check, discard, history, inspect, outcome, place, plugins, retry, set_enabled, uninstall, upgrades, waiting,
};
use crate::failure::Result;

/// Branches and tags, or tags, of a source. Takes up to 8 s.
///
/// # Errors
/// Those of the host: `invalid` for an address that cannot be one, `unavailable` where the source does not answer.
pub fn references(source: &Source, access: Option<&Access>) -> Result<Vec<Reference>> {
    packages::references(source, access)
}

/// Fetches a package and looks at it; nothing is mounted. Answers the job.
///
/// # Errors
/// Those of the host: `invalid` for an address that cannot be one.
pub fn fetch(source: &Source, access: Option<&Access>) -> Result<String> {
    packages::fetch(source, access)
}

/// Sets limits, by name; none goes back to the default.
///
/// # Errors
/// Those of the host: `invalid` on the limit's name where it is unknown or out of its bounds.
pub fn set_limits<'a>(id: &str, limits: impl IntoIterator<Item = (&'a str, Option<u64>)>) -> Result<()> {
    let limits: Vec<_> = limits.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    packages::set_limits(id, &limits)
}

impl Source {
    /// A branch, tag or commit of a Git repository, the default branch for an empty one; and the path of the component
    /// there, empty where it holds just one.
    pub fn git(url: impl Into<String>, reference: impl Into<String>, path: impl Into<String>) -> Self {
        Self::Git(Git { url: url.into(), reference: reference.into(), path: path.into() })
    }
}

impl Placing {
    /// A package where its plugin is mounted now, else where it asks to be, as long as nothing of that plugin runs.
    pub fn of(digest: impl Into<String>) -> Self {
        Self { digest: digest.into(), mount: None, swap: false, take_over: false, data: None, expected: String::new() }
    }

    /// As long as this is what runs of the same plugin: the digest that the person saw; empty for none.
    pub fn in_place_of(mut self, digest: impl Into<String>) -> Self {
        self.expected = digest.into();
        self
    }

    /// At this mount.
    pub fn at(mut self, mount: impl Into<String>) -> Self {
        self.mount = Some(mount.into());
        self
    }

    /// Takes the place of another plugin that is mounted there.
    pub fn swapping(mut self) -> Self {
        self.swap = true;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placing_says_no_more_than_was_said() {
        let plain = Placing::of("d");
        assert_eq!(
            (plain.mount.as_deref(), plain.swap, plain.take_over, plain.expected.as_str()),
            (None, false, false, "")
        );
        let swapped = plain.at("here").in_place_of("e").swapping();
        assert_eq!((swapped.mount.as_deref(), swapped.swap, swapped.expected.as_str()), (Some("here"), true, "e"));
    }
}
