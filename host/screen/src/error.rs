//! What can go wrong between a page and its HTML.

use std::path::PathBuf;

/// A page that cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    /// The plugin's values contradict each other, such as a text that ends inside a character. The plugin's fault.
    #[error("block `{block}`: {reason}")]
    Invalid {
        /// Name of the block.
        block: String,
        /// What contradicts what.
        reason: String,
    },
    /// A template could not be rendered: the host's fault, or an override's.
    #[error("template `{}`: {source:#}", .source.name().unwrap_or("?"))]
    Template {
        /// Where and why.
        #[from]
        source: minijinja::Error,
    },
}

impl ScreenError {
    pub(crate) fn invalid(block: &str, reason: impl Into<String>) -> Self {
        Self::Invalid { block: block.to_owned(), reason: reason.into() }
    }
}

/// Templates that cannot be loaded; found when the server starts, not when a page is asked for.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A template does not compile.
    #[error("template `{name}`: {source:#}")]
    Syntax {
        /// Its path inside the templates' directory.
        name: String,
        /// Where and why.
        source: minijinja::Error,
    },
    /// An override could not be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
