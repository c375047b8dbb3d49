//! The headings that a reader shows beside the pages.

use std::collections::HashSet;

use crate::bounds;
use crate::document::{Document, Entry, Node};
use crate::pages::Pages;
use crate::template::Heading;

/// All headings, up to a number and a depth; what comes again is left out.
pub(crate) fn headings(document: &Document<'_>, pages: &Pages<'_>) -> Vec<Heading> {
    let mut found = Found { document, pages, seen: HashSet::new(), all: Vec::new() };
    if let Some(outline) = document.root().and_then(|root| document.get(&root, b"Outlines")) {
        found.below(&outline, 0);
    }
    found.all
}

struct Found<'r, 'd, 'a> {
    document: &'d Document<'a>,
    pages: &'r Pages<'d>,
    seen: HashSet<u32>,
    all: Vec<Heading>,
}

impl<'d> Found<'_, 'd, '_> {
    fn below(&mut self, parent: &Node<'d>, level: u32) {
        let mut next = self.document.link(parent, b"First");
        while let Some(number) = next {
            if self.all.len() >= bounds::HEADINGS || !self.seen.insert(number) {
                return;
            }
            let Some(node) = self.document.object(number) else { return };
            let title = self.document.get(&node, b"Title").and_then(|title| self.document.text(&title));
            if let Some(title) = title {
                self.all.push(Heading { title, level, page: self.page(&node) });
            }
            if (level as usize) < bounds::DEPTH {
                self.below(&node, level + 1);
            }
            next = self.document.link(&node, b"Next");
        }
    }

    /// The page that a heading points to; places that are told by a name are not looked up.
    fn page(&self, node: &Node<'d>) -> Option<u32> {
        let document = self.document;
        let to = document.get(node, b"Dest").or_else(|| document.get(&document.get(node, b"A")?, b"D"))?;
        let Entry::Object(page) = document.entries(&to).next()? else { return None };
        u32::try_from(self.pages.of_object(page)? + 1).ok()
    }
}
