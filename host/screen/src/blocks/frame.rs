//! A page of the same plugin in a frame of its own, where no script runs and nothing of this page can be reached.

use serde_json::{Value as Json, json};
use vestry_contract::ui::RouteRef;

use crate::place::Place;
use crate::{Draw, Html, ScreenError, links};

pub(crate) fn html(name: &str, route: &RouteRef, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    draw.block("blocks/frame.html", name, data(route, draw.place))
}

/// `{"href"?}`.
pub(crate) fn data(route: &RouteRef, place: &dyn Place) -> Json {
    match links::route_href(route, place) {
        Some(href) => json!({ "href": href }),
        None => json!({}),
    }
}
