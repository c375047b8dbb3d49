//! Words on the screen: a literal is a phrase that can be translated, a string made at run time is data.

use crate::types::{Filled, Text};

/// What people wrote: shown as it is, never translated.
pub fn data(words: impl Into<String>) -> Text {
    Text::Data(words.into())
}

/// A phrase with values for the names in its braces; [`text!`](crate::text!) checks that they agree.
pub fn filled<const N: usize>(phrase: &'static str, values: [(&'static str, String); N]) -> Text {
    let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Text::Filled(Filled { phrase: phrase.to_owned(), values })
}

impl Text {
    /// No words at all.
    pub const fn none() -> Self {
        Text::Data(String::new())
    }
}

impl From<&'static str> for Text {
    fn from(literal: &'static str) -> Self {
        Text::Phrase(literal.to_owned())
    }
}

impl From<String> for Text {
    fn from(words: String) -> Self {
        Text::Data(words)
    }
}

impl From<&String> for Text {
    fn from(words: &String) -> Self {
        Text::Data(words.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    #[test]
    fn literals_are_phrases_and_run_time_strings_are_data() {
        assert_eq!(Text::from("Save"), Text::Phrase("Save".to_owned()));
        assert_eq!(Text::from(String::from("Ada")), Text::Data("Ada".to_owned()));
    }

    #[test]
    fn values_are_kept_apart_from_the_phrase() {
        let count = 3;
        let Text::Filled(filled) = text!("{count} of {total} accounts", count, total = 7) else { panic!("filled") };
        assert_eq!(filled.phrase, "{count} of {total} accounts");
        assert_eq!(filled.values, [("count".to_owned(), "3".to_owned()), ("total".to_owned(), "7".to_owned())]);
    }
}
