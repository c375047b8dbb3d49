//! Work that outlasts the request: started here, done by the function that [`Plugin::job`](crate::plugin::Plugin::job)
//! names, shown by [`block::job`](crate::block::job).

use crate::bindings::vestry::plugin::jobs;
pub use crate::bindings::vestry::plugin::jobs::{Job, cancel, get};
use crate::failure::Result;
use crate::types::{Json, Text};

/// Puts a job into the queue when the request takes effect, and answers its id. The input is a JSON document of at most
/// 256 KiB.
///
/// # Errors
/// Those of the host: `exhausted` where too many jobs of the plugin wait already.
pub fn start(name: &str, input: impl Into<Json>) -> Result<String> {
    jobs::start(name, &input.into())
}

/// In a job: how far it has come, 0 to 100, and what it is at. Every page that shows the job shows it.
///
/// # Errors
/// `denied` where this is no job.
pub fn progress(percent: u8, message: impl Into<Text>) -> Result<()> {
    jobs::progress(percent.min(100), &message.into())
}
