//! `/plugin/ID`: how it is, where it comes from, what it uses, what it may do, how far it may go, which versions it can go
//! back to, and what happened to it.

use vestry_sdk::block::{job, panel};
use vestry_sdk::packages::{self, Event, Plugin};
use vestry_sdk::prelude::*;

use super::{back, button, find, limits, usage, versions};
use crate::failing::notices;
use crate::past;
use crate::words::{event, known_facts, source, state, title, title_and_version};

/// How often an open page asks whether a job that changes it has ended, in seconds.
const EVERY: u32 = 1;

pub fn show(request: &Request) -> Result<Page> {
    page(&find(request)?, &[])
}

/// Asks for the page anew once something changed.
pub fn next(request: &Request, cursor: &str) -> Result<Batch> {
    let now = print(&find(request)?);
    let batch = Batch::at(&now);
    Ok(if now == cursor { batch } else { batch.with(Update::reload()) })
}

fn print(plugin: &Plugin) -> String {
    let job = plugin.job.as_deref().unwrap_or_default();
    [job, &plugin.state, &plugin.package.digest].join(" ")
}

/// The page, with what went wrong above all.
pub fn page(plugin: &Plugin, errors: &[FieldError]) -> Result<Page> {
    let page = Page::new(title(&plugin.package))
        .lead(plugin.package.summary.clone())
        .action(Action::new("Package Management", "home"));
    let page = notices(page, errors, &[]);
    let page = match &plugin.job {
        Some(id) => page.block("job", job(id)).follow(Vec::<String>::new(), print(plugin), EVERY),
        None => page,
    };
    let page = match plugin.reason.is_empty() {
        true => page,
        false => page.block("reason", notice(Level::Danger, data(&plugin.reason))),
    };
    let events = packages::history(&plugin.id)?;
    let before = events.first().and_then(|event| former(plugin, &events, event));
    let page = past::unasked(page, &events, before);
    let page = page.block("plugin", facts_of(plugin)).block("actions", actions(buttons(plugin)?));
    let consent = panel(format!("consent:{}", plugin.package.digest));
    Ok(page
        .section(usage::section(plugin))
        .section(Section::new("consent", "What it may do").block("consent", consent))
        .section(versions::section(plugin, &events))
        .section(limits::section(plugin))
        .section(history(plugin, &events)))
}

fn facts_of(plugin: &Plugin) -> Content {
    let package = &plugin.package;
    let needed = plugin.needed_by.iter().map(|id| badge(id.clone(), Level::Neutral)).collect::<Vec<_>>();
    let newer = plugin.newer.as_ref().map(|version| badge(version.clone(), Level::Primary));
    let problem = Some(&plugin.problem).filter(|problem| !problem.is_empty());
    known_facts([
        fact("State", state(&plugin.state)),
        fact("Version", Link::to(package.version.clone(), RouteRef::to("inspect").param("key", &package.digest))),
        fact("Newer", newer),
        fact("Address", Cell::Code(format!("/{}", plugin.mount))),
        fact("Comes from", source(package)),
        fact("Which one", &package.detail),
        fact("Its source was asked", Time(plugin.checked)),
        fact("Its source said", problem),
        fact("In place since", Time(package.used)),
        fact("Needed by", needed),
        fact("Id", Cell::Code(plugin.id.clone())),
        fact("SHA-256", Cell::Code(package.digest.clone())),
    ])
}

fn buttons(plugin: &Plugin) -> Result<Vec<Action>> {
    let mut buttons = vec![];
    if let Some(version) = &plugin.newer {
        let update = Action::new(text!("Look at {version}", version), "newest").value("key", &plugin.id);
        buttons.push(update.primary());
    }
    if plugin.state == "quarantined" {
        buttons.push(button("Let it run again", "retry", plugin).primary());
    }
    if plugin.package.source != "file" {
        buttons.push(Action::new("Check for updates", "check").value("key", &plugin.id));
    }
    if let Some(former) = back::displaced(plugin)? {
        let label = text!("Bring back {package}", package = title_and_version(&former));
        buttons.push(Action::new(label, "swap-back").param("key", &plugin.id));
    }
    buttons.push(switch(plugin));
    buttons.push(button("Uninstall", "ask-uninstall", plugin).danger());
    Ok(buttons)
}

fn switch(plugin: &Plugin) -> Action {
    match plugin.state.as_str() {
        "off" => button("Switch it on", "state", plugin).value("enabled", "1").primary(),
        // The host asks before it does.
        _ => button("Switch it off", "state", plugin).value("enabled", "0"),
    }
}

fn history(plugin: &Plugin, events: &[Event]) -> Section {
    let version = |event: &Event| match former(plugin, events, event) {
        Some(former) => format!("{former} → {}", event.version),
        None => event.version.clone(),
    };
    let all = || events.iter();
    let table = Table::keyed((1..=events.len()).map(|number| number.to_string()))
        .column("time", "When", all().map(|event| Time(event.time)))
        .column("kind", "What", all().map(|happened| event(&happened.kind)))
        .column("version", "Version", all().map(version))
        .column("by", "By", all().map(|event| if event.by.is_empty() { "Nobody, by itself" } else { &event.by }))
        .column("reason", "Why", all().map(|event| &event.reason))
        .empty("Nothing has happened to it yet.");
    Section::new("history", "What happened").tab().block("history", table)
}

/// The version that ran before, as far as it is still known: events name its digest.
fn former<'a>(plugin: &'a Plugin, events: &'a [Event], event: &Event) -> Option<&'a str> {
    let kept = plugin.versions.iter().chain([&plugin.package]).map(|package| (&package.digest, &package.version));
    let happened = events.iter().map(|event| (&event.digest, &event.version));
    kept.chain(happened).find(|(digest, _)| **digest == event.former).map(|(_, version)| version.as_str())
}
