//! The row with the names of the columns: where each is, and which languages they say.

use super::cells::{Cell, Row};
use super::{COLUMNS, Column};

/// Where the columns are, wherever they were moved to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    places: Vec<(Column, usize)>,
    /// The languages, where the names say them.
    pub(super) source: String,
    pub(super) target: String,
}

impl Header {
    /// What a row says, if it is this one: `Plugin`, `Phrase` and `Translation` have to be there.
    pub(super) fn of(row: &Row<'_>) -> Option<Self> {
        let mut header = Self { places: Vec::new(), source: String::new(), target: String::new() };
        for (place, cell) in &row.cells {
            let Cell::Text(text) = cell else { continue };
            let (name, tag) = text.split_once('(').unwrap_or((text, ""));
            let known = COLUMNS.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name.trim()));
            let Some((column, ..)) = known.filter(|(column, ..)| header.place(*column).is_none()) else { continue };
            header.places.push((*column, *place));
            let tag = tag.trim().trim_end_matches(')').to_owned();
            match column {
                Column::Phrase => header.source = tag,
                Column::Translation => header.target = tag,
                _ => {}
            }
        }
        let needed = [Column::Plugin, Column::Phrase, Column::Translation];
        needed.iter().all(|column| header.place(*column).is_some()).then_some(header)
    }

    fn place(&self, column: Column) -> Option<usize> {
        self.places.iter().find(|(known, _)| *known == column).map(|(_, place)| *place)
    }

    /// What a row has in a column.
    pub(super) fn cell<'r>(&self, row: &'r Row<'_>, column: Column) -> Option<&'r Cell<'r>> {
        let place = self.place(column)?;
        row.cells.iter().find(|(known, _)| *known == place).map(|(_, cell)| cell)
    }

    /// The text of a row in a column; nothing where it has none.
    pub(super) fn text<'r>(&self, row: &'r Row<'_>, column: Column) -> &'r str {
        match self.cell(row, column) {
            Some(Cell::Text(text)) => text,
            _ => "",
        }
    }
}
