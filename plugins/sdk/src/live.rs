//! Pages that stay up to date: what happened since a cursor.
//!
//! A page says with [`Page::follow`](crate::ui::Page::follow) what it waits for, and [`events::publish`] says that it
//! happened. What is answered should follow from the cursor alone: then nothing is lost or doubled over a connection
//! that breaks.
//!
//! [`events::publish`]: crate::events::publish

pub use crate::bindings::vestry::plugin::live::{Batch, Update};
use crate::ui::{Block, Content, LogLine, Message};

impl Batch {
    /// Nothing happened, up to this cursor; updates follow. At most 1 KiB.
    pub fn at(cursor: impl Into<String>) -> Self {
        Batch { updates: vec![], cursor: cursor.into(), more: false }
    }

    /// More has happened than is in this one: the host asks for it at once.
    #[must_use]
    pub fn more(mut self) -> Self {
        self.more = true;
        self
    }

    /// Adds an update behind those that are there.
    #[must_use]
    pub fn with(mut self, update: Update) -> Self {
        self.updates.push(update);
        self
    }
}

impl Update {
    /// Lines at the end of the `log` block of that name.
    pub fn lines(block: impl Into<String>, lines: impl IntoIterator<Item = LogLine>) -> Self {
        Update::Lines((block.into(), lines.into_iter().collect()))
    }

    /// Messages at the end of the `feed` block of that name.
    pub fn messages(block: impl Into<String>, messages: impl IntoIterator<Item = Message>) -> Self {
        Update::Messages((block.into(), messages.into_iter().collect()))
    }

    /// Takes the place of the block of that name.
    pub fn block(name: impl Into<String>, content: impl Into<Content>) -> Self {
        Update::Block(Block { name: name.into(), content: content.into() })
    }

    /// The whole page is asked for anew.
    pub const fn reload() -> Self {
        Update::Reload
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::progress;

    #[test]
    fn updates_keep_their_order() {
        let batch = Batch::at("7").with(Update::lines("log", [])).with(Update::block("done", progress(3)));
        let [Update::Lines((log, lines)), Update::Block(block)] = &batch.updates[..] else { panic!("{batch:?}") };
        assert_eq!((log.as_str(), lines.len(), block.name.as_str(), batch.cursor.as_str()), ("log", 0, "done", "7"));
    }
}
