//! The text of one segment, whether it lies there plainly or compressed: how it begins, how long it is, and pieces of it.

use std::cell::OnceCell;

use crate::bounds::Shape;
use crate::files::{File, Files, Trouble};
use crate::line::Record;
use crate::matcher::Matcher;
use crate::packed::{self, Index};
use crate::print::{LENGTH, Print};
use crate::reader::{Budget, Reader, Whole};
use crate::series::{Segment, Series};
use crate::time::{self, Clock};

/// Bytes of the beginning that are looked at to know what lines look like.
const HEAD: usize = LENGTH;
/// Bytes that are read to see when a place of the text was written.
const SAMPLE: usize = 16 << 10;
/// And how many are looked at to know whether times rise, in so many bytes each.
const SAMPLES: u64 = 32;
const PROBE: usize = 4 << 10;
/// How far the time of a file may stand before that of its last line, in microseconds: it is written in turn.
const BESIDE: i64 = 60 * time::SECOND;
/// How near a place is looked for by its time.
const NEAR: u64 = 256 << 10;
/// Where a text ends whose length is not known.
pub(crate) const END: u64 = u64::MAX;

/// A segment that was opened.
#[derive(Debug)]
pub(crate) struct Open {
    /// Which one of its series.
    pub number: usize,
    /// How its text begins.
    head: Vec<u8>,
    print: Print,
    pub shape: Shape,
    /// The time of its first line that has one.
    pub first: Option<i64>,
    pub body: Body,
    /// See [`Open::samples`].
    samples: OnceCell<Vec<(u64, i64)>>,
}

/// Files that other programs have compressed in one piece, and that are larger than may be looked through: a step passes
/// them over. Those that are older than what is asked for are not named.
#[must_use]
pub fn in_one_piece(files: &dyn Files, series: &[Series], matcher: &Matcher, whole: Whole) -> Vec<String> {
    let budget = Budget { read: u64::MAX, text: u64::MAX, hits: 0, longest: 0, whole, over: &|| false };
    let reader = Reader::new(files, budget);
    let is_one = |series: &Series, segment: &Segment| {
        let file = &segment.file;
        segment.packed
            && file.modified.saturating_mul(1_000) >= matcher.earliest()
            && matches!(Index::read(&reader, &series.directory, file), Ok(None))
            && (file.size > whole.packed || packed::says(&reader, &series.directory, file) > whole.text)
    };
    let all = series.iter().flat_map(|series| series.segments.iter().map(move |segment| (series, segment)));
    all.filter(|(series, segment)| is_one(series, segment)).map(|(_, segment)| segment.file.path.clone()).collect()
}

/// How its text is reached.
#[derive(Debug)]
pub(crate) enum Body {
    Plain,
    Indexed(Index),
    /// From its beginning on only.
    Stream,
}

impl Open {
    /// Opens a segment; `Gone` where it is not there any more.
    pub fn new(reader: &Reader<'_>, series: &Series, number: usize) -> Result<Self, Trouble> {
        let segment = series.segments.get(number).ok_or(Trouble::Gone)?;
        let head = match segment.packed {
            true => packed::beginning(reader, &series.directory, &segment.file, 0, HEAD)?,
            false => reader.read(&series.directory, &segment.file, 0, HEAD)?,
        };
        let clock = clock(series, &segment.file);
        let body = match segment.packed {
            false => Body::Plain,
            true => Index::read(reader, &series.directory, &segment.file)?.map_or(Body::Stream, Body::Indexed),
        };
        let (shape, first) = (Shape::of(&head, clock), first_time(&head, &clock));
        let print = Print::of(&head);
        Ok(Self { number, head, print, shape, first, body, samples: OnceCell::new() })
    }

    /// What the segment is known by.
    pub const fn print(&self) -> Print {
        self.print
    }

    /// Whether it is the one that was seen.
    pub fn is(&self, print: &Print) -> bool {
        print.is_of(&self.head)
    }

    /// Where its text ends; [`END`] where that is not known.
    pub fn end(&self, file: &File) -> u64 {
        match &self.body {
            Body::Plain => file.size,
            Body::Indexed(index) => index.end(),
            Body::Stream => END,
        }
    }

