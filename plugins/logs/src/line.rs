//! One line with all that it says, and the ways from it: all of its request, this person's lines, this plugin's, what was
//! said around it.

use std::time::Duration;

use vestry_logs_core::{Filter, Hit, Moment, Series, find, time};
use vestry_sdk::block::{panel, source};
use vestry_sdk::prelude::*;

use crate::directories::{self, Directories, called, purpose};
use crate::shown;
use crate::times::{OF_A_REQUEST, around, stamp};
use crate::view::View;
use crate::visible::visible;

/// The way to a record: its log, and where it begins in which of the log's files. That holds also after the file was
/// renamed or compressed.
pub fn route(hit: &Hit, series: &Series) -> RouteRef {
    let route = RouteRef::to("line")
        .query("file", format!("{}:{}", series.directory, series.name))
        .query("node", &series.node)
        .query("segment", &hit.segment)
        .query("offset", hit.offset.to_string());
    // The rest of a record that was begun has the time of what stands before it.
    match hit.record.time.filter(|_| !hit.continued) {
        Some(time) => route.query("at", time.to_string()),
        None => route,
    }
}

pub fn show(request: &Request) -> Result<Page> {
    let offset = request.query("offset").number::<u64>()?;
    let at = request.query("at").optional().map(|_| request.query("at").number::<i64>()).transpose()?;
    let file = request.query("file").required()?;
    let node = request.query("node").optional().unwrap_or_default();
    let gone = || Failure::NotFound("The line is not there any more: its file was removed, or cut off.".into());
    let is_its = |series: &Series| format!("{}:{}", series.directory, series.name) == file && series.node == node;
    let series = directories::all().series.into_iter().find(is_its).ok_or_else(gone)?;
    let segment = request.query("segment").required()?;
    let hit = find(&Directories, &series, segment, offset, at);
    let hit = hit.map_err(|trouble| Failure::Unavailable(trouble.to_string()))?.ok_or_else(gone)?;
    Ok(page(&hit, &series))
}

fn page(hit: &Hit, series: &Series) -> Page {
    let record = &hit.record;
    let page = Page::new("A line")
        .lead(data(shown::words(hit).lines().next().unwrap_or_default()))
        .action(Action::new("Logs", "lines"));
    let level = record.level.map(|level| badge(shown::named(level), shown::grave(level)));
    let code = |value: &Option<String>| value.clone().map(Cell::Code);
    let mut all = vec![
        fact("Time", record.time.map(|time| Time(stamp(time)))),
        fact("Exactly", record.time.map(|micros| Cell::Code(time::written(micros)))),
        fact("Level", level),
        fact("Log", Cell::Code(called(series))),
        fact("Plugin", code(&record.plugin)),
        fact("Route", code(&record.route)),
        fact("Request", code(&record.request)),
        fact("Job", code(&record.job)),
        fact("File", Cell::Code(hit.path.clone())),
        fact("Begins at byte", hit.offset.to_string()),
    ];
    all.retain(|fact| !matches!(fact.value, Cell::Empty));
    let fields = record.fields.iter().map(|(name, value)| fact(data(name), Cell::Code(visible(shown::plain(value)))));
    let page = page.block("about", facts(all)).block("ways", actions(ways(hit, series)));
    let page = match record.fields.is_empty() {
        true => page,
        false => page.section(Section::new("fields", "Its fields").block("fields", facts(fields))),
    };
    let page = match &record.actor {
        Some(actor) => {
            page.section(Section::new("person", "Who asked").block("person", panel(format!("person:{actor}"))))
        }
        None => page,
    };
    let language = if hit.text.starts_with('{') { "json" } else { "text" };
    let raw = Section::new("raw", "As it stands in the file")
        .summary(purpose(series))
        .block("raw", source(language, visible(hit.text.clone())));
    page.section(raw)
}

fn ways(hit: &Hit, series: &Series) -> Vec<Action> {
    let record = &hit.record;
    let view = |filter: Filter, newest_last| View { filter, newest_last, ..View::default() };
    let mut ways = vec![];
    if let Some(request) = &record.request {
        let filter = Filter { request: Some(request.clone()), ..Filter::default() };
        ways.push(
            view(around(filter, record.time, OF_A_REQUEST), true).action("All of this request", "lines").primary(),
        );
    }
    // Back from this line on: who looks at an old one wants no others of today.
    let until = || record.time.and_then(|time| Moment::parse(&time::written(time)));
    if let Some(actor) = &record.actor {
        let filter = Filter { person: Some(actor.clone()), to: until(), ..Filter::default() };
        ways.push(view(filter, false).action("This person's lines", "lines"));
    }
    if let Some(plugin) = &record.plugin {
        let filter = Filter { plugin: Some(plugin.clone()), to: until(), ..Filter::default() };
        ways.push(view(filter, false).action("This plugin's lines", "lines"));
    }
    if record.time.is_some() {
        let filter = around(Filter::default(), record.time, Duration::from_secs(60));
        ways.push(view(filter, true).action("A minute around it", "lines"));
    }
    let file = format!("{}:{}", series.directory, series.name);
    ways.push(view(Filter { files: vec![file], ..Filter::default() }, false).action("This log", "lines"));
    ways
}
