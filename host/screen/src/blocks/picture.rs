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
    /// Height of the label inside the box; none where it does not fit, or something else is to be seen there.
    letters: Option<f64>,
    /// Middle of the label, from the top of the box.
    middle: f64,
}

/// Letters of a label inside its box are of this height at most and at least, in CSS pixels of the whole sheet, which is
/// mostly shown at half its size.
const LETTERS: (f64, f64) = (18.0, 6.0);
/// How much of a box's height they take where it is low.
const PART: f64 = 0.75;
/// A label that is long gets smaller letters, down to this height; what does not fit then is cut off.
const SMALL: f64 = 14.0;
/// How wide a letter is, in parts of its height.
const WIDE: f64 = 0.58;

pub(crate) fn html(name: &str, picture: &Picture, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    let (width, height) = (picture.width.max(1), picture.height.max(1));
    let view = View {
        alt: draw.place.text(&picture.alt),
        width,
        height,
        image: picture.image.as_ref().and_then(|route| links::route_href(route, draw.place)),
        marks: picture
            .marks
            .iter()
            .map(|mark| scaled(mark, picture.image.is_none(), f64::from(width), f64::from(height), draw.place))
            .collect(),
    };
    draw.block("blocks/picture.html", name, view)
}

/// `sheet`: nothing but marks is on it, so their labels can be.
fn scaled<'m>(mark: &'m Mark, sheet: bool, width: f64, height: f64, place: &dyn Place) -> Spot<'m> {
    let part = |value: f32, whole: f64| {
        if value.is_finite() { (f64::from(value.clamp(0.0, 1.0)) * whole * 10.0).round() / 10.0 } else { 0.0 }
    };
    let (box_width, box_height) = (part(mark.width, width), part(mark.height, height));
    let label = place.text(&mark.label);
    let fitting = (box_width - 6.0) / (label.chars().count().max(1) as f64 * WIDE);
    let letters = LETTERS.0.min(box_height * PART).min(fitting.max(SMALL));
    Spot {
        x: part(mark.x, width),
        y: part(mark.y, height),
        width: box_width,
        height: box_height,
        letters: (sheet && letters >= LETTERS.1 && box_width >= 2.0 * letters).then_some(letters),
        // Of a box for several lines, the first.
        middle: (box_height / 2.0).min(letters),
        label,
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
