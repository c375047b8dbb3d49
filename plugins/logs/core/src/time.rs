//! Times as programs write them at the beginning of a line, in microseconds since 1970 UTC.
//!
//! Read are: RFC 3339 and ISO 8601 with `T` or a space and `.` or `,` before the fraction; what syslog writes (RFC 3164
//! and 5424); Apache's and nginx's `[22/Nov/2026:08:15:13 +0000]` anywhere near the beginning; nginx's
//! `2026/11/22 08:15:13`; Apache's `[Sun Nov 22 08:15:13.123 2026]`; seconds and milliseconds since 1970; each also
//! behind a bracket or a level; and logfmt's `time=2026-11-22T08:15:13Z`.
//!
//! Deliberately not done: names of time zones. A time that names no offset is taken at the one its series is given.

use crate::calendar::{civil, days};
use crate::level::Level;
use crate::logfmt;

/// Microseconds of a second.
pub const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const DAY: i64 = 24 * 60 * MINUTE;
/// How far into a line the time of an access log is looked for.
const REACH: usize = 256;

/// What a time is completed with that does not say everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    /// When the file was last written, in microseconds: lines of RFC 3164 name no year, and are no younger than that.
    pub modified: i64,
    /// Minutes east of UTC that are meant where none are named.
    pub offset: i32,
}

/// Names under which the time stands, in JSON and in logfmt.
pub(crate) const NAMES: &[&str] = &["time", "ts", "timestamp", "@timestamp"];

/// A time, and what stands before and behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub micros: i64,
    /// Where the rest of the line begins; 0 where the time stands in its midst.
    pub rest: usize,
}

/// The time of a line of our own, which stands at fixed bytes.
pub(crate) fn ours(line: &[u8]) -> Option<i64> {
    if !line.starts_with(br#"{"time":""#) || line.get(35..37) != Some(br#"Z""#) {
        return None;
    }
    let mut at = Scan { bytes: &line[9..36], at: 0, offset: 0 };
    at.iso().filter(|_| at.at == 27)
}

/// The time at the beginning of a line that is not JSON.
pub(crate) fn leading(line: &[u8], clock: &Clock) -> Option<Stamp> {
    let mut at = Scan { bytes: line, at: 0, offset: clock.offset };
    match at.plain(clock) {
        Some(micros) => {
            at.skip(b"]");
            at.spaces();
            Some(Stamp { micros, rest: at.at })
        }
        None => {
            let micros = within(line, clock).or_else(|| named(line, clock));
            micros.map(|micros| Stamp { micros, rest: 0 })
        }
    }
}

/// The time of a line of `name=value`.
pub(crate) fn named(line: &[u8], clock: &Clock) -> Option<i64> {
    let value = logfmt::time(line, NAMES)?;
    let mut at = Scan { bytes: &line[..value.end], at: value.start, offset: clock.offset };
    let micros = at.again(Scan::iso).or_else(|| at.epoch())?;
    (at.at == value.end).then_some(micros)
}

/// The time of a text that is nothing else.
#[must_use]
pub fn whole(text: &str, clock: &Clock) -> Option<i64> {
    let mut at = Scan { bytes: text.as_bytes(), at: 0, offset: clock.offset };
    let micros = at
        .again(Scan::iso)
        .or_else(|| at.again(|at| at.day().map(|days| days * DAY - i64::from(at.offset) * MINUTE)))?;
    (at.at == text.len()).then_some(micros)
}

/// Of a number since 1970: seconds, milliseconds, microseconds or nanoseconds, whichever is a time of our days.
#[must_use]
pub fn number(number: f64) -> Option<i64> {
    let factor = match number {
        1e9..4e9 => 1e6,
        1e12..4e12 => 1e3,
        1e15..4e15 => 1.0,
        1e18..4e18 => 1e-3,
        _ => return None,
    };
    #[expect(clippy::cast_possible_truncation, reason = "all of these are far below 2^63")]
    Some((number * factor).round() as i64)
}

/// RFC 3339 in UTC with microseconds, as our own lines write it.
#[must_use]
pub fn written(micros: i64) -> String {
    let (days, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let (year, month, day) = civil(days);
    let (seconds, fraction) = (rest / SECOND, rest % SECOND);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}Z")
}

