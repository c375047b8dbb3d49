//! From the newest line of a series back: one piece at a time, then the segment before.

use std::collections::VecDeque;

use crate::bounds::MOST_BYTES;
use crate::hit::{Hit, What};
use crate::packed::{self, Stream};
use crate::scan::{Most, Stretch, backwards};
use crate::text::{Body, END, Open, time_of};
use crate::track::{Gone, State, Track, Work};

/// Looks through one more piece, for at most so many records.
pub(crate) fn advance(track: &mut Track, work: &Work<'_>, most: usize) -> Result<(), Gone> {
    let State::At(open, offset) = &track.state else { return Ok(()) };
    let (number, offset) = (open.number, *offset);
    let Some(segment) = track.series.segments.get(number) else { return Err(Gone) };
    if offset == 0 {
        return older(track, work, number);
    }
    let done = match &open.body {
        Body::Plain => plain(track, work, offset.min(segment.file.size), most),
        Body::Indexed(index) => {
            let offset = offset.min(index.end());
            indexed(track, work, offset, most)
        }
        Body::Stream => stream(track, work, offset, most),
    };
    done.or_else(|failed| match failed {
        Failed::Gone => Err(Gone),
        // What cannot be read is passed over, and said.
        Failed::Trouble(trouble) => track.fails(work, number, &trouble).map(|()| track.go_to(0)),
    })
}

/// Why a piece could not be looked through.
pub(crate) enum Failed {
    Gone,
    Trouble(crate::files::Trouble),
}

