//! What the rows do not say: how what is mounted runs in this process, and what its program brought along.
//!
//! Views ask for it through [`Facts`], so that the command line can show the same of a server that does not run.

use vestry_contract::packages::{Limit, Used};

use crate::digest::Digest;

/// A plugin that came with the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipped {
    pub id: String,
    pub version: String,
    pub digest: Digest,
}

/// Answered by who runs plugins.
pub trait Facts {
    /// What calls of a plugin have used: since this process started, and in its last hour.
    fn used(&self, plugin: &str) -> (Used, Used);

    /// Why a plugin that is switched on and not quarantined does not run; none where it does.
    fn broken(&self, plugin: &str) -> Option<String>;

    /// All limits that a plugin has of which an administrator chose these, by name.
    fn limits(&self, chosen: &[(String, u64)]) -> Vec<Limit>;

    /// Why nothing can be mounted there, in a sentence that says what to do; none where it can.
    fn wrong_mount(&self, mount: &str) -> Option<String>;

    /// What the program brought along.
    fn shipped(&self) -> Vec<Shipped>;

    /// Version of the program.
    fn version(&self) -> String;
}

/// Where nothing runs, nothing is limited, and nothing was brought along.
#[derive(Debug, Clone, Copy, Default)]
pub struct Still;

impl Facts for Still {
    fn used(&self, _: &str) -> (Used, Used) {
        (UNUSED, UNUSED)
    }

    fn broken(&self, _: &str) -> Option<String> {
        None
    }

    fn limits(&self, _: &[(String, u64)]) -> Vec<Limit> {
        Vec::new()
    }

    fn wrong_mount(&self, _: &str) -> Option<String> {
        None
    }

    fn shipped(&self) -> Vec<Shipped> {
        Vec::new()
    }

    fn version(&self) -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }
}

/// No calls at all.
pub const UNUSED: Used = Used { calls: 0, failures: 0, refused: 0, cpu_ms: 0, peak_memory: 0, p95_us: 0 };
