//! One step of a search or a follow: series merged by time, as far as a budget goes.
//!
//! The series that may have the next record is looked through first, piece by piece, and a record is answered when no
//! other series can still have one before it. What was found and is not answered is not kept: the cursor stands before it.

use std::cell::RefCell;
use std::cmp::Reverse;

use crate::cursor::{Cursor, MOST_SERIES, Place, Way};
use crate::files::Files;
use crate::hit::{Hit, Note, What};
use crate::matcher::Matcher;
use crate::reader::{Budget, Reader};
use crate::series::Series;
use crate::text::{Body, END};
use crate::track::{self, Gone, Pending, State, Track, Work};
use crate::{back, forth, resume};

/// Bytes of text that all records of one step have together; the last may go beyond.
pub const ANSWER: usize = 4 << 20;
/// Bytes of memory that they take, about.
const ANSWER_HELD: usize = 12 << 20;
/// How often each series is looked for again in one step.
const TRIES: usize = 3;

/// Where a step begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// At the newest line, at the oldest, or behind the newest.
    Begin(Way),
    /// Where another one ended.
    Cursor(Cursor),
}

/// What is looked through, and what for.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub files: &'a dyn Files,
    /// At most [`MOST_SERIES`].
    pub series: &'a [Series],
    pub matcher: &'a Matcher,
    /// Milliseconds since 1970, by the clock that files are changed by.
    pub now: i64,
}

impl std::fmt::Debug for Asked<'_> {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Asked").field("series", &self.series.len()).field("now", &self.now).finish_non_exhaustive()
    }
}

/// What one step answers.
#[derive(Debug, Clone)]
pub struct Step {
    /// In order: the newest first on the way back, else the oldest.
    pub hits: Vec<Hit>,
    /// Where the next step goes on; none where all has been looked through. A follow has one always.
    pub cursor: Option<Cursor>,
    /// Where a follow goes on from what this search has begun with: the first step on the way back has it.
    pub live: Option<Cursor>,
    /// There is more now: budget or hits were at an end.
    pub more: bool,
    pub looked: Looked,
    /// What must be said, each thing once.
    pub notes: Vec<Note>,
}

/// How far a search has looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Looked {
    /// As far as this time, in microseconds; none where that is not known, or everywhere.
    pub time: Option<i64>,
    /// Bytes of files, as they lie there.
    pub bytes: u64,
    /// Of so many.
    pub of: u64,
}

/// More series than one cursor holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at most {MOST_SERIES} logs can be read together: choose some")]
pub struct TooMany;

/// Makes one step.
///
/// # Errors
///
/// Where too many series are asked for. Trouble with files is noted, and the others are read.
pub fn step(asked: Asked<'_>, from: &Start, budget: Budget<'_>) -> Result<Step, TooMany> {
    if asked.series.len() > MOST_SERIES {
        return Err(TooMany);
    }
    let way = match from {
        Start::Begin(way) => *way,
        Start::Cursor(cursor) => cursor.way,
    };
    let reader = Reader::new(asked.files, budget);
    let room = track::room(asked.series.len());
    let work = Work { reader, matcher: asked.matcher, way, now: asked.now, notes: RefCell::default(), room };
    let mut tracks = placed(&asked, from, &work);
    let begun = matches!(from, Start::Begin(Way::Newest)).then(|| live(&tracks));
    let (hits, more) = merged(&mut tracks, &work, budget.hits);
    let goes_on = way == Way::Live || tracks.iter().any(|track| matches!(track.place(way), Place::At(_)));
    let next = goes_on.then(|| cursor(&tracks, way, left_over(&tracks, from, &work)));
    let looked = looked(&tracks, way);
    let mut notes = work.notes.into_inner();
    notes.sort();
    Ok(Step { hits, cursor: next, live: begun, more, looked, notes })
}

fn placed(asked: &Asked<'_>, from: &Start, work: &Work<'_>) -> Vec<Track> {
    let mut tracks = Vec::new();
    for (number, series) in asked.series.iter().enumerate() {
        let mut track = Track::new(series.clone(), number, State::Missing, i64::MAX);
        let place = match from {
            Start::Begin(_) => None,
            Start::Cursor(cursor) => cursor.place(series.key()),
        };
        let done = match (from, place) {
            (Start::Begin(_), _) => resume::begin(&mut track, work),
            (_, Some(place)) => resume::resume(&mut track, work, place),
            (_, None) if work.way == Way::Live => resume::appeared(&mut track, work),
            // It was not there when the search began.
            (_, None) => continue,
        };
        if done.is_err() {
            lost(&mut track, work);
        }
        tracks.push(track);
    }
    tracks
}

/// A series that cannot be found however often it is looked for.
fn lost(track: &mut Track, work: &Work<'_>) {
    work.note(&track.series, None, What::Removed);
    track.state = if work.way == Way::Live { State::Missing } else { State::Done };
}

