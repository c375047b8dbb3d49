//! How things are called on several pages: states, sources, times and sizes.

use vestry_sdk::packages::Package;
use vestry_sdk::prelude::*;
use vestry_sdk::ui::{Badge, Fact};

/// States of plugins by their names in the contract.
const STATES: [(&str, &str, Level); 4] = [
    ("on", "On", Level::Success),
    ("off", "Off", Level::Neutral),
    ("quarantined", "Stopped", Level::Danger),
    ("broken", "Does not load", Level::Danger),
];

/// States of jobs by their names in the contract.
const JOB_STATES: [(&str, &str, Level); 5] = [
    ("queued", "Waiting", Level::Neutral),
    ("running", "Under way", Level::Primary),
    ("done", "Done", Level::Success),
    ("failed", "Failed", Level::Danger),
    ("cancelled", "Cancelled", Level::Warning),
];

/// Kinds of events by their names in the contract.
const EVENTS: [(&str, &str, Level); 6] = [
    ("mounted", "Put in place", Level::Success),
    ("refused", "Refused: its pages did not open, nothing was changed", Level::Danger),
    ("rolled-back", "Went back to an older version", Level::Warning),
    ("came-back", "Failed, and the former version came back by itself", Level::Danger),
    ("quarantined", "Stopped after failures", Level::Danger),
    ("unmounted", "Uninstalled", Level::Neutral),
];

pub fn state(name: &str) -> Badge {
    known(&STATES, name)
}

pub fn job_state(name: &str) -> Badge {
    known(&JOB_STATES, name)
}

pub fn event(kind: &str) -> Badge {
    known(&EVENTS, kind)
}

/// What a later version of the host says is shown as it says it.
fn known(table: &[(&str, &'static str, Level)], name: &str) -> Badge {
    match table.iter().find(|(known, ..)| *known == name) {
        Some((_, label, level)) => badge(*label, *level),
        None => badge(name.to_owned(), Level::Neutral),
    }
}

/// Whether a job still has something before it.
pub fn is_under_way(state: &str) -> bool {
    matches!(state, "queued" | "running")
}

/// Where packages come from, by the first word of `package.source`.
const SOURCES: [(&str, &str); 4] =
    [("shipped", "Shipped with Vestry"), ("file", "A file"), ("git", "Git"), ("oci", "Registry")];

/// Where a package is from, in words.
pub fn source(package: &Package) -> String {
    let (kind, address) = package.source.split_once(' ').unwrap_or((&package.source, ""));
    let kind = SOURCES.iter().find(|(known, _)| *known == kind).map_or(kind, |(_, words)| words);
    if address.is_empty() { kind.to_owned() } else { format!("{kind}, {address}") }
}

/// What a package is called: its title, or where it has none its id.
pub fn title(package: &Package) -> String {
    let title = package.title.plain();
    if title.is_empty() { package.id.clone() } else { title }
}

/// Title and version.
pub fn title_and_version(package: &Package) -> String {
    format!("{} {}", title(package), package.version)
}

/// A number of the contract; what is beyond 2^63 is not counted on.
pub fn number(number: u64) -> Cell {
    Cell::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Microseconds as milliseconds, to a tenth; nothing for none.
pub fn milliseconds(microseconds: u64) -> Cell {
    if microseconds == 0 { Cell::Empty } else { Cell::Decimal((microseconds as f64 / 100.0).round() / 10.0) }
}

/// Those facts of which something is known.
pub fn known_facts(all: impl IntoIterator<Item = Fact>) -> Content {
    facts(all.into_iter().filter(|fact| match &fact.value {
        Cell::Empty => false,
        Cell::Text(text) | Cell::Code(text) => !text.is_empty(),
        Cell::Badges(badges) => !badges.is_empty(),
        _ => true,
    }))
}
