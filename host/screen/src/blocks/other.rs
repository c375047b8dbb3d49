//! A kind of block that a later version of the contract added: a notice that it cannot be shown.

use serde_json::{Value as Json, json};

use crate::{Draw, Html, ScreenError};

pub(crate) fn html(name: &str, kind: &str, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    draw.block("blocks/other.html", name, json!({ "kind": kind }))
}

/// `{"kind", "value"}`; an API client may know more than this host.
pub(crate) fn data(kind: &str, value: &str) -> Json {
    let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
    json!({ "kind": kind, "value": value })
}
