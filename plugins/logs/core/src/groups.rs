//! The same message from the same place, counted: how often, when first and last, and how many in each hour.
//!
//! Messages are the same when they differ in numbers, ids and what is quoted alone. It holds a thousand groups; what finds
//! no room is counted. A job that goes on later keeps it as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::level::Level;
use crate::line::{self, Record};
use crate::time::SECOND;

/// Groups that are held.
pub const MOST_GROUPS: usize = 1_000;
/// Hours that each remembers, the newest: a week.
pub const MOST_HOURS: usize = 168;
/// Bytes of a message, and of an example.
const LONGEST: usize = 200;
const EXAMPLE: usize = 400;
/// Letters from which on a word with digits in it is taken for an id.
const ID: usize = 8;

/// All groups that were found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Groups {
    /// By place and message, with a line's end between them.
    groups: BTreeMap<String, Group>,
    /// Records that found no room.
    pub others: u64,
}

/// One message of one place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The plugin and the route, or what the program calls the place; empty where nothing says.
    pub place: String,
    /// With `#` for numbers and ids, and `"…"` for what is quoted.
    pub message: String,
    pub level: Option<Level>,
    pub count: u64,
    /// Microseconds since 1970.
    pub first: Option<i64>,
    pub last: Option<i64>,
    /// Records by the hour since 1970.
    pub hours: BTreeMap<i64, u64>,
    /// The message of the last of them as it stands there, and its request.
    pub example: String,
    pub request: Option<String>,
}

impl Groups {
    /// Counts a record.
    pub fn add(&mut self, record: &Record) {
        let (place, message) = (place(record), normal(&record.message));
        let key = format!("{place}\n{message}");
        if self.groups.len() >= MOST_GROUPS && !self.groups.contains_key(&key) {
            self.others += 1;
            return;
        }
        let group = self.groups.entry(key).or_insert_with(|| Group { place, message, ..Group::default() });
        group.add(record);
    }

