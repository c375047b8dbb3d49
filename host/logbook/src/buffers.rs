//! Where lines wait for the thread that writes them: a buffer for each file, bounded, handed over whole.

use std::mem;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::file::LogFile;
use crate::waiting::Waiting;

/// Bytes that wait for one file at most: some twenty thousand lines.
const MOST: usize = 4 << 20;
/// Bytes at which the writer is woken before its time.
const PLENTY: usize = 256 << 10;

#[derive(Debug, Default)]
struct State {
    files: [Waiting; LogFile::ALL.len()],
    ended: bool,
    /// Raised by each flush that is asked for, and what the writer has done of them.
    asked: u64,
    done: u64,
}

/// Shared by all who log and the one who writes.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    state: Mutex<State>,
    work: Condvar,
    written: Condvar,
}

/// What the writer is given.
pub(crate) struct Handed {
    pub files: [Waiting; LogFile::ALL.len()],
    pub ended: bool,
    asked: u64,
}

impl Buffers {
    /// Adds a line, or counts it where there is no room. Takes a lock that is held for copies of a few bytes alone.
    pub(crate) fn add(&self, file: LogFile, line: &[u8]) {
        let mut state = self.state.lock();
        let waiting = &mut state.files[file.index()];
        let before = waiting.len();
        waiting.add(line, MOST);
        if before < PLENTY && waiting.len() >= PLENTY {
            self.work.notify_one();
        }
    }

    /// Everything that waits, as soon as there is plenty of it, or after the time.
    pub(crate) fn take(&self, patience: Duration) -> Handed {
        let mut state = self.state.lock();
        if !state.ended && state.asked == state.done && state.files.iter().all(|file| file.len() < PLENTY) {
            self.work.wait_for(&mut state, patience);
        }
        Handed { files: mem::take(&mut state.files), ended: state.ended, asked: state.asked }
    }

    /// What was handed over is written.
    pub(crate) fn done(&self, handed: &Handed) {
        self.state.lock().done = handed.asked;
        self.written.notify_all();
    }

    /// Waits until everything that was added before is written, or for so long.
    pub(crate) fn flush(&self, patience: Duration) {
        let mut state = self.state.lock();
        state.asked += 1;
        let mine = state.asked;
        self.work.notify_one();
        self.written.wait_while_for(&mut state, |state| state.done < mine && !state.ended, patience);
    }

    pub(crate) fn end(&self) {
        self.state.lock().ended = true;
        self.work.notify_one();
    }
}
