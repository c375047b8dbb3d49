//! Jobs of every fate. Each attempt writes `start/JOB/ATTEMPT` as it begins and `end/JOB/ATTEMPT` as it ends well, with the
//! time in milliseconds: so a test sees how often each job ran, and when.

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use vestry_sdk::block::{job, source};
use vestry_sdk::kv::{self, Entry, Range};
use vestry_sdk::prelude::*;
use vestry_sdk::{jobs, log};

pub fn routes(plugin: Plugin) -> Plugin {
    plugin
        .job("count", count)
        .job("fail", fail)
        .job("spin", spin)
        .job("trap", trap)
        .job("mixed", mixed)
        .job("tick", tick)
        .every("* * * * *", "tick")
        .route(post("start", "/start").for_signed_in().to(start))
        .route(post("everyone-start", "/everyone/start").for_everyone().to(|request| Ok(ids(&started(request)?))))
        .route(get("job", "/job").for_signed_in().to(show))
        .route(post("cancel", "/cancel").for_signed_in().to(cancel))
        .route(get("entries", "/entries").for_signed_in().to(entries))
}

/// `name` and `input` of the job. With `times`, so many of them, where `#` in the input is the number of each, from 0; then
/// their ids are answered, else a way to the page of the one. `first`: `trap`, before any was started; `then`: `fail` or
/// `trap`, after they were.
fn start(request: &Request) -> Result<Response> {
    let started = started(request)?;
    match (request.form("then").text(), request.form("times").optional(), started.first()) {
        ("fail", ..) => Err(Failure::internal("after jobs were started")),
        ("trap", ..) => std::process::abort(),
        (_, None, Some(id)) => Ok(Redirect::to(page_of(id)).done("Started.").into()),
        _ => Ok(ids(&started)),
    }
}

fn started(request: &Request) -> Result<Vec<String>> {
    if request.form("first").text() == "trap" {
        std::process::abort();
    }
    let name = request.form("name").required()?;
    let input = request.form("input").optional().unwrap_or("{}");
    let times: u32 = request.form("times").optional().map_or(Ok(1), |_| request.form("times").number())?;
    (0..times).map(|number| jobs::start(name, input.replace('#', &number.to_string()))).collect()
}

fn ids(ids: &[String]) -> Response {
    Response::json(json!({ "ids": ids }).to_string())
}

fn page_of(id: &str) -> RouteRef {
    RouteRef::to("job").query("id", id)
}

/// The host's block of it, and what the plugin itself is told: `Ok(..)` or `Err(..)` as Rust writes it.
fn show(request: &Request) -> Result<Page> {
    let id = request.query("id").required()?;
    Ok(Page::new("Job")
        .action(Action::new("Cancel", "cancel").value("id", id))
        .block("job", job(id))
        .block("known", source("text", format!("{:?}", jobs::get(id)))))
}

fn cancel(request: &Request) -> Result<Redirect> {
    let id = request.form("id").required()?;
    jobs::cancel(id)?;
    Ok(Redirect::to(page_of(id)).done("Cancelled."))
}

/// What is stored below `prefix`, as one JSON object of strings.
fn entries(request: &Request) -> Result<Response> {
    let mut all = Map::new();
    for Entry { key, value, .. } in below(request.query("prefix").text())? {
        all.insert(key, String::from_utf8_lossy(&value).into());
    }
    Ok(Response::json(Value::Object(all).to_string()))
}

fn below(prefix: &str) -> Result<Vec<Entry>> {
    let (mut all, mut start) = (vec![], prefix.to_owned());
    loop {
        let end = format!("{prefix}\u{10ffff}");
        let found = kv::scan(&Range { start, end, limit: 1000, reverse: false })?;
        let Some(last) = found.last() else { return Ok(all) };
        start = format!("{}\0", last.key);
        all.extend(found);
    }
}

pub fn now() -> Timestamp {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as Timestamp)
}

fn mark(what: &str, task: &Task) -> Result<u64> {
    kv::write(&format!("{what}/{}/{}", task.id, task.attempt), now().to_string())
}

fn input(task: &Task) -> Value {
    serde_json::from_str(&task.input).unwrap_or_default()
}

/// `steps` steps of `ms` milliseconds each; the number of steps. With `"beat": true` each step writes
/// `beat/JOB/ATTEMPT`.
fn count(task: &Task) -> Result<u64> {
    mark("start", task)?;
    let input = input(task);
    let steps = input["steps"].as_u64().unwrap_or(1);
    let pause = Duration::from_millis(input["ms"].as_u64().unwrap_or_default());
    for step in 1..=steps {
        thread::sleep(pause);
        jobs::progress((step * 100 / steps) as u8, text!("Step {step} of {steps}", step, steps))?;
        if input["beat"] == true {
            mark("beat", task)?;
        }
    }
    mark("end", task)?;
    Ok(steps)
}

/// Fails with the `failure` that the input names, and its `reason`.
fn fail(task: &Task) -> Result<()> {
    mark("start", task)?;
    let input = input(task);
    let reason = input["reason"].as_str().unwrap_or("It was asked to fail.").to_owned();
    Err(match input["failure"].as_str().unwrap_or_default() {
        "denied" => Failure::Denied(reason),
        "not-found" => Failure::NotFound(reason),
        "invalid" => invalid("failure", reason),
        "conflict" => Failure::Conflict(reason),
        "exhausted" => Failure::Exhausted(reason),
        "unavailable" => Failure::Unavailable(reason),
        "confirm" => Failure::Confirm(reason),
        "other" => Failure::Other(("org.example.odd".to_owned(), reason)),
        _ => Failure::Internal(reason),
    })
}

/// Works for ever.
fn spin(task: &Task) -> Result<()> {
    mark("start", task)?;
    let mut turns = 0u64;
    loop {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
}

fn trap(task: &Task) -> Result<()> {
    mark("start", task)?;
    std::process::abort()
}

/// A fate by the remainder of `n`: 0 is done at once, 1 takes three steps of 20 ms, 2 fails for good, 3 is `unavailable` in
/// its first attempt and then done. With `"traps": true` there is a fifth, 4: it traps in its first attempt.
fn mixed(task: &Task) -> Result<u64> {
    mark("start", task)?;
    let input = input(task);
    let n = input["n"].as_u64().unwrap_or_default();
    let fates = if input["traps"] == true { 5 } else { 4 };
    match (n % fates, task.attempt) {
        (1, _) => {
            for step in 1..=3 {
                thread::sleep(Duration::from_millis(20));
                jobs::progress(step * 33, "On its way")?;
            }
        }
        (2, _) => return Err(invalid("n", "This one fails.")),
        (3, 1) => return Err(Failure::Unavailable("Not in the first attempt.".to_owned())),
        (4, 1) => std::process::abort(),
        _ => {}
    }
    mark("end", task)?;
    Ok(n)
}

/// Counts how often the schedule started it, in `ticks`, and logs a line.
fn tick(_: &Task) -> Result<u64> {
    let seen = kv::read("ticks")?;
    let before = seen.as_ref().and_then(|entry| std::str::from_utf8(&entry.value).ok()?.parse().ok());
    let ticks: u64 = before.unwrap_or(0) + 1;
    kv::replace("ticks", seen.as_ref(), ticks.to_string())?;
    log::info("It ticked.");
    Ok(ticks)
}
