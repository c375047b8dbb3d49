//! How much is done.

use serde_json::{Value as Json, json};

use crate::{Draw, Html, ScreenError};

pub(crate) fn html(name: &str, percent: u8, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    draw.block("blocks/progress.html", name, percent.min(100))
}

/// 0 to 100.
pub(crate) fn data(percent: u8) -> Json {
    json!(percent.min(100))
}
