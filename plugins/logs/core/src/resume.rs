//! Where a series stands at the beginning of a step: at its ends, or where a cursor says, whatever became of the file.

use crate::cursor::{Place, Spot, Way};
use crate::files::Trouble;
use crate::hit::What;
use crate::text::{Body, END, Open};
use crate::track::{Gone, State, Track, Work};
use crate::{back, forth, print};

/// How often it is looked again where a file should be: it may just be renamed.
const TRIES: usize = 3;
/// Bytes of the end that are looked at for the end of a line, one after the other.
const TAILS: [u64; 2] = [64 << 10, 1 << 20];

/// Places a series that no cursor names.
pub(crate) fn begin(track: &mut Track, work: &Work<'_>) -> Result<(), Gone> {
    repeated(track, work, |track, work| match work.way {
        Way::Oldest => at_start(track, work),
        Way::Newest | Way::Live => at_end(track, work),
    })
}

/// What is new while it is followed is all read.
pub(crate) fn appeared(track: &mut Track, work: &Work<'_>) -> Result<(), Gone> {
    repeated(track, work, at_start)
}

/// Places a series where a cursor says.
pub(crate) fn resume(track: &mut Track, work: &Work<'_>, place: Place) -> Result<(), Gone> {
    match place {
        Place::Done => track.state = State::Done,
        Place::Missing if track.series.segments.is_empty() => track.state = State::Missing,
        Place::Missing => {
            let said = work.notes.borrow().len();
            appeared(track, work)?;
            // Why it still cannot be read was said before.
            if matches!(track.state, State::Missing) {
                work.notes.borrow_mut().truncate(said);
            }
        }
        Place::At(spot) => {
            track.bound = spot.bound;
            return find(track, work, &spot);
        }
    }
    Ok(())
}

/// Places a series anew whose files are not there as they were a moment ago.
pub(crate) fn again(track: &mut Track, work: &Work<'_>, place: Place) -> Result<(), Gone> {
    refresh(track, work);
    resume(track, work, place)
}

