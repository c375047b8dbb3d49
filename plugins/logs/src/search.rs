//! Searches over everything that is kept, as jobs: they go on while nobody looks, and what they find is kept for a day.
//!
//! A search writes down where it stands after each step, with what it found, in one commit: an attempt that breaks off is
//! taken up where it was. More logs than can be merged at a time are looked through in parts, one after the other.

use vestry_logs_core::{Budget, Filter, Groups, LONGEST, Matcher, Series, Start, Step, Way, Whole};
use vestry_sdk::block::{job, log};
use vestry_sdk::events;
use vestry_sdk::jobs;
use vestry_sdk::prelude::*;

use crate::directories;
use crate::errors;
use crate::found::{self, Kept, State};
use crate::shown;
use crate::steps::{place, step};
use crate::view::View;

/// What the job is called, where jobs are listed.
pub const JOB: &str = "search of the logs";
/// Bytes that are read between two looks at whether the search is still wanted.
const READ: u64 = 32 << 20;
const TEXT: u64 = 128 << 20;
/// Lines of one step, and of a search.
const AT_ONCE: usize = 500;
const MOST: usize = 2_000;
/// Errors of one step.
const ERRORS: usize = 5_000;
/// Sentences about files that are kept.
const NOTES: usize = 20;
/// How often an open page looks for more though it heard of nothing, in seconds: the search may run in another process.
const EVERY: u32 = 1;

pub fn start(request: &Request) -> Result<Redirect> {
    let view = View { cursor: None, follow: false, ..View::asked(&request.form)? };
    view.matcher()?;
    let state = State { pairs: view.pairs(), errors: request.form("kind").text() == "errors", ..State::default() };
    let id = jobs::start(JOB, "{}")?;
    found::begin(&request.visitor, &id, &state)?;
    Ok(Redirect::to(RouteRef::to("found").param("key", id)))
}

pub fn work(task: &Task) -> Result<u64> {
    // Removed meanwhile, as its person has begun others: nobody waits for it.
    let Some(mut state) = found::state(&task.id)? else { return Ok(0) };
    let mut groups = found::counted(&task.id, &state)?;
    let view = View::asked(&state.pairs)?;
    let matcher = view.matcher()?;
    let parts = view.parts(directories::all().series);
    while !state.done {
        let Some(chosen) = parts.get(state.part) else { break };
        let found = look(&state, chosen, &matcher)?;
        let kept = take(&mut state, &found, chosen, &matcher, &mut groups);
        if found.cursor.is_none() {
            (state.part, state.behind) = (state.part + 1, state.behind + found.looked.of);
        }
        state.cursor = found.cursor.map(|cursor| cursor.to_text());
        state.done = state.part >= parts.len() || (!state.errors && state.found >= MOST);
        if !found::write(&task.id, &mut state, &kept, &groups)? {
            break;
        }
        if !kept.is_empty() || state.done {
            events::publish(&task.id);
        }
        tell(&state, &parts)?;
    }
    Ok(state.found as u64)
}

fn look(state: &State, chosen: &[Series], matcher: &Matcher) -> Result<Step> {
    let begin = state.cursor.as_deref().map_or(Ok(Start::Begin(Way::Newest)), place)?;
    let hits = if state.errors { ERRORS } else { AT_ONCE };
    let budget = Budget { read: READ, text: TEXT, hits, longest: LONGEST, whole: Whole::JOB, over: &|| false };
    step(chosen, matcher, &begin, budget)
}

/// Notes what a step has found; answers the lines that are to be kept.
fn take(state: &mut State, found: &Step, chosen: &[Series], matcher: &Matcher, groups: &mut Groups) -> Vec<Kept> {
    state.found += found.hits.len();
    state.steps += 1;
    state.looked = state.behind + found.looked.bytes;
    for note in &found.notes {
        let note = shown::note(note).plain();
        if state.notes.len() < NOTES && !state.notes.contains(&note) {
            state.notes.push(note);
        }
    }
    if state.errors {
        errors::count(groups, &found.hits);
        return vec![];
    }
    found.hits.iter().map(|hit| Kept::of(shown::line(hit, chosen, matcher), hit.record.level)).collect()
}

fn tell(state: &State, parts: &[Vec<Series>]) -> Result<()> {
    let of: u64 = parts.iter().flatten().map(Series::size).sum::<u64>().max(state.looked);
    let percent = state.looked.saturating_mul(100).checked_div(of).unwrap_or(100);
    let (looked, of) = (shown::amount(state.looked), shown::amount(of));
    let told = text!("{found} found in {looked} of {of}", found = state.found, looked, of);
    jobs::progress(u8::try_from(percent).unwrap_or(100), told)
}

pub fn show(request: &Request) -> Result<Page> {
    let id = request.param("key");
    let state = found::state(id)?
        .ok_or_else(|| Failure::NotFound("This search is not kept any more. Begin it again from Logs.".into()))?;
    let view = View::of(&state.pairs).unwrap_or_default();
    let page = Page::new(if state.errors { "All errors" } else { "Search over everything" })
        .action(view.action("Logs", "lines"))
        .block("job", job(id));
    let page = match asked_for(&view.filter) {
        words if words.is_empty() => page,
        words => page.lead(data(words)),
    };
    let page = shown::notices(page, state.notes.iter().map(data));
    let page = match state.errors {
        true => errors::blocks(page, &view, &found::counted(id, &state)?),
        false => page.block("lines", log(found::lines(id, 0, &state)?)),
    };
    let page = match state.done && state.found >= MOST && !state.errors {
        true => {
            let words = text!("These are the newest {most}. Ask for less, or download all of them.", most = MOST);
            page.block("most", notice(Level::Warning, words))
        }
        false => page,
    };
    Ok(if state.done { page } else { page.follow([id.to_owned()], state.steps.to_string(), EVERY) })
}

pub fn next(request: &Request, cursor: &str) -> Result<Batch> {
    let id = request.param("key");
    let seen: u32 = cursor.parse().map_err(|_| Failure::not_found(cursor))?;
    let Some(state) = found::state(id)? else { return Ok(Batch::at(cursor)) };
    let batch = Batch::at(state.steps.to_string());
    if state.steps == seen {
        return Ok(batch);
    }
    if state.errors || state.done {
        return Ok(batch.with(Update::reload()));
    }
    Ok(batch.with(Update::lines("lines", found::lines(id, seen, &state)?)))
}

/// What was asked for, in a few words.
fn asked_for(filter: &Filter) -> String {
    let word = |name| match name {
        "file" => "log",
        "not" => "without",
        "as" => "meant as",
        other => other,
    };
    let value = |name, value: String| match name {
        "file" => value.split_once(':').map_or(value.clone(), |(_, name)| name.to_owned()),
        "person" => shown::person(&value),
        _ => value,
    };
    let pairs = filter.to_pairs().into_iter().map(|(name, said)| format!("{}: {}", word(name), value(name, said)));
    pairs.collect::<Vec<_>>().join(", ")
}
