//! Text of a program or a configuration, as it is.

use serde_json::{Value as Json, json};
use vestry_contract::ui::Source;

use crate::{Draw, Html, ScreenError};

pub(crate) fn html(name: &str, source: &Source, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    draw.block("blocks/source.html", name, data(source))
}

/// `{"language", "text"}`.
pub(crate) fn data(source: &Source) -> Json {
    json!({ "language": source.language, "text": source.text })
}
