//! A moment as persons and addresses name it: a day, a minute, a second, or how long ago.

use crate::time::{self, Clock, SECOND};

/// One end of a time range, which keeps its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    text: String,
    said: Said,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// The first microsecond that is meant, and how many there are: of a day, a minute, a second.
    At(i64, i64),
    /// Microseconds before now.
    Ago(i64),
}

/// Units of "how long ago", in seconds.
const UNITS: &[(char, i64)] = &[('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];
/// The longest "ago": a hundred years.
const LONGEST: i64 = 36_525 * 86_400;

impl Moment {
    /// Reads `2026-11-22`, `2026-11-22T08:15`, `2026-11-22T08:15:13.5Z`, or `90s`, `30m`, `24h`, `7d`, `2w` for that long
    /// ago. Without an offset it is UTC.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let said = Self::ago(text).map(Said::Ago).or_else(|| Self::at(text))?;
        Some(Self { text: text.to_owned(), said })
    }

    fn ago(text: &str) -> Option<i64> {
        let unit = text.chars().next_back()?;
        let (_, seconds) = UNITS.iter().find(|(known, _)| *known == unit)?;
        let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
        let seconds = i64::from(number) * seconds;
        (seconds <= LONGEST).then_some(seconds * SECOND)
    }

    fn at(text: &str) -> Option<Said> {
        let clock = Clock::default();
        // A minute may be followed by an offset, where a second would stand.
        let minute = text.get(..16).zip(text.get(16..)).filter(|(_, rest)| !rest.starts_with(':'));
        let (text, length) = match minute {
            _ if text.len() == 10 => (text.to_owned(), 86_400 * SECOND),
            Some((minute, offset)) => (format!("{minute}:00{offset}"), 60 * SECOND),
            _ if text.contains('.') => (text.to_owned(), 1),
            _ => (text.to_owned(), SECOND),
        };
        Some(Said::At(time::whole(&text, &clock)?, length))
    }

    /// As it was said.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first microsecond that is meant, where this is now.
    #[must_use]
    pub const fn first(&self, now: i64) -> i64 {
        match self.said {
            Said::At(micros, _) => micros,
            Said::Ago(micros) => now - micros,
        }
    }

    /// The last one.
    #[must_use]
    pub const fn last(&self, now: i64) -> i64 {
        match self.said {
            Said::At(micros, length) => micros + length - 1,
            Said::Ago(micros) => now - micros,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_as_long_as_it_is_said() {
        for (text, first, last) in [
            ("2026-11-22", "2026-11-22T00:00:00.000000Z", "2026-11-22T23:59:59.999999Z"),
            ("2026-11-22T08:15", "2026-11-22T08:15:00.000000Z", "2026-11-22T08:15:59.999999Z"),
            ("2026-11-22T08:15Z", "2026-11-22T08:15:00.000000Z", "2026-11-22T08:15:59.999999Z"),
            ("2026-11-22T08:15+01:00", "2026-11-22T07:15:00.000000Z", "2026-11-22T07:15:59.999999Z"),
            ("2026-11-22 08:15 -0500", "2026-11-22T13:15:00.000000Z", "2026-11-22T13:15:59.999999Z"),
            ("2026-11-22 08:15:13", "2026-11-22T08:15:13.000000Z", "2026-11-22T08:15:13.999999Z"),
            ("2026-11-22T08:15:13+01:00", "2026-11-22T07:15:13.000000Z", "2026-11-22T07:15:13.999999Z"),
            ("2026-11-22T08:15:13.5Z", "2026-11-22T08:15:13.500000Z", "2026-11-22T08:15:13.500000Z"),
            ("90m", "2026-11-22T06:45:13.000000Z", "2026-11-22T06:45:13.000000Z"),
        ] {
            let now = 1_795_335_313 * SECOND;
            let moment = Moment::parse(text).unwrap();
            assert_eq!(
                (time::written(moment.first(now)).as_str(), time::written(moment.last(now)).as_str()),
                (first, last)
            );
            assert_eq!(moment.text(), text);
        }
    }

    #[test]
    fn what_is_none_is_none() {
        for text in [
            "",
            "soon",
            "5",
            "m",
            "5x",
            "-5m",
            "99999999d",
            "2026-11-22T",
            "2026-11-22T08",
            "2026-02-31",
            "2026-11-22T08:15x",
            "ä",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }
}
