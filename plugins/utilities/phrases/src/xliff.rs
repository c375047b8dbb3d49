//! Catalogues as XLIFF 1.2 (OASIS, 2008), for the programs that translators work with.
//!
//! One `<file>` for each plugin, one `<trans-unit>` for each phrase. A phrase with a number is a group
//! (`x-gettext-plurals`, as tools make of gettext's catalogues) with a unit for each form, whose ids end with the
//! form's name: `…[few]`. Ids are made of plugin and phrase, so they stay the same from one file to the next.
//!
//! Placeholders are written as plain text. Inline elements are tags that a translator has to handle, and
//! translate-toolkit (below Weblate and Virtaal) leaves the old ones standing behind a new text. `{name}` is a notation
//! that programs know, or can be told of by an expression. What others made of it (`<ph>`, `<x>`, `<g>`) is read all
//! the same.

mod inline;
mod read;
mod states;
mod write;

pub(crate) use read::read;
pub(crate) use write::write;

/// The kind of a group whose units are the forms of one phrase.
const PLURALS: &str = "x-gettext-plurals";
/// Whom a note is from that says where a phrase is shown.
const AUTHOR: &str = "developer";
