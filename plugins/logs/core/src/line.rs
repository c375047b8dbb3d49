//! What a record says: time, level, what it is about, message and fields, from whatever format its first line has.
//!
//! Lines of JSON are read field by field as far as they go, so that one that was cut still says what stood before; those of
//! logfmt likewise. All other text is taken as it is: the message is what stands behind the time.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::level::Level;
use crate::logfmt;
use crate::parts::{self, Part};
use crate::time::{self, Clock};

/// Bytes of one text or of all fields together that are kept; what is longer is cut.
const LONGEST: usize = 64 << 10;
/// Bytes of an id that are kept, as many as can be asked for.
const LONGEST_ID: usize = crate::LONGEST_TEXT;

/// What one record says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// Microseconds since 1970, if the record says when it was.
    pub time: Option<i64>,
    pub level: Option<Level>,
    pub node: Option<String>,
    pub plugin: Option<String>,
    pub request: Option<String>,
    /// The person or token, by its id.
    pub actor: Option<String>,
    pub route: Option<String>,
    pub job: Option<String>,
    /// Of text, the first line without its time.
    pub message: String,
    /// Everything else that a line of JSON says.
    pub fields: Map<String, Value>,
}

/// Names under which the time is found in lines of JSON, and so on.
const TIME: &[&str] = time::NAMES;
const LEVEL: &[&str] = &["level", "severity", "lvl"];
const MESSAGE: &[&str] = &["message", "msg"];

const ABOUT: &[&str] = &["node", "plugin", "request", "actor", "route", "job"];

/// Whether a field is more than one of many.
fn is_known(name: &str) -> bool {
    [TIME, LEVEL, MESSAGE, ABOUT].iter().any(|known| known.contains(&name))
}

impl Record {
    /// Reads a record of one or more lines.
    #[must_use]
    pub fn parse(bytes: &[u8], clock: &Clock) -> Self {
        if bytes.first() == Some(&b'{')
            && let Some(record) = Self::of_json(bytes, clock)
        {
            return record;
        }
        Self::of_text(bytes, clock)
    }

    fn of_json(bytes: &[u8], clock: &Clock) -> Option<Self> {
        let mut record = Self { time: time::ours(bytes), ..Self::default() };
        let left = Cell::new(parts::MOST);
        let mut seen = false;
        let mut take = |name: String, value: Value| {
            seen = true;
            record.take(name, value, clock);
        };
        // What broke off is not told apart: everything before has been taken.
        let fields = Fields { take: &mut take, left: &left };
        let _ = fields.deserialize(&mut serde_json::Deserializer::from_slice(bytes));
        seen.then_some(record)
    }

    fn take(&mut self, name: String, value: Value, clock: &Clock) {
        let place = match name.as_str() {
            "node" => &mut self.node,
            "plugin" => &mut self.plugin,
            "request" => &mut self.request,
            "actor" => &mut self.actor,
            "route" => &mut self.route,
            "job" => &mut self.job,
            "fields" if value.is_object() => {
                if let Value::Object(own) = value {
                    self.fields.extend(own);
                }
                return;
            }
            known if TIME.contains(&known) && self.time.is_none() => {
                self.time = match &value {
                    Value::String(text) => time::whole(text, clock),
                    other => other.as_f64().and_then(time::number),
                };
                if self.time.is_none() {
                    self.fields.insert(name, value);
                }
                return;
            }
            known if TIME.contains(&known) => return,
            known if LEVEL.contains(&known) && self.level.is_none() => {
                self.level = match &value {
                    Value::String(text) => Level::of_word(text),
                    other => other.as_i64().and_then(Level::of_number),
                };
                if self.level.is_none() {
                    self.fields.insert(name, value);
                }
                return;
            }
            known if MESSAGE.contains(&known) && self.message.is_empty() && value.is_string() => {
                if let Value::String(text) = value {
                    self.message = text;
                }
                return;
            }
            _ => {
                self.fields.insert(name, value);
                return;
            }
        };
        match value {
            Value::String(text) => *place = Some(text),
            other => *place = Some(other.to_string()),
        }
    }

    fn of_text(bytes: &[u8], clock: &Clock) -> Self {
        let first = &bytes[..memchr::memchr(b'\n', bytes).unwrap_or(bytes.len())];
        if let Some(time) = time::named(first, clock) {
            return Self::of_pairs(first, time, clock);
        }
        let stamp = time::leading(first, clock);
        let rest = stamp.map_or(first, |stamp| &first[stamp.rest.min(first.len())..]);
        let level = match stamp {
            // Of a line of an access log only its status says something.
            Some(stamp) if stamp.rest == 0 => Some(status(first)),
            _ => Level::of_line(rest).or_else(|| Level::of_line(first)).or_else(|| priority(first)),
        };
        let message = cut(&String::from_utf8_lossy(rest), LONGEST).trim_end().to_owned();
        Self { time: stamp.map(|stamp| stamp.micros), level, message, ..Self::default() }
    }

