//! Looks through a stretch of text for the records that are asked for: forwards, or backwards in small windows, so that
//! who wants the last hundred lines reads no more than those.
//!
//! What has no beginning of a record for 1 MiB is cut there: a line of 10 MB is taken in pieces, each of which is searched
//! with a little of the next, so that a text that lies over the cut is found.

use memchr::memchr;

use crate::bounds::{MOST_BYTES, Shape, end_of_line};
use crate::line::Record;
use crate::matcher::{Asked, Matcher};

/// Bytes that are looked through at a time on the way back.
const WINDOW: usize = 32 << 10;
/// Bytes that are searched at a time for what takes long: an expression may look far behind the record that it begins in.
const SLOW: usize = 4 << 10;

/// Bytes of memory that a record takes beside what it says.
const OWN: usize = 256;

/// How much is taken of a stretch.
#[derive(Clone, Copy)]
pub(crate) struct Most<'a> {
    pub records: usize,
    /// Bytes of memory, about; the last record may have more.
    pub bytes: usize,
    /// Asked where something has been done already and takes long.
    pub over: &'a dyn Fn() -> bool,
}

/// A stretch of text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch<'a> {
    pub bytes: &'a [u8],
    /// Where what is to be looked through ends; behind it may stand a little of what follows in the same line.
    pub end: usize,
    /// Whether a line begins with the first byte.
    pub starts: bool,
}

/// A record that was asked for, by its bytes in the stretch.
#[derive(Debug)]
pub(crate) struct Found {
    pub start: usize,
    pub end: usize,
    pub record: Record,
    /// The record has been cut.
    pub short: bool,
    /// It is not the beginning of a record: the rest of a long line, or lines that something went before.
    pub headless: bool,
    /// It goes on behind its end.
    pub broken: bool,
}

/// From the beginning on; answers how far it came: to the end, or behind the last that it took.
pub(crate) fn forwards(
    stretch: Stretch<'_>,
    shape: &Shape,
    matcher: &Matcher,
    most: Most<'_>,
    to: &mut Vec<Found>,
) -> usize {
    let Stretch { bytes, end, starts } = stretch;
    let mut taken = Taken { to, left: most };
    let (mut at, mut asked) = (0, 0);
    if !starts && end > 0 {
        at = end_of_line(&bytes[..end], 0);
        taken.add(found(stretch, (0, at), true, shape, matcher));
    }
    while at < end && !taken.is_enough() {
        if matcher.is_slow() && at - asked >= WINDOW {
            asked = at;
            if (most.over)() {
                return at;
            }
        }
        let until = if matcher.is_slow() { some(stretch, shape, at) } else { end };
        let searched = if until == end { bytes.len() } else { until };
        let place = matcher.next(&bytes[at..searched]).map(|place| at + place).filter(|place| *place < until);
        let Some(place) = place else {
            at = until;
            continue;
        };
        let (start, stop) = shape.around(&bytes[..end], at, place);
        taken.add(found(stretch, (start, stop), false, shape, matcher));
        at = stop;
    }
    at
}

/// Behind as many whole records as are searched at a time, one at least.
fn some(stretch: Stretch<'_>, shape: &Shape, at: usize) -> usize {
    let rest = &stretch.bytes[at..stretch.end];
    if rest.len() <= SLOW {
        return stretch.end;
    }
    shape.last(&rest[..SLOW]).map_or_else(|| shape.around(&stretch.bytes[..stretch.end], at, at).1, |last| at + last)
}

/// From the end on, the last record first; answers how far it came: to the beginning of the first record that is whole,
/// or to that of the last that it took. Where it comes nowhere the stretch is too short.
pub(crate) fn backwards(
    stretch: Stretch<'_>,
    shape: &Shape,
    matcher: &Matcher,
    most: Most<'_>,
    to: &mut Vec<Found>,
) -> usize {
    let all = Most { records: usize::MAX, bytes: usize::MAX, over: &|| false };
    let mut taken = Taken { to, left: most };
    let (mut end, mut last) = (stretch.end, None);
    while end > 0 && !taken.is_enough() {
        if matcher.is_slow() && end < stretch.end && (most.over)() {
            return end;
        }
        let Some((start, starts)) = before(stretch, shape, end) else { break };
        // Behind the end there is more of the same line only where all ends.
        let behind = if end == stretch.end { stretch.bytes.len() } else { end };
        let window = Stretch { bytes: &stretch.bytes[start..behind], end: end - start, starts };
        let mut inside = Vec::new();
        forwards(window, shape, matcher, all, &mut inside);
        end = start;
        for found in inside.into_iter().rev() {
            let found = Found { start: found.start + start, end: found.end + start, ..found };
            if !taken.is_enough() {
                last = Some(found.start);
                taken.add(Some(found));
            }
        }
    }
    last.filter(|_| taken.is_enough()).unwrap_or(end)
}

