//! What calls of a plugin used, since the process started and in the last hour.

use vestry_sdk::packages::{Plugin, Used};
use vestry_sdk::prelude::*;

use crate::words::{milliseconds, number};

/// The two times side by side, and a word where it was refused something.
pub fn section(plugin: &Plugin) -> Section {
    let heading = Section::new("usage", "What it uses");
    let refused = plugin.since_start.refused;
    let heading = match refused {
        0 => heading,
        _ => heading.block(
            "refused",
            notice(
                Level::Warning,
                text!("It asked {count} times for something that it may not do. Below stands what it may do; you can change that.", count = refused),
            ),
        ),
    };
    let table = Table::keyed(MEASURES.iter().map(|(key, ..)| key))
        .column("measure", "Measure", MEASURES.iter().map(|(_, label, _)| *label))
        .column("hour", "Last hour", MEASURES.iter().map(|(_, _, cell)| cell(&plugin.last_hour)))
        .column("start", "Since start", MEASURES.iter().map(|(_, _, cell)| cell(&plugin.since_start)));
    heading.block("used", table)
}

type Measure = (&'static str, &'static str, fn(&Used) -> Cell);

const MEASURES: [Measure; 6] = [
    ("calls", "Calls", |used| number(used.calls)),
    ("failures", "Failed", |used| number(used.failures)),
    ("refused", "Refused: it asked for what it may not do", |used| number(used.refused)),
    ("cpu", "Processor time (ms)", |used| number(used.cpu_ms)),
    ("memory", "Most memory of one call", |used| size(used.peak_memory)),
    ("p95", "95 of 100 calls within (ms)", |used| milliseconds(used.p95_us)),
];
