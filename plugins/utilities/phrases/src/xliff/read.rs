//! XLIFF 1.2 becomes a catalogue, whatever else tools have put into it: elements of other namespaces, alternative
//! translations, skeletons and glossaries are passed over.

use super::{AUTHOR, inline, states};
use crate::gather::{Gather, Piece, Read};
use crate::placeholders::is_counted;
use crate::problem::Place;
use crate::wrong::Wrong;
use crate::xml::{Element, Token, Xml};

/// What else is XML with phrases in it, by its first element.
const OTHERS: &[(&str, &str)] = &[
    ("TS", "a file of Qt Linguist, not XLIFF: convert it to XLIFF 1.2"),
    ("tmx", "a translation memory (TMX), not XLIFF: export the project as XLIFF 1.2"),
    ("resources", "a file of Android's phrases, not XLIFF"),
    ("html", "a web page, not XLIFF"),
    ("Workbook", "a workbook as XML: save it as .xlsx"),
];
/// What of a unit or a file is looked into for units.
const AROUND: &[&str] = &["body", "group"];

pub(crate) fn read(bytes: &[u8], gather: Gather) -> Result<Read, Wrong> {
    let mut reader = Reader { xml: Xml::new("the file", bytes)?, gather, plugin: String::new() };
    reader.root()?;
    loop {
        match reader.xml.next()? {
            Token::Start(element) => reader.element(&element)?,
            Token::End | Token::Text(_) => {}
            Token::Eof => return Ok(reader.gather.finish()),
        }
    }
}

struct Reader<'a> {
    xml: Xml<'a>,
    gather: Gather,
    /// Whose the units are that come.
    plugin: String,
}

/// What was found of a unit.
#[derive(Default)]
struct Unit {
    source: Option<String>,
    target: Option<String>,
    state: Option<String>,
    qualifier: Option<String>,
    note: String,
}

impl Reader<'_> {
    /// The first element.
    fn root(&mut self) -> Result<(), Wrong> {
        loop {
            match self.xml.next()? {
                Token::Start(element) if element.name() == "xliff" => {
                    let version = element.attribute("version").unwrap_or_default();
                    return if version.starts_with('2') {
                        Err(Wrong::Other("XLIFF 2, which is another format: export it as XLIFF 1.2"))
                    } else {
                        Ok(())
                    };
                }
                Token::Start(element) => {
                    let other = OTHERS.iter().find(|(name, _)| *name == element.name());
                    return Err(Wrong::Other(other.map_or("XML, but not XLIFF 1.2", |(_, what)| what)));
                }
                Token::Text(_) | Token::End => {}
                Token::Eof => return Err(self.xml.no_xml("there is no element in it")),
            }
        }
    }

    fn element(&mut self, element: &Element<'_>) -> Result<(), Wrong> {
        match element.name() {
            "file" => {
                self.plugin = element.attribute("original").unwrap_or_default().trim().to_owned();
                self.gather.source(&element.attribute("source-language").unwrap_or_default())?;
                self.gather.target(&element.attribute("target-language").unwrap_or_default())
            }
            "trans-unit" => self.unit(element),
            name if AROUND.contains(&name) => Ok(()),
            _ => self.xml.skip(),
        }
    }

    fn unit(&mut self, element: &Element<'_>) -> Result<(), Wrong> {
        let (id, line) = (element.attribute("id").unwrap_or_default(), self.xml.line());
        let approved = element.attribute("approved");
        let unit = self.inside()?;
        let (source, target) = (unit.source.unwrap_or_default(), unit.target.unwrap_or_default());
        let state = states::read(unit.state.as_deref(), unit.qualifier.as_deref(), approved.as_deref());
        let form = if is_counted(&source) { form(&id).to_owned() } else { String::new() };
        self.gather.take(&Piece {
            plugin: &self.plugin,
            phrase: &source,
            form: &form,
            text: &target,
            state,
            note: &unit.note,
            place: Place::Unit { id, line },
        })
    }

    /// Reads to the end of a unit.
    fn inside(&mut self) -> Result<Unit, Wrong> {
        let (mut unit, around) = (Unit::default(), self.xml.depth().saturating_sub(1));
        while self.xml.depth() > around {
            let Token::Start(element) = self.xml.next()? else { continue };
            match element.name() {
                "source" if unit.source.is_none() => unit.source = Some(inline::text(&mut self.xml)?),
                "target" if unit.target.is_none() => {
                    unit.state = element.attribute("state");
                    unit.qualifier = element.attribute("state-qualifier");
                    unit.target = Some(inline::text(&mut self.xml)?);
                }
                "note" if unit.note.is_empty() && is_where(&element) => unit.note = inline::text(&mut self.xml)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(unit)
    }
}

/// A note says where the phrase is shown. Others are of translators, or name the form.
fn is_where(note: &Element<'_>) -> bool {
    note.attribute("from").as_deref() == Some(AUTHOR) && note.attribute("annotates").as_deref() != Some("target")
}

/// What stands in brackets at the end of an id.
fn form(id: &str) -> &str {
    id.strip_suffix(']').and_then(|id| id.rsplit_once('[')).map_or("", |(_, form)| form)
}
