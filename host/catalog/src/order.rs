//! What somebody ordered about packages: the input of a job of the host's, as JSON.

use serde::{Deserialize, Serialize};
use vestry_sources::Source;

use crate::digest::Digest;

/// Whose jobs they are: no plugin can be called that, as the ids of plugins have a dot.
pub const HOST: &str = "vestry";

/// What jobs are called that put packages in their places.
pub const PLACE: &str = "place";

/// Packages of one order.
pub const MOST_PLACINGS: usize = 100;

/// What a job of the host's is to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Order {
    /// Fetch a package, compile it, ask what it registers. Nothing is mounted.
    Fetch(Fetch),
    /// Put packages in their places, one after the other.
    Place { placings: Vec<Placing> },
    /// Ask the sources of these plugins, of all for none, for newer versions.
    Check { plugins: Vec<String> },
}

/// Where a package is fetched from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "from")]
pub enum Fetch {
    /// A file of the inbox, under its name there; see `vestry_capabilities::Inbox`.
    Inbox { file: String, name: String },
    Source {
        source: Source,
        /// What it is opened with, sealed for its address, where somebody said so with this order: it is kept once it has
        /// opened it. None: what was kept before. See `vestry_capabilities::SealedAccess`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        access: Option<String>,
    },
    /// The newest version of a shipped plugin.
    Shipped { plugin: String },
}

/// One package to be put in a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Placing {
    pub digest: Digest,
    /// None: where the plugin is mounted now, else where it asks to be.
    pub mount: Option<String>,
    /// Takes the place of another plugin that is mounted there.
    pub swap: bool,
    /// Takes over an id that plugins from elsewhere had, with their data.
    pub take_over: bool,
    /// Which data it works with, where that is not the data that is there.
    pub data: Option<Choice>,
    /// The digest that ran when the person decided; none for none.
    pub expected: Option<Digest>,
    /// What was at the mount when the person decided that it goes away. None where they said nothing of it: with `swap`
    /// whatever is there goes.
    #[serde(default)]
    pub replaces: Option<Replaced>,
    /// What the plugin suggests that privileges permit, as `PERMISSION PRIVILEGE`, and the person said yes to.
    #[serde(default)]
    pub proposals: Vec<String>,
    /// Somebody has said for this placing what it is granted: nothing is carried over from the version that runs.
    #[serde(default)]
    pub decided: bool,
}

/// Another plugin that goes away, and the version of it that somebody saw there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    pub id: String,
    pub digest: Digest,
}

/// Which data a package is to work with, where somebody said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// What was there when the data last had the shape of this package.
    Then,
    /// None.
    Fresh,
}

impl Choice {
    /// As it stands in the audit and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Then => "then",
            Self::Fresh => "fresh",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Then, Self::Fresh].into_iter().find(|choice| choice.name() == name)
    }
}

impl Order {
    /// As jobs are called.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Fetch(_) => "fetch",
            Self::Place { .. } => PLACE,
            Self::Check { .. } => "check",
        }
    }
}
