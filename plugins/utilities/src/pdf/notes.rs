//! What is odd about a file, above everything else.

use vestry_pdf_fields::{Note, Template, Xfa, bounds};
use vestry_sdk::prelude::*;

/// Sentences that stand on the page; the JSON has all of them.
const SHOWN: usize = 8;

pub fn add(page: Page, template: &Template) -> Page {
    let xfa = match template.xfa {
        Xfa::None => None,
        Xfa::Hybrid => Some(Text::from(
            "This file has a second form, of Adobe’s own (XFA). Some readers show that one: what a program fills in is seen \
             there only where the second form is taken out.",
        )),
        Xfa::Only => Some(Text::from(
            "The pages of this file are drawn by a form of Adobe’s own (XFA), which other programs do not fill in. Save it as \
             a static PDF first.",
        )),
    };
    let more = template.notes.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| text!("There are {count} notes more in the JSON.", count = more));
    let words = xfa.into_iter().chain(template.notes.iter().take(SHOWN).map(words)).chain(more);
    (1..)
        .zip(words)
        .fold(page, |page, (number, words)| page.block(format!("note-{number}"), notice(Level::Warning, words)))
}

fn words(note: &Note) -> Text {
    match note {
        Note::Repaired => "The file is damaged. What could be found in it was read.".into(),
        Note::Unlisted(name) => text!(
            "The field “{name}” stands on a page, but the form does not list it: some programs do not fill it in.",
            name
        ),
        Note::Twice(name) => text!("The field “{name}” is there more than once; its places are put together.", name),
        Note::Nowhere(name) => text!("The field “{name}” stands on no page.", name),
        Note::Kindless(name) => text!("The field “{name}” does not say what it is, and is left out.", name),
        Note::Nameless => "A field without a name is left out.".into(),
        Note::Circle => {
            "Some fields or pages are listed twice, contain themselves, or stand too deep in each other.".into()
        }
        Note::Pages => text!("Only the first {most} pages were read.", most = bounds::PAGES),
        Note::Annotations => text!("Only the first {most} places of fields were read.", most = bounds::PLACES),
        Note::Fields => text!("Only the first {most} fields were read.", most = bounds::FIELDS),
        Note::More(count) => text!("There are {count} notes more.", count),
    }
}
