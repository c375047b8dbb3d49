//! Words in Markdown.

use std::borrow::Cow;

use minijinja::Value;
use serde_json::{Value as Json, json};
use vestry_contract::types::{Filled, Text};

use crate::place::Place;
use crate::{Draw, Html, ScreenError, markdown};

pub(crate) fn html(name: &str, text: &Text, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    let markup = markdown::render(&draw.place.text(&literal(text)), draw.heading, draw.place);
    draw.block("blocks/prose.html", name, Value::from(markup))
}

/// The Markdown itself.
pub(crate) fn data(text: &Text, place: &dyn Place) -> Json {
    json!(place.text(text))
}

/// Words whose filled values are plain text: what a person is called must not become a link of the page.
pub(crate) fn literal(text: &Text) -> Cow<'_, Text> {
    match text {
        Text::Phrase(_) | Text::Data(_) => Cow::Borrowed(text),
        Text::Filled(filled) => {
            let values = filled.values.iter().map(|(name, value)| (name.clone(), escaped(value))).collect();
            Cow::Owned(Text::Filled(Filled { phrase: filled.phrase.clone(), values }))
        }
    }
}

/// A backslash before each punctuation mark (CommonMark, section 2.4), and lines joined: what is left means itself.
fn escaped(value: &str) -> String {
    let mut literal = String::with_capacity(value.len() + 8);
    for character in value.chars() {
        match character {
            '\n' | '\r' => literal.push(' '),
            mark if mark.is_ascii_punctuation() => literal.extend(['\\', mark]),
            other => literal.push(other),
        }
    }
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_read_as_markdown() {
        let value = "[you](https://evil.example) *won* <b>\n# Big".to_owned();
        let text = Text::Filled(Filled { phrase: "**Hello** {name}.".into(), values: vec![("name".into(), value)] });
        let filled = crate::plain_text(&literal(&text)).into_owned();
        assert_eq!(filled, r"**Hello** \[you\]\(https\:\/\/evil\.example\) \*won\* \<b\> \# Big.");
    }
}