    /// Of `name=value` with a time among them.
    fn of_pairs(line: &[u8], time: i64, clock: &Clock) -> Self {
        let mut record = Self { time: Some(time), ..Self::default() };
        let mut end = 0;
        for (name, value) in logfmt::pairs(line).take(parts::MOST) {
            end = value.end;
            record.take(String::from_utf8_lossy(name).into_owned(), logfmt::meant(&line[value]).into(), clock);
        }
        if record.message.is_empty() {
            record.message = String::from_utf8_lossy(&line[end..]).trim().to_owned();
        }
        record
    }

    /// Cuts what is too long to be shown; answers whether anything was.
    pub(crate) fn shorten(&mut self) -> bool {
        let mut shortened = cut_off(&mut self.message, LONGEST);
        let [node, plugin, request, actor, route, job] = self.about();
        for id in [node, plugin, request, actor, route, job].into_iter().flatten() {
            shortened |= cut_off(id, LONGEST_ID);
        }
        let mut left = LONGEST;
        self.fields.retain(|name, value| {
            let needed = name.len()
                + match value {
                    Value::String(text) => text.len(),
                    Value::Array(_) | Value::Object(_) => value.to_string().len(),
                    _ => 8,
                };
            let fits = needed <= left;
            left -= if fits { needed } else { 0 };
            shortened |= !fits;
            fits
        });
        shortened
    }

    const fn about(&mut self) -> [&mut Option<String>; 6] {
        let Self { node, plugin, request, actor, route, job, .. } = self;
        [node, plugin, request, actor, route, job]
    }

    /// Bytes of memory that it takes, about.
    pub(crate) fn weight(&self) -> usize {
        let Self { node, plugin, request, actor, route, job, message, fields, .. } = self;
        let about = [node, plugin, request, actor, route, job];
        let about: usize = about.into_iter().flatten().map(String::len).sum();
        let fields: usize = fields.iter().map(|(name, value)| name.len() + parts::weight(value) + 96).sum();
        size_of::<Self>() + message.len() + about + fields
    }
}

fn cut_off(text: &mut String, most: usize) -> bool {
    let long = text.len() > most;
    text.truncate(text.floor_char_boundary(most));
    long
}

/// The text as far as so many bytes, without half a letter at its end.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// The level at its fixed bytes in a line of our own, without reading the rest.
pub(crate) fn level_of_ours(line: &[u8]) -> Option<Level> {
    let rest = line.get(36..)?.strip_prefix(br#"","level":""#)?;
    Level::ALL.into_iter().find(|level| rest.starts_with(level.name().as_bytes()))
}

/// What a status of 500 and more says. It is the first number of three digits behind the request in quotes.
fn status(line: &[u8]) -> Level {
    let mut quoted = line.split(|byte| *byte == b'"').skip(2);
    match quoted.next().map(<[u8]>::trim_ascii_start) {
        Some([b'5', b'0'..=b'9', b'0'..=b'9', b' ', ..]) => Level::Error,
        _ => Level::Info,
    }
}

/// `<34>` at the beginning.
fn priority(line: &[u8]) -> Option<Level> {
    let rest = line.strip_prefix(b"<")?;
    let end = rest.iter().take(4).position(|byte| *byte == b'>')?;
    std::str::from_utf8(&rest[..end]).ok()?.parse().ok().map(Level::of_priority)
}

/// Hands each field of an object on as soon as it is read.
struct Fields<'a, F> {
    take: &'a mut F,
    /// Values that may still be kept.
    left: &'a Cell<usize>,
}