    /// Where lines of this time stand: those before the first place are older, those from the second on are not, as far
    /// as they are in order. None where they are not, or have no time, or cannot be entered.
    pub fn seek(&self, reader: &Reader<'_>, series: &Series, time: i64) -> Result<Option<(u64, u64)>, Trouble> {
        let Some(file) = series.segments.get(self.number).map(|segment| &segment.file) else { return Ok(None) };
        let mut samples = self.samples(reader, series).to_vec();
        if samples.is_empty() {
            return Ok(None);
        }
        let sought = match &self.body {
            Body::Stream => return Ok(None),
            Body::Plain => {
                let (mut low, mut high) = (0, file.size);
                while high - low > NEAR {
                    let middle = low.midpoint(high);
                    let Some(sample) = self.sample(reader, series, middle, SAMPLE)? else { return Ok(None) };
                    samples.push(sample);
                    match sample.1 < time {
                        true => low = middle,
                        // It is behind `middle` that the sample stands, and all before may be older than it.
                        false => high = sample.0.min(high - 1),
                    }
                }
                (low, high)
            }
            Body::Indexed(index) => {
                let (mut low, mut high) = (0, index.len());
                while high - low > 1 {
                    let middle = low.midpoint(high);
                    let place = index.member(middle).plain;
                    let Some(sample) = self.sample(reader, series, place, HEAD)? else { return Ok(None) };
                    samples.push(sample);
                    match sample.1 < time {
                        true => low = middle,
                        false => high = middle,
                    }
                }
                (index.member(low).plain, index.member(high).plain)
            }
        };
        // Where even the first line is that young, there is nothing older.
        let sought = if samples[0].1 >= time { (0, 0) } else { sought };
        Ok(in_order(samples).then_some(sought))
    }

    /// Whether times rise all the way, as far as samples say, with this one among them.
    pub fn rises(&self, reader: &Reader<'_>, series: &Series, at: u64, time: i64) -> bool {
        let samples = self.samples(reader, series);
        !samples.is_empty() && in_order([samples, &[(at, time)]].concat())
    }

    /// Whether all of it was written before a time, in microseconds, as far as can be known without reading it. A clock
    /// that was put back makes a file look older than its lines.
    pub fn is_before(&self, reader: &Reader<'_>, series: &Series, time: i64) -> bool {
        let modified = self.shape.clock.modified;
        let is_older = |sample: &(u64, i64)| sample.1 <= modified.saturating_add(BESIDE);
        modified < time
            && match (&self.body, self.first) {
                (_, None) => true,
                (Body::Stream, Some(first)) => is_older(&(0, first)),
                _ => self.samples(reader, series).iter().all(is_older),
            }
    }

    /// Places and times of some lines all over it, the first one first; none where it cannot be entered anywhere or lines
    /// have no time.
    fn samples(&self, reader: &Reader<'_>, series: &Series) -> &[(u64, i64)] {
        self.samples.get_or_init(|| {
            let Some(first) = self.first else { return Vec::new() };
            let places: Vec<u64> = match &self.body {
                Body::Stream => return Vec::new(),
                Body::Plain => {
                    let size = series.segments.get(self.number).map_or(0, |segment| segment.file.size);
                    let most = SAMPLES.min(size / PROBE as u64);
                    let last = size.saturating_sub(PROBE as u64);
                    (1..most).map(|number| number * (size / most)).chain((last > 0).then_some(last)).collect()
                }
                Body::Indexed(index) => {
                    let each = index.len().div_ceil(SAMPLES as usize).max(1);
                    let last = index.len().saturating_sub(1);
                    (each..last)
                        .step_by(each)
                        .chain((last > 0).then_some(last))
                        .map(|at| index.member(at).plain)
                        .collect()
                }
            };
            let others = places.into_iter().filter_map(|at| self.sample(reader, series, at, PROBE).ok().flatten());
            [(0, first)].into_iter().chain(others).collect()
        })
    }

