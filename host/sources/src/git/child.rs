//! The process that speaks Git, and puts together what comes.
//!
//! It is given one document and has nothing else: no environment, no configuration of Git, no programs to run. What it
//! finds it writes into a directory that is removed when it ends, however it ends.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::rc::Rc;

use crate::error::SourceError;
use crate::git::exchange::{COMPONENT, Line, README, Task, Work};
use crate::git::{contents, limits, local, remote};
use crate::sources::Fetched;

/// The longest document that is read, in bytes.
const LONGEST_TASK: u64 = 1 << 20;

/// How many bytes come between two lines of progress.
const STEP: u64 = 256 << 10;

/// Does what standard input says, and answers on standard output. What cannot be done is an answer as well.
///
/// The process is changed for good: it is held to limits of memory, time and files, and may start itself anew for that.
/// Call it first, before anything else runs, from a program that does nothing else.
///
/// # Errors
///
/// Where it cannot be limited, or is not talked to as it expects.
pub fn run() -> io::Result<()> {
    limits::hold()?;
    let mut task = Vec::new();
    io::stdin().lock().take(LONGEST_TASK).read_to_end(&mut task)?;
    let task: Task = serde_json::from_slice(&task)?;
    let line = answer(&task).unwrap_or_else(Line::from);
    say(&line)
}

fn answer(task: &Task) -> Result<Line, SourceError> {
    let is_here = task.source.url.scheme() == "file";
    if is_here {
        limits::alone()?;
    }
    match (task.work, is_here) {
        (Work::References, true) => Ok(Line::References(local::references(task)?)),
        (Work::References, false) => Ok(Line::References(remote::references(task, progress())?)),
        (Work::Fetch, true) => keep(task, contents::read(&local::find(task)?, task)?),
        (Work::Fetch, false) => keep(task, contents::read(&remote::fetch(task, progress())?, task)?),
    }
}

/// Leaves what was found for the server to take.
fn keep(task: &Task, fetched: Fetched) -> Result<Line, SourceError> {
    std::fs::write(task.scratch.join(COMPONENT), &fetched.component)?;
    std::fs::write(task.scratch.join(README), &fetched.readme)?;
    Ok(Line::Fetched { detail: fetched.detail })
}

/// Told how many bytes have come, it says so now and then.
pub(super) type Came = Rc<dyn Fn(u64)>;

fn progress() -> Came {
    let said = RefCell::new(0);
    Rc::new(move |came| {
        let mut said = said.borrow_mut();
        if came >= *said + STEP {
            *said = came;
            if say(&Line::Progress(came)).is_err() {
                // Nobody listens any more: the server has ended, and so does this.
                std::process::exit(1);
            }
        }
    })
}

fn say(line: &Line) -> io::Result<()> {
    let mut line = serde_json::to_vec(line)?;
    line.push(b'\n');
    let mut output = io::stdout().lock();
    output.write_all(&line)?;
    output.flush()
}
