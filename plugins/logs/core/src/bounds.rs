//! Where a record begins and ends: its first line, and the lines behind it that belong to it.
//!
//! A line belongs to the one before if it is empty or begins with a space or a tab; and, in a file whose lines have a
//! time, if it has none. So a traceback stays together. A line of JSON is always a record. A record ends after a
//! thousand lines in any case.

use memchr::{memchr, memrchr};
use serde::de::IgnoredAny;

use crate::time::{self, Clock};

/// Lines of one record.
pub(crate) const MOST_LINES: usize = 1_000;
/// Bytes of one record: what is longer is taken in pieces.
pub(crate) const MOST_BYTES: usize = 1 << 20;

/// What is known of a file's lines.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shape {
    /// Lines have a time, so those without one go on.
    pub timed: bool,
    pub clock: Clock,
}

impl Shape {
    /// From the beginning of the file's text.
    pub fn of(head: &[u8], clock: Clock) -> Self {
        let lines =
            || head.split(|byte| *byte == b'\n').filter(|line| !matches!(line.first(), None | Some(b' ' | b'\t')));
        let has_time = |line: &[u8]| line.first() != Some(&b'{') && time::leading(line, &clock).is_some();
        // One in brackets among others is no JSON yet. The last line may have been cut.
        let is_json = |line: &[u8]| {
            let is_last = std::ptr::eq(line.as_ptr_range().end, head.as_ptr_range().end);
            line.first() == Some(&b'{') && (is_last || serde_json::from_slice::<IgnoredAny>(line).is_ok())
        };
        let timed = lines().any(has_time) || {
            let json = lines().filter(|line| is_json(line)).count();
            json > 0 && json * 2 >= lines().count()
        };
        Self { timed, clock }
    }

    /// Whether a record begins with the line that begins here.
    pub fn begins(&self, line: &[u8]) -> bool {
        match line.first() {
            None | Some(b' ' | b'\t' | b'\r' | b'\n') => false,
            Some(b'{') => true,
            Some(_) => !self.timed || time::leading(line, &self.clock).is_some(),
        }
    }

    /// The first place at or after `from` where a record begins. The beginning of `bytes` is one if `starts` says so.
    pub fn first(&self, bytes: &[u8], from: usize, starts: bool) -> Option<usize> {
        if from == 0 && starts {
            return Some(0);
        }
        let mut at = from.saturating_sub(1);
        while let Some(end) = memchr(b'\n', &bytes[at..]) {
            at += end + 1;
            if self.begins(&bytes[at..]) {
                return Some(at);
            }
        }
        None
    }

    /// The last place, behind the very first, where a record begins.
    pub fn last(&self, bytes: &[u8]) -> Option<usize> {
        let mut end = bytes.len();
        while let Some(at) = memrchr(b'\n', &bytes[..end]) {
            if self.begins(&bytes[at + 1..]) {
                return Some(at + 1);
            }
            end = at;
        }
        None
    }

    /// Beginning and end of the record that `at` falls in, not reaching back behind `floor`, which begins one.
    pub fn around(&self, bytes: &[u8], floor: usize, at: usize) -> (usize, usize) {
        let line = |at: usize| memrchr(b'\n', &bytes[floor..at]).map_or(floor, |end| floor + end + 1);
        let mut start = line(at);
        let mut left = MOST_LINES - 1;
        while start > floor && left > 0 && !self.begins(&bytes[start..]) {
            start = line(start - 1);
            left -= 1;
        }
        let mut end = end_of_line(bytes, at);
        while end < bytes.len() && left > 0 && !self.begins(&bytes[end..]) {
            end = end_of_line(bytes, end);
            left -= 1;
        }
        (start, end)
    }
}

/// Behind the end of the line that `at` falls in.
pub(crate) fn end_of_line(bytes: &[u8], at: usize) -> usize {
    memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &[u8] = b"2026-11-22 08:15:13 ERROR no\nTraceback (most recent call last):\n  File \"x\"\n\nValueError: 7\n2026-11-22 08:15:14 INFO up\n";

    fn all(shape: &Shape, bytes: &[u8]) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            found.push(shape.around(bytes, at, at));
            at = found[found.len() - 1].1;
        }
        found
    }

    #[test]
    fn a_traceback_stays_together_from_wherever_it_is_seen() {
        let shape = Shape::of(TRACE, Clock::default());
        assert!(shape.timed);
        let second = TRACE.len() - 28;
        assert_eq!(all(&shape, TRACE), [(0, second), (second, TRACE.len())]);
        for at in 0..second {
            assert_eq!(shape.around(TRACE, 0, at), (0, second), "{at}");
        }
        assert_eq!(shape.first(TRACE, 0, true), Some(0));
        for from in 1..=second {
            assert_eq!(shape.first(TRACE, from, true), Some(second));
        }
        assert_eq!(shape.first(TRACE, 0, false), Some(second));
        assert_eq!(shape.first(TRACE, second + 1, false), None);
        assert_eq!(shape.last(TRACE), Some(second));
        assert_eq!(shape.last(&TRACE[..second]), None);
    }

    #[test]
    fn without_times_only_indented_lines_go_on() {
        let text = b"a\n b\nc\n\td\n";
        let shape = Shape::of(text, Clock::default());
        assert!(!shape.timed);
        assert_eq!(all(&shape, text), [(0, 5), (5, 10)]);
    }

    #[test]
    fn each_line_of_json_is_a_record() {
        let text = b"{\"a\":1}\n{\"a\":2}\npanicked\n{\"a\":3}\n";
        let shape = Shape::of(text, Clock::default());
        assert_eq!(all(&shape, text), [(0, 8), (8, 25), (25, 33)]);
    }

    #[test]
    fn a_line_in_brackets_makes_no_json_of_a_plain_log() {
        for one in ["{", "{not json}", "{\"a\":1}"] {
            let text = format!("one\ntwo\n{one}\nfour\nfive\n");
            let shape = Shape::of(text.as_bytes(), Clock::default());
            assert!(!shape.timed && all(&shape, text.as_bytes()).len() == 5, "{one}");
        }
        assert!(Shape::of(b"{\"time\":\"2026", Clock::default()).timed);
        assert!(!Shape::of(b"", Clock::default()).timed);
    }

    #[test]
    fn a_record_ends_after_a_thousand_lines() {
        let text = "2026-11-22 08:15:13 x\n".to_owned() + &" y\n".repeat(2_500);
        let shape = Shape::of(text.as_bytes(), Clock::default());
        let found = all(&shape, text.as_bytes());
        assert_eq!(found.len(), 3);
        assert_eq!(found[0], (0, 22 + 999 * 3));
        assert_eq!(found[2].1, text.len());
    }
}
