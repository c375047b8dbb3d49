//! Errors grouped: what failed how often, where, first and last, and how many there were in each hour.

use std::collections::BTreeMap;

use vestry_logs_core::{Filter, Group, Groups, Hit, Level as Grave, Moment, Series, Start, Step, Way, time};
use vestry_sdk::prelude::*;
use vestry_sdk::ui::Chart;

use crate::directories::{self, Found};
use crate::fields;
use crate::lines::{left_out, looked};
use crate::shown;
use crate::times::{OF_A_REQUEST, around, stamp};
use crate::view::View;

/// Errors of one page; a search over everything has no such bound.
const LINES: usize = 5_000;
/// Groups of one page.
const SHOWN: usize = 100;
/// Microseconds of an hour.
const HOUR: i64 = 3_600_000_000;
/// Hours of the chart.
const HOURS: i64 = 48;

/// How far back, by the names in the address.
const BACK: [(&str, &str); 4] = [("24h", "A day"), ("7d", "A week"), ("30d", "A month"), ("52w", "A year")];
/// Where the address does not say.
const USUAL: &str = "7d";

pub fn show(request: &Request) -> Result<Page> {
    let view = view(&request.query)?;
    let matcher = view.matcher()?;
    let Found { series, troubles } = directories::all();
    let page = head(&view, &series);
    let parts = view.parts(series);
    let mut groups = Groups::default();
    let found = looked(&parts[0], &matcher, &Start::Begin(Way::Newest), LINES)?;
    count(&mut groups, &found.hits);
    let notes = troubles.into_iter().chain(found.notes.iter().map(shown::note)).chain(left_out(&parts));
    let page = shown::notices(blocks(page, &view, &groups), notes);
    let page = match how_far(&found) {
        Some(words) => page.block("how-far", notice(Level::Warning, words)),
        None if parts.len() == 1 => return Ok(page),
        None => page,
    };
    let everything = view.action("Count everything", "search").value("kind", "errors").primary();
    Ok(page.block("everything", actions([everything])))
}

/// What the address asks for, with what errors are.
fn view(pairs: &[(String, String)]) -> Result<View> {
    let mut view = View { cursor: None, follow: false, ..View::asked(pairs)? };
    view.filter.level = view.filter.level.or(Some(Grave::Error));
    view.filter.from = view.filter.from.or_else(|| Moment::parse(USUAL));
    Ok(view)
}

/// Adds what was found, but for requests that failed: the log of errors says the same, and why.
pub fn count(groups: &mut Groups, hits: &[Hit]) {
    let errors = hits.iter().filter(|hit| !shown::is_request(hit));
    errors.for_each(|hit| groups.add(&hit.record));
}

fn how_far(found: &Step) -> Option<Text> {
    found.cursor.as_ref()?;
    let back = found.looked.time.map(|time| time::written(time)[..16].replace('T', " ")).unwrap_or_default();
    Some(text!("This counts what was written after {back} UTC. There is more before it.", back))
}

fn head(view: &View, all: &[Series]) -> Page {
    let from = view.filter.from.as_ref().map_or("", |from| from.text()).to_owned();
    let levels = [("error", "Errors"), ("warn", "Warnings and errors")];
    let mut form = Form::new(Action::new("Show", "errors").primary())
        .inline()
        .field(Field::select("from", "How far back", BACK).value(from))
        .field(Field::select("level", "Level", levels).value(view.filter.level.map_or("", |level| level.name())));
    for field in fields::sources(&view.filter, all) {
        form = form.field(field);
    }
    Page::new("Errors")
        .lead("What is the same but for its numbers counts as one. The chart has each hour, in UTC, up to the last error.")
        .action(Action::new("Logs", "lines"))
        .block("from", form)
}

/// The chart and the table.
pub fn blocks(page: Page, view: &View, groups: &Groups) -> Page {
    let page = match groups.is_empty() {
        true => page,
        false => page.block("hours", chart(groups)),
    };
    let page = page.block("groups", table(view, groups));
    match groups.others {
        0 => page,
        others => page.block(
            "others",
            prose(text!("{others} more errors are of further kinds, which found no room here.", others)),
        ),
    }
}

fn chart(groups: &Groups) -> Chart {
    let mut all: BTreeMap<i64, u64> = BTreeMap::new();
    for (hour, count) in groups.by_count().into_iter().flat_map(|group| &group.hours) {
        *all.entry(*hour).or_default() += count;
    }
    let last = all.keys().next_back().copied().unwrap_or_default();
    let hours = (last - HOURS + 1)..=last;
    let label = |hour: i64| time::written(hour * HOUR)[5..13].replace('T', " ") + ":00";
    let counts = hours.clone().map(|hour| Some(all.get(&hour).copied().unwrap_or(0) as f64));
    Chart::new("bar", "", hours.map(label)).series("Errors in an hour", counts)
}

fn table(view: &View, groups: &Groups) -> Table {
    let all: Vec<&Group> = groups.by_count().into_iter().take(SHOWN).collect();
    let each = || all.iter();
    let when = |micros: Option<i64>| Cell::from(micros.map(|micros| Time(stamp(micros))));
    Table::keyed(each().enumerate().map(|(number, _)| number.to_string()))
        .column("message", "What", each().map(|group| link(view, group)))
        .column("place", "Where", each().map(|group| group.place.clone()))
        .column("count", "How often", each().map(|group| i64::try_from(group.count).unwrap_or(i64::MAX)))
        .column("first", "First", each().map(|group| when(group.first)))
        .column("last", "Last", each().map(|group| when(group.last)))
        .column("request", "Newest request", each().map(|group| request(group)))
        .empty("No errors. That is how it should be.")
}

/// Leads to its lines: as far back as the first of them.
fn link(view: &View, group: &Group) -> Link {
    let filter = Filter {
        text: Some(words(group).to_owned()).filter(|words| !words.is_empty()),
        from: group.first.and_then(|first| Moment::parse(&time::written(first))),
        to: group.last.and_then(|last| Moment::parse(&time::written(last))),
        ..view.filter.clone()
    };
    let view = View { filter, ..View::default() };
    Link::to(data(if group.message.is_empty() { "An error without words" } else { &group.message }), view.route())
}

/// Leads to all lines of the request that the last of them was said in.
fn request(group: &Group) -> Cell {
    let Some(request) = &group.request else { return Cell::Empty };
    let filter = Filter { request: Some(request.clone()), ..Filter::default() };
    let view = View { filter: around(filter, group.last, OF_A_REQUEST), newest_last: true, ..View::default() };
    Cell::from(Link::to(data(request), view.route()))
}

/// The longest part that all messages of a group have: what finds them.
fn words(group: &Group) -> &str {
    let parts = group.message.split(['#', '…', '"', '\'', '`']).map(str::trim);
    parts.max_by_key(|part| part.len()).unwrap_or_default()
}