fn repeated(
    track: &mut Track,
    work: &Work<'_>,
    attempt: impl Fn(&mut Track, &Work<'_>) -> Result<(), Gone>,
) -> Result<(), Gone> {
    for _ in 1..TRIES {
        match attempt(track, work) {
            Err(Gone) => refresh(track, work),
            done => return done,
        }
    }
    attempt(track, work)
}

fn refresh(track: &mut Track, work: &Work<'_>) {
    if let Err(trouble) = track.series.refresh(work.reader.files) {
        work.note(&track.series, None, What::Unreadable(trouble.to_string()));
    }
}

fn at_start(track: &mut Track, work: &Work<'_>) -> Result<(), Gone> {
    for number in (0..track.series.segments.len()).rev() {
        if forth::enter(track, work, number)? {
            return Ok(());
        }
    }
    track.state = if work.way == Way::Live { State::Missing } else { State::Done };
    Ok(())
}

/// Behind the last whole line of the newest segment that has any and can be read.
fn at_end(track: &mut Track, work: &Work<'_>) -> Result<(), Gone> {
    let mut filled: Vec<usize> = (0..track.series.segments.len()).collect();
    filled.retain(|number| track.series.segments[*number].file.size > 0);
    if filled.is_empty() && !track.series.segments.is_empty() {
        filled.push(0);
    }
    if work.way == Way::Live {
        filled.truncate(1);
    }
    track.state = if work.way == Way::Live { State::Missing } else { State::Done };
    let mut number = 0;
    for next in filled {
        number = next;
        if track.enter(work, next, END)? {
            break;
        }
    }
    let State::At(open, _) = &track.state else { return Ok(()) };
    match &open.body {
        Body::Plain => match last_line(track, work, number) {
            Ok(end) => track.go_to(end),
            Err(trouble) => track.fails(work, number, &trouble)?,
        },
        Body::Indexed(index) => {
            let end = index.end();
            track.go_to(end);
        }
        Body::Stream => {}
    }
    if work.way == Way::Newest { back::skip_younger(track, work) } else { Ok(()) }
}

/// Where the last line ends that is whole. One without an end is, if nobody has written to it for a while.
fn last_line(track: &Track, work: &Work<'_>, number: usize) -> Result<u64, Trouble> {
    let Some(segment) = track.series.segments.get(number) else { return Err(Trouble::Gone) };
    let size = segment.file.size;
    for tail in TAILS {
        let from = size.saturating_sub(tail);
        let length = usize::try_from(size - from).unwrap_or(usize::MAX);
        let bytes = work.reader.read(&track.series.directory, &segment.file, from, length)?;
        if work.age(segment) >= forth::HALF || number > 0 {
            return Ok(size);
        }
        match memchr::memrchr(b'\n', &bytes) {
            Some(at) => return Ok(from + at as u64 + 1),
            None if from == 0 => return Ok(0),
            None => {}
        }
    }
    Ok(size)
}

/// What became of the segment that a cursor names.
enum Fate {
    Here(Box<Open>, u64),
    /// It has another text now.
    Truncated(Box<Open>),
    Nowhere,
}

fn find(track: &mut Track, work: &Work<'_>, spot: &Spot) -> Result<(), Gone> {
    for attempt in 0..TRIES {
        if attempt > 0 {
            refresh(track, work);
        }
        match fate(track, work, spot) {
            Ok(Fate::Here(open, offset)) => {
                track.state = State::At(open, offset);
                return Ok(());
            }
            Ok(Fate::Truncated(open)) => {
                // What was before the offset is gone on the way back; on the way on, all of it is new.
                work.note(&track.series, track.series.segments.get(open.number), What::Truncated);
                track.state = State::At(open, 0);
                return Ok(());
            }
            Ok(Fate::Nowhere) | Err(Gone) => {}
        }
    }
    work.note(&track.series, None, What::Removed);
    repeated(track, work, |track, work| instead(track, work, spot))
}

fn fate(track: &Track, work: &Work<'_>, spot: &Spot) -> Result<Fate, Gone> {
    let segments = &track.series.segments;
    let is_same = |number: &usize| print::short(&[&segments[*number].file.identity]) == spot.identity;
    let before = usize::from(spot.number);
    let mut candidates: Vec<usize> = (0..segments.len()).collect();
    // Files only ever become older.
    candidates.sort_by_key(|number| (!is_same(number), *number < before, number.abs_diff(before)));
    let mut truncated = None;
    for number in candidates {
        let open = match Open::new(&work.reader, &track.series, number) {
            Ok(open) => Box::new(open),
            Err(trouble) => {
                track.fails(work, number, &trouble)?;
                continue;
            }
        };
        let end = open.end(&segments[number].file);
        let known = open.is(&spot.print) || (spot.print.length == 0 && is_same(&number));
        match known {
            true if spot.offset == END || spot.offset <= end => return Ok(Fate::Here(open, spot.offset.min(end))),
            false if !is_same(&number) => {}
            _ => truncated = truncated.or(Some(open)),
        }
    }
    Ok(truncated.map_or(Fate::Nowhere, Fate::Truncated))
}

/// Goes on where a segment is not there any more: by its time, else by its number.
fn instead(track: &mut Track, work: &Work<'_>, spot: &Spot) -> Result<(), Gone> {
    if work.way != Way::Newest {
        return instead_forth(track, work, spot);
    }
    for number in 0..track.series.segments.len() {
        if track.series.segments[number].file.size == 0 || !track.enter(work, number, END)? {
            continue;
        }
        let State::At(open, _) = &track.state else { continue };
        let older = match open.first {
            Some(first) if spot.bound != i64::MAX => first < spot.bound,
            _ => number >= usize::from(spot.number),
        };
        if older {
            return Ok(());
        }
    }
    track.state = State::Done;
    Ok(())
}

fn instead_forth(track: &mut Track, work: &Work<'_>, spot: &Spot) -> Result<(), Gone> {
    for number in (0..track.series.segments.len()).rev() {
        if !track.enter(work, number, 0)? {
            continue;
        }
        let State::At(open, _) = &track.state else { continue };
        let newer = match open.first {
            Some(first) if spot.bound != i64::MAX => work.key(first) <= spot.bound,
            // The one that was written was removed, so this is another.
            _ => number == 0 && spot.number == 0 && track.series.segments[0].current,
        };
        if newer {
            return Ok(());
        }
    }
    match &track.state {
        // All of it is older than what was read.
        State::At(open, _) if !track.series.segments.is_empty() => {
            let end = open.end(&track.series.segments[open.number].file);
            track.go_to(end);
        }
        _ => track.state = if work.way == Way::Live { State::Missing } else { State::Done },
    }
    Ok(())
}
