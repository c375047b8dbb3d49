//! What the server says about itself: lines on stderr, so that stdout is left to what commands answer; and of a server
//! also in files, which the plugin for logs reads.

use std::io::IsTerminal;
use std::path::Path;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};
use vestry_logbook::{Directory, Logbook, OpenError};

use crate::settings::LogSettings;

/// What is said of each file at every start is of no use to anybody. The setting goes over it.
const QUIET: &str = "memory_serve=warn";

/// Starts logging. A filter that is not understood is said, and `info` taken.
pub fn start(filter: &str, book: Option<&Logbook>) {
    let (filter, wrong) = match EnvFilter::try_new([QUIET, filter].join(",")) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    // A second start in one process, as in tests, keeps the first.
    let _ = tracing_subscriber::registry().with(filter).with(lines).with(book.map(Logbook::layer)).try_init();
    if let Some(error) = wrong {
        tracing::warn!(%error, "the setting `log` is not understood; logging at `info`");
    }
}

/// Opens this process's log, below the data directory or where the settings say.
///
/// # Errors
///
/// Where the node's name is none, the directory of the settings is missing, or nothing can be written there.
pub fn open(data: &Path, settings: &LogSettings) -> Result<Logbook, OpenError> {
    let node = settings.node.clone().unwrap_or_else(vestry_logbook::machine);
    let logs = settings.place(data);
    // It is not made: where something was to be mounted, that would be a directory that nobody looks at.
    if settings.directory.is_some() && !logs.is_dir() {
        return Err(OpenError::Missing(logs));
    }
    let directory = Directory::take(&logs, &node)?;
    let place = directory.place().to_owned();
    Logbook::open(directory, settings.keeping()).map_err(|error| OpenError::Place { place, error })
}
