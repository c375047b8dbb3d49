//! Catalogues as YAML: written by hand, kept beside a program, looked at in diffs.
//!
//! ```yaml
//! source: en
//! target: de
//! phrases:
//!   vestry:
//!     Sign in: Anmelden
//!     "{count} files":
//!       one: "{count} Datei"
//!       other: "{count} Dateien"
//!     Sign out:
//!   org.example.logs:
//!     Newest first:
//!       text: Neueste zuerst
//!       state: machine
//! ```
//!
//! One phrase is one line as far as it can be, and who has looked at a machine's work takes one line away: a state
//! stands there only where a translation is not done, so that diffs show what was translated and nothing else. A
//! mapping says the state, as a tag (`!machine`) is an error for many readers of YAML, and a list of phrases elsewhere
//! would have to be kept in step.

mod read;
mod scalar;
mod write;

pub(crate) use read::read;
pub(crate) use write::write;

/// Keys of the file.
const SOURCE: &str = "source";
const TARGET: &str = "target";
const PHRASES: &str = "phrases";
/// Keys beside the forms.
const TEXT: &str = "text";
const STATE: &str = "state";
