//! The files of a directory as series: one log with everything it was before, the newest first.
//!
//! `access.log`, `access.log.1`, `access.log.2.gz`; with dates instead, `access.log-20261122.gz`, `app.2026-11-22.log`.
//! The first folder below the top is the node that wrote it.
//!
//! Deliberately not done: older files in another folder than the newest, and other compressions than gzip.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::files::{File, Files, Trouble};
use crate::print;

/// Folders inside one another.
const DEEPEST: usize = 4;
/// Files and folders that are looked at in one directory.
const MOST: usize = 10_000;
/// Ends of names that are no logs.
const OTHERS: &[&str] = &[
    ".part", ".tmp", ".swp", ".lock", ".pid", ".zip", ".xz", ".bz2", ".zst", ".lz4", ".tar", ".tgz", ".journal", ".db",
    ".sqlite", "~", "wtmp", "btmp", "lastlog", "faillog",
];

/// How logs lie in a directory, and what their times mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Its folders are nodes. Elsewhere they belong to the name of a log.
    pub nodes: bool,
    /// Minutes east of UTC that times mean which name no offset.
    pub offset: i32,
}

impl Layout {
    /// As servers write their own.
    pub const NODES: Self = Self { nodes: true, offset: 0 };
}

/// One log, back through what it was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// The name of the directory it lies in, as granted.
    pub directory: String,
    /// The folder in it, from the directory on; empty for its top.
    folder: String,
    /// The first folder, where those are nodes; empty at the top.
    pub node: String,
    /// What the newest file is called, all other folders included.
    pub name: String,
    pub layout: Layout,
    /// The newest first; never none where it was gathered.
    pub segments: Vec<Segment>,
}

/// One of its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub file: File,
    /// Compressed with gzip.
    pub packed: bool,
    /// The one that is written now.
    pub current: bool,
    age: Age,
}

/// What a name says of how old the file is. Ordered from the newest to the oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Age {
    Current,
    Numbered(u32),
    /// The date and the numbers behind it, of which the higher are the newer: hours, or how many there were before on this
    /// day; then a number that makes it older.
    Dated(Reverse<(u32, Numbers)>, u32),
}

/// Numbers behind a date: hour, minute and second, or one that counts.
type Numbers = [u32; 4];

/// A file's name, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Name {
    base: String,
    age: Age,
    packed: bool,
}

impl Series {
    /// What it is known by in a cursor.
    pub(crate) fn key(&self) -> u32 {
        print::short(&[&self.directory, &self.node, &self.name])
    }

    /// Bytes of all its files, as they lie there.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.segments.iter().map(|segment| segment.file.size).sum()
    }

    /// Looks again which files it has. It has none where its folder is gone.
    pub(crate) fn refresh(&mut self, files: &dyn Files) -> Result<(), Trouble> {
        let found = match folder(files, &self.directory, &self.folder, self.layout) {
            Err(Trouble::Gone) => Vec::new(),
            found => found?.0,
        };
        let mine = found.into_iter().find(|series| series.name == self.name);
        self.segments = mine.map(|series| series.segments).unwrap_or_default();
        Ok(())
    }
}

/// All series of a directory, by their names and nodes.
///
/// # Errors
///
/// Where the directory itself cannot be read; folders in it that cannot are left out.
pub fn gather(files: &dyn Files, directory: &str, layout: Layout) -> Result<Vec<Series>, Trouble> {
    let (mut all, mut folders) = folder(files, directory, "", layout)?;
    let mut seen = all.len();
    for _ in 0..DEEPEST {
        let mut deeper = Vec::new();
        for path in folders {
            if seen > MOST {
                break;
            }
            if let Ok((found, inner)) = folder(files, directory, &path, layout) {
                seen += found.len() + inner.len() + 1;
                all.extend(found);
                deeper.extend(inner);
            }
        }
        folders = deeper;
    }
    all.sort_by(|one, two| (&one.name, &one.node).cmp(&(&two.name, &two.node)));
    Ok(all)
}

/// The series right in one folder, and the folders in it.
fn folder(
    files: &dyn Files,
    directory: &str,
    path: &str,
    layout: Layout,
) -> Result<(Vec<Series>, Vec<String>), Trouble> {
    let mut found = Vec::new();
    // Files are renamed while they are listed: where a number is missing one may have been passed over.
    for _ in 0..2 {
        let entries = files.entries(directory, path)?;
        let folders = entries.iter().filter(|entry| entry.directory).map(|entry| entry.path.clone()).collect();
        let series = grouped(entries, directory, path, layout);
        let whole = series.iter().all(Series::is_whole);
        found = vec![(series, folders)];
        if whole {
            break;
        }
    }
    Ok(found.pop().unwrap_or_default())
}

