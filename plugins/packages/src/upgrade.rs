//! The first part of the home page: the program, and what it ships with - what runs, and what is newer.

use vestry_sdk::packages::{Plugin, Upgrade};
use vestry_sdk::prelude::*;

use crate::words::{known_facts, title};

/// The section, made of what is mounted and what is known to be newer.
pub fn section(plugins: &[Plugin], upgrades: &[Upgrade]) -> Section {
    let (program, shipped): (Vec<_>, Vec<_>) = upgrades.iter().partition(|upgrade| upgrade.id.is_empty());
    let shipped: Vec<_> = shipped.into_iter().filter(|upgrade| is_newer(upgrade)).collect();
    let program = program.first().copied();
    let section = Section::new("upgrade", "Upgrade Vestry").block("program", facts_of(program, plugins));
    let section = match program.filter(|program| is_newer(program)) {
        Some(program) => with_way(section, program),
        None => section,
    };
    let section = if shipped.is_empty() { section } else { section.block("shipped", table(plugins, &shipped)) };
    section.block("upgrade-actions", actions(buttons(&shipped)))
}

fn is_newer(upgrade: &Upgrade) -> bool {
    !upgrade.newer.is_empty() && upgrade.newer != upgrade.current
}

fn facts_of(program: Option<&Upgrade>, plugins: &[Plugin]) -> Content {
    let newer = program.filter(|program| is_newer(program));
    let shipped = plugins.iter().filter(|plugin| plugin.package.source == "shipped");
    let asked = plugins.iter().map(|plugin| plugin.checked).max().unwrap_or_default();
    let newer: Cell = match newer {
        Some(program) => badge(text!("{version} is there", version = program.newer), Level::Primary).into(),
        None => "Nothing newer is known".into(),
    };
    known_facts([
        fact("This program", program.map(|program| format!("Vestry {}", program.current))),
        fact("Newer", newer),
        fact("Plugins shipped with it", shipped.count() as i64),
        fact("Asked last", Time(asked)),
    ])
}

/// What is new, and what to do: the program is never replaced by itself.
fn with_way(section: Section, program: &Upgrade) -> Section {
    let section = match program.notes.is_empty() {
        true => section,
        false => section.block("program-notes", prose(text!("New: {notes}", notes = program.notes))),
    };
    section.block("program-how", notice(Level::Primary, program.how.clone()))
}

fn table(plugins: &[Plugin], shipped: &[&Upgrade]) -> Table {
    let titles = shipped.iter().map(|upgrade| {
        let plugin = plugins.iter().find(|plugin| plugin.id == upgrade.id);
        plugin.map_or_else(|| upgrade.id.clone(), |plugin| title(&plugin.package))
    });
    Table::keyed(shipped.iter().map(|upgrade| &upgrade.id))
        .column("title", "Shipped plugin", titles)
        .column("current", "Runs", shipped.iter().map(|upgrade| &upgrade.current))
        .column("newer", "Newer", shipped.iter().map(|upgrade| badge(upgrade.newer.clone(), Level::Primary)))
        .column("notes", "What is new", shipped.iter().map(|upgrade| &upgrade.notes))
        .open("plugin")
        .each(Action::new("Upgrade", "newest"))
}

fn buttons(shipped: &[&Upgrade]) -> Vec<Action> {
    let check = Action::new("Check now", "check");
    match shipped.len() {
        0 | 1 => vec![check],
        _ => {
            let all = Action::new("Upgrade all", "newest").primary();
            vec![shipped.iter().fold(all, |all, upgrade| all.value("key", &upgrade.id)), check]
        }
    }
}