    /// Place and time of the first line that has one and begins behind a place of the text, or with a member.
    fn sample(
        &self,
        reader: &Reader<'_>,
        series: &Series,
        at: u64,
        length: usize,
    ) -> Result<Option<(u64, i64)>, Trouble> {
        let Some(file) = series.segments.get(self.number).map(|segment| &segment.file) else { return Ok(None) };
        let (bytes, start) = match &self.body {
            Body::Stream => return Ok(None),
            Body::Plain => {
                let bytes = reader.read(&series.directory, file, at, length)?;
                let start = self.shape.first(&bytes, 1, false);
                (bytes, start)
            }
            Body::Indexed(index) => {
                let packed = index.member(index.at(at)).packed;
                (packed::beginning(reader, &series.directory, file, packed, length)?, Some(0))
            }
        };
        let Some(start) = start else { return Ok(None) };
        Ok(time_of(&bytes[start..], &self.shape.clock).map(|time| (at + start as u64, time)))
    }
}

fn in_order(mut samples: Vec<(u64, i64)>) -> bool {
    samples.sort_unstable();
    samples.is_sorted_by_key(|(_, time)| *time)
}

/// What times of a file are completed with.
pub(crate) fn clock(series: &Series, file: &File) -> Clock {
    Clock { modified: file.modified.saturating_mul(1_000), offset: series.layout.offset }
}

/// The time of the line that begins here.
pub(crate) fn time_of(line: &[u8], clock: &Clock) -> Option<i64> {
    let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
    match line.first()? {
        b'{' => time::ours(line).or_else(|| Record::parse(line, clock).time),
        _ => time::leading(line, clock).map(|stamp| stamp.micros),
    }
}

fn first_time(head: &[u8], clock: &Clock) -> Option<i64> {
    head.split(|byte| *byte == b'\n').find_map(|line| time_of(line, clock))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;
    use crate::series::{Layout, gather};
    use crate::tests::PLENTY;

    const START: i64 = 1_795_335_313 * time::SECOND;

    fn line(number: i64) -> String {
        format!("{} line {number} {}\n", time::written(START + number * time::SECOND), "x".repeat(60))
    }

    fn seek(files: &Memory, seconds: i64) -> Option<(u64, u64)> {
        let series = gather(files, "logs", Layout::NODES).unwrap().remove(0);
        let reader = Reader::new(files, PLENTY);
        let open = Open::new(&reader, &series, 0).unwrap();
        open.seek(&reader, &series, START + seconds * time::SECOND).unwrap()
    }

    #[test]
    fn a_time_is_found_without_reading_all() {
        let length = line(0).len() as u64;
        let text: String = (10_000..30_000).map(line).collect();
        let plain = Memory::default();
        plain.write("x.log", text.as_bytes());
        let packed = Memory::default();
        packed.write("x.log.1", text.as_bytes());
        packed.pack("x.log.1", 300_000);
        for files in [plain, packed] {
            for second in [10_001, 12_345, 20_000, 29_999] {
                let (before, behind) = seek(&files, second).unwrap();
                let place = (second as u64 - 10_000) * length;
                assert!(before <= place && place <= behind && behind - before < 400_000, "{second} {before} {behind}");
            }
            assert_eq!(seek(&files, 10_000), Some((0, 0)));
            assert_eq!(seek(&files, 5), Some((0, 0)));
            assert_eq!(seek(&files, 40_000).unwrap().1, text.len() as u64);
        }
    }

    #[test]
    fn a_clock_that_jumps_is_not_sought_by() {
        let files = Memory::default();
        let text: String = (10_000..20_000).chain(0..10_000).map(line).collect();
        files.write("x.log", text.as_bytes());
        assert_eq!(seek(&files, 15_000), None);
    }

    #[test]
    fn a_text_is_known_however_it_is_kept() {
        let files = Memory::default();
        let text: String = (0..100).map(line).collect();
        files.write("x.log.1", text.as_bytes());
        let open = || {
            let series = gather(&files, "logs", Layout::NODES).unwrap().remove(0);
            let reader = Reader::new(&files, PLENTY);
            let open = Open::new(&reader, &series, 0).unwrap();
            let end = open.end(&series.segments[0].file);
            (open, end)
        };
        let (plain, length) = open();
        files.pack("x.log.1", 1_000);
        let (packed, same) = open();
        assert_eq!((plain.print(), plain.first, length), (packed.print(), packed.first, same));
        files.write("x.log.1.gz", &crate::memory::gzip(text.as_bytes()));
        let (foreign, end) = open();
        assert_eq!((plain.print(), end), (foreign.print(), END));
        assert!(foreign.shape.timed && foreign.first == Some(START));
    }
}