    /// The most frequent first.
    #[must_use]
    pub fn by_count(&self) -> Vec<&Group> {
        let mut all: Vec<&Group> = self.groups.values().collect();
        all.sort_by_key(|group| std::cmp::Reverse((group.count, group.last)));
        all
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

impl Group {
    fn add(&mut self, record: &Record) {
        self.count += 1;
        self.level = self.level.max(record.level);
        let newest = self.last.is_none() || record.time >= self.last;
        if newest {
            self.example = line::cut(&record.message, EXAMPLE).to_owned();
            self.request.clone_from(&record.request);
        }
        let Some(time) = record.time else { return };
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
        *self.hours.entry(time.div_euclid(3_600 * SECOND)).or_default() += 1;
        if self.hours.len() > MOST_HOURS {
            self.hours.pop_first();
        }
    }
}

fn place(record: &Record) -> String {
    let named = ["target", "logger", "module", "source", "file"];
    let field = || named.iter().find_map(|name| record.fields.get(*name)?.as_str().map(str::to_owned));
    let route = record.route.clone().or_else(field).or_else(|| record.job.as_ref().map(|_| "job".to_owned()));
    let parts = [record.plugin.clone(), route];
    line::cut(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "), LONGEST).to_owned()
}

/// The first line with everything replaced that is another each time.
fn normal(message: &str) -> String {
    let first = line::cut(message.lines().next().unwrap_or_default(), 4 * LONGEST);
    let mut normal = String::new();
    let mut rest = first;
    let mut before = ' ';
    while let Some(letter) = rest.chars().next().filter(|_| normal.len() < LONGEST) {
        let length = match letter {
            '"' | '\'' | '`' => quoted(rest, letter, before),
            _ => None,
        };
        if let Some(length) = length {
            normal.extend([letter, '…', letter]);
            rest = &rest[length..];
            before = letter;
            continue;
        }
        let word = rest.find(|letter: char| !is_of_word(letter)).unwrap_or(rest.len());
        if word == 0 {
            normal.push(letter);
            rest = &rest[letter.len_utf8()..];
            before = letter;
            continue;
        }
        push_word(&mut normal, &rest[..word]);
        before = 'x';
        rest = &rest[word..];
    }
    line::cut(&normal, LONGEST).trim().to_owned()
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '-'
}

/// How long the quoted part is that begins here. An apostrophe in a word begins none.
fn quoted(rest: &str, quote: char, before: char) -> Option<usize> {
    if quote == '\'' && before.is_alphanumeric() {
        return None;
    }
    rest[1..].find(quote).map(|end| end + 2)
}

/// A word, without the digits that are others each time.
fn push_word(to: &mut String, word: &str) {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let is_hex = word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if digits > 0 && word.len() >= ID && (is_hex || digits > 2) {
        to.push('#');
        return;
    }
    let mut in_number = false;
    for letter in word.chars() {
        let digit = letter.is_ascii_digit();
        if !digit {
            to.push(letter);
        } else if !in_number {
            to.push('#');
        }
        in_number = digit;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(second: i64, message: &str) -> Record {
        Record {
            time: Some(second * SECOND),
            level: Some(Level::Error),
            plugin: Some("p".into()),
            route: Some("r".into()),
            request: Some(format!("q{second}")),
            message: message.into(),
            ..Record::default()
        }
    }

    #[test]
    fn what_is_another_each_time_is_left_out() {
        for (message, expected) in [
            ("took 17 ms, 3.5 %", "took # ms, #.# %"),
            ("user 'Anna' has no \"key\"", "user '…' has no \"…\""),
            ("it doesn't work, can't", "it doesn't work, can't"),
            ("id 7f3a9b2c-11d4-4e5f-9a8b-001122334455 gone", "id # gone"),
            ("at 0x7f3a, deadbeef12", "at #x#f#a, #"),
            ("sha256 over utf8", "sha# over utf#"),
            ("request abc123xyz9 failed\nmore", "request # failed"),
            ("größer als 5 – „so“", "größer als # – „so“"),
            ("", ""),
        ] {
            assert_eq!(normal(message), expected);
        }
        assert!(normal(&"ä1 ".repeat(1_000)).len() <= LONGEST);
    }

    #[test]
    fn the_same_is_counted_by_hour() {
        let mut groups = Groups::default();
        for second in [7_200, 100, 3_700, 3_600] {
            groups.add(&record(second, &format!("took {second} ms")));
        }
        groups.add(&record(5, "other"));
        let all = groups.by_count();
        assert_eq!(
            (all.len(), all[0].count, all[0].message.as_str(), all[0].place.as_str()),
            (2, 4, "took # ms", "p r")
        );
        assert_eq!((all[0].first, all[0].last), (Some(100 * SECOND), Some(7_200 * SECOND)));
        assert_eq!(all[0].hours, BTreeMap::from([(0, 1), (1, 2), (2, 1)]));
        assert_eq!((all[0].example.as_str(), all[0].request.as_deref()), ("took 7200 ms", Some("q7200")));
    }

    #[test]
    fn it_is_bounded_and_kept_as_json() {
        let mut groups = Groups::default();
        let name = |number: usize| number.to_string().bytes().map(|digit| char::from(digit + 50)).collect::<String>();
        for number in 0..1_500 {
            groups.add(&record(1, &name(number)));
        }
        groups.add(&record(1, &name(3)));
        for hour in 0..500 {
            groups.add(&record(hour * 3_600, &name(3)));
        }
        assert_eq!((groups.by_count().len(), groups.others), (1_000, 500));
        assert_eq!(groups.by_count()[0].hours.len(), MOST_HOURS);
        let text = serde_json::to_string(&groups).unwrap();
        assert_eq!(serde_json::from_str::<Groups>(&text).unwrap(), groups);
    }

    #[test]
    fn a_place_is_what_says_so() {
        let mut of_others = Record { message: "x".into(), ..Record::default() };
        of_others.fields.insert("logger".into(), "app.db".into());
        assert_eq!((place(&of_others).as_str(), place(&record(1, "x")).as_str()), ("app.db", "p r"));
        assert_eq!(place(&Record::default()), "");
    }
}
