//! The fields of a PDF template: what a program has to fill in, where it stands, and how it is written into an interview.
//!
//! [`read`] takes a file as a person brought it, hostile until shown otherwise, and answers a [`Template`]: pages and, in
//! the order of the form, fields with everything that they inherit from their parents. What is odd but can be told is a
//! [`Note`]; what cannot be read at all is [`Wrong`], a sentence for that person. [`yaml`] and [`csv`] write a template
//! down, `serde` makes JSON of it.
//!
//! The way of a file: `table` reads the lists of objects that it ends with, through all its increments, and `repair` looks
//! for the objects themselves where those lists are missing or lie. `document` finds an object by its number, in an object
//! stream too (`pack`, `filter`), and takes the encryption off (`lock`). `pages`, `fields` and `outline` walk from there.
//!
//! Objects are told apart by `hayro-syntax`, which copies nothing: an array stays bytes of the file until one asks for an
//! item. What is above objects is our own, because no library bounds it: a few KB can unpack to GB, and a few MB of brackets
//! to objects of hundreds. Everything here is counted instead, see [`bounds`].
//!
//! Deliberately not done: drawing pages, running the form's scripts, reading the forms inside XFA (that a file has one is
//! said), checking signatures, files that are encrypted for certificates, and preparing passwords as RFC 4013 has it -
//! they are taken as they are typed.

pub mod bounds;
mod crypt;
mod csv;
mod document;
mod field;
mod fields;
mod filter;
mod lock;
mod name;
mod notes;
mod outline;
mod pack;
mod pages;
mod parse;
mod repair;
mod rules;
mod spent;
mod table;
mod template;
mod text;
mod widgets;
mod wrong;
mod yaml;

pub use csv::csv;
pub use template::{Choice, Field, Flags, Heading, Kind, Note, Opt, Page, Rectangle, Rotation, Template, Widget, Xfa};
pub use wrong::Wrong;
pub use yaml::yaml;

use document::Document;
use fields::Form;
use notes::Notes;
use pages::Pages;

/// Reads a file, with what it is opened with where it is encrypted; the empty password is tried first.
///
/// It holds at most 32 MiB besides the file itself, of which there are at most [`bounds::BYTES`]. What it does is counted, so
/// that no file takes longer than a large honest one.
///
/// # Errors
///
/// See [`Wrong`].
pub fn read(bytes: &[u8], password: Option<&str>) -> Result<Template, Wrong> {
    let document = Document::open(bytes, password)?;
    let first = template_of(&document);
    // Something is referred to that is not there: nothing at all, or what a damaged list of objects left out.
    if document.repaired || !(document.is_missing() || first == Err(Wrong::Damaged)) {
        return first;
    }
    let bytes = document.bytes;
    // Only one of the two at a time is held.
    drop(document);
    let again = Document::repaired(bytes, password).and_then(|document| template_of(&document));
    match (first, again) {
        (Err(Wrong::Damaged), again) => again,
        (Ok(first), Ok(again)) if again.found() > first.found() => Ok(again),
        (first, _) => first,
    }
}

fn template_of(document: &Document<'_>) -> Result<Template, Wrong> {
    let mut notes = Notes::new();
    if document.repaired {
        notes.add(Note::Repaired);
    }
    let pages = Pages::find(document, &mut notes);
    let form = Form::read(document, &pages, &mut notes);
    let outline = outline::headings(document, &pages);
    document.spent.check()?;
    if pages.all.is_empty() && form.fields.is_empty() {
        return Err(Wrong::Damaged);
    }
    Ok(Template { pages: pages.shown(), fields: form.fields, outline, xfa: form.xfa, notes: notes.all() })
}
