//! Pages that stay up to date. Each topic has lines of its own, numbered from 1: `line/TOPIC/NUMBER` holds the time and the
//! words, `last/TOPIC` the number of the last, and the latest 10 000 are kept. The cursor of a page is the number of the
//! last line that it shows, so what is next follows from it alone; a line's source is its number, so a test sees whether
//! one was lost or doubled.

use serde_json::json;
use vestry_sdk::block::log;
use vestry_sdk::events;
use vestry_sdk::kv::{self, Change, Check, Entry, Range};
use vestry_sdk::prelude::*;
use vestry_sdk::ui::{Feed, LogLine, Message};

use crate::work::now;

/// Lines of a topic that are kept.
const KEPT: u64 = 10_000;

/// Lines that a page shows at first.
const SHOWN: u32 = 100;

pub fn routes(plugin: Plugin) -> Plugin {
    plugin
        .route(get("log", "/log").for_signed_in().to(page))
        .route(get("talk", "/talk").for_signed_in().to(page))
        .route(get("anew", "/anew").for_signed_in().to(page))
        .route(get("watched", "/watched").needs_own("watch").to(page))
        .route(get("busy", "/busy/{n}").for_signed_in().to(page))
        .route(get("quiet", "/quiet/{n}").for_signed_in().to(page))
        .route(get("everyone", "/everyone/log").for_everyone().to(page))
        .route(get("clock", "/clock").for_signed_in().to(clock))
        .route(post("say", "/say").for_signed_in().to(say))
        .live("log", next)
        .live("talk", next)
        .live("anew", next)
        .live("watched", next)
        .live("busy", next)
        .live("quiet", next)
        .live("everyone", next)
        .live("clock", tick)
}

/// What a page follows: the name of its route, with the number where its path has one.
fn topic(request: &Request) -> String {
    match request.param("n") {
        "" => request.route.clone(),
        n => format!("{}-{n}", request.route),
    }
}

/// One line.
struct Line {
    number: u64,
    time: Timestamp,
    text: String,
}

impl Line {
    fn read(entry: &Entry) -> Option<Self> {
        let number = entry.key.rsplit('/').next()?.parse().ok()?;
        let (time, text) = std::str::from_utf8(&entry.value).ok()?.split_once(' ')?;
        Some(Line { number, time: time.parse().ok()?, text: text.to_owned() })
    }
}

impl From<&Line> for LogLine {
    fn from(line: &Line) -> Self {
        LogLine::new(line.number.to_string(), &line.text).at(line.time)
    }
}

impl From<&Line> for Message {
    fn from(line: &Line) -> Self {
        Message { author: line.number.to_string(), time: line.time, text: line.text.clone(), mine: false }
    }
}

fn key(topic: &str, number: u64) -> String {
    format!("line/{topic}/{number:010}")
}

/// Behind the digits in the order of bytes.
fn end(topic: &str) -> String {
    format!("line/{topic}/:")
}

fn latest(topic: &str) -> Result<Vec<Line>> {
    let range = Range { start: key(topic, 0), end: end(topic), limit: SHOWN, reverse: true };
    Ok(kv::scan(&range)?.iter().rev().filter_map(Line::read).collect())
}

fn after(topic: &str, mut number: u64) -> Result<Vec<Line>> {
    let mut all = vec![];
    loop {
        let range = Range { start: key(topic, number + 1), end: end(topic), limit: 1000, reverse: false };
        let found = kv::scan(&range)?;
        all.extend(found.iter().filter_map(Line::read));
        match all.last() {
            Some(line) if line.number > number => number = line.number,
            _ => return Ok(all),
        }
    }
}

/// A log that follows its topic; `talk` is a feed, and `anew` is asked for as a whole.
fn page(request: &Request) -> Result<Page> {
    let topic = topic(request);
    let lines = latest(&topic)?;
    let cursor = lines.last().map_or(0, |line| line.number);
    let content: Content = match request.route.as_str() {
        "talk" => Feed::new(lines.iter().map(Message::from)).into(),
        _ => log(lines.iter().map(LogLine::from)),
    };
    let say = Form::new(Action::new("Say", "say").primary())
        .inline()
        .field(Field::text("text", "Words").required())
        .field(Field::hidden("topic", &topic));
    Ok(Page::new(topic.clone()).block("lines", content).block("say", say).follow([topic], cursor.to_string(), 0))
}

fn next(request: &Request, cursor: &str) -> Result<Batch> {
    let topic = topic(request);
    let seen: u64 = cursor.parse().map_err(|_| Failure::not_found(cursor))?;
    let lines = after(&topic, seen)?;
    let Some(last) = lines.last() else { return Ok(Batch::at(cursor)) };
    let update = match request.route.as_str() {
        "talk" => Update::messages("lines", lines.iter().map(Message::from)),
        "anew" => Update::reload(),
        _ => Update::lines("lines", lines.iter().map(LogLine::from)),
    };
    Ok(Batch::at(last.number.to_string()).with(update))
}

/// `text`, to `topic` or else `log`; with `times` so many lines, each with a number behind it. Answers the number of the
/// last as JSON.
fn say(request: &Request) -> Result<Response> {
    let topic = request.form("topic").optional().unwrap_or("log");
    let text = request.form("text").text();
    let times: u64 = request.form("times").optional().map_or(Ok(1), |_| request.form("times").number())?;
    let seen = kv::read(&format!("last/{topic}"))?;
    let before = seen.as_ref().and_then(|entry| std::str::from_utf8(&entry.value).ok()?.parse().ok());
    let before: u64 = before.unwrap_or(0);
    let last = before + times;
    let mut changes = vec![Change::Set((format!("last/{topic}"), last.to_string().into()))];
    for number in before + 1..=last {
        let words = if times == 1 { text.to_owned() } else { format!("{text} {}", number - before) };
        changes.push(Change::Set((key(topic, number), format!("{} {words}", now()).into())));
        if let Some(old) = number.checked_sub(KEPT) {
            changes.push(Change::Delete(key(topic, old)));
        }
    }
    let check = Check { key: format!("last/{topic}"), version: seen.map(|entry| entry.version) };
    kv::commit(&[check], &changes)?;
    events::publish(topic);
    Ok(Response::json(json!({ "topic": topic, "last": last }).to_string()))
}

fn counted(count: u64) -> Content {
    facts([fact("Count", count as i64)])
}

/// A form that says which it is, with a button that leads elsewhere than the form.
fn form(count: u64) -> Form {
    Form::new(Action::new("Say", "say"))
        .prose(text!("Form number {count}.", count))
        .field(Field::text("text", "Words"))
        .other(Action::new("Start", "start").value("name", "count"))
}

/// Follows no topic: it counts on, once a second.
fn clock(_: &Request) -> Result<Page> {
    let page = Page::new("Clock").block("count", counted(0)).block("form", form(0));
    Ok(page.follow(Vec::<String>::new(), "0", 1))
}

fn tick(_: &Request, cursor: &str) -> Result<Batch> {
    let count = cursor.parse::<u64>().map_err(|_| Failure::not_found(cursor))? + 1;
    Ok(Batch::at(count.to_string())
        .with(Update::block("count", counted(count)))
        .with(Update::block("form", form(count))))
}
