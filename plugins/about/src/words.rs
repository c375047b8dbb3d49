//! What the names of the contract are called here. Names that a later version of the server adds are shown as they are.

use vestry_sdk::prelude::*;

/// How the value of a limit reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Bytes,
    Milliseconds,
    Number,
}

const STATIONS: &[(&str, &str)] = &[
    ("browser", "Browser or program"),
    ("session", "Session"),
    ("origin", "Origin"),
    ("dispatch", "Dispatch"),
    ("plugin", "Plugin in the sandbox"),
    ("gate", "Gate"),
    ("database", "Database"),
    ("screen", "Screen"),
];

const STORES: &[(&str, &str)] = &[
    ("database", "Database"),
    ("packages", "Packages"),
    ("compiled", "Compiled code"),
    ("uploads", "Uploads under way"),
    ("free", "Free on the disk"),
];

const LIMITS: &[(&str, &str, Measure)] = &[
    ("memory", "Memory of a call", Measure::Bytes),
    ("cpu-ms", "CPU time of a call", Measure::Milliseconds),
    ("wall-ms", "A call may take", Measure::Milliseconds),
    ("bytes", "Through host calls", Measure::Bytes),
    ("concurrent", "Calls at a time", Measure::Number),
    ("job-cpu-ms", "CPU time of a job", Measure::Milliseconds),
    ("job-wall-ms", "A job may take", Measure::Milliseconds),
    ("job-bytes", "Through host calls of a job", Measure::Bytes),
    ("job-concurrent", "Jobs at a time", Measure::Number),
];

const STATES: &[(&str, &str, Level)] = &[
    ("on", "On", Level::Success),
    ("off", "Off", Level::Neutral),
    ("quarantined", "Quarantined", Level::Danger),
    ("broken", "Broken", Level::Danger),
];

pub fn station(name: &str) -> Text {
    named(STATIONS, name)
}

pub fn store(name: &str) -> Text {
    named(STORES, name)
}

fn named(names: &'static [(&str, &str)], name: &str) -> Text {
    names.iter().find(|(known, _)| *known == name).map_or_else(|| data(name), |(_, label)| Text::from(*label))
}

/// A limit's label, and its value as people read it.
pub fn limit(name: &str, value: u64) -> (Text, Cell) {
    let known = LIMITS.iter().find(|(known, ..)| *known == name);
    let (label, measure) =
        known.map_or_else(|| (data(name), Measure::Number), |(_, label, measure)| (Text::from(*label), *measure));
    let cell = match measure {
        Measure::Bytes => size(value),
        Measure::Milliseconds => Cell::Text(duration(value)),
        Measure::Number => Cell::Text(grouped(value)),
    };
    (label, cell)
}

/// `250 ms`, `10 s`, `15 min`.
fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0 => "0 s".to_owned(),
        _ if milliseconds.is_multiple_of(60_000) => format!("{} min", milliseconds / 60_000),
        _ if milliseconds.is_multiple_of(1_000) => format!("{} s", milliseconds / 1_000),
        _ => format!("{milliseconds} ms"),
    }
}

/// What is counted, and how many there are; bytes as people read them.
pub fn labelled(number: u64, label: &str) -> String {
    match label {
        "bytes" => format!("stored: {}", bytes(number)),
        _ => format!("{label}: {}", grouped(number)),
    }
}

fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if number < 1_024 {
        return format!("{number} bytes");
    }
    let (mut size, mut unit) = (number as f64 / 1_024.0, 0);
    while size >= 1_024.0 && unit + 1 < UNITS.len() {
        size /= 1_024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// `12 345`, with spaces that do not break.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

pub fn state(name: &str) -> Cell {
    let known = STATES.iter().find(|(known, ..)| *known == name);
    known.map_or_else(|| badge(name.to_owned(), Level::Neutral), |(_, label, level)| badge(*label, *level)).into()
}
