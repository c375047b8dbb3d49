//! What is found in a DOCX template.

use serde::{Deserialize, Serialize};

pub use crate::parts::{Part, PartKind};

/// All that is found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Template {
    /// What the template needs to be given, by name. What loops, `set`, macros and Jinja itself bring is not among them.
    pub variables: Vec<Variable>,
    pub loops: Vec<Loop>,
    pub conditions: Vec<Condition>,
    /// By name.
    pub filters: Vec<Filter>,
    /// Content controls of Word, in their order.
    pub controls: Vec<Control>,
    /// By name.
    pub merge_fields: Vec<MergeField>,
    /// Fields of Word that are no merge fields, by their code.
    pub other_fields: Vec<OtherField>,
    pub errors: Vec<SyntaxError>,
    pub parts: Vec<Part>,
    /// What is no error, but may not come out as it was meant.
    pub notes: Vec<Note>,
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The part's name in the package: `word/document.xml`.
    pub part: String,
    /// Counted from 1 through the part, those in tables and text boxes too; 0 for what stands in none.
    pub paragraph: u32,
}

/// What a value is used as; a guess, for only an interview knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It is shown, compared or handed on.
    Text,
    /// A loop goes through it.
    List,
    /// Only asked whether it is true.
    Condition,
    /// It is called.
    Function,
    /// Only what belongs to it is used.
    Object,
}

/// A name that the template needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    pub name: String,
    pub kind: Kind,
    /// As they are used; `children[i].name` for what a loop takes from `children`.
    pub paths: Vec<Path>,
    pub uses: Vec<Place>,
}

/// A variable with its attributes: `client.address.city`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path {
    pub text: String,
    pub kind: Kind,
    pub uses: u32,
}

/// `{% for targets in over %}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loop {
    pub targets: Vec<String>,
    /// As it is written.
    pub over: String,
    pub place: Place,
}

/// What an `if` or `elif` asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// As it is written.
    pub text: String,
    pub place: Place,
}

/// Who brings a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    Jinja,
    Docassemble,
    /// The template only works where somebody adds it.
    Unknown,
}

/// `{{ value | name }}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    pub name: String,
    pub origin: Origin,
    pub uses: Vec<Place>,
}

/// What a content control is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlKind {
    RichText,
    Text,
    ComboBox,
    DropDown,
    Date,
    CheckBox,
    Picture,
    Gallery,
    Group,
    Repeating,
    Citation,
    Equation,
}

/// One of the values that a content control offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub shown: String,
    pub value: String,
}

/// A content control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    pub tag: String,
    /// What Word calls its title.
    pub alias: String,
    pub kind: ControlKind,
    pub choices: Vec<Choice>,
    /// Of a check box.
    pub checked: Option<bool>,
    /// What stands in it, cut to 300 characters.
    pub text: String,
    /// Whether what stands in it is only there until it is filled in.
    pub is_placeholder: bool,
    pub place: Place,
}

/// `MERGEFIELD name`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeField {
    pub name: String,
    pub uses: Vec<Place>,
}

/// A field of Word by its code: `PAGE`, `DATE`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherField {
    pub code: String,
    pub uses: u32,
}

/// What Jinja cannot read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyntaxError {
    pub place: Place,
    /// The text of the paragraph, cut to 300 characters.
    pub text: String,
    pub words: String,
}

/// What deserves a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub place: Option<Place>,
    pub words: String,
}
