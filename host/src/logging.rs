//! What the server says about itself: lines on stderr, so that stdout is left to what commands answer.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging. A filter that is not understood is said, and `info` taken.
pub fn start(filter: &str) {
    let (filter, wrong) = match EnvFilter::try_new(filter) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // A second start in one process, as in tests, keeps the first.
    let _ = lines.try_init();
    if let Some(error) = wrong {
        tracing::warn!(%error, "the setting `log` is not understood; logging at `info`");
    }
}
