//! The list: the latest first, of all plugins or of one, in all states or in one.

use vestry_sdk::prelude::*;
use vestry_sdk::queue::{self, Found, Job, Query};

use crate::shared::{EVERY, STATES, print, starter, state};

/// Jobs on one page.
const PAGE_SIZE: u32 = 50;

pub fn list(request: &Request) -> Result<Page> {
    let found = find(request)?;
    let page = Page::new("Jobs").follow(Vec::<String>::new(), print(&found.jobs), EVERY);
    let latest = ["plugin", "state"]
        .iter()
        .fold(Action::new("The latest", "list"), |action, name| action.value(*name, filter(request, name)));
    let page = if filter(request, "cursor").is_empty() { page } else { page.action(latest) };
    Ok(page.block("filter", filter_form(request)).block("jobs", table(request, found)))
}

/// The table anew, where a job in it came, went or moved.
pub fn next(request: &Request, cursor: &str) -> Result<Batch> {
    let found = find(request)?;
    let now = print(&found.jobs);
    let batch = Batch::at(&now);
    Ok(if now == cursor { batch } else { batch.with(Update::block("jobs", table(request, found))) })
}

fn filter<'a>(request: &'a Request, name: &'a str) -> &'a str {
    request.query(name).optional().unwrap_or_default()
}

fn find(request: &Request) -> Result<Found> {
    let value = |name| request.query(name).optional().map(str::to_owned);
    queue::find(&Query { plugin: value("plugin"), state: value("state"), cursor: value("cursor"), limit: PAGE_SIZE })
}

fn filter_form(request: &Request) -> Form {
    let named = STATES.iter().map(|(name, label, _)| Choice::new(*name, *label));
    let every = [Choice::new("", "Every state")].into_iter().chain(named);
    Form::new(Action::new("Find", "list"))
        .inline()
        .field(Field::text("plugin", "Plugin").value(filter(request, "plugin")).placeholder("Id of a plugin"))
        .field(Field::select("state", "State", every).value(filter(request, "state")))
}

fn table(request: &Request, found: Found) -> Table {
    let Found { jobs, total, next } = found;
    let filters = ["plugin", "state"].map(|name| (name, filter(request, name)));
    let narrow = || filters.into_iter().filter(|(_, value)| !value.is_empty());
    let list = narrow().fold(RouteRef::to("list"), |route, (name, value)| route.query(name, value));
    let empty = match narrow().next() {
        Some(_) => "No job matches. Try every state, and no plugin.",
        None => "No plugin has worked in the background yet.",
    };
    let all = || jobs.iter();
    Table::keyed(all().map(|job| &job.id))
        .column("name", "Job", all().map(|job| &job.name))
        .column("plugin", "Plugin", all().map(|job| &job.plugin))
        .column("state", "State", all().map(|job| state(&job.state)))
        .column("progress", "Progress", all().map(progress))
        .column("message", "Says", all().map(|job| job.message.plain()))
        .column("starter", "Started by", all().map(starter))
        .column("queued", "Queued", all().map(|job| Time(job.queued)))
        .column("ended", "Ended", all().map(|job| Time(job.ended.unwrap_or_default())))
        .open("job")
        .total(Some(total))
        .pages(None, next.map(|cursor| list.query("cursor", cursor)))
        .empty(empty)
}

/// Only while it runs: how far one came that ended is beside the point.
fn progress(job: &Job) -> Cell {
    if job.state == "running" { percent(job.percent) } else { Cell::Empty }
}
