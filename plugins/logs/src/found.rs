//! What searches have found, and how far they are: in the plugin's store, for a day. Of each person the newest few are
//! kept, so that nobody fills it.
//!
//! Keys: `search/ID` is the state, `found/ID/STEP` the lines of a step, `counted/ID/PART` errors, `begun/PERSON` whose
//! searches there are.

use serde::{Deserialize, Serialize};
use vestry_logs_core::{Groups, Level as Grave};
use vestry_sdk::jobs;
use vestry_sdk::kv::{self, Change, Check, Range};
use vestry_sdk::prelude::*;
use vestry_sdk::ui::LogLine;

use crate::shown;
use crate::times;

/// Searches of one person that are kept.
const OF_EACH: usize = 3;
/// Bytes of one value that is kept.
const PART: usize = 900 << 10;
/// Bytes of a line: 2,000 of them are then far below what the store holds.
const LONGEST: usize = 600;
/// How long all of it is kept, in milliseconds.
const KEPT: i64 = 86_400_000;

/// How far a search is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// What was asked for, as the address says it.
    pub pairs: Vec<(String, String)>,
    /// Errors are counted, rather than lines found.
    pub errors: bool,
    /// Which part of the logs is looked through, and where it stands in it.
    pub part: usize,
    pub cursor: Option<String>,
    pub found: usize,
    pub steps: u32,
    /// Bytes that were looked through, and those of the parts before this one.
    pub looked: u64,
    pub behind: u64,
    pub done: bool,
    /// What must be said of files.
    pub notes: Vec<String>,
    /// Values that what was counted is kept in.
    pub values: usize,
}

/// A line that was found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    time: Option<u64>,
    level: Option<Grave>,
    source: String,
    text: String,
    marks: Vec<(u32, u32)>,
    open: Option<Vec<(String, String)>>,
}

impl Kept {
    pub fn of(line: LogLine, level: Option<Grave>) -> Self {
        let LogLine { time, source, mut text, mut marks, open, .. } = line;
        if text.len() > LONGEST {
            text.truncate(text.floor_char_boundary(LONGEST));
            marks.retain(|(_, end)| *end as usize <= text.len());
            text.push_str(" …");
        }
        Self { time, level, source, text, marks, open: open.map(|open| open.query) }
    }

    fn line(self) -> LogLine {
        let mut line = LogLine::new(self.source, self.text).marks(self.marks);
        line.time = self.time;
        line.level = self.level.filter(|level| *level >= Grave::Warn).map(shown::grave);
        let route = |query: Vec<(String, String)>| {
            query.into_iter().fold(RouteRef::to("line"), |route, (name, value)| route.query(name, value))
        };
        line.open = self.open.map(route);
        line
    }
}

/// Writes down that a search begins, and forgets this person's oldest.
pub fn begin(person: &str, id: &str, state: &State) -> Result<()> {
    let key = format!("begun/{person}");
    let begun = kv::read(&key)?;
    let check = Check { key: key.clone(), version: begun.as_ref().map(|entry| entry.version) };
    let mut ids: Vec<String> = begun.and_then(|entry| serde_json::from_slice(&entry.value).ok()).unwrap_or_default();
    ids.push(id.to_owned());
    let over = ids.len().saturating_sub(OF_EACH);
    let mut changes = vec![];
    for old in ids.drain(..over) {
        changes.extend(forget(&old)?);
        match jobs::cancel(&old) {
            Ok(()) | Err(Failure::NotFound(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
    changes.push(Change::SetUntil((key, json(&ids), until())));
    changes.push(Change::SetUntil((format!("search/{id}"), json(state), until())));
    kv::commit(&[check], &changes).map(|_| ())
}

fn forget(id: &str) -> Result<Vec<Change>> {
    let mut keys = vec![format!("search/{id}")];
    for kind in ["found", "counted"] {
        let range =
            Range { start: format!("{kind}/{id}/"), end: format!("{kind}/{id}/:"), limit: 1_000, reverse: false };
        keys.extend(kv::scan(&range)?.into_iter().map(|entry| entry.key));
    }
    Ok(keys.into_iter().map(Change::Delete).collect())
}

/// Writes down what a step has found. Answers whether the search is still wanted.
pub fn write(id: &str, state: &mut State, kept: &[Kept], groups: &Groups) -> Result<bool> {
    let key = format!("search/{id}");
    let Some(before) = kv::read(&key)? else { return Ok(false) };
    let mut changes = vec![];
    if state.errors {
        let counted = json(groups);
        let values = counted.chunks(PART).enumerate();
        changes.extend(
            values.map(|(part, bytes)| Change::SetUntil((format!("counted/{id}/{part:03}"), bytes.to_vec(), until()))),
        );
        state.values = changes.len();
    }
    changes.push(Change::SetUntil((key.clone(), json(state), until())));
    if !kept.is_empty() {
        changes.push(Change::SetUntil((format!("found/{id}/{:06}", state.steps), json(&kept), until())));
    }
    kv::commit(&[Check { key, version: Some(before.version) }], &changes).map(|_| true)
}

pub fn state(id: &str) -> Result<Option<State>> {
    Ok(kv::read(&format!("search/{id}"))?.and_then(|entry| serde_json::from_slice(&entry.value).ok()))
}

/// Errors that were counted so far.
pub fn counted(id: &str, state: &State) -> Result<Groups> {
    let keys: Vec<String> = (0..state.values).map(|part| format!("counted/{id}/{part:03}")).collect();
    if keys.is_empty() {
        return Ok(Groups::default());
    }
    let bytes: Vec<u8> = kv::get(&keys)?.into_iter().flatten().flat_map(|entry| entry.value).collect();
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}

/// What was found in the steps after that one, as far as this state goes: a step behind it comes with the next.
pub fn lines(id: &str, after: u32, state: &State) -> Result<Vec<LogLine>> {
    let key = |step: u32| format!("found/{id}/{step:06}");
    let range = Range { start: key(after + 1), end: key(state.steps + 1), limit: 1_000, reverse: false };
    let parts = kv::scan(&range)?;
    let kept = parts.iter().filter_map(|entry| serde_json::from_slice::<Vec<Kept>>(&entry.value).ok()).flatten();
    Ok(kept.map(Kept::line).collect())
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

fn until() -> u64 {
    u64::try_from(times::now() + KEPT).unwrap_or(u64::MAX)
}
