//! One line of a log: an object of JSON with its names in the same order each time, and nothing that breaks the line.
//!
//! `{"time":"2026-11-22T08:15:13.004211Z","level":"info","node":"one","plugin":"org.vestry.users","request":"...",
//! "actor":"...","route":"accounts","message":"...","fields":{"status":200}}`
//!
//! What does not apply is left out. The time is RFC 3339 in UTC with microseconds, so that lines sort as they read.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use tracing::Level;
use tracing::field::{Field, Visit};

/// Bytes of a message or a value; what is longer is cut there. And of a plugin's own fields together.
const LONGEST: usize = 16 << 10;
/// The field that says how many of a plugin's own found no room.
const LEFT_OUT: &str = "fields-left-out";

/// What lines are found by, from the event itself or from what it happened in.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct About {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
}

impl About {
    fn place(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "plugin" => Some(&mut self.plugin),
            "request" => Some(&mut self.request),
            "actor" => Some(&mut self.actor),
            "route" => Some(&mut self.route),
            "job" => Some(&mut self.job),
            _ => None,
        }
    }

    /// Takes what is said here and was not said nearer to the event.
    pub(crate) fn fill(&mut self, outer: &Self) {
        for (mine, theirs) in [
            (&mut self.plugin, &outer.plugin),
            (&mut self.request, &outer.request),
            (&mut self.actor, &outer.actor),
            (&mut self.route, &outer.route),
            (&mut self.job, &outer.job),
        ] {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        }
    }
}

/// What an event or a span says, gathered field by field.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub about: About,
    message: String,
    fields: Map<String, Value>,
}

impl Said {
    fn add(&mut self, name: &str, value: Value) {
        // A plugin's own fields come as one object, which would be none if it were cut.
        if name == "fields"
            && let Some(Ok(own)) = value.as_str().map(serde_json::from_str)
        {
            return self.add_own(own);
        }
        let value = match value {
            Value::String(text) => Value::String(cut(text)),
            other => other,
        };
        match (self.about.place(name), value) {
            (Some(_), Value::String(text)) if text.is_empty() => {}
            (Some(place), Value::String(text)) => *place = Some(text),
            (Some(place), other) => *place = Some(other.to_string()),
            (None, Value::String(text)) if name == "message" => self.message = text,
            (None, value) => drop(self.fields.insert(name.into(), value)),
        }
    }

    /// As many as there is room for, each whole; and how many those are that are left out.
    fn add_own(&mut self, own: Map<String, Value>) {
        let (mut room, mut left_out) = (LONGEST, 0_u64);
        for (name, value) in own {
            match room.checked_sub(name.len() + value.to_string().len()) {
                Some(rest) => {
                    room = rest;
                    self.fields.insert(name, value);
                }
                None => left_out += 1,
            }
        }
        if left_out > 0 {
            self.fields.insert(LEFT_OUT.into(), left_out.into());
        }
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field.name(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), value.into());
    }
}

/// The whole line, as it is written.
#[derive(Serialize)]
struct Line<'a> {
    time: String,
    level: &'static str,
    node: &'a str,
    #[serde(flatten)]
    about: &'a About,
    message: &'a str,
    #[serde(skip_serializing_if = "Map::is_empty")]
    fields: &'a Map<String, Value>,
}

/// Bytes of the line, its end included.
pub(crate) fn written(time: Timestamp, level: Level, node: &str, said: &Said) -> Vec<u8> {
    let line = Line {
        time: format!("{time:.6}"),
        level: name(level),
        node,
        about: &said.about,
        message: &said.message,
        fields: &said.fields,
    };
    // Nothing in it can fail to be written: names are text, numbers that JSON does not know become null.
    let mut bytes = serde_json::to_vec(&line).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// A line of the log about itself.
pub(crate) fn own(time: Timestamp, node: &str, message: &str) -> Vec<u8> {
    let said = Said { message: message.to_owned(), ..Said::default() };
    written(time, Level::WARN, node, &said)
}

const fn name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(LONGEST));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_plugin_are_whole_or_left_out() {
        let own: Map<String, Value> =
            (0..4).map(|number| (format!("field{number}"), Value::String("x".repeat(6_000)))).collect();
        let mut said = Said::default();
        said.add("fields", Value::Object(own).to_string().into());
        let names: Vec<_> = said.fields.keys().map(String::as_str).collect();
        assert_eq!(names, ["field0", "field1", LEFT_OUT]);
        assert_eq!((&said.fields[LEFT_OUT], said.fields["field1"].as_str().unwrap().len()), (&2.into(), 6_000));
        // What is no object is a field like others.
        let mut said = Said::default();
        said.add("fields", "none".into());
        assert_eq!(said.fields["fields"], "none");
    }
}