fn grouped(entries: Vec<File>, directory: &str, folder: &str, layout: Layout) -> Vec<Series> {
    let mut all: BTreeMap<String, Vec<Segment>> = BTreeMap::new();
    for file in entries.into_iter().filter(|entry| !entry.directory).take(MOST) {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        if let Some(Name { base, age, packed }) = Name::of(name) {
            all.entry(base).or_default().push(Segment { file, packed, current: age == Age::Current && !packed, age });
        }
    }
    let (node, below) = if layout.nodes { folder.split_once('/').unwrap_or((folder, "")) } else { ("", folder) };
    all.into_iter()
        .map(|(base, mut segments)| {
            // What is there both ways is being compressed: the one that is not is whole for sure.
            segments.sort_by_key(|segment| (segment.age, segment.packed));
            segments.dedup_by(|later, first| later.unpacked() == first.unpacked());
            let mut seen = std::collections::HashSet::new();
            segments.retain(|segment| seen.insert(segment.file.identity.clone()));
            Series {
                directory: directory.to_owned(),
                folder: folder.to_owned(),
                node: node.to_owned(),
                name: if below.is_empty() { base } else { format!("{below}/{base}") },
                layout,
                segments,
            }
        })
        .collect()
}

impl Segment {
    /// Its path without what says that it is compressed.
    fn unpacked(&self) -> &str {
        self.file.path.strip_suffix(".gz").unwrap_or(&self.file.path)
    }
}

impl Series {
    /// Whether no number is missing between two.
    fn is_whole(&self) -> bool {
        let numbers = || {
            self.segments.iter().filter_map(|segment| match segment.age {
                Age::Numbered(number) => Some(number),
                _ => None,
            })
        };
        numbers().zip(numbers().skip(1)).all(|(one, two)| two == one + 1)
    }
}

impl Name {
    /// None where it is no log.
    fn of(name: &str) -> Option<Self> {
        if name.starts_with('.') || OTHERS.iter().any(|end| name.ends_with(end)) {
            return None;
        }
        let (name, packed) = name.strip_suffix(".gz").map_or((name, false), |rest| (rest, true));
        let (rest, number) = match name.rsplit_once('.') {
            Some((rest, number)) if number.len() <= 5 && is_digits(number) => (rest, number.parse().ok()?),
            _ => (name, 0),
        };
        if rest.is_empty() {
            return None;
        }
        let (base, age) = match dated(rest) {
            Some((base, (date, mut numbers))) => match numbers.iter_mut().find(|other| **other == 0) {
                // Right behind the date it counts what there was on this day.
                Some(last) if rest.len() < name.len() && rest.ends_with(|end: char| end.is_ascii_digit()) => {
                    *last = number;
                    (base, Age::Dated(Reverse((date, numbers)), 0))
                }
                _ => (base, Age::Dated(Reverse((date, numbers)), number)),
            },
            None if rest.len() < name.len() => (rest.to_owned(), Age::Numbered(number)),
            None => (rest.to_owned(), Age::Current),
        };
        Some(Self { base, age, packed })
    }
}

/// Takes the date from a name, at its end or before its ending, with the numbers behind it.
fn dated(name: &str) -> Option<(String, (u32, Numbers))> {
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending @ ("log" | "txt" | "out"))) => (stem, Some(ending)),
        _ => (name, None),
    };
    let at = |at: usize| date(&stem[at + 1..]).map(|date| (&stem[..at], date));
    let (base, date) = stem.match_indices(SEPARATORS).filter(|(at, _)| *at > 0).find_map(|(place, _)| at(place))?;
    Some((ending.map_or_else(|| base.to_owned(), |ending| format!("{base}.{ending}")), date))
}

/// What stands between the parts of a date.
const SEPARATORS: [char; 4] = ['-', '.', '_', 'T'];

