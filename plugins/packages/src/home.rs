//! The home page: work under way, and the three parts - upgrade the program and what it ships with, install or update a
//! package, update or uninstall what is there - and below, packages that wait.
//!
//! While work is under way, its table and that of the plugins follow it; the forms stay as they are, so that nothing that
//! somebody types is lost.

use std::hash::{DefaultHasher, Hash, Hasher};

use vestry_sdk::packages::{self, Package, Plugin};
use vestry_sdk::prelude::*;

use crate::failing::notices;
use crate::install::{git, registry, upload};
use crate::orders::{self, Open};
use crate::upgrade;
use crate::words::{job_state, milliseconds, number, source, state, title};

/// How often an open page asks what is new, in seconds.
const EVERY: u32 = 2;

pub fn show(_: &Request) -> Result<Page> {
    page(&[])
}

/// The page, with what went wrong above all.
pub fn page(errors: &[FieldError]) -> Result<Page> {
    let (plugins, open) = (packages::plugins()?, orders::open()?);
    let mut page = notices(Page::new("Package Management"), errors, &[]);
    if !open.is_empty() {
        let work = Section::new("work", "Work").summary("What is under way, and what failed since yesterday.");
        page = page.section(work.block("under-way", under_way(&open)));
    }
    if open.iter().any(Open::is_under_way) {
        page = page.follow(Vec::<String>::new(), print(&plugins, &open), EVERY);
    }
    let install = Section::new("install", "Install or update a package")
        .summary("You first see what it adds and what it asks for; nothing is installed before you say so.");
    page = page
        .section(upgrade::section(&plugins, &packages::upgrades()?))
        .section(install)
        .section(Section::new("from-file", "Upload").tab().block("upload", upload::form()))
        .section(Section::new("from-git", "Git").tab().block("git", git::form("", "", "", "")))
        .section(Section::new("from-registry", "Registry").tab().block("registry", registry::form("")))
        .section(installed(&plugins));
    let waiting = packages::waiting()?;
    Ok(match waiting.is_empty() {
        true => page,
        false => page.section(
            Section::new("waiting", "Fetched and not in use")
                .summary("Nothing of these runs. Look at one to install it, or discard it.")
                .block("packages", waiting_table(&waiting)),
        ),
    })
}

/// The tables anew, where something moved.
pub fn next(_: &Request, cursor: &str) -> Result<Batch> {
    let (plugins, open) = (packages::plugins()?, orders::open()?);
    let now = print(&plugins, &open);
    let batch = Batch::at(&now);
    Ok(match now == cursor {
        true => batch,
        false => batch
            .with(Update::block("under-way", under_way(&open)))
            .with(Update::block("plugins", plugins_table(&plugins))),
    })
}

fn print(plugins: &[Plugin], open: &[Open]) -> String {
    let mut hasher = DefaultHasher::new();
    for plugin in plugins {
        (&plugin.id, &plugin.state, &plugin.package.digest, &plugin.newer, &plugin.job).hash(&mut hasher);
    }
    for open in open {
        (&open.job, &open.work.state).hash(&mut hasher);
    }
    hasher.finish().to_string()
}

fn under_way(open: &[Open]) -> Table {
    Table::keyed(open.iter().map(|open| &open.job))
        .column("what", "What", open.iter().map(|open| open.order.words().plain()))
        .column("state", "State", open.iter().map(|open| job_state(&open.work.state)))
        .column("why", "Why", open.iter().map(|open| open.work.problems.first().map(Text::plain).unwrap_or_default()))
        .column("started", "Started", open.iter().map(|open| Time(open.work.started)))
        .open("work")
        .each_where(Action::new("Forget", "forget"), open.iter().map(|open| !open.is_under_way()))
        .empty("All is done.")
}

fn installed(plugins: &[Plugin]) -> Section {
    let newer: Vec<_> = plugins.iter().filter(|plugin| plugin.newer.is_some() && plugin.job.is_none()).collect();
    let all = Action::new(text!("Update all ({count})", count = newer.len()), "newest").primary();
    let all = newer.iter().fold(all, |all, plugin| all.value("key", &plugin.id));
    let check = Action::new("Check for updates", "check");
    let buttons = if newer.is_empty() { vec![check] } else { vec![all, check] };
    let section = Section::new("installed", "Update or uninstall an existing package")
        .summary("Open one to update it, go back, switch it off, change its limits or uninstall it.")
        .block("update-actions", actions(buttons));
    let stopped = plugins.iter().filter(|plugin| !plugin.reason.is_empty());
    let section = stopped.enumerate().fold(section, |section, (index, plugin)| {
        let words = text!("{title} does not run. {reason}", title = title(&plugin.package), reason = plugin.reason);
        section.block(format!("stopped-{}", index + 1), notice(Level::Danger, words))
    });
    section.block("plugins", plugins_table(plugins))
}

fn plugins_table(plugins: &[Plugin]) -> Table {
    let all = || plugins.iter();
    let newer = |plugin: &Plugin| plugin.newer.as_ref().map(|version| badge(version.clone(), Level::Primary));
    Table::keyed(all().map(|plugin| &plugin.id))
        .column("title", "Plugin", all().map(|plugin| title(&plugin.package)))
        .column("version", "Version", all().map(|plugin| &plugin.package.version))
        .column("newer", "Newer", all().map(|plugin| Cell::from(newer(plugin))))
        .column("mount", "Address", all().map(|plugin| Cell::Code(format!("/{}", plugin.mount))))
        .column("state", "State", all().map(|plugin| state(&plugin.state)))
        .column("calls", "Calls (1 h)", all().map(|plugin| number(plugin.last_hour.calls)))
        .column("failures", "Failed (1 h)", all().map(|plugin| number(plugin.last_hour.failures)))
        .column("p95", "p95 (ms)", all().map(|plugin| milliseconds(plugin.last_hour.p95_us)))
        .column("id", "Id", all().map(|plugin| Cell::Code(plugin.id.clone())))
        .open("plugin")
        .empty("No plugin is installed. Install one above.")
}

fn waiting_table(waiting: &[Package]) -> Table {
    let all = || waiting.iter();
    Table::keyed(all().map(|package| &package.digest))
        .column("title", "Package", all().map(title))
        .column("version", "Version", all().map(|package| &package.version))
        .column("source", "From", all().map(source))
        .column("added", "Fetched", all().map(|package| Time(package.added)))
        .column("used", "Last in use", all().map(|package| Time(package.used)))
        .column("id", "Id", all().map(|package| Cell::Code(package.id.clone())))
        .open("inspect")
        .each(
            Action::new("Discard", "discard")
                .danger()
                .confirm("Discard this package? What it was granted goes with it."),
        )
}
