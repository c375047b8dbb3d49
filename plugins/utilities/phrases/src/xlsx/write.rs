//! A catalogue becomes a workbook.

use super::packing::zip;
use super::strings;
use super::{COLUMNS, Column};
use crate::catalogue::{Catalogue, Entry, State, forms};
use crate::format::Direction;
use crate::gather::HOST;
use crate::plural::Plural;
use crate::xml::{clean, escaped};

const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>
<Override PartName="/xl/styles.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>
</Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Target="xl/workbook.xml"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/>
</Relationships>"#;
const WORKBOOK: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<sheets><sheet name="Phrases" sheetId="1" r:id="rId1"/></sheets>
</workbook>"#;
const WORKBOOK_RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Target="worksheets/sheet1.xml"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>
<Relationship Id="rId2" Target="styles.xml"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"/>
</Relationships>"#;
/// Looks of cells, by their number: plain, the header, text from left to right, text from right to left. Number format
/// 49 is `@`: what is typed stays text.
const STYLES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<fonts count="2">
<font><sz val="11"/><name val="Calibri"/><family val="2"/></font>
<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font>
</fonts>
<fills count="3">
<fill><patternFill patternType="none"/></fill>
<fill><patternFill patternType="gray125"/></fill>
<fill><patternFill patternType="solid"><fgColor rgb="FFE6EAF0"/><bgColor indexed="64"/></patternFill></fill>
</fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="4">
<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>
<xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1"
 applyAlignment="1"><alignment vertical="top"/></xf>
<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"
 applyAlignment="1"><alignment vertical="top" wrapText="1" readingOrder="1"/></xf>
<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"
 applyAlignment="1"><alignment vertical="top" wrapText="1" readingOrder="2"/></xf>
</cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>
</styleSheet>"#;
const PLAIN_LOOK: u8 = 2;
const RIGHT_TO_LEFT_LOOK: u8 = 3;
const HEADER_LOOK: u8 = 1;

/// `entries`: those that can be written, in their order.
pub(crate) fn write(catalogue: &Catalogue, entries: &[&Entry], direction: Direction) -> Vec<u8> {
    let parts = [
        ("[Content_Types].xml", CONTENT_TYPES.to_owned()),
        ("_rels/.rels", RELATIONS.to_owned()),
        ("xl/workbook.xml", WORKBOOK.to_owned()),
        ("xl/_rels/workbook.xml.rels", WORKBOOK_RELATIONS.to_owned()),
        ("xl/styles.xml", STYLES.to_owned()),
        ("xl/worksheets/sheet1.xml", sheet(catalogue, entries, direction)),
    ];
    zip(&parts).unwrap_or_default()
}

fn sheet(catalogue: &Catalogue, entries: &[&Entry], direction: Direction) -> String {
    let is_right_to_left = direction == Direction::RightToLeft;
    let mut sheet = Sheet { xml: head(is_right_to_left), rows: 0, is_right_to_left };
    let names = COLUMNS.map(|(column, name, _)| match column {
        Column::Phrase => format!("{name} ({})", catalogue.source),
        Column::Translation => format!("{name} ({})", catalogue.target),
        _ => name.to_owned(),
    });
    sheet.row(&names.each_ref().map(String::as_str), true);
    for entry in entries {
        let names = forms(&entry.phrase, &catalogue.plural);
        for form in names {
            sheet.form(entry, *form, names != [Plural::Other]);
        }
    }
    sheet.finish()
}

fn head(is_right_to_left: bool) -> String {
    let mut to = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<worksheet \
         xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetViews><sheetView",
    );
    to.push_str(if is_right_to_left { " rightToLeft=\"1\"" } else { "" });
    to.push_str(
        " tabSelected=\"1\" workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" \
         state=\"frozen\"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight=\"15\"/><cols>",
    );
    for (number, (_, _, width)) in (1..).zip(COLUMNS) {
        to.push_str(&format!(
            "<col min=\"{number}\" max=\"{number}\" width=\"{width}\" style=\"{PLAIN_LOOK}\" customWidth=\"1\"/>"
        ));
    }
    to.push_str("</cols><sheetData>");
    to
}

struct Sheet {
    xml: String,
    rows: usize,
    is_right_to_left: bool,
}

impl Sheet {
    fn form(&mut self, entry: &Entry, form: Plural, is_named: bool) {
        let text = entry.forms.get(&form).map_or("", String::as_str);
        let state = if text.trim().is_empty() { State::Missing } else { entry.said() };
        let cells = COLUMNS.map(|(column, ..)| match column {
            Column::Plugin if entry.plugin.is_empty() => HOST,
            Column::Plugin => &entry.plugin,
            Column::Phrase => &entry.phrase,
            Column::Form if is_named => form.name(),
            Column::Form => "",
            Column::Translation => text,
            Column::State => state.name(),
            Column::Where => &entry.note,
        });
        self.row(&cells, false);
    }

    fn row(&mut self, cells: &[&str; COLUMNS.len()], is_header: bool) {
        self.rows += 1;
        let row = self.rows;
        self.xml.push_str(&format!("<row r=\"{row}\">"));
        for ((letter, (column, ..)), text) in ('A'..).zip(COLUMNS).zip(cells) {
            let look = match column {
                _ if is_header => HEADER_LOOK,
                Column::Translation if self.is_right_to_left => RIGHT_TO_LEFT_LOOK,
                _ => PLAIN_LOOK,
            };
            let cell = format!("<c r=\"{letter}{row}\" s=\"{look}\"");
            self.xml.push_str(&cell);
            if text.is_empty() {
                self.xml.push_str("/>");
                continue;
            }
            let text = strings::escaped(&if column == Column::Where { clean(text) } else { (*text).to_owned() });
            let text = escaped(&text);
            self.xml.push_str(&format!(" t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c>"));
        }
        self.xml.push_str("</row>");
    }

    /// A filter above the columns, and a list to choose states from.
    fn finish(mut self) -> String {
        let last = self.rows;
        self.xml.push_str(&format!("</sheetData><autoFilter ref=\"A1:F{last}\"/>"));
        if last > 1 {
            let states = State::ALL.map(State::name).join(",");
            self.xml.push_str(&format!(
                "<dataValidations count=\"1\"><dataValidation type=\"list\" allowBlank=\"1\" sqref=\"E2:E{last}\">\
                 <formula1>\"{states}\"</formula1></dataValidation></dataValidations>"
            ));
        }
        self.xml.push_str("</worksheet>");
        self.xml
    }
}