impl<'de, F: FnMut(String, Value)> DeserializeSeed<'de> for Fields<'_, F> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, F: FnMut(String, Value)> Visitor<'de> for Fields<'_, F> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut fields: M) -> Result<(), M::Error> {
        while let Some(name) = fields.next_key::<String>()? {
            let value = fields.next_value_seed(Part { left: self.left })?;
            if Part::take(self.left) || is_known(&name) {
                (self.take)(name, value);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(line: &str) -> Record {
        Record::parse(line.as_bytes(), &Clock { modified: 1_795_335_313 * time::SECOND, offset: 0 })
    }

    fn when(record: &Record) -> String {
        record.time.map(time::written).unwrap()
    }

    #[test]
    fn our_own_lines_are_read_field_by_field() {
        let line = r#"{"time":"2026-11-22T08:15:13.004211Z","level":"warn","node":"one","plugin":"p","request":"r","actor":"a","route":"t","job":"j","message":"m\nn","fields":{"status":200}}"#;
        let record = parse(line);
        assert_eq!(when(&record), "2026-11-22T08:15:13.004211Z");
        assert_eq!(record.level, Some(Level::Warn));
        let about = [&record.node, &record.plugin, &record.request, &record.actor, &record.route, &record.job];
        assert_eq!(about.map(|text| text.as_deref().unwrap()), ["one", "p", "r", "a", "t", "j"]);
        assert_eq!((record.message.as_str(), Value::from(record.fields)), ("m\nn", json!({"status": 200})));
        assert_eq!(level_of_ours(line.as_bytes()), Some(Level::Warn));
        assert_eq!(level_of_ours(br#"{"time":"x","level":"warn"}"#), None);
    }

    #[test]
    fn a_line_that_was_cut_says_what_stood_before() {
        let record = parse(r#"{"time":"2026-11-22T08:15:13.004211Z","level":"error","request":"r","message":"it bro"#);
        assert_eq!((record.level, record.request.as_deref()), (Some(Level::Error), Some("r")));
        assert_eq!(record.message, "");
    }

    #[test]
    fn json_of_others_is_known_by_its_usual_names() {
        for (line, time, level, message) in [
            (r#"{"ts":1795335313.5,"lvl":"WARN","msg":"a"}"#, "2026-11-22T08:15:13.500000Z", Level::Warn, "a"),
            (
                r#"{"@timestamp":"2026-11-22T09:15:13+01:00","severity":"critical","message":"b"}"#,
                "2026-11-22T08:15:13.000000Z",
                Level::Error,
                "b",
            ),
            (r#"{"level":50,"time":1795335313004,"msg":"c"}"#, "2026-11-22T08:15:13.004000Z", Level::Error, "c"),
            (
                r#"{ "timestamp": "2026-11-22 08:15:13,5", "level": "info", "message": "d" }"#,
                "2026-11-22T08:15:13.500000Z",
                Level::Info,
                "d",
            ),
        ] {
            let record = parse(line);
            assert_eq!(
                (when(&record).as_str(), record.level, record.message.as_str()),
                (time, Some(level), message),
                "{line}"
            );
        }
        let odd = parse(r#"{"time":"soon","level":"loud","message":7}"#);
        assert_eq!((odd.time, odd.level), (None, None));
        assert_eq!(Value::from(odd.fields), json!({"time": "soon", "level": "loud", "message": 7}));
    }

    #[test]
    fn text_is_its_time_its_level_and_the_rest() {
        for (line, level, message) in [
            ("2026-11-22 08:15:13,123 ERROR root no luck\n  File \"x\"", Some(Level::Error), "ERROR root no luck"),
            ("2026/11/22 08:15:13 [warn] 7#7: careful", Some(Level::Warn), "[warn] 7#7: careful"),
            ("INFO 2026-11-22 08:15:13 up", Some(Level::Info), "up"),
            ("<11>Nov 22 08:15:13 host su: no", Some(Level::Error), "host su: no"),
            ("just text", None, "just text"),
            ("{not json", None, "{not json"),
        ] {
            let record = parse(line);
            assert_eq!((record.level, record.message.as_str()), (level, message), "{line}");
        }
        let access = r#"10.0.0.1 - - [22/Nov/2026:08:15:13 +0000] "GET /x HTTP/1.1" 502 17 "-" "curl""#;
        assert_eq!((parse(access).level, parse(access).message.as_str()), (Some(Level::Error), access));
    }

    #[test]
    fn pairs_of_logfmt_are_fields() {
        let record = parse(r#"level=warn ts=2026-11-22T08:15:13Z msg="no \"luck\"" request=r1 took=3ms"#);
        assert_eq!(when(&record), "2026-11-22T08:15:13.000000Z");
        assert_eq!((record.level, record.message.as_str()), (Some(Level::Warn), "no \"luck\""));
        assert_eq!((record.request.as_deref(), Value::from(record.fields)), (Some("r1"), json!({"took": "3ms"})));
        assert_eq!(parse("time=2026-11-22T08:15:13Z level=info it is up").message, "it is up");
    }

    #[test]
    fn broken_letters_and_lengths_are_survived() {
        let record = Record::parse(b"2026-11-22 08:15:13 caf\xe9 \xff\xfe", &Clock::default());
        assert_eq!(record.message, "caf\u{fffd} \u{fffd}\u{fffd}");
        let mut long = parse(&format!(r#"{{"message":"{}","a":"{}","b":1}}"#, "ä".repeat(50_000), "x".repeat(70_000)));
        assert!(long.shorten());
        assert_eq!((long.message.len(), Value::from(long.fields.clone())), (65_536, json!({"b": 1})));
        assert!(!long.shorten());
        let mut long = parse(&format!(r#"{{"request":"{}"}}"#, "ä".repeat(50_000)));
        assert!(long.shorten() && long.request.unwrap().len() == 1_000);
    }

    #[test]
    fn a_line_of_a_million_brackets_takes_no_more_memory_than_a_page_has() {
        let nested = r#"{"":0},"#.repeat(120_000);
        let record =
            parse(&format!(r#"{{"time":"2026-11-22T08:15:13Z","message":"m","a":[{nested}0],"level":"warn"}}"#));
        assert_eq!((when(&record).as_str(), record.message.as_str()), ("2026-11-22T08:15:13.000000Z", "m"));
        assert!(record.weight() < 200_000 && record.level == Some(Level::Warn), "{}", record.weight());
        let flat: String = (0..100_000).map(|number| format!(r#","{number}":0"#)).collect();
        assert!(parse(&format!(r#"{{"message":"m"{flat}}}"#)).weight() < 200_000);
    }
}
