//! From the oldest line of a series on, or from where a follow stands: one piece at a time, then the segment behind.

use crate::back::{Failed, Walk};
use crate::bounds::MOST_BYTES;
use crate::cursor::Way;
use crate::hit::What;
use crate::packed::{self, Stream};
use crate::scan::{Stretch, forwards};
use crate::text::{Body, END, time_of};
use crate::track::{Gone, State, Track, Work};

/// Milliseconds after which a line without an end is taken as it is, where nobody follows it.
pub(crate) const HALF: i64 = 5_000;
/// Milliseconds in which more lines may come that belong to the last.
const MORE: i64 = 1_000;

/// Looks through one more piece, for at most so many records.
pub(crate) fn advance(track: &mut Track, work: &Work<'_>, most: usize) -> Result<(), Gone> {
    let State::At(open, offset) = &track.state else { return Ok(()) };
    let (number, offset) = (open.number, *offset);
    if number >= track.series.segments.len() {
        return Err(Gone);
    }
    let done = match &open.body {
        Body::Plain => plain(track, work, offset, most),
        Body::Indexed(_) => indexed(track, work, offset, most),
        Body::Stream => stream(track, work, offset, most),
    };
    done.or_else(|failed| match failed {
        Failed::Gone => Err(Gone),
        Failed::Trouble(trouble) => {
            track.fails(work, number, &trouble)?;
            newer(track, work)
        }
    })
}

/// Enters the next younger segment that has anything.
fn newer(track: &mut Track, work: &Work<'_>) -> Result<(), Gone> {
    let State::At(open, _) = &track.state else { return Ok(()) };
    for next in (0..open.number).rev() {
        if track.series.segments[next].file.size > 0 && enter(track, work, next)? {
            return Ok(());
        }
    }
    track.wait(work);
    Ok(())
}

/// Enters a segment at its beginning, or at the time that is asked for. Answers whether it can have anything.
pub(crate) fn enter(track: &mut Track, work: &Work<'_>, number: usize) -> Result<bool, Gone> {
    let earliest = work.matcher.earliest();
    let ranged = work.way == Way::Oldest;
    if (ranged && track.is_long_before(number, earliest)) || !track.enter(work, number, 0)? {
        return Ok(false);
    }
    if ranged && track.is_before(work, earliest) {
        return Ok(false);
    }
    if let State::At(open, _) = &track.state
        && ranged
        && earliest != i64::MIN
    {
        match open.seek(&work.reader, &track.series, earliest) {
            Ok(sought) => track.go_to(sought.map_or(0, |(before, _)| before)),
            Err(trouble) => track.fails(work, number, &trouble)?,
        }
    }
    Ok(true)
}

fn plain(track: &mut Track, work: &Work<'_>, offset: u64, most: usize) -> Result<(), Failed> {
    let State::At(open, _) = &track.state else { return Ok(()) };
    let Some(segment) = track.series.segments.get(open.number) else { return Ok(()) };
    // One byte more, which says whether a line begins at the offset.
    let before = offset.min(1);
    let length = track.read + usize::try_from(before).unwrap_or(1);
    let bytes = work.reader.read(&track.series.directory, &segment.file, offset - before, length)?;
    if offset > 0 && bytes.is_empty() {
        // It is shorter than it was a moment ago.
        return Err(Failed::Gone);
    }
    let at_end = bytes.len() < length;
    let (previous, bytes) = bytes.split_at(usize::try_from(before).unwrap_or(1));
    let starts = offset == 0 || previous == b"\n";
    let end = match at_end {
        true => whole(track, work, offset, bytes),
        false => match open.shape.last(bytes) {
            Some(at) => at,
            None if bytes.len() < MOST_BYTES => {
                track.read = MOST_BYTES;
                return plain(track, work, offset, most);
            }
            None => memchr::memrchr(b'\n', bytes).map_or(bytes.len() - work.matcher.overlap(), |at| at + 1),
        },
    };
    if bytes.is_empty() {
        return newer(track, work).map_err(|Gone| Failed::Gone);
    }
    if end == 0 {
        track.wait(work);
        return Ok(());
    }
    work.reader.looked_at(end);
    look(track, work, Stretch { bytes, end, starts }, offset, most);
    Ok(())
}

/// How much at the end of a file is whole: a line waits for its end, and a record of several for those that may come,
/// unless something younger is there.
fn whole(track: &Track, work: &Work<'_>, offset: u64, bytes: &[u8]) -> usize {
    let State::At(open, _) = &track.state else { return 0 };
    let (younger, rest) = track.series.segments.split_at(open.number);
    if younger.iter().any(|segment| segment.file.size > 0) {
        return bytes.len();
    }
    let live = work.way == Way::Live;
    let age = rest.first().map_or(0, |segment| {
        let grown = offset + bytes.len() as u64 > segment.file.size;
        if grown { 0 } else { work.age(segment) }
    });
    let mut end = bytes.len();
    if bytes.last() != Some(&b'\n') && (live || age < HALF) {
        end = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
    }
    if live && open.shape.timed && age < MORE && end > 0 {
        let last = open.shape.last(&bytes[..end]).unwrap_or(0);
        if bytes[last] != b'{' {
            end = last;
        }
    }
    end
}

