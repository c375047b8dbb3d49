//! XML as it is found in a DOCX: UTF-8, no document type, no entities but the five, elements not too deep.

use std::borrow::Cow;
use std::ops::ControlFlow;

use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::bounds::DEEPEST_XML;
use crate::package::Package;
use crate::wrong::Wrong;

/// What stands in XML, in its order. Whoever takes it may say what is wrong with it.
pub(crate) trait Taker {
    fn start(&mut self, element: &Element<'_>) -> Result<(), Wrong>;
    fn end(&mut self, prefix: &str, name: &str) -> Result<(), Wrong>;
    fn text(&mut self, text: &str) -> Result<(), Wrong>;
}

/// The beginning of an element.
#[derive(Debug)]
pub(crate) struct Element<'a>(&'a BytesStart<'a>);

impl Element<'_> {
    /// Without its prefix.
    pub(crate) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    pub(crate) fn prefix(&self) -> &str {
        self.0.name().prefix().map_or("", |prefix| prefix.into_inner())
    }

    /// The value of an attribute, whatever its prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        let found = self.attributes().find(|found| found.key.local_name().into_inner() == name)?;
        Some(found.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned())
    }

    /// The prefixes that are declared here, and what they stand for.
    pub(crate) fn namespaces(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.attributes().filter_map(|found| {
            let prefix = match found.key.prefix().map(|prefix| prefix.into_inner()) {
                Some("xmlns") => found.key.local_name().into_inner(),
                None if found.key.local_name().into_inner() == "xmlns" => "",
                _ => return None,
            };
            Some((prefix, found.normalized_value(XmlVersion::Implicit1_0).ok()?))
        })
    }

    /// The values of attributes that may hold tags of Jinja.
    pub(crate) fn values_with_braces(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let has_some = memchr::memchr(b'{', self.0.attributes_raw().as_bytes()).is_some();
        let values = has_some.then(|| self.attributes()).into_iter().flatten();
        let values = values.filter_map(|value| value.normalized_value(XmlVersion::Implicit1_0).ok());
        values.filter(|value| ["{{", "{%", "{#"].iter().any(|opener| value.contains(opener)))
    }

    /// One by one: an element of a hostile file has millions.
    fn attributes(&self) -> impl Iterator<Item = Attribute<'_>> {
        let mut attributes = self.0.attributes();
        attributes.with_checks(false);
        attributes.flatten()
    }
}

/// Reads an entry of the package from its beginning to its end.
///
/// # Errors
///
/// Where it is missing, damaged, no XML, or the taker says so.
pub(crate) fn read(package: &mut Package<'_>, part: &str, taker: &mut dyn Taker) -> Result<(), Wrong> {
    let no_xml = |words: String| Wrong::Xml { part: part.to_owned(), words };
    let content = package.content(part)?;
    let text = std::str::from_utf8(&content).map_err(|_| no_xml("it is not UTF-8".to_owned()))?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let (mut depth, mut is_empty) = (0_usize, true);
    loop {
        let event = reader.read_event().map_err(|error| no_xml(error.to_string()))?;
        is_empty &= !matches!(event, Event::Start(_) | Event::Empty(_));
        if take(&event, part, &mut depth, taker)?.is_break() {
            break;
        }
    }
    match (depth, is_empty) {
        (0, false) => Ok(()),
        (0, true) => Err(no_xml("there is no element in it".to_owned())),
        _ => Err(no_xml("it ends too early".to_owned())),
    }
}

fn take(event: &Event<'_>, part: &str, depth: &mut usize, taker: &mut dyn Taker) -> Result<ControlFlow<()>, Wrong> {
    match event {
        Event::Start(start) => {
            *depth += 1;
            if *depth > DEEPEST_XML {
                return Err(Wrong::TooDeep(part.to_owned()));
            }
            taker.start(&Element(start))?;
        }
        Event::Empty(start) => {
            let element = Element(start);
            taker.start(&element)?;
            taker.end(element.prefix(), element.name())?;
        }
        Event::End(end) => {
            *depth = depth.saturating_sub(1);
            taker.end(end.name().prefix().map_or("", |prefix| prefix.into_inner()), end.local_name().into_inner())?;
        }
        Event::Text(text) => taker.text(text)?,
        Event::CData(text) => taker.text(text)?,
        Event::GeneralRef(reference) => {
            let mut bytes = [0; 4];
            taker.text(resolved(reference, part)?.encode_utf8(&mut bytes))?;
        }
        Event::DocType(_) => return Err(Wrong::Entities(part.to_owned())),
        Event::Eof => return Ok(ControlFlow::Break(())),
        Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
    }
    Ok(ControlFlow::Continue(()))
}

fn resolved(reference: &BytesRef<'_>, part: &str) -> Result<char, Wrong> {
    let known = [("lt", '<'), ("gt", '>'), ("amp", '&'), ("quot", '"'), ("apos", '\'')];
    let named = known.iter().find(|(name, _)| *name == &**reference).map(|(_, char)| *char);
    let found = named.or_else(|| reference.resolve_char_ref().ok().flatten());
    found.ok_or_else(|| Wrong::Entities(part.to_owned()))
}
