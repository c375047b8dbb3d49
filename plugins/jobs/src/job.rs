//! One job: what is known of it, its lines, and buttons to cancel it or to try it again.
//!
//! The cursor of an open page is the number of the last line that it shows, and what the job looked like.

use vestry_sdk::block::log;
use vestry_sdk::prelude::*;
use vestry_sdk::queue::{self, Job, Line};
use vestry_sdk::ui::LogLine;

use crate::shared::{EVERY, print, starter, state};

pub fn job(request: &Request) -> Result<Page> {
    let job = find(request)?;
    let lines = lines(&job.id, 0)?;
    let cursor = cursor(lines.last().map_or(0, |line| line.number), &print([&job]));
    Ok(Page::new(job.name.clone())
        .action(Action::new("All jobs", "list"))
        .block("job", facts_of(&job))
        .block("actions", buttons(&job))
        .section(Section::new("lines", "Lines").block("log", log(lines.into_iter().map(log_line))))
        .follow(Vec::<String>::new(), cursor, EVERY))
}

/// The lines that came, and the facts anew where they changed.
pub fn next(request: &Request, seen: &str) -> Result<Batch> {
    let (number, looked) = seen.split_once(' ').unwrap_or_default();
    let number = number.parse().unwrap_or_default();
    let job = find(request)?;
    let (new, looks) = (lines(&job.id, number)?, print([&job]));
    let mut batch = Batch::at(cursor(new.last().map_or(number, |line| line.number), &looks));
    if looks != looked {
        batch = batch.with(Update::block("job", facts_of(&job))).with(Update::block("actions", buttons(&job)));
    }
    Ok(if new.is_empty() { batch } else { batch.with(Update::lines("log", new.into_iter().map(log_line))) })
}

pub fn cancel(request: &Request) -> Result<Redirect> {
    queue::cancel(request.param("key"))?;
    Ok(back(request).done("The job was cancelled."))
}

pub fn retry(request: &Request) -> Result<Redirect> {
    queue::retry(request.param("key"))?;
    Ok(back(request).done("The job was queued once more."))
}

fn back(request: &Request) -> Redirect {
    Redirect::to(RouteRef::to("job").param("key", request.param("key")))
}

fn find(request: &Request) -> Result<Job> {
    queue::get(request.param("key"))
}

fn cursor(line: u64, looks: &str) -> String {
    format!("{line} {looks}")
}

/// All lines behind a number. A job keeps a thousand, and the host answers half of them at a time.
fn lines(id: &str, mut after: u64) -> Result<Vec<Line>> {
    let mut all = vec![];
    loop {
        let found = queue::lines(id, after)?;
        let Some(last) = found.last() else { return Ok(all) };
        after = last.number;
        all.extend(found);
    }
}

fn log_line(line: Line) -> LogLine {
    let level = match line.level.as_str() {
        "primary" => Level::Primary,
        "success" => Level::Success,
        "warning" => Level::Warning,
        "danger" => Level::Danger,
        _ => Level::Neutral,
    };
    LogLine::new("", line.text).at(line.time).level(level)
}

fn facts_of(job: &Job) -> Content {
    facts([
        fact("State", state(&job.state)),
        fact("Progress", percent(job.percent)),
        fact("Says", job.message.plain()),
        fact("Plugin", code(&job.plugin)),
        fact("Started by", starter(job)),
        fact("Attempt", job.attempt),
        fact("Queued", Time(job.queued)),
        fact("Started", job.started.map(Time)),
        fact("Tried next", job.due.map(Time)),
        fact("Ended", job.ended.map(Time)),
        fact("Id", code(&job.id)),
    ])
}

fn buttons(job: &Job) -> Content {
    let button = |label: &'static str, route: &str| Action::new(label, route).param("key", &job.id);
    let offered = match job.state.as_str() {
        "queued" | "running" => Some(button("Cancel the job", "cancel").danger()),
        "failed" | "cancelled" => Some(button("Try it again", "retry").primary()),
        _ => None,
    };
    actions(offered)
}
