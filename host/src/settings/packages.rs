//! `packages`: where packages may come from, how many versions stay, when a plugin is stopped.
//!
//! ```yaml
//! packages:
//!   repositories: [/srv/git]
//!   upgrades: https://vestry.example.org/upgrades.json
//!   kept: 3
//!   quarantine: {failures: 5, minutes: 5}
//! ```

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

/// All about packages, each with its default.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct PackageSettings {
    /// Directories below which Git repositories may be read as `file://`.
    pub repositories: Vec<PathBuf>,
    /// Where newer versions of the program and of what it ships with are announced, over TLS; nowhere by default.
    pub upgrades: Option<Url>,
    /// Versions of a plugin that stay beside the one that runs; one at least.
    pub kept: u32,
    pub quarantine: Quarantine,
}

/// When a plugin that fails is stopped: after so many failures in so many minutes. No failures: never.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Quarantine {
    pub failures: u32,
    pub minutes: u32,
}

impl Default for Quarantine {
    fn default() -> Self {
        Self { failures: 5, minutes: 5 }
    }
}

impl Default for PackageSettings {
    fn default() -> Self {
        Self { repositories: Vec::new(), upgrades: None, kept: 3, quarantine: Quarantine::default() }
    }
}
