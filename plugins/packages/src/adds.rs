//! What a package adds and asks for, as tabs of a page; before them, what differs from what runs.

use vestry_sdk::packages::{Addition, Ask};
use vestry_sdk::prelude::*;
use vestry_sdk::ui::Badge;

/// Kinds by their names in the contract, in the order that they are listed.
const KINDS: [(&str, &str); 6] = [
    ("menu-entry", "Menu entry"),
    ("contribution", "Part of another page"),
    ("permission", "Permission"),
    ("schedule", "Schedule"),
    ("mail", "Mail"),
    ("route", "Page or address"),
];

/// Differences by their names in the contract.
const CHANGES: [(&str, &str, Level); 3] =
    [("added", "New", Level::Success), ("removed", "Gone", Level::Danger), ("changed", "Changed", Level::Warning)];

/// The tabs. Nothing is new in what runs already.
pub fn tabs(adds: &[Addition], asks: &[Ask], runs: bool) -> Vec<Section> {
    let changes: Vec<_> = adds.iter().filter(|addition| !addition.change.is_empty()).collect();
    let mut tabs = vec![];
    if !changes.is_empty() {
        let title = text!("What changes ({count})", count = changes.len());
        tabs.push(Section::new("changes", title).tab().block("changed", changes_table(&changes)));
    }
    let here: Vec<_> = adds.iter().filter(|addition| addition.change != "removed").collect();
    if !here.is_empty() {
        let title = text!("Adds ({count})", count = here.len());
        tabs.push(Section::new("adds", title).tab().block("added", adds_table(here)));
    }
    if !asks.is_empty() {
        let title = text!("Asks for ({count})", count = asks.len());
        tabs.push(Section::new("asks", title).tab().block("asked", asks_table(asks, runs)));
    }
    tabs
}

fn keys<T>(rows: &[T]) -> impl Iterator<Item = String> {
    (1..=rows.len()).map(|number| number.to_string())
}

/// In the order of the kinds; those of a later version of the host at the end.
fn adds_table(mut adds: Vec<&Addition>) -> Table {
    adds.sort_by_key(|addition| KINDS.iter().position(|(kind, _)| *kind == addition.kind).unwrap_or(KINDS.len()));
    Table::keyed(keys(&adds))
        .column("kind", "Kind", adds.iter().map(|addition| kind(addition)))
        .column("detail", "In words", adds.iter().map(|addition| addition.detail.plain()))
        .column("name", "Name", adds.iter().map(|addition| Cell::Code(addition.name.clone())))
}

fn kind(addition: &Addition) -> &str {
    KINDS.iter().find(|(kind, _)| *kind == addition.kind).map_or(addition.kind.as_str(), |(_, title)| title)
}

fn changes_table(adds: &[&Addition]) -> Table {
    Table::keyed(keys(adds))
        .column("change", "Change", adds.iter().map(|addition| Cell::from(change(&addition.change))))
        .column("kind", "Kind", adds.iter().map(|addition| kind(addition)))
        .column("detail", "In words", adds.iter().map(|addition| addition.detail.plain()))
        .column("name", "Name", adds.iter().map(|addition| Cell::Code(addition.name.clone())))
}

fn change(name: &str) -> Option<Badge> {
    match CHANGES.iter().find(|(known, ..)| *known == name) {
        Some((_, label, level)) => Some(badge(*label, *level)),
        None if name.is_empty() => None,
        None => Some(badge(name.to_owned(), Level::Neutral)),
    }
}

fn asks_table(asks: &[Ask], runs: bool) -> Table {
    let marks = |ask: &Ask| {
        let marks = [
            (ask.new && !runs, badge("New", Level::Warning)),
            (ask.grave, badge("Grave", Level::Danger)),
            (ask.granted, badge("Granted", Level::Success)),
        ];
        Cell::from(marks.into_iter().filter_map(|(holds, mark)| holds.then_some(mark)).collect::<Vec<_>>())
    };
    Table::keyed(keys(asks))
        .column("means", "It could", asks.iter().map(|ask| ask.means.plain()))
        .column("reason", "Because", asks.iter().map(|ask| ask.reason.plain()))
        .column("marks", "Note", asks.iter().map(marks))
        .column("capability", "Exactly", asks.iter().map(|ask| Cell::Code(ask.capability.clone())))
}
