//! Versions that are newer than what runs, as sources and the document of upgrades say: kept as JSON in
//! `package_checks.origin`.

use serde::{Deserialize, Serialize};
use vestry_sources::Source;

use crate::digest::Digest;

/// How a newer version is had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "from")]
pub enum Newer {
    /// Fetched from its source.
    Source { source: Source },
    /// Announced by the document of upgrades: what is new in it, where the component is, and its SHA-256.
    Announced { notes: String, component: String, sha256: Digest },
    /// A newer program, in the row whose plugin is [`HOST`](crate::order::HOST): what is new, and what to do.
    Program { notes: String, how: String },
}

impl Newer {
    /// Reads what `package_checks.origin` holds; none for a row that has nothing newer.
    #[must_use]
    pub fn parse(kept: &str) -> Option<Self> {
        serde_json::from_str(kept).ok()
    }
}