/// What was taken, as long as it is not enough.
struct Taken<'a, 'b> {
    to: &'a mut Vec<Found>,
    left: Most<'b>,
}

impl Taken<'_, '_> {
    const fn is_enough(&self) -> bool {
        self.left.records == 0 || self.left.bytes == 0
    }

    fn add(&mut self, found: Option<Found>) {
        let Some(found) = found else { return };
        self.left.records = self.left.records.saturating_sub(1);
        self.left.bytes = self.left.bytes.saturating_sub(found.weight());
        self.to.push(found);
    }
}

impl Found {
    /// Bytes of memory that it takes where it is answered, about.
    pub fn weight(&self) -> usize {
        OWN + (self.end - self.start) + self.record.weight()
    }
}

/// Where the records before `end` begin, some way back, and whether a line begins there.
fn before(stretch: Stretch<'_>, shape: &Shape, end: usize) -> Option<(usize, bool)> {
    let bytes = &stretch.bytes[..end];
    let mut reach = WINDOW;
    loop {
        let from = end.saturating_sub(reach);
        if let Some(start) = shape.first(bytes, from, stretch.starts) {
            return Some((start, true));
        }
        if end - from >= MOST_BYTES {
            let line = memchr(b'\n', &bytes[from..]).map(|at| from + at + 1).filter(|at| *at < end);
            return Some(line.map_or((from, from == 0 && stretch.starts), |line| (line, true)));
        }
        if from == 0 {
            return None;
        }
        reach = (reach * 2).min(MOST_BYTES);
    }
}

