//! Lines that wait to be written to one file, and how many are missing behind them.

use std::io::{self, Write};
use std::mem;

use jiff::Timestamp;

use crate::line;

/// Lines that found no room, and when the first of them was said.
#[derive(Debug)]
struct Gap {
    lines: u64,
    since: Timestamp,
}

/// What waits for one file.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    bytes: Vec<u8>,
    /// Behind all of the bytes. While there is one nothing is added, so that it stays the place of what is missing.
    gap: Option<Gap>,
}

impl Waiting {
    /// Bytes of lines.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.gap.is_none()
    }

    /// Adds a line, or counts it where the bytes would be more than that.
    pub(crate) fn add(&mut self, line: &[u8], most: usize) {
        match self.gap.is_some() || self.bytes.len() + line.len() > most {
            true => self.miss(1, Timestamp::now),
            false => self.bytes.extend_from_slice(line),
        }
    }

    /// Adds what was said later, or counts its lines.
    pub(crate) fn follow(&mut self, more: Self, node: &str, most: usize) {
        if self.is_empty() {
            *self = more;
            return;
        }
        if self.bytes.len() + more.bytes.len() > most {
            let lines = more.bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
            self.miss(lines, Timestamp::now);
        } else if !more.bytes.is_empty() {
            self.close(node);
            self.bytes.extend_from_slice(&more.bytes);
        }
        if let Some(Gap { lines, since }) = more.gap {
            self.miss(lines, || since);
        }
    }

    /// Has a line say what is missing, where it is. Answers whether anything was.
    pub(crate) fn close(&mut self, node: &str) -> bool {
        let Some(Gap { lines, since }) = self.gap.take() else { return false };
        let told = format!("{lines} lines are missing here: they could not be written in time");
        self.bytes.extend(line::own(since, node, &told));
        true
    }

    fn miss(&mut self, lines: u64, since: impl FnOnce() -> Timestamp) {
        self.gap.get_or_insert_with(|| Gap { lines: 0, since: since() }).lines += lines;
    }

    /// Writes the lines; a gap behind them stays. A line that is broken off stays whole in here, to be written again.
    /// Answers the bytes that were written, and why those were not all.
    pub(crate) fn write_to(&mut self, to: &mut impl Write) -> (u64, io::Result<()>) {
        let mut written = 0;
        let outcome = loop {
            if written == self.bytes.len() {
                break Ok(());
            }
            match to.write(&self.bytes[written..]) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(more) => written += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        let whole = self.bytes[..written].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        match whole == self.bytes.len() {
            true => drop(mem::take(&mut self.bytes)),
            false => drop(self.bytes.drain(..whole)),
        }
        (written as u64, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes at a time, and no more than these in all.
    struct Narrow {
        taken: Vec<u8>,
        step: usize,
        room: usize,
    }

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let length = bytes.len().min(self.step).min(self.room - self.taken.len());
            self.taken.extend_from_slice(&bytes[..length]);
            Ok(length)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn waiting(lines: &[&str]) -> Waiting {
        let mut waiting = Waiting::default();
        lines.iter().for_each(|line| waiting.add(line.as_bytes(), 1_000));
        waiting
    }

    fn text(waiting: &Waiting) -> &str {
        std::str::from_utf8(&waiting.bytes).unwrap()
    }

    #[test]
    fn a_file_that_takes_nothing_is_an_error_and_no_line_is_lost() {
        let mut held = waiting(&["one\n", "two\n"]);
        let mut full = Narrow { taken: Vec::new(), step: 3, room: 6 };
        let (written, outcome) = held.write_to(&mut full);
        assert_eq!((written, outcome.unwrap_err().kind()), (6, io::ErrorKind::WriteZero));
        assert_eq!((full.taken.as_slice(), text(&held)), (b"one\ntw".as_slice(), "two\n"));
        let mut free = Narrow { taken: Vec::new(), step: 3, room: 100 };
        assert!(held.write_to(&mut free).1.is_ok() && held.is_empty());
        assert_eq!(free.taken, b"two\n");
    }

    #[test]
    fn what_is_missing_is_said_where_it_is_missing() {
        // Two find no room, and what is said afterwards does although it is short: it came behind the gap.
        let mut held = Waiting::default();
        for line in ["long line one\n", "long line two\n", "x\n"] {
            held.add(line.as_bytes(), 20);
        }
        held.follow(waiting(&["later\n"]), "one", 1_000);
        let lines: Vec<_> = text(&held).lines().collect();
        assert_eq!((lines.len(), lines[0], lines[2]), (3, "long line one", "later"));
        assert!(lines[1].contains("\"message\":\"2 lines are missing here"), "{}", lines[1]);
    }

    #[test]
    fn lines_that_are_held_too_long_are_counted_together() {
        let mut held = waiting(&["first\n"]);
        for more in ["a\nb\n", "c\n"] {
            held.follow(waiting(&[more]), "one", 7);
        }
        assert_eq!(text(&held), "first\n");
        assert!(held.close("one") && !held.close("one"));
        assert!(text(&held).contains("3 lines are missing here"), "{}", text(&held));
    }
}
