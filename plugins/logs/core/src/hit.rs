//! What is answered: records that were asked for, and what must be said of the files.

use serde::{Deserialize, Serialize};

use crate::line::{self, Record};
use crate::scan::Found;

/// Bytes of a record that are shown where no more are asked for.
pub const LONGEST: usize = 64 << 10;

/// A record that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Which of the series that were asked, by its place among them.
    pub series: usize,
    /// The file, as it was called when it was read.
    pub path: String,
    /// The file by how its text begins, in eleven letters, digits, `-` and `_`: that stays when it is renamed and
    /// compressed. See [`find`](crate::find).
    pub segment: String,
    /// Where it begins in the file's text, in bytes, and how many bytes it has there.
    pub offset: u64,
    pub length: u64,
    /// Its lines as they stand there without the last line's end, no longer than was asked for; what is no UTF-8 is
    /// replaced.
    pub text: String,
    pub record: Record,
    /// More of it stands there than is shown.
    pub cut: bool,
    /// Its last line has no end: it goes on in the record behind it.
    pub broken: bool,
    /// It is not the beginning of a record: the rest of a very long line, or lines whose first is not there or was shown
    /// before.
    pub continued: bool,
}

/// What a person must know who reads the lines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    pub what: What,
    /// The name of the directory, and the file in it; empty where it has no name any more.
    pub directory: String,
    pub path: String,
}

/// What happened to a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Another program has cut it off: it is read from its beginning again.
    Truncated,
    /// It was removed before all of it was read.
    Removed,
    /// It is damaged: what could be read was.
    Damaged,
    /// It could not be read, for the reason that is named.
    Unreadable(String),
    /// Another program has compressed it in one piece, and it is larger than may be looked through: it was passed over, or
    /// what stands behind so much of it. See [`Whole`](crate::Whole).
    Long,
}

impl Hit {
    /// Of what was found in `bytes`, which begin at `base` in the text of a file, by its path and its print; with at most
    /// `longest` bytes of it.
    pub(crate) fn new(
        series: usize,
        (path, segment): (&str, &str),
        base: u64,
        bytes: &[u8],
        found: Found,
        longest: usize,
    ) -> Self {
        let Found { start, end, record, short, headless, broken } = found;
        let whole = &bytes[start..end];
        let shown = whole.strip_suffix(b"\n").unwrap_or(whole);
        let shown = shown.strip_suffix(b"\r").unwrap_or(shown);
        // A letter in the midst of which it is cut would be shown as a broken one.
        let lossy = String::from_utf8_lossy(&shown[..shown.len().min(longest.saturating_add(4))]);
        let text = line::cut(&lossy, longest).to_owned();
        let cut = short || broken || shown.len() > longest;
        Self {
            series,
            path: path.to_owned(),
            segment: segment.to_owned(),
            offset: base + start as u64,
            length: whole.len() as u64,
            text,
            record,
            cut,
            broken,
            continued: headless,
        }
    }

    /// Bytes of memory that it takes, about.
    pub(crate) fn weight(&self) -> usize {
        size_of::<Self>() + self.path.len() + self.text.len() + self.record.weight()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(text: &[u8]) -> Hit {
        let found = Found {
            start: 1,
            end: text.len(),
            record: Record::default(),
            short: false,
            headless: false,
            broken: false,
        };
        Hit::new(0, ("x.log", ""), 10, text, found, LONGEST)
    }

    #[test]
    fn it_shows_what_stands_there_and_no_more_than_fits() {
        let short = hit(b"-caf\xe9 au lait\r\n");
        assert_eq!(
            (short.text.as_str(), short.offset, short.length, short.cut),
            ("caf\u{fffd} au lait", 11, 14, false)
        );
        let long = hit(&[b"-".to_vec(), "ä".repeat(40_000).into_bytes()].concat());
        assert_eq!((long.text.len(), long.length, long.cut), (LONGEST, 80_000, true));
        assert!(!long.text.contains('\u{fffd}'));
    }
}
