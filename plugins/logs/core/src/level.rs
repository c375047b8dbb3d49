//! How grave a line is, from what programs write for it.

use serde::{Deserialize, Serialize};

/// The levels, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

/// What stands for each, in lower case.
const WORDS: &[(&str, Level)] = &[
    ("trace", Level::Trace),
    ("finest", Level::Trace),
    ("finer", Level::Trace),
    ("debug", Level::Debug),
    ("fine", Level::Debug),
    ("info", Level::Info),
    ("information", Level::Info),
    ("notice", Level::Info),
    ("warn", Level::Warn),
    ("warning", Level::Warn),
    ("error", Level::Error),
    ("err", Level::Error),
    ("severe", Level::Error),
    ("fatal", Level::Error),
    ("crit", Level::Error),
    ("critical", Level::Error),
    ("alert", Level::Error),
    ("emerg", Level::Error),
    ("emergency", Level::Error),
    ("panic", Level::Error),
];

/// How far into a line a level is looked for.
const REACH: usize = 96;

impl Level {
    pub const ALL: [Self; 5] = [Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error];

    /// As our own lines and addresses write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// Of one word, however it is written.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, level)| *level)
    }

    /// Of a number in the field `level`, as bunyan and pino write it.
    pub(crate) fn of_number(number: i64) -> Option<Self> {
        Some(match number {
            10..20 => Self::Trace,
            20..30 => Self::Debug,
            30..40 => Self::Info,
            40..50 => Self::Warn,
            50..=60 => Self::Error,
            _ => return None,
        })
    }

    /// Of a syslog priority (RFC 5424, section 6.2.1).
    pub(crate) const fn of_priority(priority: u32) -> Self {
        match priority % 8 {
            0..=3 => Self::Error,
            4 => Self::Warn,
            5 | 6 => Self::Info,
            _ => Self::Debug,
        }
    }

    /// Of the first word near the beginning of a line that stands there as a level: in capitals, or set off by brackets,
    /// a colon, a bar or `level=`. "No error was found" says nothing.
    pub(crate) fn of_line(line: &[u8]) -> Option<Self> {
        let line = &line[..line.len().min(REACH)];
        let mut at = 0;
        while at < line.len() {
            let length = line[at..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            if length == 0 {
                at += 1;
                continue;
            }
            let word = &line[at..at + length];
            let before = at.checked_sub(1).map(|before| line[before]);
            let after = line.get(at + length).copied();
            let capitals = word.iter().all(u8::is_ascii_uppercase);
            let set_off = matches!(before, Some(b'[' | b'=' | b'<' | b'(' | b'|'))
                || matches!(after, Some(b']' | b':' | b'|' | b'>'));
            // Part of a longer name: `error_log`, `no-error`, `trace3`.
            let part = |byte: Option<u8>| {
                byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/'))
            };
            if (capitals || set_off)
                && !part(before)
                && !part(after)
                && let Some(level) = std::str::from_utf8(word).ok().and_then(Self::of_word)
            {
                return Some(level);
            }
            at += length;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Level;

    #[test]
    fn a_level_is_found_where_it_stands_as_one() {
        for (line, level) in [
            ("[error] 12#12: *1 open() failed", Some(Level::Error)),
            ("INFO root: started", Some(Level::Info)),
            ("ERROR:root:no luck", Some(Level::Error)),
            ("level=warning msg=\"careful\"", Some(Level::Warn)),
            ("[core:error] [pid 1] no such file", Some(Level::Error)),
            ("host sshd[12]: error: kex_exchange", Some(Level::Error)),
            ("DEBUG [main] x", Some(Level::Debug)),
            ("no error was found, trace it", None),
            ("see ERROR_LOG and NO-ERROR", None),
            ("", None),
        ] {
            assert_eq!(Level::of_line(line.as_bytes()), level, "{line}");
        }
    }

    #[test]
    fn numbers_and_priorities_are_levels() {
        assert_eq!(Level::of_number(50), Some(Level::Error));
        assert_eq!(Level::of_number(7), None);
        assert_eq!(Level::of_priority(34), Level::Error);
        assert_eq!(Level::of_priority(14), Level::Info);
        assert!(Level::ALL.is_sorted() && Level::ALL.iter().all(|level| Level::of_word(level.name()) == Some(*level)));
    }
}
