//! A page that moves: once a second something is added or replaced, until it has been enough. All of it follows from the
//! cursor, which is the number of steps. And a download that is made piece by piece.

use vestry_sdk::block::{log, progress};
use vestry_sdk::prelude::*;
use vestry_sdk::ui::{Feed, LogLine, Message};

use crate::cells::MOMENT;
use crate::words::LEVELS;

/// Steps until the page stands still.
const STEPS: u64 = 25;

/// Pieces of the download.
const PIECES: u64 = 3;

fn line(step: u64) -> LogLine {
    let (_, level) = LEVELS[step as usize % LEVELS.len()];
    LogLine::new("clock", format!("Step {step}")).at(MOMENT + step * 1000).level(level)
}

fn message(step: u64) -> Message {
    let author = if step.is_multiple_of(2) { "Ada" } else { "Zoë" };
    let text = format!("This is the message of step {step}.");
    Message { author: author.to_owned(), time: MOMENT + step * 1000, text, mine: step.is_multiple_of(2) }
}

fn count(step: u64) -> Content {
    facts([fact("Steps", step as i64), fact("Until", STEPS as i64)])
}

fn done(step: u64) -> Content {
    progress((step * 100 / STEPS) as u8)
}

pub fn moving(_: &Request) -> Result<Page> {
    Ok(Page::new("Moving")
        .action(Action::new("Style guide", "home"))
        .block("count", count(0))
        .block("progress", done(0))
        .section(
            Section::new("grow", "What grows")
                .columns()
                .block("log", log([line(0)]))
                .block("feed", Feed::new([message(0)])),
        )
        .follow(["moving"], "0", 1))
}

pub fn next(_: &Request, cursor: &str) -> Result<Batch> {
    let step = cursor.parse::<u64>().map_err(|_| Failure::not_found(cursor))? + 1;
    if step > STEPS {
        return Ok(Batch::at(cursor));
    }
    Ok(Batch::at(step.to_string())
        .with(Update::block("count", count(step)))
        .with(Update::block("progress", done(step)))
        .with(Update::lines("log", [line(step)]))
        .with(Update::messages("feed", [message(step)])))
}

/// No page leads here: it is for programs, and for tests of how pieces are asked for.
pub fn pieces(_: &Request) -> Result<Download> {
    Ok(Download::chunks("pieces.txt", "text/plain", "pieces"))
}

pub fn piece(_: &Request, cursor: Option<&str>) -> Result<Chunk> {
    let number = cursor.map_or(Ok(1), str::parse::<u64>).map_err(|_| Failure::not_found("such a piece"))?;
    let content = format!("Piece {number} of {PIECES}.\n").into_bytes();
    Ok(if number < PIECES { Chunk::more(content, (number + 1).to_string()) } else { Chunk::last(content) })
}