/// Hits in order, and whether there is more.
fn merged(tracks: &mut [Track], work: &Work<'_>, most: usize) -> (Vec<Hit>, bool) {
    let (mut hits, mut worked, mut tries) = (Vec::new(), false, TRIES * tracks.len());
    let (mut text, mut weight) = (0, 0);
    while hits.len() < most && text < ANSWER && weight < ANSWER_HELD {
        if let Some(next) = next(tracks) {
            text += next.hit.text.len();
            weight += next.weight;
            hits.push(next.hit);
            continue;
        }
        let waiting = tracks.iter_mut().filter(|track| track.waits());
        let Some(track) = waiting.max_by_key(|track| (track.bound, Reverse(track.number))) else {
            return (hits, false);
        };
        if worked && work.reader.is_over() {
            break;
        }
        let left = most - hits.len();
        let done = match work.way {
            Way::Newest => back::advance(track, work, left),
            Way::Oldest | Way::Live => forth::advance(track, work, left),
        };
        match done {
            Ok(()) => worked = true,
            Err(Gone) if tries > 0 => {
                tries -= 1;
                let place = track.place(work.way);
                if resume::again(track, work, place).is_err() {
                    lost(track, work);
                }
            }
            // It changes all the time: the next step finds it.
            Err(Gone) if work.way == Way::Live => track.idle = true,
            Err(Gone) => lost(track, work),
        }
    }
    (hits, tracks.iter().any(|track| track.waits() || !track.pending.is_empty()))
}

/// The first record of all that were found, if none can come before it.
fn next(tracks: &mut [Track]) -> Option<Pending> {
    let order = |key: i64, track: &Track| (key, Reverse(track.number));
    let waiting = tracks.iter().filter(|track| track.waits()).map(|track| order(track.bound, track)).max();
    let found = tracks.iter_mut().filter(|track| !track.pending.is_empty());
    let key = |track: &Track| track.pending.front().map_or(i64::MIN, |next| next.key);
    let first = found.max_by_key(|track| order(key(track), track))?;
    if waiting.is_some_and(|waiting| waiting > order(key(first), first)) {
        return None;
    }
    first.give()
}

fn cursor(tracks: &[Track], way: Way, left_over: Vec<(u32, Place)>) -> Cursor {
    let mut places: Vec<_> = tracks.iter().map(|track| (track.series.key(), track.place(way))).collect();
    let room = MOST_SERIES.saturating_sub(places.len());
    places.extend(left_over.into_iter().take(room));
    Cursor { way, places }
}

/// Where a follow goes on from: whatever time was asked for, anything may come.
fn live(tracks: &[Track]) -> Cursor {
    let mut cursor = cursor(tracks, Way::Live, Vec::new());
    for (_, place) in &mut cursor.places {
        match place {
            Place::At(spot) => spot.bound = i64::MAX,
            // It could not be read; it is when it can.
            Place::Done => *place = Place::Missing,
            Place::Missing => {}
        }
    }
    cursor
}

/// Series that were followed and are not there at all any more: said once, and known again if they come back.
fn left_over(tracks: &[Track], from: &Start, work: &Work<'_>) -> Vec<(u32, Place)> {
    let Start::Cursor(before) = from else { return Vec::new() };
    let gone = |(key, _): &&(u32, Place)| !tracks.iter().any(|track| track.series.key() == *key);
    let gone: Vec<_> = before.places.iter().filter(gone).collect();
    if gone.iter().any(|(_, place)| matches!(place, Place::At(_))) {
        let nameless = Note { what: What::Removed, directory: String::new(), path: String::new() };
        work.notes.borrow_mut().push(nameless);
    }
    gone.into_iter().map(|(key, _)| (*key, if work.way == Way::Live { Place::Missing } else { Place::Done })).collect()
}

fn looked(tracks: &[Track], way: Way) -> Looked {
    let mut looked = Looked::default();
    let mut bound = None;
    for track in tracks {
        let all = track.series.size();
        looked.of += all;
        let Place::At(spot) = track.place(way) else {
            looked.bytes += all;
            continue;
        };
        bound = bound.max(Some(spot.bound));
        let State::At(open, _) = &track.state else { continue };
        let before: u64 = track.series.segments.iter().take(open.number).map(|segment| segment.file.size).sum();
        let size = track.series.segments.get(open.number).map_or(0, |segment| segment.file.size);
        let older = match &open.body {
            Body::Plain => spot.offset.min(size),
            Body::Indexed(index) => match spot.offset.checked_sub(1) {
                Some(_) if spot.offset >= index.end() => size,
                Some(last) => index.member(index.at(last)).packed,
                None => 0,
            },
            Body::Stream if spot.offset == END => size,
            Body::Stream => 0,
        };
        let done = match way {
            Way::Newest => before + (size - older),
            Way::Oldest | Way::Live => all - before - size + older,
        };
        looked.bytes += done.min(all);
    }
    looked.time = bound.filter(|bound| *bound != i64::MAX && *bound != i64::MIN);
    if way != Way::Newest {
        looked.time = looked.time.map(i64::saturating_neg);
    }
    looked
}
