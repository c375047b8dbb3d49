//! Errors and notes of a part, with the place they belong to.

use crate::bounds::MOST_ERRORS;
use crate::flow::Flow;
use crate::template::{Note, Place, SyntaxError};

/// Of one part.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) part: &'a str,
    pub(crate) flow: &'a Flow,
    /// With their places in the text.
    errors: Vec<(usize, SyntaxError)>,
    notes: Vec<(usize, Note)>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(part: &'a str, flow: &'a Flow) -> Self {
        Self { part, flow, errors: Vec::new(), notes: Vec::new() }
    }

    pub(crate) fn place(&self, at: usize) -> Place {
        Place { part: self.part.to_owned(), paragraph: self.flow.paragraph(at) }
    }

    /// `at`: the place in the text.
    pub(crate) fn error(&mut self, at: usize, words: String) {
        if !self.is_full() {
            let text = self.flow.paragraph_text(at);
            self.errors.push((at, SyntaxError { place: self.place(at), text, words }));
        }
    }

    pub(crate) fn note(&mut self, at: usize, words: String) {
        if self.notes.len() < MOST_ERRORS {
            self.notes.push((at, Note { place: Some(self.place(at)), words }));
        }
    }

    /// So many errors that no more are told.
    pub(crate) fn is_full(&self) -> bool {
        self.errors.len() >= MOST_ERRORS
    }

    /// All that was told, in the order of the text.
    pub(crate) fn finish(mut self) -> (Vec<SyntaxError>, Vec<Note>) {
        self.errors.sort_by_key(|(at, _)| *at);
        self.notes.sort_by_key(|(at, _)| *at);
        (
            self.errors.into_iter().map(|(_, error)| error).collect(),
            self.notes.into_iter().map(|(_, note)| note).collect(),
        )
    }
}
