//! Where something stands, as badges: the part of the document, and its paragraphs.

use std::collections::BTreeMap;

use vestry_docx_fields::{Part, PartKind, Place, Template};
use vestry_sdk::prelude::*;

/// Paragraphs of a part, and parts, that are named. The JSON has all of them.
const SHOWN: usize = 8;

/// The parts of a document, by their names in the package.
pub struct Parts<'t>(BTreeMap<&'t str, &'t Part>);

impl<'t> Parts<'t> {
    pub fn of(template: &'t Template) -> Self {
        Self(template.parts.iter().map(|part| (part.path.as_str(), part)).collect())
    }

    /// Each part with its paragraphs.
    pub fn cell<'p>(&self, places: impl IntoIterator<Item = &'p Place>) -> Cell {
        let mut found: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for place in places {
            let paragraphs = found.entry(&place.part).or_default();
            if !paragraphs.contains(&place.paragraph) && paragraphs.len() <= SHOWN {
                paragraphs.push(place.paragraph);
            }
        }
        let shown =
            found.iter().take(SHOWN).map(|(part, paragraphs)| badge(self.words(part, paragraphs), Level::Neutral));
        let more = found.len().saturating_sub(SHOWN);
        let more = (more > 0).then(|| badge(text!("{count} parts more", count = more), Level::Neutral));
        Cell::Badges(shown.chain(more).collect())
    }

    fn words(&self, path: &str, paragraphs: &[u32]) -> Text {
        let named: Vec<String> = paragraphs.iter().take(SHOWN).map(u32::to_string).collect();
        let paragraphs = named.join(", ") + if paragraphs.len() > SHOWN { ", …" } else { "" };
        // `word/header2.xml` is the second header.
        let number: String = path.chars().filter(char::is_ascii_digit).collect();
        match self.0.get(path).map(|part| part.kind) {
            Some(PartKind::Document) => text!("Document: {paragraphs}", paragraphs),
            Some(PartKind::Header) => text!("Header {number}: {paragraphs}", number, paragraphs),
            Some(PartKind::Footer) => text!("Footer {number}: {paragraphs}", number, paragraphs),
            Some(PartKind::Footnotes) => text!("Footnotes: {paragraphs}", paragraphs),
            Some(PartKind::Endnotes) => text!("Endnotes: {paragraphs}", paragraphs),
            Some(PartKind::Comments) => text!("Comments: {paragraphs}", paragraphs),
            None => data(format!("{path}: {paragraphs}")),
        }
    }
}
