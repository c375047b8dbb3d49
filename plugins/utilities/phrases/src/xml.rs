//! XML as it is found in workbooks and XLIFF: UTF-8, no document type, no entities but the five, elements not too deep.

use std::borrow::Cow;

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::bounds::DEEPEST_XML;
use crate::format::without_mark;
use crate::problem::shown;
use crate::wrong::Wrong;

/// What stands in XML, one after the other. An empty element begins and ends.
#[derive(Debug)]
pub(crate) enum Token<'a> {
    Start(Element<'a>),
    End,
    Text(Cow<'a, str>),
    Eof,
}

/// The beginning of an element.
#[derive(Debug)]
pub(crate) struct Element<'a>(BytesStart<'a>);

impl Element<'_> {
    /// Without its prefix.
    pub(crate) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// The value of an attribute, whatever its prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        let mut attributes = self.0.attributes();
        let found =
            attributes.with_checks(false).flatten().find(|found| found.key.local_name().into_inner() == name)?;
        Some(found.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned())
    }
}

/// A text of XML that is read from its beginning to its end.
pub(crate) struct Xml<'a> {
    /// What it is called in sentences.
    name: &'a str,
    text: &'a str,
    reader: Reader<&'a [u8]>,
    depth: usize,
    has_elements: bool,
    /// Up to where lines are counted, and the line there.
    counted: (usize, usize),
}

impl<'a> Xml<'a> {
    /// # Errors
    ///
    /// Where it is not UTF-8.
    pub(crate) fn new(name: &'a str, bytes: &'a [u8]) -> Result<Self, Wrong> {
        let text = std::str::from_utf8(without_mark(bytes)).map_err(|_| Wrong::NotUtf8)?;
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Ok(Self { name, text, reader, depth: 0, has_elements: false, counted: (0, 1) })
    }

    /// # Errors
    ///
    /// Where it is no XML, too deep, or declares a document type or entities.
    pub(crate) fn next(&mut self) -> Result<Token<'a>, Wrong> {
        loop {
            let event = self.reader.read_event();
            let event = event.map_err(|error| self.no_xml(&error.to_string()))?;
            return Ok(match event {
                Event::Start(start) => {
                    self.depth += 1;
                    self.has_elements = true;
                    if self.depth > DEEPEST_XML {
                        return Err(Wrong::DeepXml(self.name.to_owned()));
                    }
                    Token::Start(Element(start))
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    Token::End
                }
                // Both with line breaks as XML has them (1.0, 2.11).
                Event::Text(text) => Token::Text(text.xml10_content()),
                Event::CData(text) => Token::Text(text.xml10_content()),
                Event::GeneralRef(reference) => Token::Text(Cow::Owned(self.resolved(&reference)?.to_string())),
                Event::DocType(_) => return Err(Wrong::Entities(self.name.to_owned())),
                Event::Eof if self.depth > 0 => return Err(self.no_xml("it ends too early")),
                Event::Eof if !self.has_elements => return Err(self.no_xml("there is no element in it")),
                Event::Eof => Token::Eof,
                // An empty element comes as a start and an end.
                Event::Empty(_) | Event::Comment(_) | Event::PI(_) | Event::Decl(_) => continue,
            });
        }
    }

    /// Reads to the end of an element that has begun.
    pub(crate) fn skip(&mut self) -> Result<(), Wrong> {
        let around = self.depth.saturating_sub(1);
        while self.depth > around {
            self.next()?;
        }
        Ok(())
    }

    /// How many elements are open.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// The line that has been reached, from 1.
    pub(crate) fn line(&mut self) -> usize {
        let at = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX).min(self.text.len());
        let (from, line) = self.counted;
        let new = self.text.as_bytes().get(from..at).unwrap_or_default();
        self.counted = (from.max(at), line + new.iter().filter(|byte| **byte == b'\n').count());
        self.counted.1
    }

    pub(crate) fn no_xml(&mut self, words: &str) -> Wrong {
        Wrong::Xml { part: self.name.to_owned(), line: self.line(), words: shown(words) }
    }

    fn resolved(&self, reference: &BytesRef<'_>) -> Result<char, Wrong> {
        let known = [("lt", '<'), ("gt", '>'), ("amp", '&'), ("quot", '"'), ("apos", '\'')];
        let named = known.iter().find(|(name, _)| *name == &**reference).map(|(_, char)| *char);
        let found = named.or_else(|| reference.resolve_char_ref().ok().flatten());
        found.ok_or_else(|| Wrong::Entities(self.name.to_owned()))
    }
}

/// Text between tags, as XML writes it.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    quick_xml::escape::partial_escape(text)
}

/// The value of an attribute, as XML writes it.
pub(crate) fn attribute(text: &str) -> Cow<'_, str> {
    quick_xml::escape::escape(text)
}

/// Text that is only shown, without what XML does not hold.
pub(crate) fn clean(text: &str) -> String {
    let seen = |char: &char| !char.is_control() || *char == '\n';
    text.trim().chars().filter(|char| seen(char) && u32::from(*char) & 0xfffe != 0xfffe).collect()
}
