//! What a template is, for those who show it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What was read of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Template {
    pub pages: Vec<Page>,
    /// In the order of the form; those that it does not list follow in the order of the pages.
    pub fields: Vec<Field>,
    /// The headings that a reader shows beside the pages.
    pub outline: Vec<Heading>,
    pub xfa: Xfa,
    /// What is odd about the file.
    pub notes: Vec<Note>,
}

impl Template {
    /// How much it is: what is compared where a file can be read in two ways.
    pub(crate) fn found(&self) -> (usize, usize) {
        (self.fields.len(), self.pages.len())
    }
}

/// A page as it is seen: turned as the file says. Measures are in points, of which an inch has 72.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// From 1.
    pub number: u32,
    pub width: f64,
    pub height: f64,
    pub rotation: Rotation,
}

/// By how much the file turns a page clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rotation {
    #[default]
    None,
    Quarter,
    Half,
    ThreeQuarters,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The full name: those of its parents and its own, with dots between them.
    pub name: String,
    pub kind: Kind,
    /// Where it stands: nowhere, or in several places that show one value.
    pub widgets: Vec<Widget>,
    /// What a choice offers, or what the buttons of a radio and the states of a check box are.
    pub options: Vec<Opt>,
    pub flags: Flags,
    /// What it holds: nothing, one text, or several where several may be chosen. Of a signature nothing is told.
    pub value: Vec<String>,
    /// What it holds after the form is reset.
    pub default: Vec<String>,
    /// What a reader shows and says aloud in place of the name.
    pub tooltip: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Text,
    CheckBox,
    Radio,
    Choice(Choice),
    Signature,
    /// One that does something when it is pressed, and holds nothing.
    Button,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Choice {
    /// It opens when it is pressed; otherwise it is a list that is always seen.
    pub combo: bool,
    /// Several may be chosen.
    pub multiple: bool,
}

/// One thing to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opt {
    /// What the field then holds.
    pub export: String,
    /// What is read on the page.
    pub label: String,
}

/// One place of a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Widget {
    /// From 1.
    pub page: u32,
    pub rectangle: Rectangle,
    /// What the field holds when this place is the chosen one: check boxes and radios alone.
    pub on: Option<String>,
    /// It is not shown, or only in print.
    pub hidden: bool,
}

/// In points from the top left of the page as it is seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rectangle {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Flags {
    pub required: bool,
    pub read_only: bool,
    /// It is left out when a reader sends the form away.
    pub no_export: bool,
    /// A text of several lines.
    pub multiline: bool,
    /// A text that is not shown.
    pub password: bool,
    /// A text that is the path of a file.
    pub file: bool,
    /// A text whose characters stand in boxes of one width.
    pub comb: bool,
    pub rich_text: bool,
    /// A combo into which something else may be written.
    pub editable: bool,
    /// In characters.
    pub max_length: Option<u32>,
}

/// A heading of the file's outline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heading {
    pub title: String,
    /// From 0, the outermost.
    pub level: u32,
    /// From 1; none where it points elsewhere, or by a name.
    pub page: Option<u32>,
}

/// Whether there is a form of the other kind, which readers other than Adobe's do not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Xfa {
    #[default]
    None,
    /// Both: what is filled in here shows where a reader knows this form, or where the other one is taken out.
    Hybrid,
    /// The pages are drawn by it: there is nothing to fill in for other programs.
    Only,
}

/// What is odd about a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// The list of objects was damaged or missing; the file was looked through for them.
    Repaired,
    /// A page has this field, but the form does not list it: some programs do not fill it in.
    Unlisted(String),
    /// This field was there more than once; the places are put together.
    Twice(String),
    /// It stands on no page.
    Nowhere(String),
    /// It does not say what it is, and is left out.
    Kindless(String),
    /// It has no name, and is left out.
    Nameless,
    /// Fields or pages are listed again, stand in each other in a circle, or too deep.
    Circle,
    /// There are more pages than are read.
    Pages,
    /// There are more places of fields, or annotations, than are read.
    Annotations,
    /// There are more fields than are read.
    Fields,
    /// So many notes more.
    More(u32),
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crate::bounds;
        match self {
            Note::Repaired => out.write_str("The file is damaged. What could be found in it was read."),
            Note::Unlisted(name) => write!(
                out,
                "The field \u{201c}{name}\u{201d} stands on a page, but the form does not list it: some programs do not fill it in."
            ),
            Note::Twice(name) => write!(out, "The field \u{201c}{name}\u{201d} is there more than once."),
            Note::Nowhere(name) => write!(out, "The field \u{201c}{name}\u{201d} stands on no page."),
            Note::Kindless(name) => {
                write!(out, "The field \u{201c}{name}\u{201d} does not say what it is, and is left out.")
            }
            Note::Nameless => out.write_str("A field without a name is left out."),
            Note::Circle => out.write_str(
                "Some fields or pages are listed twice, contain themselves, or stand too deep in each other.",
            ),
            Note::Pages => write!(out, "Only the first {} pages were read.", bounds::PAGES),
            Note::Annotations => write!(out, "Only the first {} places of fields were read.", bounds::PLACES),
            Note::Fields => write!(out, "Only the first {} fields were read.", bounds::FIELDS),
            Note::More(count) => write!(out, "There are {count} notes more."),
        }
    }
}