fn indexed(track: &mut Track, work: &Work<'_>, offset: u64, most: usize) -> Result<(), Failed> {
    let State::At(open, _) = &track.state else { return Ok(()) };
    let Body::Indexed(index) = &open.body else { return Ok(()) };
    let Some(segment) = track.series.segments.get(open.number) else { return Ok(()) };
    if offset >= index.end() {
        return newer(track, work).map_err(|Gone| Failed::Gone);
    }
    let number = index.at(offset);
    let (base, next) = (index.member(number).plain, index.member(number + 1).plain);
    let unpacked = packed::member(&work.reader, &track.series.directory, &segment.file, index, number)?;
    if !unpacked.whole {
        work.note(&track.series, Some(segment), What::Damaged);
    }
    let bytes = unpacked.text.get(usize::try_from(offset - base).unwrap_or(usize::MAX)..).unwrap_or_default();
    work.reader.looked_at(bytes.len());
    if look(track, work, Stretch { bytes, end: bytes.len(), starts: true }, offset, most) {
        // Also behind what is damaged.
        track.go_to(next);
    }
    Ok(())
}

/// Looks through a stretch that begins at `base`, and goes to where that came; answers whether that is its end.
fn look(track: &mut Track, work: &Work<'_>, stretch: Stretch<'_>, base: u64, most: usize) -> bool {
    let State::At(open, _) = &track.state else { return false };
    let shape = open.shape;
    let mut found = Vec::new();
    let at = forwards(stretch, &shape, work.matcher, track.most(work, most), &mut found);
    track.take(work, base, stretch.bytes, found);
    track.go_to(base + at as u64);
    if at == stretch.end {
        let last = shape.last(&stretch.bytes[..at]).unwrap_or(0);
        let time = time_of(&stretch.bytes[last..], &shape.clock);
        track.lower(time.map(|time| work.key(time)));
        track.read_more();
        let passed = |time: i64| time > work.matcher.latest() && track.rises(work, time);
        if work.way == Way::Oldest && time.is_some_and(passed) {
            track.go_to(END);
        }
    }
    at == stretch.end
}

/// A file that can only be read from its beginning: what stands before the offset is passed, and a piece behind it looked
/// through, whatever both cost. Passing is not counted, for no step would come further.
fn stream(track: &mut Track, work: &Work<'_>, offset: u64, most: usize) -> Result<(), Failed> {
    let State::At(open, _) = &track.state else { return Ok(()) };
    let (shape, number, budget) = (open.shape, open.number, work.reader.budget);
    let Some(segment) = track.series.segments.get(number).cloned() else { return Ok(()) };
    if offset != END && (segment.file.size > budget.whole.packed || offset >= budget.whole.text) {
        track.passes_over(work, number);
        track.go_to(END);
        return Ok(());
    }
    if offset == END {
        return newer(track, work).map_err(|Gone| Failed::Gone);
    }
    let directory = track.series.directory.clone();
    let mut stream = Stream::new(&work.reader, &directory, &segment.file);
    let mut walk = Walk { base: 0, buffer: Vec::new(), starts: true };
    let mut left = budget.text;
    loop {
        stream.add(&mut walk.buffer)?;
        if !walk.reaches(offset.saturating_add(1)) && !stream.ended {
            walk.pass(walk.buffer.len());
            continue;
        }
        if walk.base < offset {
            walk.pass(walk.buffer.len().min(usize::try_from(offset - walk.base).unwrap_or(usize::MAX)));
        }
        let long = walk.reaches(budget.whole.text) && !stream.ended;
        let end = walk.end(long || stream.ended, END, &shape, work.matcher.overlap());
        work.reader.looked_at(end);
        left = left.saturating_sub(end as u64);
        let stretch = Stretch { bytes: &walk.buffer, end, starts: walk.starts };
        let all = look(track, work, stretch, walk.base, most - track.pending.len());
        if all && long {
            track.passes_over(work, number);
        }
        if all && (long || stream.ended) {
            track.go_to(END);
        }
        let late = end > 0 && (left == 0 || (work.matcher.is_slow() && (budget.over)()));
        if !all || late || matches!(track.state, State::At(_, END)) || track.is_full(work, most) {
            break;
        }
        walk.pass(end);
    }
    if stream.damaged {
        work.note(&track.series, Some(&segment), What::Damaged);
    }
    Ok(())
}
