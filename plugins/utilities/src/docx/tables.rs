//! Tables of what was found, each with as many rows as a page may have.

use vestry_sdk::prelude::*;

/// Rows of a page; the downloads have all of them.
pub const ROWS: usize = 1_000;

/// Begins one for so many things, of which it takes as many as it may have rows.
pub fn numbered(count: usize) -> Table {
    Table::keyed((1..=count.min(ROWS)).map(|number| number.to_string()))
}

/// Puts one into a section. Says so where its rows are not all of them.
pub fn add(section: Section, name: &str, table: Table, count: usize) -> Section {
    let section = section.block(name, table.total(Some(count as u64)));
    match count > ROWS {
        true => section.block(
            format!("{name}-cut"),
            notice(Level::Warning, text!("These are the first {most}. The downloads have all.", most = ROWS)),
        ),
        false => section,
    }
}
