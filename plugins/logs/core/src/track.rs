//! One series in a search or a follow: where it stands, what it has found, and how far it has looked.
//!
//! Several are merged by a *key*, the highest first: the time on the way back, its negative on the way on. Clocks jump,
//! and the order within one file is the file's own; so the key of a record is the lowest that the series has had up to it.
//! `bound` is that lowest: whatever is still to come of this series comes behind it. Times that jump are shown where they
//! stand, and nothing is lost.

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::cursor::{Place, Spot, Way};
use crate::files::Trouble;
use crate::hit::{Hit, Note, What};
use crate::matcher::Matcher;
use crate::print;
use crate::reader::Reader;
use crate::scan::{Found, Most};
use crate::series::{Segment, Series};
use crate::text::Open;

/// Bytes that are read at first; twice as many each time after. Few in tests, so that pieces end everywhere.
const FIRST_READ: usize = if cfg!(test) { 300 } else { 64 << 10 };
/// Bytes that are read at a time in the end: with more it is hardly quicker, and the host holds them too.
const PIECE: usize = 256 << 10;
/// Bytes of memory that all series together hold found at a time, and one at least.
const HELD: usize = 8 << 20;
const LEAST: usize = 512 << 10;

/// How far, in milliseconds, clocks are put back without being noticed by the times of files: a file that is older than
/// what is asked for by more is passed over unseen.
const LONG: i64 = 86_400_000;

/// What all series of a step share.
pub(crate) struct Work<'a> {
    pub reader: Reader<'a>,
    pub matcher: &'a Matcher,
    pub way: Way,
    /// Milliseconds since 1970.
    pub now: i64,
    pub notes: RefCell<Vec<Note>>,
    /// Bytes of memory that one series may hold found.
    pub room: usize,
}

/// One series.
#[derive(Debug)]
pub(crate) struct Track {
    pub series: Series,
    /// Its segments were written one after the other, by their files' times.
    in_turn: bool,
    /// Which of those that were asked.
    pub number: usize,
    pub state: State,
    pub bound: i64,
    pub pending: VecDeque<Pending>,
    /// Bytes of memory that these take, about.
    held: usize,
    pub read: usize,
    /// It has come to the end of what there is now.
    pub idle: bool,
}

#[derive(Debug)]
pub(crate) enum State {
    /// In a segment: what stands before the offset is to come on the way back, what stands behind it on the way on.
    At(Box<Open>, u64),
    Done,
    Missing,
}

/// What was found and is not answered yet.
#[derive(Debug)]
pub(crate) struct Pending {
    pub hit: Hit,
    pub key: i64,
    pub weight: usize,
}

/// The file is not there as it was.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gone;

/// Bytes of memory that one of so many series may hold found.
pub(crate) const fn room(series: usize) -> usize {
    let part = HELD / if series == 0 { 1 } else { series };
    if part < LEAST { LEAST } else { part }
}

impl Work<'_> {
    pub fn note(&self, series: &Series, segment: Option<&Segment>, what: What) {
        let path = segment.map_or_else(|| series.name.clone(), |segment| segment.file.path.clone());
        let note = Note { what, directory: series.directory.clone(), path };
        let mut notes = self.notes.borrow_mut();
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// Milliseconds since a file was changed. A clock that was put back in between says nothing but that it is a while ago.
    pub const fn age(&self, segment: &Segment) -> i64 {
        self.now.saturating_sub(segment.file.modified).saturating_abs()
    }

    /// The key of a time.
    pub const fn key(&self, time: i64) -> i64 {
        match self.way {
            Way::Newest => time,
            Way::Oldest | Way::Live => time.saturating_neg(),
        }
    }
}

impl Track {
    pub fn new(series: Series, number: usize, state: State, bound: i64) -> Self {
        let in_turn = series.segments.is_sorted_by_key(|segment| std::cmp::Reverse(segment.file.modified));
        Self { series, in_turn, number, state, bound, pending: VecDeque::new(), held: 0, read: FIRST_READ, idle: false }
    }

    /// Whether it must be looked through further before others can go on.
    pub fn waits(&self) -> bool {
        self.pending.is_empty() && !self.idle && matches!(self.state, State::At(..))
    }

