//! What only the host may draw. The plugin names it and never sees inside.

use minijinja::{Value, context};
use serde_json::{Value as Json, json};

use crate::{Draw, Html, ScreenError};

pub(crate) fn html(name: &str, panel: &str, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    let drawn = draw.place.panel(panel).map(Value::from);
    draw.block("blocks/panel.html", name, context! { panel, drawn })
}

/// `{"panel"}`: its name alone, since what is in it is for people.
pub(crate) fn data(panel: &str) -> Json {
    json!({ "panel": panel })
}