/// The time of an access log, which stands behind who asked.
fn within(line: &[u8], clock: &Clock) -> Option<i64> {
    let near = &line[..line.len().min(REACH)];
    let near = &near[..memchr::memchr(b'\n', near).unwrap_or(near.len())];
    let mut from = 0;
    while let Some(bracket) = memchr::memchr(b'[', &near[from..]) {
        from += bracket + 1;
        let mut at = Scan { bytes: near, at: from, offset: clock.offset };
        if let Some(micros) = at.access() {
            return Some(micros);
        }
    }
    None
}

/// Reads on from a place in a line; where it answers nothing the place is anywhere.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    offset: i32,
}

impl Scan<'_> {
    /// Whatever can stand at the beginning, brackets and a level before it included.
    fn plain(&mut self, clock: &Clock) -> Option<i64> {
        for _ in 0..5 {
            match self.bytes.get(self.at)? {
                b'[' | b'(' => self.at += 1,
                b'<' => {
                    self.at += 1;
                    self.digits(1, 3)?;
                    self.skip(b">").then_some(())?;
                    // The version of RFC 5424.
                    self.skip(b"1 ");
                }
                b'0'..=b'9' => {
                    return self.again(Self::iso).or_else(|| self.again(Self::slashes)).or_else(|| self.epoch());
                }
                _ => {
                    if let Some(micros) = self.again(|at| at.named(clock)) {
                        return Some(micros);
                    }
                    self.level()?;
                }
            }
        }
        None
    }

    /// `2026-11-22T08:15:13.004211Z`, `2026-11-22 08:15:13,004`, `2026-11-22 08:15:13 +0100`.
    fn iso(&mut self) -> Option<i64> {
        let days = self.day()?;
        matches!(self.bytes.get(self.at)?, b'T' | b't' | b' ').then(|| self.at += 1)?;
        let micros = days * DAY + self.clock()? + self.fraction();
        Some(micros - i64::from(self.zone()) * MINUTE)
    }

    /// `2026/11/22 08:15:13`
    fn slashes(&mut self) -> Option<i64> {
        let year = self.digits(4, 4)?;
        let month = self.after(b"/")?.digits(2, 2)?;
        let day = self.after(b"/")?.digits(2, 2)?;
        let days = days(year, month, day)?;
        let micros = days * DAY + self.after(b" ")?.clock()? + self.fraction();
        Some(micros - i64::from(self.offset) * MINUTE)
    }

    /// `22/Nov/2026:08:15:13 +0000`
    fn access(&mut self) -> Option<i64> {
        let day = self.digits(2, 2)?;
        let month = self.after(b"/")?.month()?;
        let year = self.after(b"/")?.digits(4, 4)?;
        let micros = days(year, month, day)? * DAY + self.after(b":")?.clock()?;
        Some(micros - i64::from(self.zone()) * MINUTE)
    }

    /// `Nov 22 08:15:13`, and `Sun Nov 22 08:15:13.123456 2026`.
    fn named(&mut self, clock: &Clock) -> Option<i64> {
        let weekday = self.bytes.get(self.at..self.at + 4)?;
        let has_weekday =
            [b"Mon ", b"Tue ", b"Wed ", b"Thu ", b"Fri ", b"Sat ", b"Sun "].iter().any(|known| weekday == *known);
        if has_weekday {
            self.at += 4;
        }
        let month = self.month()?;
        self.after(b" ")?.spaces();
        let day = self.digits(1, 2)?;
        let time = self.after(b" ")?.clock()? + self.fraction() - i64::from(self.offset) * MINUTE;
        if has_weekday && self.skip(b" ") {
            return Some(days(self.digits(4, 4)?, month, day)? * DAY + time);
        }
        let (this, ..) = civil(clock.modified.div_euclid(DAY));
        let this_year = days(this, month, day).map(|days| days * DAY + time);
        match this_year {
            Some(micros) if micros <= clock.modified + DAY => Some(micros),
            _ => days(this - 1, month, day).map(|days| days * DAY + time),
        }
    }

    /// `1795335313`, `1795335313.004`, `1795335313004`, with something else behind it.
    fn epoch(&mut self) -> Option<i64> {
        let from = self.at;
        let mut value = self.digits(10, 13)?;
        let length = self.at - from;
        let ends = self.bytes.get(self.at).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        let factor = match length {
            10 => SECOND,
            13 => 1_000,
            _ => return None,
        };
        value *= factor;
        let range = 1_000_000_000 * SECOND..4_000_000_000 * SECOND;
        (ends && range.contains(&value)).then(|| value + if factor == SECOND { self.fraction() } else { 0 })
    }

    /// A level before the time.
    fn level(&mut self) -> Option<()> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().take(12).take_while(|byte| byte.is_ascii_alphabetic()).count();
        Level::of_word(std::str::from_utf8(&rest[..length]).ok()?)?;
        self.at += length;
        while matches!(self.bytes.get(self.at), Some(b']' | b':' | b' ' | b'\t' | b'|' | b'-')) {
            self.at += 1;
        }
        Some(())
    }

    fn day(&mut self) -> Option<i64> {
        let year = self.digits(4, 4)?;
        let month = self.after(b"-")?.digits(2, 2)?;
        let day = self.after(b"-")?.digits(2, 2)?;
        days(year, month, day)
    }

    fn month(&mut self) -> Option<i64> {
        const NAMES: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
        let name = self.bytes.get(self.at..self.at + 3)?;
        let number = NAMES.chunks_exact(3).position(|known| known == name)?;
        self.at += 3;
        i64::try_from(number + 1).ok()
    }

    /// `08:15:13`, in microseconds.
    fn clock(&mut self) -> Option<i64> {
        let hour = self.digits(2, 2)?;
        let minute = self.after(b":")?.digits(2, 2)?;
        let second = self.after(b":")?.digits(2, 2)?;
        (hour < 24 && minute < 60 && second <= 60).then_some(((hour * 60 + minute) * 60 + second) * SECOND)
    }

    fn fraction(&mut self) -> i64 {
        let Some([b'.' | b',', first, ..]) = self.bytes.get(self.at..) else { return 0 };
        if !first.is_ascii_digit() {
            return 0;
        }
        self.at += 1;
        let (mut micros, mut worth) = (0, SECOND / 10);
        while let Some(digit) = self.bytes.get(self.at).filter(|byte| byte.is_ascii_digit()) {
            micros += i64::from(digit - b'0') * worth;
            worth /= 10;
            self.at += 1;
        }
        micros
    }

    /// Minutes east of UTC: what is named, else what the series is given.
    fn zone(&mut self) -> i32 {
        if self.skip(b"Z") || self.skip(b"z") || self.skip(b" UTC") {
            return 0;
        }
        self.again(|at| {
            at.skip(b" ");
            let sign = match at.bytes.get(at.at)? {
                b'+' => 1,
                b'-' => -1,
                _ => return None,
            };
            at.at += 1;
            let hours = at.digits(2, 2)?;
            at.skip(b":");
            let minutes = at.digits(2, 2)?;
            i32::try_from(hours * 60 + minutes).ok().map(|minutes| sign * minutes)
        })
        .unwrap_or(self.offset)
    }

    fn digits(&mut self, least: usize, most: usize) -> Option<i64> {
        let rest = self.bytes.get(self.at..)?;
        let length = rest.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        if length < least {
            return None;
        }
        self.at += length;
        Some(rest[..length].iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
    }

    fn after(&mut self, text: &[u8]) -> Option<&mut Self> {
        self.skip(text).then_some(self)
    }

    fn skip(&mut self, text: &[u8]) -> bool {
        let there = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(text));
        if there {
            self.at += text.len();
        }
        there
    }

    fn spaces(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// Tries, and stays where it was if there is nothing.
    fn again<T>(&mut self, attempt: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let from = self.at;
        let found = attempt(self);
        if found.is_none() {
            self.at = from;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCK: Clock = Clock { modified: 1_795_335_313 * SECOND, offset: 0 };

    fn read(line: &str) -> Option<String> {
        leading(line.as_bytes(), &CLOCK).map(|stamp| written(stamp.micros))
    }

    #[test]
    fn what_programs_write_is_read() {
        for (line, expected) in [
            ("2026-11-22T08:15:13Z up", "2026-11-22T08:15:13.000000Z"),
            ("2026-11-22T08:15:13.1234567+01:00 up", "2026-11-22T07:15:13.123456Z"),
            ("2026-11-22 08:15:13,123 INFO up", "2026-11-22T08:15:13.123000Z"),
            ("[2026-11-22 08:15:13.5] up", "2026-11-22T08:15:13.500000Z"),
            ("2026-11-22 08:15:13 -0530 up", "2026-11-22T13:45:13.000000Z"),
            ("INFO 2026-11-22 08:15:13 up", "2026-11-22T08:15:13.000000Z"),
            ("[WARN] [2026-11-22 08:15:13] up", "2026-11-22T08:15:13.000000Z"),
            ("Nov 22 08:15:13 host cron[1]: up", "2026-11-22T08:15:13.000000Z"),
            ("Nov  2 08:15:13 host cron[1]: up", "2026-11-02T08:15:13.000000Z"),
            ("Dec 31 23:59:59 host cron[1]: up", "2025-12-31T23:59:59.000000Z"),
            ("<34>Oct 11 22:14:15 mymachine su: x", "2026-10-11T22:14:15.000000Z"),
            ("<34>1 2003-10-11T22:14:15.003Z mymachine su - ID47 - x", "2003-10-11T22:14:15.003000Z"),
            ("10.0.0.1 - - [22/Nov/2026:08:15:13 +0100] \"GET / HTTP/1.1\" 200 5", "2026-11-22T07:15:13.000000Z"),
            ("::1 - a [x] [22/Nov/2026:08:15:13 +0000] \"GET /", "2026-11-22T08:15:13.000000Z"),
            ("2026/11/22 08:15:13 [error] 7#7: *1", "2026-11-22T08:15:13.000000Z"),
            ("[Sun Nov 22 08:15:13.123456 2026] [core:error] x", "2026-11-22T08:15:13.123456Z"),
            ("time=2026-11-22T08:15:13.5+01:00 level=info msg=up", "2026-11-22T07:15:13.500000Z"),
            ("level=info ts=1795335313.25 msg=up", "2026-11-22T08:15:13.250000Z"),
            ("time=\"2026-11-22 08:15:13\" msg=up", "2026-11-22T08:15:13.000000Z"),
            ("1795335313 up", "2026-11-22T08:15:13.000000Z"),
            ("1795335313.25 up", "2026-11-22T08:15:13.250000Z"),
            ("1795335313004 up", "2026-11-22T08:15:13.004000Z"),
        ] {
            assert_eq!(read(line).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for line in [
            "",
            "x",
            "Traceback (most recent call last):",
            "2026-13-22T08:15:13Z",
            "2026-11-22T25:15:13Z",
            "12345 x",
            "1795335313abc",
            "[",
            "<",
            "<34",
            "99999999999999999999",
            "Novel 22 08:15:13",
            "2026-11-22",
            "2026-02-31T08:15:13Z",
            "time=soon msg=up",
            "it took time=2026-11-22T08:15:13Z",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
        assert_eq!(ours(br#"{"time":"2026-11-22T08:15:13.00421Z","level""#), None);
    }

    #[test]
    fn our_own_stands_at_fixed_bytes_and_is_written_the_same() {
        let line = br#"{"time":"2026-11-22T08:15:13.004211Z","level":"info"}"#;
        assert_eq!(written(ours(line).unwrap()), "2026-11-22T08:15:13.004211Z");
        for micros in [0, -1, 951_782_400 * SECOND, 4_102_444_799 * SECOND + 999_999] {
            assert_eq!(whole(&written(micros), &CLOCK), Some(micros));
        }
    }

    #[test]
    fn an_offset_that_is_not_named_is_the_series_own() {
        let clock = Clock { offset: 60, ..CLOCK };
        let stamp = leading(b"2026-11-22 08:15:13 x", &clock).unwrap();
        assert_eq!((written(stamp.micros).as_str(), stamp.rest), ("2026-11-22T07:15:13.000000Z", 20));
        assert_eq!(whole("2026-11-22", &clock).map(written).as_deref(), Some("2026-11-21T23:00:00.000000Z"));
        assert_eq!(number(1_795_335_313.5), Some(1_795_335_313_500_000));
        assert_eq!(number(1_795_335_313_004.0), Some(1_795_335_313_004_000));
        assert_eq!(number(5.0), None);
    }
}
