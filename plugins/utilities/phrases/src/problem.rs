//! What is wrong with one entry of a file, and how to mend it.

use std::fmt::{self, Display};

use crate::bounds::{LONGEST, LONGEST_PLUGIN, LONGEST_SHOWN};

/// An entry that was left out, or that stands there once more. The others are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub place: Place,
    /// As in the file.
    pub plugin: String,
    /// The beginning of the phrase, on one line.
    pub phrase: String,
    pub fault: Fault,
}

/// Where in a file, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Of YAML.
    Line(usize),
    /// Of a sheet.
    Row(usize),
    /// Of XLIFF: the beginning of its id, and the line that it begins in.
    Unit { id: String, line: usize },
}

/// What is wrong, and how to mend it, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("there is a translation without its phrase: put the phrase back")]
    NoPhrase,
    #[error("the phrase holds a character that no phrase has (U+{0:04X}): put it back as it was")]
    Phrase(u32),
    #[error("this is not the id of a plugin, which has at most {LONGEST_PLUGIN} letters: put it back as it was")]
    Plugin,
    #[error("{0} of more than {LONGEST} bytes: shorten it")]
    TooLong(&'static str),
    #[error("the translation holds a character that cannot be seen (U+{0:04X}): take it out")]
    Invisible(u32),
    #[error("{{{0}}} is missing in `{1}`: it stands for a value that has to be shown, so put it in")]
    Lost(String, &'static str),
    #[error("{{{0}}} in `{1}` is not in the phrase, so there is no value for it: take it out, or write it as there")]
    Unknown(String, &'static str),
    #[error("`{0}` is not a form that the language has: it has {1}")]
    Form(String, String),
    #[error("it has the form `{0}`, but only phrases with {{count}} have several: leave the form empty")]
    NotCounted(String),
    #[error("its form `{0}` stands there twice, with another translation; the first counts: take one out")]
    Twice(&'static str),
    #[error("`{0}` is not a state: write `missing`, `machine` or `done`, or nothing")]
    State(String),
    #[error("the cell holds the error {0}: if the text begins with `=`, have the cell be text before it is typed")]
    Cell(String),
    #[error("this is neither text nor the forms of a phrase: write the translation behind the colon")]
    Shape,
}

impl Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(formatter, "line {line}"),
            Self::Row(row) => write!(formatter, "row {row}"),
            Self::Unit { id, line } if id.is_empty() => write!(formatter, "line {line}"),
            Self::Unit { id, line } => write!(formatter, "line {line}, unit `{id}`"),
        }
    }
}

impl Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.phrase.as_str() {
            "" => write!(formatter, "{}: {}", self.place, self.fault),
            phrase => write!(formatter, "{}, “{phrase}”: {}", self.place, self.fault),
        }
    }
}

/// The beginning of something that stands in a file, on one line.
pub(crate) fn shown(text: &str) -> String {
    let mut chars = text.trim().chars().map(|char| if char.is_control() || is_turning(char) { ' ' } else { char });
    let mut shown: String = chars.by_ref().take(LONGEST_SHOWN).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}

/// Marks that turn the direction of what follows, or end a line.
pub(crate) fn is_turning(char: char) -> bool {
    matches!(char, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_where_and_what() {
        let fault = Fault::Lost("who".to_owned(), "other");
        let place = Place::Unit { id: "a".to_owned(), line: 3 };
        let phrase = shown("Hello\n{who}\u{202e}");
        let problem = Problem { place, plugin: String::new(), phrase, fault };
        let words = "line 3, unit `a`, “Hello {who} ”: {who} is missing in `other`: it stands for a value that has to \
                     be shown, so put it in";
        assert_eq!(problem.to_string(), words);
        assert_eq!(shown(&"é".repeat(100)).chars().count(), LONGEST_SHOWN + 1);
    }
}
