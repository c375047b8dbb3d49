//! Collecting what is odd about a file.

use crate::bounds;
use crate::template::Note;

#[derive(Default)]
pub(crate) struct Notes {
    all: Vec<Note>,
    more: u32,
}

impl Notes {
    pub fn new() -> Notes {
        Notes::default()
    }

    /// Said once, however often it is found.
    pub fn add(&mut self, note: Note) {
        if self.all.contains(&note) {
            return;
        }
        match self.all.len() < bounds::NOTES {
            true => self.all.push(note),
            false => self.more = self.more.saturating_add(1),
        }
    }

    pub fn all(mut self) -> Vec<Note> {
        if self.more > 0 {
            self.all.push(Note::More(self.more));
        }
        self.all
    }
}
