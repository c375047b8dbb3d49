//! A record as a line on a page: what it says in words, and its fields behind.

use serde_json::{Map, Value};
use vestry_logs_core::{Hit, Level as Grave, Matcher, Note, Series, What};
use vestry_sdk::prelude::*;
use vestry_sdk::ui::LogLine;

use crate::directories::called;
use crate::times::stamp;
use crate::visible::visible;

/// The log of requests.
const REQUESTS: &str = "access.log";
/// Letters of one line in a list; its own page has all of them.
const LONGEST: usize = 2_000;
/// Parts of a line that are marked.
const MARKS: usize = 20;

/// A line of the list.
pub fn line(hit: &Hit, series: &[Series], matcher: &Matcher) -> LogLine {
    let mut text = words(hit);
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push_str(" …");
    }
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let marks: Vec<(u32, u32)> =
        matcher.marks(&text, MARKS).into_iter().map(|(begin, end)| (place(begin), place(end))).collect();
    let source = series.get(hit.series).map(called).unwrap_or_default();
    let mut line = LogLine::new(source, text).marks(marks);
    if let Some(series) = series.get(hit.series) {
        line = line.open(crate::line::route(hit, series));
    }
    if let Some(time) = hit.record.time.filter(|_| !hit.continued) {
        line = line.at(stamp(time));
    }
    match hit.record.level {
        Some(level @ (Grave::Warn | Grave::Error)) => line.level(grave(level)),
        // What is as it should be needs no word on every line.
        _ => line,
    }
}

pub const fn grave(level: Grave) -> Level {
    match level {
        Grave::Error => Level::Danger,
        Grave::Warn => Level::Warning,
        Grave::Info => Level::Primary,
        Grave::Debug | Grave::Trace => Level::Neutral,
    }
}

/// A level as it is named on pages.
pub const fn named(level: Grave) -> &'static str {
    match level {
        Grave::Error => "Error",
        Grave::Warn => "Warning",
        Grave::Info => "Info",
        Grave::Debug => "Debug",
        Grave::Trace => "Trace",
    }
}

/// What a record says, without its time.
pub fn words(hit: &Hit) -> String {
    visible(written(hit))
}

fn written(hit: &Hit) -> String {
    let record = &hit.record;
    let rest = hit.text.split_once('\n').map_or("", |(_, rest)| rest);
    let whole = |first: String| if rest.is_empty() { first } else { format!("{first}\n{rest}") };
    if hit.continued || !hit.text.starts_with('{') {
        return if record.message.is_empty() { hit.text.clone() } else { whole(record.message.clone()) };
    }
    let mut fields = record.fields.clone();
    // Elsewhere a plugin could say that it was asked what it was not.
    let is_request = is_request(hit);
    let request = if is_request { request(&mut fields) } else { None };
    let mut words = request.unwrap_or_else(|| record.message.clone());
    if let Some(plugin) = record.plugin.as_ref().filter(|_| !is_request) {
        words = format!("{plugin}: {words}");
    }
    for (name, value) in &fields {
        words.push_str(&format!("  {name}={}", plain(value)));
    }
    if words.is_empty() { hit.text.clone() } else { whole(words) }
}

/// Whether it stands in a log of requests.
pub fn is_request(hit: &Hit) -> bool {
    hit.path.rsplit('/').next().is_some_and(|name| name.starts_with(REQUESTS))
}

/// `GET /users 200 3.1 ms`, of the fields of a request.
fn request(fields: &mut Map<String, Value>) -> Option<String> {
    if !["method", "path", "status"].iter().all(|name| fields.contains_key(*name)) {
        return None;
    }
    let mut take = |name: &str| fields.remove(name).map(|value| plain(&value)).unwrap_or_default();
    let (method, path, status) = (take("method"), take("path"), take("status"));
    let mut words = format!("{method} {path} {status}");
    if let Ok(micros) = take("micros").parse::<f64>() {
        words.push_str(&format!("  {:.1} ms", micros / 1_000.0));
    }
    Some(words)
}

pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Bytes as pages say them: `12.3 KiB`, `4.0 MiB`.
pub fn amount(bytes: u64) -> String {
    match bytes as f64 / f64::from(1 << 10) {
        kilobytes if kilobytes < 1_000.0 => format!("{kilobytes:.1} KiB"),
        kilobytes => format!("{:.1} MiB", kilobytes / f64::from(1 << 10)),
    }
}

/// How a person is called here: the beginning of the number.
pub fn person(actor: &str) -> String {
    actor.chars().take(8).collect()
}

/// What must be said of a file.
pub fn note(note: &Note) -> Text {
    let file = if note.path.is_empty() { "A log".to_owned() } else { note.path.clone() };
    match &note.what {
        What::Truncated => text!("{file} was cut off by another program; it is read from its beginning again.", file),
        What::Removed => text!("{file} was removed before all of it was read.", file),
        What::Damaged => text!("{file} is damaged; what could be read of it is here.", file),
        What::Unreadable(why) => text!("{file} could not be read: {why}", file, why),
        What::Long => text!(
            "{file} was passed over: another program compressed it in one piece. A page does so with those of more than 4 MiB, \
             a search over everything with those of more than 1 GiB.",
            file
        ),
    }
}

/// A page with these sentences on it.
pub fn notices(page: Page, words: impl IntoIterator<Item = Text>) -> Page {
    let each = words.into_iter().enumerate();
    each.fold(page, |page, (number, words)| page.block(format!("note-{}", number + 1), notice(Level::Warning, words)))
}