impl From<crate::files::Trouble> for Failed {
    fn from(trouble: crate::files::Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Enters the next older segment that can have anything.
fn older(track: &mut Track, work: &Work<'_>, number: usize) -> Result<(), Gone> {
    for next in number + 1..track.series.segments.len() {
        let earliest = work.matcher.earliest();
        let unseen = track.series.segments[next].file.size == 0 || track.is_long_before(next, earliest);
        if !unseen && track.enter(work, next, END)? && !track.is_before(work, earliest) {
            return skip_younger(track, work);
        }
    }
    track.state = State::Done;
    Ok(())
}

/// Goes back to the time that is asked for, where one is.
pub(crate) fn skip_younger(track: &mut Track, work: &Work<'_>) -> Result<(), Gone> {
    let latest = work.matcher.latest();
    let State::At(open, offset) = &track.state else { return Ok(()) };
    // One that was passed over whole has lowered it to just that.
    if latest == i64::MAX || track.bound < latest {
        return Ok(());
    }
    let sought = match open.body {
        // A clock that was ahead would have been put right before the file was written for the last time.
        Body::Stream => {
            let modified = open.shape.clock.modified;
            Ok(open.first.filter(|first| (latest.saturating_add(1)..=modified).contains(first)).map(|_| (0, 0)))
        }
        _ => open.seek(&work.reader, &track.series, latest.saturating_add(1)),
    };
    let (number, offset) = (open.number, *offset);
    match sought {
        Ok(Some((_, behind))) => {
            track.go_to(offset.min(behind));
            track.lower(Some(latest));
            Ok(())
        }
        Ok(None) => Ok(()),
        Err(trouble) => track.fails(work, number, &trouble),
    }
}

fn plain(track: &mut Track, work: &Work<'_>, offset: u64, most: usize) -> Result<(), Failed> {
    let State::At(open, _) = &track.state else { return Ok(()) };
    let Some(file) = track.series.segments.get(open.number).map(|segment| &segment.file) else { return Ok(()) };
    let length = usize::try_from(offset).unwrap_or(usize::MAX).min(track.read);
    let from = offset - length as u64;
    let mut bytes = work.reader.read(&track.series.directory, file, from, length)?;
    if bytes.len() < length {
        // It is shorter than it was a moment ago.
        return Err(Failed::Gone);
    }
    if bytes.last() != Some(&b'\n') && offset < file.size {
        bytes.extend(work.reader.read(&track.series.directory, file, offset, work.matcher.overlap())?);
    }
    work.reader.looked_at(length);
    let stretch = Stretch { bytes: &bytes, end: length, starts: from == 0 };
    let at = look(track, work, stretch, from, most);
    if at == length && length < MOST_BYTES {
        // No record begins in so few bytes.
        track.read = MOST_BYTES;
        return plain(track, work, offset, most);
    }
    Ok(())
}

fn indexed(track: &mut Track, work: &Work<'_>, offset: u64, most: usize) -> Result<(), Failed> {
    let State::At(open, _) = &track.state else { return Ok(()) };
    let Body::Indexed(index) = &open.body else { return Ok(()) };
    let Some(segment) = track.series.segments.get(open.number) else { return Ok(()) };
    let Some(last) = offset.checked_sub(1).filter(|_| index.len() > 0) else {
        track.go_to(0);
        return Ok(());
    };
    let number = index.at(last);
    let base = index.member(number).plain;
    let unpacked = packed::member(&work.reader, &track.series.directory, &segment.file, index, number)?;
    if !unpacked.whole {
        work.note(&track.series, Some(segment), What::Damaged);
    }
    let end = unpacked.text.len().min(usize::try_from(offset - base).unwrap_or(usize::MAX));
    work.reader.looked_at(end);
    look(track, work, Stretch { bytes: &unpacked.text[..end], end, starts: true }, base, most);
    Ok(())
}

/// Looks through a stretch that begins at `base`, and goes to where that came; answers how far that is in it.
fn look(track: &mut Track, work: &Work<'_>, stretch: Stretch<'_>, base: u64, most: usize) -> usize {
    let State::At(open, _) = &track.state else { return 0 };
    let shape = open.shape;
    let mut found = Vec::new();
    let at = backwards(stretch, &shape, work.matcher, track.most(work, most), &mut found);
    let enough = found.len() >= most;
    track.take(work, base, stretch.bytes, found);
    track.go_to(base + at as u64);
    if !enough && at < stretch.end {
        let time = time_of(&stretch.bytes[at..], &shape.clock);
        track.lower(time);
        track.read_more();
        if time.is_some_and(|time| time < work.matcher.earliest() && track.rises(work, time)) {
            track.go_to(0);
        }
    }
    at
}

/// All of a file that can only be read from its beginning, for the last records before the offset, whatever it costs.
fn stream(track: &mut Track, work: &Work<'_>, offset: u64, most: usize) -> Result<(), Failed> {
    let State::At(open, _) = &track.state else { return Ok(()) };
    let Some(segment) = track.series.segments.get(open.number) else { return Ok(()) };
    let (number, first) = (open.number, open.first);
    let mut last = Last { hits: VecDeque::new(), weight: 0, most: track.most(work, most), dropped: false };
    let small = segment.file.size <= work.reader.budget.whole.packed;
    if !small || !pass(track, work, open, offset, &mut last)? {
        track.passes_over(work, number);
    }
    let enough = last.dropped || last.hits.len() >= most;
    let reached = last.hits.back().filter(|_| enough).map_or(0, |hit| hit.offset);
    track.hold(work, last.hits.into());
    track.go_to(reached);
    track.lower(first.filter(|_| !enough));
    Ok(())
}

/// Looks through a file from its beginning to the offset. Answers whether it came there.
fn pass(track: &Track, work: &Work<'_>, open: &Open, offset: u64, last: &mut Last<'_>) -> Result<bool, Failed> {
    let Some(segment) = track.series.segments.get(open.number) else { return Ok(false) };
    let (budget, limit) = (work.reader.budget, offset.min(work.reader.budget.whole.text));
    let (name, unhurried) = (open.print().to_text(), Most { over: &|| false, ..last.most });
    let file = (segment.file.path.as_str(), name.as_str());
    let mut stream = Stream::new(&work.reader, &track.series.directory, &segment.file);
    let mut walk = Walk { base: 0, buffer: Vec::new(), starts: true };
    loop {
        stream.add(&mut walk.buffer)?;
        let ends = stream.ended || walk.reaches(limit);
        let end = walk.end(ends, limit, &open.shape, work.matcher.overlap());
        work.reader.looked_at(end);
        let stretch = Stretch { bytes: &walk.buffer, end, starts: walk.starts };
        let mut found = Vec::new();
        backwards(stretch, &open.shape, work.matcher, unhurried, &mut found);
        let hit = |found| Hit::new(track.number, file, walk.base, &walk.buffer, found, budget.longest);
        last.add(found.into_iter().map(hit));
        walk.pass(end);
        if ends {
            break;
        }
        // Of what takes long at each byte nobody knows when it would end.
        if work.matcher.is_slow() && (budget.over)() {
            return Ok(false);
        }
    }
    if stream.damaged {
        work.note(&track.series, Some(segment), What::Damaged);
    }
    Ok(limit == offset || stream.ended)
}

/// The last records of what was looked through so far, the last one first.
struct Last<'a> {
    hits: VecDeque<Hit>,
    weight: usize,
    most: Most<'a>,
    /// There were more.
    dropped: bool,
}

impl Last<'_> {
    /// Takes those of the next piece, the last one first.
    fn add(&mut self, newer: impl DoubleEndedIterator<Item = Hit>) {
        for hit in newer.rev() {
            self.weight += hit.weight();
            self.hits.push_front(hit);
        }
        while self.hits.len() > self.most.records || (self.weight > self.most.bytes && self.hits.len() > 1) {
            self.weight -= self.hits.pop_back().map_or(0, |hit| hit.weight());
            self.dropped = true;
        }
    }
}

/// What of a text is at hand on the way through all of it.
pub(crate) struct Walk {
    /// Where it begins in the text.
    pub base: u64,
    pub buffer: Vec<u8>,
    /// Whether a line begins with it.
    pub starts: bool,
}

impl Walk {
    pub fn reaches(&self, offset: u64) -> bool {
        self.base + self.buffer.len() as u64 >= offset
    }

    /// How far it can be looked through: to the beginning of the last record, which may go on in what follows.
    pub fn end(&self, ends: bool, offset: u64, shape: &crate::bounds::Shape, overlap: usize) -> usize {
        if ends {
            return self.buffer.len().min(usize::try_from(offset - self.base).unwrap_or(usize::MAX));
        }
        match shape.last(&self.buffer) {
            Some(at) => at,
            None if self.buffer.len() < MOST_BYTES => 0,
            None => match memchr::memrchr(b'\n', &self.buffer) {
                Some(at) => at + 1,
                None => self.buffer.len() - overlap,
            },
        }
    }

    /// So many bytes are done with.
    pub fn pass(&mut self, bytes: usize) {
        if bytes > 0 {
            self.starts = self.buffer[bytes - 1] == b'\n';
            self.buffer.drain(..bytes);
            self.base += bytes as u64;
        }
    }
}
