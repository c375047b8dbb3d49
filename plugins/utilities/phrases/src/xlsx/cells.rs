//! The rows of a sheet, one after the other, each as the texts of its cells.

use std::borrow::Cow;

use super::strings::{Strings, plain, rich};
use crate::bounds::MOST_COLUMNS;
use crate::wrong::Wrong;
use crate::xml::{Element, Token, Xml};

/// A row that has something in it.
#[derive(Debug, Default)]
pub(super) struct Row<'a> {
    /// As programs show it, from 1.
    pub(super) number: usize,
    /// Columns, from 0, in the order of the file.
    pub(super) cells: Vec<(usize, Cell<'a>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    Text(Cow<'a, str>),
    /// An error of a formula, such as `#NAME?`.
    Error(String),
}

pub(super) struct Rows<'a> {
    xml: Xml<'a>,
    strings: &'a Strings,
    /// The number of the last row.
    number: usize,
}

impl<'a> Rows<'a> {
    /// # Errors
    ///
    /// Where it is not UTF-8.
    pub(super) fn new(name: &'a str, content: &'a [u8], strings: &'a Strings) -> Result<Self, Wrong> {
        Ok(Self { xml: Xml::new(name, content)?, strings, number: 0 })
    }

    /// The next row; none behind the last.
    ///
    /// # Errors
    ///
    /// Where it is no XML.
    pub(super) fn next(&mut self) -> Result<Option<Row<'a>>, Wrong> {
        loop {
            match self.xml.next()? {
                Token::Start(element) if element.name() == "row" => {
                    let row = self.row(&element)?;
                    if !row.cells.is_empty() {
                        return Ok(Some(row));
                    }
                }
                Token::Eof => return Ok(None),
                _ => {}
            }
        }
    }

    fn row(&mut self, element: &Element<'_>) -> Result<Row<'a>, Wrong> {
        let said = element.attribute("r").and_then(|number| number.parse().ok());
        self.number = said.unwrap_or_else(|| self.number.saturating_add(1));
        let mut row = Row { number: self.number, cells: Vec::new() };
        let (around, mut column) = (self.xml.depth().saturating_sub(1), 0);
        while self.xml.depth() > around {
            let Token::Start(element) = self.xml.next()? else { continue };
            if element.name() != "c" {
                self.xml.skip()?;
                continue;
            }
            column = element.attribute("r").and_then(|place| self::column(&place)).unwrap_or(column);
            let cell = self.cell(&element)?;
            if let Some(cell) = cell.filter(|_| column < MOST_COLUMNS && row.cells.len() < MOST_COLUMNS) {
                row.cells.push((column, cell));
            }
            column = column.saturating_add(1);
        }
        Ok(row)
    }

    /// What a cell shows; none if it is empty. Numbers are as the file has them: how they are shown is for styles to
    /// say.
    fn cell(&mut self, element: &Element<'_>) -> Result<Option<Cell<'a>>, Wrong> {
        let kind = element.attribute("t").unwrap_or_default();
        let (around, mut text) = (self.xml.depth().saturating_sub(1), String::new());
        while self.xml.depth() > around {
            let Token::Start(element) = self.xml.next()? else { continue };
            match element.name() {
                "v" => text = plain(&mut self.xml)?,
                "is" => text = rich(&mut self.xml)?,
                _ => self.xml.skip()?,
            }
        }
        let text: Cow<'a, str> = match kind.as_str() {
            // Many cells may share a long text.
            "s" => text.trim().parse().ok().and_then(|number| self.strings.get(number)).unwrap_or_default().into(),
            "b" => if text.trim() == "1" { "TRUE" } else { "FALSE" }.into(),
            "e" => return Ok(Some(Cell::Error(text))),
            _ => text.into(),
        };
        Ok(if text.is_empty() { None } else { Some(Cell::Text(text)) })
    }
}

/// `AB12` is in column 27, from 0.
fn column(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic).take(4);
    let number = letters.fold(0, |number, letter| number * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    number.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        assert_eq!(
            ["A1", "Z9", "AA1", "AB12", "XFD1", "12", ""].map(column),
            [Some(0), Some(25), Some(26), Some(27), Some(16_383), None, None]
        );
    }

    #[test]
    fn cells_say_what_they_hold() {
        let strings = Strings::read("it", b"<sst><si><t>shared</t></si></sst>").unwrap();
        let sheet = "<worksheet><sheetData><row/><row><c t='s'><v>0</v></c><c t='s'><v>7</v></c>\
                     <c><f>1+1</f><v>1E3</v></c></row><row r='9'><c r='B9' t='b'><v>1</v></c><c t='inlineStr'><is><t> a&amp;b</t></is></c>\
                     <c t='e'><v>#NAME?</v></c><c r='ZZZ9'><v>far</v></c></row></sheetData></worksheet>";
        let mut rows = Rows::new("it", sheet.as_bytes(), &strings).unwrap();
        let text = |text: &'static str| Cell::Text(text.into());
        let row = rows.next().unwrap().unwrap();
        assert_eq!((row.number, row.cells), (2, vec![(0, text("shared")), (2, text("1E3"))]));
        let row = rows.next().unwrap().unwrap();
        let cells = vec![(1, text("TRUE")), (2, text(" a&b")), (3, Cell::Error("#NAME?".to_owned()))];
        assert_eq!((row.number, row.cells), (9, cells));
        assert!(rows.next().unwrap().is_none());
    }
}