fn found(
    stretch: Stretch<'_>,
    (start, end): (usize, usize),
    rest: bool,
    shape: &Shape,
    matcher: &Matcher,
) -> Option<Found> {
    let Stretch { bytes, end: all, .. } = stretch;
    let broken = end == all && bytes.len() > all && bytes[end - 1] != b'\n';
    let searched = &bytes[start..if broken { bytes.len() } else { end }];
    let headless = rest || !shape.begins(searched);
    let mut record = matcher.take(Asked { bytes: searched, headless: rest }, &shape.clock)?;
    let short = record.shorten();
    Some(Found { start, end, record, short, headless, broken })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Filter;
    use crate::time::Clock;

    fn matcher(text: &str) -> Matcher {
        Matcher::new(&Filter::from_pairs([("text", text)]).unwrap(), 0).unwrap()
    }

    fn most(records: usize) -> Most<'static> {
        Most { records, bytes: usize::MAX, over: &|| false }
    }

    fn lines(number: usize) -> String {
        (0..number).map(|line| format!("2026-11-22 08:15:13 line {line}\n  more of {line}\n")).collect()
    }

    fn texts<'a>(bytes: &'a [u8], found: &[Found]) -> Vec<&'a str> {
        found.iter().map(|found| std::str::from_utf8(&bytes[found.start..found.end]).unwrap()).collect()
    }

    #[test]
    fn both_ways_find_the_same() {
        let text = lines(5_000);
        let bytes = text.as_bytes();
        let shape = Shape::of(bytes, Clock::default());
        for asked in ["", "more of 17", "7\n", "LINE 4999", "nowhere"] {
            let matcher = matcher(asked);
            let whole = Stretch { bytes, end: bytes.len(), starts: true };
            let (mut there, mut back) = (Vec::new(), Vec::new());
            assert_eq!(forwards(whole, &shape, &matcher, most(usize::MAX / 2), &mut there), bytes.len());
            assert_eq!(backwards(whole, &shape, &matcher, most(usize::MAX / 2), &mut back), 0);
            back.reverse();
            assert_eq!(texts(bytes, &there), texts(bytes, &back), "{asked}");
            assert!(there.iter().all(|found| !found.headless && !found.broken));
        }
    }

    #[test]
    fn an_expression_that_looks_behind_its_record_is_linear() {
        let text = r#"{"message":"GET /x"}
"#
        .repeat(100_000);
        let shape = Shape::of(text.as_bytes(), Clock::default());
        let whole = Stretch { bytes: text.as_bytes(), end: text.len(), starts: true };
        let lines = |asked: &str| {
            let filter = Filter::from_pairs([("text", asked), ("as", "regex")]).unwrap();
            let (matcher, mut found) = (Matcher::new(&filter, 0).unwrap(), Vec::new());
            assert_eq!(forwards(whole, &shape, &matcher, most(usize::MAX), &mut found), text.len());
            found.len()
        };
        // Each of them would look through all that stands behind it: 100 GB.
        assert_eq!((lines(r"GET[^?]*\?"), lines(r"GET(.|\n)*z|nothing")), (0, 0));
        assert_eq!(lines("GET[^?]*x"), 100_000);
    }

    #[test]
    fn an_expression_can_be_broken_off() {
        let text = lines(10_000);
        let bytes = text.as_bytes();
        let shape = Shape::of(bytes, Clock::default());
        let filter = Filter::from_pairs([("text", "n[o]where"), ("as", "regex")]).unwrap();
        let matcher = Matcher::new(&filter, 0).unwrap();
        let whole = Stretch { bytes, end: bytes.len(), starts: true };
        let late = Most { over: &|| true, ..most(9) };
        let at = forwards(whole, &shape, &matcher, late, &mut Vec::new());
        assert!((WINDOW..WINDOW + 2 * SLOW).contains(&at) && shape.begins(&bytes[at..]), "{at}");
        let at = backwards(whole, &shape, &matcher, late, &mut Vec::new());
        assert!(at < bytes.len() && at > bytes.len() - 2 * WINDOW && shape.begins(&bytes[at..]), "{at}");
    }

    #[test]
    fn it_stops_where_there_is_enough() {
        let text = lines(100);
        let bytes = text.as_bytes();
        let shape = Shape::of(bytes, Clock::default());
        let whole = Stretch { bytes, end: bytes.len(), starts: true };
        let mut found = Vec::new();
        let at = forwards(whole, &shape, &matcher("line"), most(3), &mut found);
        assert_eq!(texts(bytes, &found).concat(), lines(3));
        assert_eq!(at, lines(3).len());
        found.clear();
        let at = backwards(whole, &shape, &matcher("line"), most(3), &mut found);
        assert_eq!((found.len(), found[2].start), (3, at));
        assert!(text[at..].starts_with("2026-11-22 08:15:13 line 97\n"));
    }

    #[test]
    fn a_stretch_without_a_beginning_is_too_short_or_cut() {
        let shape = Shape::of(b"2026-11-22 08:15:13 x\n", Clock::default());
        let long = vec![b'x'; 3 << 20];
        let mut found = Vec::new();
        let short = Stretch { bytes: &long[..1_000], end: 1_000, starts: false };
        assert_eq!(backwards(short, &shape, &matcher("xxx"), most(9), &mut found), 1_000);
        let large = Stretch { bytes: &long, end: 3 << 20, starts: true };
        assert_eq!(backwards(large, &shape, &matcher("xxx"), most(9), &mut found), 0);
        let places: Vec<_> = found.iter().map(|found| (found.start >> 20, found.end >> 20, found.headless)).collect();
        assert_eq!(places, [(2, 3, true), (1, 2, true), (0, 1, true)]);
    }

    #[test]
    fn what_lies_over_the_cut_is_found_in_the_piece_it_begins_in() {
        let shape = Shape::default();
        let text = b"aaaaNEEDLEbbbb\n";
        let mut found = Vec::new();
        let first = Stretch { bytes: &text[..11], end: 6, starts: true };
        forwards(first, &shape, &matcher("needle"), most(9), &mut found);
        assert_eq!((found.len(), found[0].end, found[0].broken), (1, 6, true));
        found.clear();
        let rest = Stretch { bytes: &text[6..], end: 9, starts: false };
        assert_eq!(forwards(rest, &shape, &matcher("needle"), most(9), &mut found), 9);
        assert!(found.is_empty());
        forwards(rest, &shape, &matcher("bbb"), most(9), &mut found);
        assert!(found.len() == 1 && found[0].headless);
    }
}
