//! The versions that a plugin can go back to.

use vestry_sdk::packages::{Event, Plugin};
use vestry_sdk::prelude::*;
use vestry_sdk::ui::Badge;

use crate::past;
use crate::words::source;

pub fn section(plugin: &Plugin, events: &[Event]) -> Section {
    let all = || plugin.versions.iter();
    let table = Table::keyed(all().map(|package| &package.digest))
        .column("version", "Version", all().map(|package| &package.version))
        .column("state", "Was", all().map(|package| was(events, &package.digest)))
        .column("used", "Last in use", all().map(|package| Time(package.used)))
        .column("source", "From", all().map(source))
        .column("detail", "Which one", all().map(|package| &package.detail))
        .open("inspect")
        .each(Action::new("Go back", "go-back"))
        .empty("There is no other version yet. After an update, the one before it stands here.");
    Section::new("versions", "Go back")
        .tab()
        .summary("These stay here with what they were granted. One click puts one of them back in place.")
        .block("versions", table)
}

/// A version that failed is offered as well: what was wrong may have been outside of it.
fn was(events: &[Event], digest: &str) -> Badge {
    match past::failed(events, digest) {
        Some(_) => badge("Failed", Level::Danger),
        None => badge("All right", Level::Neutral),
    }
}