/// `20261122`, `2026-11-22`, `2026-11-22-1`, `2026112208`, `2026-11-22T08-15-13`, `2026-11-22.0`.
fn date(text: &str) -> Option<(u32, Numbers)> {
    let mut rest = text;
    let mut part = |length: usize, first: bool| {
        let part = if first { rest } else { rest.strip_prefix(['-', '_']).unwrap_or(rest) };
        let (digits, behind) = part.split_at_checked(length)?;
        rest = behind;
        is_digits(digits).then(|| digits.parse::<u32>().ok())?
    };
    let (year, month, day) = (part(4, true)?, part(2, false)?, part(2, false)?);
    if !(1900..2100).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let rest = rest.strip_prefix(SEPARATORS).unwrap_or(rest);
    let mut numbers = Numbers::default();
    for (number, digits) in rest.split(SEPARATORS).filter(|_| !rest.is_empty()).enumerate() {
        *numbers.get_mut(number)? = digits.parse().ok().filter(|_| digits.len() <= 6 && is_digits(digits))?;
    }
    Some((year * 10_000 + month * 100 + day, numbers))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    fn named(name: &str) -> Option<(String, bool)> {
        Name::of(name).map(|name| (name.base, name.packed))
    }

    #[test]
    fn a_name_says_which_log_and_how_old() {
        for (name, base, packed) in [
            ("access.log", "access.log", false),
            ("access.log.1", "access.log", false),
            ("access.log.12.gz", "access.log", true),
            ("access.log-20261122", "access.log", false),
            ("access.log-2026112208.gz", "access.log", true),
            ("access.log-2026-11-22.1.gz", "access.log", true),
            ("catalina.2026-11-22.log", "catalina.log", false),
            ("app-2026-11-22.log.gz", "app.log", true),
            ("app-2026-11-22-1.log.gz", "app.log", true),
            ("app.2026-11-22.0.log", "app.log", false),
            ("app.2026-11-22T08-15-13.log", "app.log", false),
            ("app_20261122_081513.txt", "app.txt", false),
            ("app-20269922.log", "app-20269922.log", false),
            ("app-2026-11-22x.log", "app-2026-11-22x.log", false),
            ("syslog", "syslog", false),
            ("php8.3-fpm.log", "php8.3-fpm.log", false),
            ("app-12.log", "app-12.log", false),
        ] {
            assert_eq!(named(name), Some((base.to_owned(), packed)), "{name}");
        }
        for none in [".lock", "access.log.part", "x.zip", "wtmp", "a~", ".gz", ".1"] {
            assert_eq!(named(none), None, "{none}");
        }
    }

    #[test]
    fn the_newest_comes_first() {
        let files = Memory::default();
        for name in ["a.log.10.gz", "a.log.2.gz", "a.log", "a.log.1", "b.log-20261121.gz", "b.log-20261122", "b.log"] {
            files.write(&format!("one/{name}"), b"x\n");
        }
        files.write("two/a.log", b"x\n");
        files.write("syslog", b"x\n");
        files.write("one/deep/c.log", b"x\n");
        let all = gather(&files, "logs", Layout::NODES).unwrap();
        let names: Vec<_> = all.iter().map(|series| (series.name.as_str(), series.node.as_str())).collect();
        assert_eq!(
            names,
            [("a.log", "one"), ("a.log", "two"), ("b.log", "one"), ("deep/c.log", "one"), ("syslog", "")]
        );
        let paths = |series: &Series| -> Vec<String> {
            series.segments.iter().map(|segment| segment.file.path.clone()).collect()
        };
        assert_eq!(paths(&all[0]), ["one/a.log", "one/a.log.1", "one/a.log.2.gz", "one/a.log.10.gz"]);
        assert_eq!(paths(&all[2]), ["one/b.log", "one/b.log-20261122", "one/b.log-20261121.gz"]);
        assert_eq!(all[0].size(), 8);
        assert!(all.iter().all(|series| series.segments[0].current));
    }

    #[test]
    fn those_of_one_day_are_told_apart_and_the_highest_number_is_the_newest() {
        for (names, end) in [
            (["app-2026-11-22-", "app-2026-11-21-"], ".log.gz"),
            (["app.2026-11-22.", "app.2026-11-21."], ".log"),
            (["app.log-20261122.", "app.log-20261121."], ""),
            (["app.log.2026-11-22-", "app.log.2026-11-21-"], ".gz"),
        ] {
            let files = Memory::default();
            let mut expected = Vec::new();
            for number in [100, 11, 10, 9, 2, 1] {
                expected.push(format!("{}{number}{end}", names[0]));
            }
            expected.push(format!("{}2{end}", names[1]));
            expected.iter().for_each(|name| files.write(name, b"x\n"));
            let all = gather(&files, "logs", Layout::NODES).unwrap();
            assert_eq!((all.len(), all[0].name.as_str()), (1, "app.log"));
            let paths: Vec<_> = all[0].segments.iter().map(|segment| segment.file.path.clone()).collect();
            assert_eq!(paths, expected);
        }
    }

    #[test]
    fn what_is_there_both_ways_is_taken_once() {
        let files = Memory::default();
        files.write("a.log.2", b"x\n");
        files.write("a.log.2.gz", b"half");
        let all = gather(&files, "logs", Layout::NODES).unwrap();
        assert_eq!(all[0].segments.len(), 1);
        assert!(!all[0].segments[0].packed && !all[0].segments[0].current);
    }

    #[test]
    fn it_is_looked_at_again() {
        let files = Memory::default();
        files.write("one/a.log", b"x\n");
        let mut series = gather(&files, "logs", Layout::NODES).unwrap().remove(0);
        files.rename("one/a.log", "one/a.log.1");
        series.refresh(&files).unwrap();
        assert_eq!(series.segments[0].file.path, "one/a.log.1");
        files.remove("one/a.log.1");
        series.refresh(&files).unwrap();
        assert!(series.segments.is_empty());
    }
}
