//! A picture with boxes on it, such as the fields of a scanned form.

use serde::Serialize;
use serde_json::{Value as Json, json};
use vestry_contract::ui::{Mark, Picture};

use crate::place::Place;
use crate::{Draw, Html, ScreenError, level_name, links};

#[derive(Serialize)]
struct View<'v> {
    alt: std::borrow::Cow<'v, str>,
    width: u32,
    height: u32,
    image: Option<String>,
    marks: Vec<Spot<'v>>,
}

/// A mark in the units of the picture.
#[derive(Serialize)]
struct Spot<'v> {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    label: std::borrow::Cow<'v, str>,
    level: &'static str,
    open: Option<String>,
}

pub(crate) fn html(name: &str, picture: &Picture, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    let (width, height) = (picture.width.max(1), picture.height.max(1));
    let view = View {
        alt: draw.place.text(&picture.alt),
        width,
        height,
        image: picture.image.as_ref().and_then(|route| links::route_href(route, draw.place)),
        marks: picture.marks.iter().map(|mark| scaled(mark, f64::from(width), f64::from(height), draw.place)).collect(),
    };
    draw.block("blocks/picture.html", name, view)
}

fn scaled<'m>(mark: &'m Mark, width: f64, height: f64, place: &dyn Place) -> Spot<'m> {
    let part = |value: f32, whole: f64| {
        if value.is_finite() { (f64::from(value.clamp(0.0, 1.0)) * whole * 10.0).round() / 10.0 } else { 0.0 }
    };
    Spot {
        x: part(mark.x, width),
        y: part(mark.y, height),
        width: part(mark.width, width),
        height: part(mark.height, height),
        label: place.text(&mark.label),
        level: level_name(mark.level),
        open: mark.open.as_ref().and_then(|route| links::route_href(route, place)),
    }
}

/// `{"alt", "width", "height", "image"?, "marks": [{"x", "y", "width", "height", "label", "level", "href"?}]}`, marks
/// in parts of the whole.
pub(crate) fn data(picture: &Picture, place: &dyn Place) -> Json {
    let mark = |mark: &Mark| {
        let mut twin = json!({
            "x": mark.x, "y": mark.y, "width": mark.width, "height": mark.height,
            "label": place.text(&mark.label), "level": level_name(mark.level),
        });
        if let Some(href) = mark.open.as_ref().and_then(|route| links::route_href(route, place)) {
            twin["href"] = json!(href);
        }
        twin
    };
    let mut twin = json!({
        "alt": place.text(&picture.alt), "width": picture.width, "height": picture.height,
        "marks": picture.marks.iter().map(mark).collect::<Vec<_>>(),
    });
    if let Some(href) = picture.image.as_ref().and_then(|route| links::route_href(route, place)) {
        twin["image"] = json!(href);
    }
    twin
}
