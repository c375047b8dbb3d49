//! A job: what it is at, how far it has come, and a button to end it. The host reads it from its queue; the plugin only
//! names it.

use minijinja::{Value, context};
use serde_json::{Value as Json, json};
use vestry_contract::types::Timestamp;

use crate::cell::{CellValue, time_data};
use crate::place::{JobView, Place};
use crate::{Draw, Html, ScreenError, links};

/// How a state of a job is coloured; one that is not here is neutral.
const LEVELS: &[(&str, &str)] =
    &[("running", "primary"), ("done", "success"), ("failed", "danger"), ("cancelled", "warning")];

pub(crate) fn html(name: &str, id: &str, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    let view = match draw.place.job(id) {
        Some(job) => known(id, &job, draw)?,
        None => context! { job => id, state => "unknown" },
    };
    draw.block("blocks/job.html", name, view)
}

fn known(id: &str, job: &JobView, draw: &Draw<'_>) -> Result<Value, ScreenError> {
    let time = |time: Option<Timestamp>| -> Result<Option<Value>, ScreenError> {
        let Some(time) = time else { return Ok(None) };
        let mut drawn = String::new();
        draw.cells.write(CellValue::Time(time), &mut drawn)?;
        Ok(Some(Value::from_safe_string(drawn)))
    };
    let level = LEVELS.iter().find(|(state, _)| *state == job.state).map_or("neutral", |(_, level)| level);
    Ok(context! {
        job => id,
        title => &job.name,
        state => job.state,
        level,
        percent => job.percent.min(100),
        message => &job.message,
        attempt => job.attempt,
        queued => time(Some(job.queued))?,
        started => time(job.started)?,
        ended => time(job.ended)?,
        due => time(job.due)?,
        cancel => &job.cancel,
        back => address(draw.place),
    })
}

/// Path and query of the page: where pressing the button leads back to.
fn address(place: &dyn Place) -> String {
    let query = links::query(place.query().iter().map(|(name, value)| (name.as_str(), value.as_str())));
    if query.is_empty() { place.path().to_owned() } else { format!("{}?{query}", place.path()) }
}

/// `{"job", "name", "state", "percent", "message", "attempt", "queued", "started", "ended", "due", "cancel"?: {"method",
/// "href"}}`; where there is no such job for this page, `{"job", "state": "unknown"}`.
pub(crate) fn data(id: &str, place: &dyn Place) -> Json {
    let Some(job) = place.job(id) else { return json!({ "job": id, "state": "unknown" }) };
    let time = |time: Option<Timestamp>| time.map_or(Json::Null, time_data);
    let mut twin = json!({
        "job": id,
        "name": job.name,
        "state": job.state,
        "percent": job.percent.min(100),
        "message": job.message,
        "attempt": job.attempt,
        "queued": time_data(job.queued),
        "started": time(job.started),
        "ended": time(job.ended),
        "due": time(job.due),
    });
    if let Some(href) = &job.cancel {
        twin["cancel"] = json!({ "method": "post", "href": href });
    }
    twin
}
