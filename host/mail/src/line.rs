//! Words that go into a header: one line, whatever was handed in.

use std::fmt;

/// The most characters of a subject. Programs show some seventy of them.
const LONGEST: usize = 200;

/// A subject: one line of at most 200 characters, without controls and without marks that turn a line around.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(String);

impl Subject {
    /// Makes one of any text: what is not to be in a header becomes a space, and what is too long is cut with an ellipsis.
    /// A name with a line break in it should not keep a mail from being sent.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(one_line(text, LONGEST))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One line of at most so many characters, single spaces between its words.
pub(crate) fn one_line(text: &str, longest: usize) -> String {
    let plain: String = text.chars().map(|character| if is_unfit(character) { ' ' } else { character }).collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= longest {
        return line;
    }
    let mut cut: String = line.chars().take(longest.saturating_sub(1)).collect();
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    cut
}

/// Controls, line and paragraph separators, and marks of direction (Unicode TR 36, section 2.5).
pub(crate) fn is_unfit(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_line_whatever_it_was() {
        assert_eq!(Subject::of("Hello\r\nBcc: everyone@example.org").as_str(), "Hello Bcc: everyone@example.org");
        assert_eq!(Subject::of("a\0b\u{2028}c\u{202e}d  e\u{85}f").as_str(), "a b c d e f");
        assert_eq!(Subject::of(" \n ").as_str(), "");
    }

    #[test]
    fn a_long_subject_ends_with_an_ellipsis() {
        let long = Subject::of(&"ö".repeat(500));
        assert_eq!(long.as_str().chars().count(), LONGEST);
        assert!(long.as_str().ends_with("ö…"));
    }
}
