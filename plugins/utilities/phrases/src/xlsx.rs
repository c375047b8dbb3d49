//! Catalogues as a workbook (.xlsx), for translators who work in Excel, LibreOffice or Google Sheets.
//!
//! One sheet, a row for each phrase, one for each form of a phrase with a number; the names of the columns say the
//! languages (`Translation (es)`), as no other place for them survives all programs. All cells are text, also those to
//! be typed into: what begins with `=` or looks like a number or a date stays what was typed.
//!
//! Workbooks are read and written here rather than by a library: two libraries make the component that this goes into
//! about a megabyte larger, which it pays for in each start, and neither sets bounds to a hostile file by itself.

mod book;
mod cells;
mod header;
mod package;
mod packing;
mod read;
mod strings;
mod write;

pub(crate) use read::read;
pub(crate) use write::write;

/// A column of the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Plugin,
    Phrase,
    Form,
    Translation,
    State,
    Where,
}

/// Names and widths, in characters; in their order.
const COLUMNS: [(Column, &str, u32); 6] = [
    (Column::Plugin, "Plugin", 24),
    (Column::Phrase, "Phrase", 60),
    (Column::Form, "Form", 9),
    (Column::Translation, "Translation", 60),
    (Column::State, "State", 11),
    (Column::Where, "Where", 40),
];
