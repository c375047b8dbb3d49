//! Lines of a log.

use minijinja::{Value, context};
use serde_json::{Value as Json, json};
use vestry_contract::ui::{Log, LogLine};

use crate::cell::{CellValue, time_data};
use crate::place::Place;
use crate::{Draw, Html, ScreenError, level_name, links};

pub(crate) fn html(name: &str, log: &Log, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    let lines = log.lines.iter().map(|line| line_value(line, draw)).collect::<Result<Vec<_>, _>>()?;
    let older = log.older.as_ref().and_then(|route| links::route_href(route, draw.place));
    draw.block("blocks/log.html", name, context! { lines, older })
}

fn line_value(line: &LogLine, draw: &Draw<'_>) -> Result<Value, ScreenError> {
    let mut time = String::new();
    if let Some(instant) = line.time {
        draw.cells.write(CellValue::Time(instant), &mut time)?;
    }
    Ok(context! {
        time => Value::from_safe_string(time),
        level => line.level.map(level_name),
        source => &line.source,
        text => &line.text,
        open => line.open.as_ref().and_then(|route| links::route_href(route, draw.place)),
    })
}

/// `{"lines": [{"time", "level", "source", "text", "href"?}], "older"?}`.
pub(crate) fn data(log: &Log, place: &dyn Place) -> Json {
    let line = |line: &LogLine| {
        let mut twin = json!({
            "time": line.time.map_or(Json::Null, time_data),
            "level": line.level.map(level_name),
            "source": line.source,
            "text": line.text,
        });
        if let Some(href) = line.open.as_ref().and_then(|route| links::route_href(route, place)) {
            twin["href"] = json!(href);
        }
        twin
    };
    let mut twin = json!({ "lines": log.lines.iter().map(line).collect::<Vec<_>>() });
    if let Some(href) = log.older.as_ref().and_then(|route| links::route_href(route, place)) {
        twin["older"] = json!(href);
    }
    twin
}
