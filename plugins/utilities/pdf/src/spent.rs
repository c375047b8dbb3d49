//! What reading a file has cost so far.

use std::cell::Cell;

use crate::bounds;
use crate::wrong::Wrong;

/// Bytes of a control character in JSON and YAML: `\u0001`.
const ESCAPED: usize = 6;

/// Counts down. Readers that are told "no" go on as if there were nothing more; [`Spent::check`] says it in the end.
pub(crate) struct Spent {
    work: Cell<usize>,
    unpacked: Cell<usize>,
    text: Cell<usize>,
    over: Cell<Option<Wrong>>,
}

impl Spent {
    pub fn new() -> Spent {
        Spent {
            work: Cell::new(bounds::WORK),
            unpacked: Cell::new(bounds::UNPACKED),
            text: Cell::new(bounds::TEXT),
            over: Cell::new(None),
        }
    }

    /// So many bytes of objects were looked at. Every look costs something, so that empty ones are bounded too.
    pub fn work(&self, bytes: usize) -> bool {
        self.take(&self.work, bytes.saturating_add(16), Wrong::Work)
    }

    /// How much may still be unpacked.
    pub fn unpackable(&self) -> usize {
        self.unpacked.get()
    }

    pub fn unpacked(&self, bytes: usize) -> bool {
        self.take(&self.unpacked, bytes, Wrong::Unpacked)
    }

    /// A text is kept: as many bytes as it takes where it is written down.
    pub fn text(&self, text: &str) -> bool {
        let escaped = text.bytes().filter(u8::is_ascii_control).count();
        self.take(&self.text, text.len() + escaped * (ESCAPED - 1) + 64, Wrong::Work)
    }

    pub fn objects(&self, count: usize) -> bool {
        if count > bounds::OBJECTS {
            self.over.set(Some(Wrong::Work));
        }
        count <= bounds::OBJECTS
    }

    fn take(&self, left: &Cell<usize>, bytes: usize, wrong: Wrong) -> bool {
        match left.get().checked_sub(bytes) {
            Some(rest) => left.set(rest),
            None => {
                left.set(0);
                self.over.set(Some(self.over.get().unwrap_or(wrong)));
            }
        }
        self.over.get().is_none()
    }

    pub fn is_over(&self) -> bool {
        self.over.get().is_some()
    }

    /// # Errors
    ///
    /// What was spent in full.
    pub fn check(&self) -> Result<(), Wrong> {
        self.over.get().map_or(Ok(()), Err)
    }
}
