//! A sentence that stands out.

use serde_json::{Value as Json, json};
use vestry_contract::ui::Notice;

use crate::place::Place;
use crate::{Draw, Html, ScreenError, level_name};

pub(crate) fn html(name: &str, notice: &Notice, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    draw.block("blocks/notice.html", name, data(notice, draw.place))
}

/// `{"level", "text"}`.
pub(crate) fn data(notice: &Notice, place: &dyn Place) -> Json {
    json!({ "level": level_name(notice.level), "text": place.text(&notice.text) })
}
