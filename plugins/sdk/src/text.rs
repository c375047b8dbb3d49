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

    /// As it was written, values filled in and not translated: to show it where data goes, such as in a cell.
    pub fn plain(&self) -> String {
        match self {
            Text::Phrase(words) | Text::Data(words) => words.clone(),
            Text::Filled(Filled { phrase, values }) => fill(phrase, values),
        }
    }
}

/// A name without a value stays as it is, and values are not searched for names.
fn fill(phrase: &str, values: &[(String, String)]) -> String {
    let (mut filled, mut rest) = (String::with_capacity(phrase.len()), phrase);
    while let Some((before, (name, behind))) =
        rest.split_once('{').and_then(|(before, open)| Some((before, open.split_once('}')?)))
    {
        filled.push_str(before);
        match values.iter().find(|(known, _)| known == name) {
            Some((_, value)) => filled.push_str(value),
            None => filled.extend(["{", name, "}"]),
        }
        rest = behind;
    }
    filled + rest
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
    #[test]
    fn plain_words_have_their_values() {
        let text =
            filled("{count} of {total}, {unknown} {", [("count", "{total}".to_owned()), ("total", "7".to_owned())]);
        assert_eq!(text.plain(), "{total} of 7, {unknown} {");
    }
}
