//! The one page.

use vestry_sdk::packages::{self, Upgrade};
use vestry_sdk::prelude::*;
use vestry_sdk::server::{self, Node, Overview, Plugin};
use vestry_sdk::ui::Fact;

use crate::way::way;
use crate::words::{grouped, limit, state, store};

pub fn home(_: &Request) -> Result<Page> {
    let overview = server::describe()?;
    let newer = newer()?;
    let page = Page::new("About this server")
        .lead("What runs here at this moment, as the server itself says.")
        .section(
            Section::new("server", Text::none())
                .columns()
                .block("version", facts(version(&overview)))
                .block("sandbox", facts(told(&overview.sandbox))),
        )
        .section(newer_section(newer))
        .section(
            Section::new("way", "The way of a request")
                .summary(
                    "Every page and every call of a program goes this way, from the first step to the last. One way in, one way out.",
                )
                .block("way", way(&overview.way)),
        )
        .section(
            Section::new("plugins", "Plugins")
                .summary("What is mounted, and which interfaces of the server it was granted.")
                .block("plugins", plugins(&overview.plugins)),
        )
        .section(
            Section::new("bounds", "Limits and storage")
                .summary("How far a plugin may go where nobody chose otherwise, and how much is stored where.")
                .columns()
                .block("limits", facts(overview.limits.iter().map(|(name, value)| limit_fact(name, *value))))
                .block("stores", stores(&overview)),
        )
        .section(
            Section::new("nodes", "Processes and parts")
                .summary("The processes that serve this data, and what the program was built with.")
                .columns()
                .block("nodes", nodes(&overview.nodes))
                .block("built-with", facts(told(&overview.built_with))),
        );
    Ok(page)
}

/// What is newer; none where that is not for this plugin or this person to know.
fn newer() -> Result<Option<Vec<Upgrade>>> {
    match packages::upgrades() {
        Ok(found) => Ok(Some(found.into_iter().filter(|upgrade| !upgrade.newer.is_empty()).collect())),
        Err(Failure::Denied(_) | Failure::Unavailable(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

fn version(overview: &Overview) -> Vec<Fact> {
    let on = overview.plugins.iter().filter(|plugin| plugin.state == "on").count() as u64;
    vec![
        fact("Version", code(overview.version.as_str())),
        fact("Running since", Time(overview.started)),
        fact("Processes", grouped(overview.nodes.len() as u64)),
        fact("Plugins that run", grouped(on)),
    ]
}

/// Labels and values in the server's words.
fn told(pairs: &[(String, String)]) -> impl Iterator<Item = Fact> {
    pairs.iter().map(|(about, value)| fact(data(about.as_str()), value.as_str()))
}

fn newer_section(newer: Option<Vec<Upgrade>>) -> Section {
    let section = Section::new("newer", "What is newer");
    match newer {
        None => section.block(
            "newer",
            notice(
                Level::Neutral,
                "What is newer is for those to see who may read packages, where this plugin may too.",
            ),
        ),
        Some(found) if found.is_empty() => section
            .block("newer", notice(Level::Success, "Nothing newer is known of the program or of what it came with.")),
        Some(found) => section.block("newer", upgrades(&found)),
    }
}

fn upgrades(found: &[Upgrade]) -> Table {
    let all = || found.iter();
    let name = |upgrade: &Upgrade| match upgrade.id.as_str() {
        "" => Cell::Badge(badge("This program", Level::Primary)),
        id => code(id),
    };
    Table::keyed(all().map(|upgrade| if upgrade.id.is_empty() { "vestry" } else { upgrade.id.as_str() }))
        .column("what", "What", all().map(name))
        .column("current", "Here", all().map(|upgrade| code(upgrade.current.as_str())))
        .column("newer", "Newer", all().map(|upgrade| code(upgrade.newer.as_str())))
        .column("notes", "What is new", all().map(|upgrade| &upgrade.notes))
        .column("how", "What to do", all().map(|upgrade| upgrade.how.plain()))
}

fn plugins(plugins: &[Plugin]) -> Table {
    let all = || plugins.iter();
    Table::keyed(all().map(|plugin| &plugin.id))
        .column("mount", "Address", all().map(|plugin| code(format!("/{}", plugin.mount))))
        .column("id", "Plugin", all().map(|plugin| &plugin.id))
        .column("version", "Version", all().map(|plugin| &plugin.version))
        .column("state", "State", all().map(|plugin| state(&plugin.state)))
        .column("routes", "Routes", all().map(|plugin| plugin.routes))
        .column("interfaces", "Granted interfaces", all().map(interfaces))
        .empty("Nothing is mounted.")
}

/// Without the package that nearly all of them are in.
fn interfaces(plugin: &Plugin) -> Cell {
    let short = |name: &String| name.strip_prefix("vestry:plugin/").or(name.strip_prefix("vestry:")).map(str::to_owned);
    let names = plugin.interfaces.iter().map(|name| short(name).unwrap_or_else(|| name.clone()));
    Cell::Badges(names.map(|name| badge(name, Level::Neutral)).collect())
}

fn limit_fact(name: &str, value: u64) -> Fact {
    let (label, cell) = limit(name, value);
    fact(label, cell)
}

fn stores(overview: &Overview) -> Table {
    let all = || overview.stores.iter();
    // Of what is free, how many files there could be says nothing to anybody.
    let files = |found: &server::Store| if found.name == "free" { Cell::Empty } else { grouped(found.files).into() };
    Table::keyed(all().map(|found| &found.name))
        .column("store", "Where", all().map(|found| store(&found.name).plain()))
        .column("bytes", "Size", all().map(|found| size(found.bytes)))
        .column("files", "Files", all().map(files))
}

fn nodes(nodes: &[Node]) -> Table {
    let all = || nodes.iter();
    let name =
        |node: &Node| if node.here { badge("This one", Level::Primary).into() } else { code(node.name.as_str()) };
    Table::keyed(all().map(|node| &node.name)).column("node", "Process", all().map(name)).column(
        "since",
        "Since",
        all().map(|node| Time(node.since)),
    )
}
