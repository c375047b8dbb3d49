//! Reads through [`Files`] and counts: bytes that were read, and bytes of text that were looked at.

use std::cell::Cell;

use crate::files::{File, Files, LARGEST_READ, Trouble};

/// What one step may use. The first piece of work is always done, so that each step comes further.
#[derive(Clone, Copy)]
pub struct Budget<'a> {
    /// Bytes read from files, compressed ones as they lie there.
    pub read: u64,
    /// Bytes of text looked at.
    pub text: u64,
    /// Records answered, and bytes of the text of each. All of them together have no more than
    /// [`ANSWER`](crate::ANSWER) bytes in any case.
    pub hits: usize,
    pub longest: usize,
    /// Files that other programs have compressed in one piece are looked through in one go, whatever else is left, or
    /// passed over, which is said.
    pub whole: Whole,
    /// Asked between two pieces of work of at most some MiB of text.
    pub over: &'a dyn Fn() -> bool,
}

/// How large a file may be that can only be read from its beginning on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    /// Bytes as it lies there.
    pub packed: u64,
    /// Bytes of its text; what stands behind them is passed over.
    pub text: u64,
}

impl Whole {
    /// What somebody can wait for.
    pub const PAGE: Self = Self { packed: 4 << 20, text: 64 << 20 };
    /// What a job has the time for.
    pub const JOB: Self = Self { packed: 1 << 30, text: 4 << 30 };
}

impl std::fmt::Debug for Budget<'_> {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Budget")
            .field("read", &self.read)
            .field("text", &self.text)
            .field("hits", &self.hits)
            .field("longest", &self.longest)
            .field("whole", &self.whole)
            .finish_non_exhaustive()
    }
}

/// Files, and what of the budget is used.
pub(crate) struct Reader<'a> {
    pub files: &'a dyn Files,
    pub budget: Budget<'a>,
    read: Cell<u64>,
    text: Cell<u64>,
}

impl<'a> Reader<'a> {
    pub fn new(files: &'a dyn Files, budget: Budget<'a>) -> Self {
        Self { files, budget, read: Cell::new(0), text: Cell::new(0) }
    }

    /// From `offset` on; fewer bytes than asked for only where the file ends.
    pub fn read(&self, directory: &str, file: &File, offset: u64, length: usize) -> Result<Vec<u8>, Trouble> {
        let mut all = Vec::new();
        while all.len() < length {
            let most = u32::try_from(length - all.len()).unwrap_or(u32::MAX).min(LARGEST_READ);
            let from = offset + all.len() as u64;
            let piece = self.files.read(directory, &file.path, Some(&file.identity), from, most)?;
            if piece.content.is_empty() {
                break;
            }
            self.read.set(self.read.get() + piece.content.len() as u64);
            if all.is_empty() {
                all = piece.content;
                all.reserve_exact(length.saturating_sub(all.len()));
            } else {
                all.extend_from_slice(&piece.content);
            }
        }
        Ok(all)
    }

    pub fn looked_at(&self, bytes: usize) {
        self.text.set(self.text.get() + bytes as u64);
    }

    pub fn is_over(&self) -> bool {
        self.read.get() >= self.budget.read || self.text.get() >= self.budget.text || (self.budget.over)()
    }
}
