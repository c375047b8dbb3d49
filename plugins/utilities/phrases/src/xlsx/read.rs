//! A workbook becomes a catalogue.

use super::Column;
use super::book;
use super::cells::{Cell, Row, Rows};
use super::header::Header;
use super::package::Package;
use super::strings::Strings;
use crate::bounds::HIGHEST_HEADER;
use crate::catalogue::State;
use crate::gather::{Gather, Piece, Read};
use crate::problem::{Fault, Place, shown};
use crate::wrong::Wrong;

pub(crate) fn read(bytes: &[u8], mut gather: Gather) -> Result<Read, Wrong> {
    let mut package = Package::open(bytes)?;
    let book = book::find(&mut package)?;
    let strings = match &book.strings {
        Some(name) => Strings::read(name, &package.content(name)?)?,
        None => Strings::default(),
    };
    for sheet in &book.sheets {
        let content = package.content(sheet)?;
        let mut rows = Rows::new(sheet, &content, &strings)?;
        let Some(header) = header(&mut rows)? else { continue };
        gather.source(&header.source)?;
        gather.target(&header.target)?;
        while let Some(row) = rows.next()? {
            take(&header, &row, &mut gather)?;
        }
        return Ok(gather.finish());
    }
    Err(Wrong::NoHeader)
}

fn header(rows: &mut Rows<'_>) -> Result<Option<Header>, Wrong> {
    for _ in 0..HIGHEST_HEADER {
        let Some(row) = rows.next()? else { break };
        if let Some(header) = Header::of(&row) {
            return Ok(Some(header));
        }
    }
    Ok(None)
}

fn take(header: &Header, row: &Row<'_>, gather: &mut Gather) -> Result<(), Wrong> {
    let text = |column| header.text(row, column);
    let (phrase, translation) = (text(Column::Phrase), text(Column::Translation));
    if phrase.trim().is_empty() && translation.trim().is_empty() {
        return Ok(());
    }
    let state = match header.cell(row, Column::Translation) {
        Some(Cell::Error(error)) => Err(Fault::Cell(shown(error))),
        _ => state(text(Column::State)),
    };
    gather.take(&Piece {
        place: Place::Row(row.number),
        plugin: text(Column::Plugin).trim(),
        phrase,
        form: text(Column::Form),
        text: translation,
        state,
        note: text(Column::Where),
    })
}

/// What is typed into a row whose state was left at `missing` is done all the same.
fn state(word: &str) -> Result<State, Fault> {
    match word.trim() {
        "" => Ok(State::Done),
        word => State::named(word).ok_or_else(|| Fault::State(shown(word))),
    }
}