    /// How much of the next piece can be taken, where so many records are wanted.
    pub fn most<'a>(&self, work: &Work<'a>, records: usize) -> Most<'a> {
        Most { records, bytes: work.room.saturating_sub(self.held), over: work.reader.budget.over }
    }

    /// Takes what was found, in the order of the way.
    pub fn take(&mut self, work: &Work<'_>, base: u64, bytes: &[u8], found: Vec<Found>) {
        let State::At(open, _) = &self.state else { return };
        let Some(segment) = self.series.segments.get(open.number) else { return };
        let (name, longest) = (open.print().to_text(), work.reader.budget.longest);
        let file = (segment.file.path.as_str(), name.as_str());
        let hit = |found| Hit::new(self.number, file, base, bytes, found, longest);
        let hits = found.into_iter().map(hit).collect();
        self.hold(work, hits);
    }

    /// Takes hits, in the order of the way.
    pub fn hold(&mut self, work: &Work<'_>, hits: Vec<Hit>) {
        let (timed, modified) = self.shape();
        for hit in hits {
            let time = hit.record.time.or((!timed).then_some(modified));
            self.lower(time.map(|time| work.key(time)));
            let weight = hit.weight();
            self.held += weight;
            self.pending.push_back(Pending { hit, key: self.bound, weight });
        }
    }

    /// The first of what was found.
    pub fn give(&mut self) -> Option<Pending> {
        let first = self.pending.pop_front()?;
        self.held = self.held.saturating_sub(first.weight);
        Some(first)
    }

    /// Whatever is still to come has no higher key than this.
    pub fn lower(&mut self, key: Option<i64>) {
        self.bound = key.map_or(self.bound, |key| self.bound.min(key));
    }

    /// Whether lines of the segment have times, and when it was changed, in microseconds.
    fn shape(&self) -> (bool, i64) {
        match &self.state {
            State::At(open, _) => (open.shape.timed, open.shape.clock.modified),
            _ => (true, 0),
        }
    }

    /// At the end of what there is now.
    pub fn wait(&mut self, work: &Work<'_>) {
        match work.way {
            Way::Live => self.idle = true,
            Way::Newest | Way::Oldest => self.state = State::Done,
        }
    }

    /// Whether it holds so many records, or as much as it may.
    pub fn is_full(&self, work: &Work<'_>, most: usize) -> bool {
        self.pending.len() >= most || self.held >= work.room
    }

    /// More is read the next time, if all of this was looked through.
    pub fn read_more(&mut self) {
        self.read = (self.read * 2).min(PIECE).max(self.read);
    }

    /// Goes on from another place of the same segment.
    pub fn go_to(&mut self, to: u64) {
        if let State::At(_, offset) = &mut self.state {
            *offset = to;
        }
    }

    /// Enters a segment. Answers whether it could be read; why not is noted.
    pub fn enter(&mut self, work: &Work<'_>, number: usize, offset: u64) -> Result<bool, Gone> {
        match Open::new(&work.reader, &self.series, number) {
            Ok(open) => {
                if !open.shape.timed {
                    self.lower(Some(work.key(open.shape.clock.modified)));
                }
                self.state = State::At(Box::new(open), offset);
                Ok(true)
            }
            Err(trouble) => self.fails(work, number, &trouble).map(|()| false),
        }
    }

    /// Notes why a segment cannot be read, if it is there at all.
    pub fn fails(&self, work: &Work<'_>, number: usize, trouble: &Trouble) -> Result<(), Gone> {
        if *trouble == Trouble::Gone {
            return Err(Gone);
        }
        work.note(&self.series, self.series.segments.get(number), What::Unreadable(trouble.to_string()));
        Ok(())
    }

    /// Whether a segment was written so long before a time that it is not even opened to be sure.
    pub fn is_long_before(&self, number: usize, time: i64) -> bool {
        let modified = self.series.segments.get(number).map_or(i64::MAX, |segment| segment.file.modified);
        // The newest is opened in any case.
        number > 0 && self.in_turn && modified.saturating_add(LONG).saturating_mul(1_000) < time
    }

    /// Whether the segment was written before a time; see [`Open::is_before`].
    pub fn is_before(&self, work: &Work<'_>, time: i64) -> bool {
        matches!(&self.state, State::At(open, _) if open.is_before(&work.reader, &self.series, time))
    }

    /// Whether the segment's times rise all the way, as far as is known, this one among them, which stands where it goes on:
    /// then all before is older still, and all behind younger.
    pub fn rises(&self, work: &Work<'_>, time: i64) -> bool {
        matches!(&self.state, State::At(open, at) if open.rises(&work.reader, &self.series, *at, time))
    }

    /// Says that a segment, which is compressed in one piece, is not looked through, or not all of it.
    pub fn passes_over(&self, work: &Work<'_>, number: usize) {
        work.note(&self.series, self.series.segments.get(number), What::Long);
    }

    /// Where it goes on: before what was found and is not answered.
    pub fn place(&self, way: Way) -> Place {
        let (open, offset) = match &self.state {
            State::At(open, offset) => (open, *offset),
            State::Done => return Place::Done,
            State::Missing => return Place::Missing,
        };
        let (offset, bound) = match self.pending.front() {
            Some(next) if way == Way::Newest => (next.hit.offset + next.hit.length, next.key),
            Some(next) => (next.hit.offset, next.key),
            None => (offset, self.bound),
        };
        let identity =
            self.series.segments.get(open.number).map_or(0, |segment| print::short(&[&segment.file.identity]));
        let number = u16::try_from(open.number).unwrap_or(u16::MAX);
        Place::At(Spot { print: open.print(), identity, number, offset, bound })
    }
}
