//! A job, by its id. The server has no jobs that could be asked for, so every id is unknown, and the page says so.

use serde_json::{Value as Json, json};

use crate::{Draw, Html, ScreenError};

pub(crate) fn html(name: &str, id: &str, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    draw.block("blocks/job.html", name, data(id))
}

/// `{"job", "state"}`.
pub(crate) fn data(id: &str) -> Json {
    json!({ "job": id, "state": "unknown" })
}
