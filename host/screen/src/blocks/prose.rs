//! Words in Markdown.

use minijinja::Value;
use serde_json::{Value as Json, json};
use vestry_contract::types::Text;

use crate::place::Place;
use crate::{Draw, Html, ScreenError, markdown};

pub(crate) fn html(name: &str, text: &Text, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    let markup = markdown::render(&draw.place.text(text), draw.heading, draw.place);
    draw.block("blocks/prose.html", name, Value::from(markup))
}

/// The Markdown itself.
pub(crate) fn data(text: &Text, place: &dyn Place) -> Json {
    json!(place.text(text))
}
