//! Lines as a download, the oldest first, however many there are: one piece is made when the browser has the one before.
//!
//! More logs than can be merged at a time come in parts, one behind the other.

use vestry_logs_core::{Budget, Hit, Note, Start, Way, What, Whole, in_one_piece};
use vestry_sdk::prelude::*;

use crate::directories::{self, Directories};
use crate::shown;
use crate::steps::{self, step};
use crate::times;
use crate::view::View;

/// Of one piece: bytes read, bytes of text looked at, lines. What is read and what is answered
/// have to be less than a call may move together (8 MiB).
const READ: u64 = 3 << 20;
const TEXT: u64 = 3 << 20;
const LINES: usize = 20_000;

/// As a file of the lines as they stand there.
pub fn lines(request: &Request) -> Result<Download> {
    let view = View::asked(&request.query)?;
    let matcher = view.matcher()?;
    // Said before the first line, not by a download that breaks off.
    let parts = view.parts(directories::all().series);
    let whole: Vec<String> =
        parts.iter().flat_map(|part| in_one_piece(&Directories, part, &matcher, Whole::PAGE)).collect();
    if !whole.is_empty() {
        return Err(Failure::Exhausted(format!(
            "{} was compressed in one piece by another program and is too large to be taken apart for a download. Leave \
             it out, or download it as a file.",
            whole.join(", ")
        )));
    }
    Ok(Download::chunks("lines.log", "text/plain", "lines"))
}

pub fn next(request: &Request, cursor: Option<&str>) -> Result<Chunk> {
    let view = View::asked(&request.query)?;
    let matcher = view.matcher()?;
    let (part, begin) = place(cursor)?;
    let parts = view.parts(directories::all().series);
    let Some(chosen) = parts.get(part) else { return Ok(Chunk::last(vec![])) };
    let over = times::alarm(&matcher);
    let budget = Budget { read: READ, text: TEXT, hits: LINES, longest: usize::MAX, whole: Whole::PAGE, over: &over };
    let found = step(chosen, &matcher, &begin, budget)?;
    let content = found.hits.iter().fold(vec![], written);
    let next = match &found.cursor {
        Some(next) => Some(format!("{part} {}", next.to_text())),
        None => (part + 1 < parts.len()).then(|| (part + 1).to_string()),
    };
    // What it said of its size was not so.
    let passed_over = found.notes.iter().any(|note| note.what == What::Long);
    match next {
        _ if passed_over => Err(stuck(&found.notes)),
        Some(next) if content.is_empty() && cursor == Some(&next) => Err(stuck(&found.notes)),
        Some(next) => Ok(Chunk::more(content, next)),
        None => Ok(Chunk::last(content)),
    }
}

/// Which part, and where in it.
fn place(cursor: Option<&str>) -> Result<(usize, Start)> {
    let Some(cursor) = cursor else { return Ok((0, Start::Begin(Way::Oldest))) };
    let (part, place) = cursor.split_once(' ').unwrap_or((cursor, ""));
    let part = part.parse().map_err(|_| Failure::not_found(cursor))?;
    if place.is_empty() {
        return Ok((part, Start::Begin(Way::Oldest)));
    }
    Ok((part, steps::place(place)?))
}

/// A step that came no further: it would not the next time either. A download that left lines out would say nothing.
fn stuck(notes: &[Note]) -> Failure {
    let said: Vec<String> = notes.iter().map(|note| shown::note(note).plain()).collect();
    Failure::Unavailable(format!("The lines cannot all be downloaded. {}", said.join(" ")))
}

fn written(mut content: Vec<u8>, hit: &Hit) -> Vec<u8> {
    content.extend_from_slice(hit.text.as_bytes());
    // What is very long comes in pieces.
    if !hit.broken {
        content.push(b'\n');
    }
    content
}
