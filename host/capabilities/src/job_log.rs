//! Lines that a job logs, kept aside until its worker writes them down: also those of an attempt that is broken off.

use std::sync::Arc;

use parking_lot::Mutex;

/// Lines that wait at most; what comes on top is counted and said.
const MOST: usize = 1_000;

/// Bytes of a line: a thousand of them are kept of each job.
const LONGEST: usize = 2 << 10;

/// A line of a job's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub time: u64,
    pub level: &'static str,
    pub text: String,
}

/// The lines of one attempt. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct JobLog(Arc<Mutex<(Vec<Line>, usize)>>);

impl JobLog {
    pub fn add(&self, mut line: Line) {
        line.text.truncate(line.text.floor_char_boundary(LONGEST));
        let mut lines = self.0.lock();
        if lines.0.len() < MOST {
            lines.0.push(line);
        } else {
            lines.1 += 1;
        }
    }

    /// What has come since the last time, and how many lines more there would have been.
    #[must_use]
    pub fn take(&self) -> (Vec<Line>, usize) {
        std::mem::take(&mut *self.0.lock())
    }
}
