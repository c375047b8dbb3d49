//! One part of the document, read from end to end: its text, its content controls, its fields.
//!
//! Text boxes stand in a part twice, as new Word and as old Word want them (`mc:Choice`, `mc:Fallback`): the second is passed
//! over. What is deleted with changes tracked still stands there, and docxtpl reads it, so it is read here too.

use crate::bounds::{MOST_CHOICES_OF_ALL, MOST_CONTROLS, MOST_FIELDS};
use crate::codes::{Code, Codes};
use crate::controls::Controls;
use crate::flow::{Flow, Holder, Overflow, Sort};
use crate::package::Package;
use crate::template::Control;
use crate::wrong::Wrong;
use crate::xml::{self, Element, Taker};

/// What the elements of Word are in: as most write it, and as the strict sort of the format does.
const WORD: &[&str] = &[
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
];
/// What stands for the prefix that everybody uses, where the root declares none.
const USUAL: &str = "w";

/// What a part holds.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) flow: Flow,
    pub(crate) controls: Vec<Control>,
    pub(crate) codes: Vec<(Code, u32)>,
    pub(crate) has_deleted: bool,
    /// There are more controls, choices or fields than are told.
    pub(crate) is_cut: bool,
}

/// How much of what Word itself says may still be told, of all parts that come.
#[derive(Debug)]
pub(crate) struct Room {
    controls: usize,
    choices: usize,
    fields: usize,
}

impl Room {
    pub(crate) fn new() -> Self {
        Self { controls: MOST_CONTROLS, choices: MOST_CHOICES_OF_ALL, fields: MOST_FIELDS }
    }
}

/// # Errors
///
/// Where it cannot be unpacked, is no XML, or too large.
pub(crate) fn read(package: &mut Package<'_>, path: &str, room: &mut Room) -> Result<Content, Wrong> {
    let controls = Controls::with_room(room.controls, room.choices);
    let codes = Codes::with_room(room.fields);
    let mut reading = Reading { path: path.to_owned(), controls, codes, ..Reading::default() };
    xml::read(package, path, &mut reading)?;
    let Reading { flow, controls, codes, has_deleted, .. } = reading;
    *room = Room { controls: controls.left, choices: controls.choices_left, fields: codes.left };
    let is_cut = controls.is_cut || codes.is_cut;
    Ok(Content { flow, controls: controls.finish(), codes: codes.found, has_deleted, is_cut })
}

/// What text is in, by the element around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Text,
    Code,
    /// Of drawings and formulas.
    Foreign,
}

#[derive(Debug, Default)]
struct Reading {
    path: String,
    /// The prefix of Word's elements.
    prefix: Option<String>,
    flow: Flow,
    controls: Controls,
    codes: Codes,
    within: Option<Within>,
    /// How many fallbacks are open.
    passed_over: u32,
    has_deleted: bool,
}

impl Reading {
    fn is_word(&self, element: &Element<'_>) -> bool {
        self.prefix.as_deref() == Some(element.prefix())
    }

    /// Which prefix stands for Word's elements, as the root says.
    fn root(&mut self, element: &Element<'_>) {
        let found = element.namespaces().find(|(_, name)| WORD.contains(&name.as_ref()));
        self.prefix = Some(found.map_or(USUAL, |(prefix, _)| prefix).to_owned());
    }

    fn fits(&self) -> Result<(), Wrong> {
        self.flow.fits().map_err(|overflow| match overflow {
            Overflow::Text => Wrong::TooMuchText(self.path.clone()),
            Overflow::Pieces => Wrong::TooManyPieces(self.path.clone()),
        })
    }

    fn word(&mut self, element: &Element<'_>) {
        match element.name() {
            "p" => {
                self.flow.enter(Holder::Paragraph);
                self.controls.paragraph(self.flow.current_paragraph());
            }
            "tr" => self.flow.enter(Holder::Row),
            "tc" => self.flow.enter(Holder::Cell),
            "t" => self.begin(Within::Text),
            "delText" => {
                self.has_deleted = true;
                self.begin(Within::Foreign);
            }
            "instrText" | "delInstrText" => self.begin(Within::Code),
            "tab" | "br" | "cr" => self.alone(" "),
            "fldChar" => {
                let kind = element.attribute("fldCharType").unwrap_or_default();
                self.codes.mark(&kind, self.flow.current_paragraph());
            }
            "fldSimple" => {
                let code = element.attribute("instr").unwrap_or_default();
                self.codes.add(&code, self.flow.current_paragraph());
            }
            _ => {}
        }
    }

    fn begin(&mut self, within: Within) {
        self.within = Some(within);
        self.flow.begin(if within == Within::Text { Sort::Text } else { Sort::Other });
    }

    fn alone(&mut self, text: &str) {
        self.flow.begin(Sort::Other);
        self.flow.push(text);
        self.flow.end();
    }
}

impl Taker for Reading {
    fn start(&mut self, element: &Element<'_>) -> Result<(), Wrong> {
        if self.prefix.is_none() {
            self.root(element);
        }
        if element.name() == "Fallback" {
            self.passed_over += 1;
        }
        if self.passed_over > 0 {
            return Ok(());
        }
        for value in element.values_with_braces() {
            self.alone(&value);
            self.fits()?;
        }
        self.controls.start(element, &self.path, self.flow.current_paragraph());
        if self.is_word(element) {
            self.word(element);
        } else if element.name() == "t" {
            self.begin(Within::Foreign);
        }
        self.fits()
    }

    fn end(&mut self, prefix: &str, name: &str) -> Result<(), Wrong> {
        if name == "Fallback" {
            self.passed_over = self.passed_over.saturating_sub(1);
            return Ok(());
        }
        if self.passed_over > 0 {
            return Ok(());
        }
        self.controls.end(name);
        let is_word = self.prefix.as_deref() == Some(prefix);
        match name {
            "p" if is_word => self.flow.leave(Holder::Paragraph),
            "tr" if is_word => self.flow.leave(Holder::Row),
            "tc" if is_word => self.flow.leave(Holder::Cell),
            "t" | "delText" | "instrText" | "delInstrText" if self.within.take().is_some() => self.flow.end(),
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Wrong> {
        if self.passed_over > 0 {
            return Ok(());
        }
        if let Some(within) = self.within {
            self.flow.push(text);
            match within {
                Within::Text => self.controls.text(text),
                Within::Code => self.codes.text(text),
                Within::Foreign => {}
            }
        }
        self.fits()
    }
}
