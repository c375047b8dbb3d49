//! A file that is full or old is changed for a new one: `access.log` becomes `.1`, what was `.1` becomes `.2.gz`, and so
//! on, until the oldest go.
//!
//! Each step is a rename, so that a process that is killed in between leaves every line once: the numbers are counted up
//! from the oldest on, and a compressed file takes its name when it is whole. What was left half done is taken up at the
//! next start ([`resume`]).

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::age::is_older;
use crate::{gzip, private};

/// How much of each file is kept.
#[derive(Debug, Clone, Copy)]
pub struct Keeping {
    /// Bytes at which a file is changed for a new one.
    pub size: u64,
    /// And the age of its first line.
    pub age: Duration,
    /// Files that are kept beside the one that is written.
    pub files: u32,
    /// Age of the last line of a file that goes.
    pub kept: Duration,
}

impl Default for Keeping {
    fn default() -> Self {
        Self {
            size: 64 << 20,
            age: Duration::from_secs(24 * 3_600),
            files: 30,
            kept: Duration::from_secs(90 * 24 * 3_600),
        }
    }
}

/// Counts files up by one, so that `NAME.1` is what `NAME` was. `NAME.2` is what waits to be compressed.
///
/// Counts up to the first number that is free: where a rename fails, and is tried again and again, no file moves more
/// than once.
pub(crate) fn shift(place: &Path, name: &str) -> io::Result<()> {
    let mut numbers = numbered(place, name)?;
    numbers.sort_by_key(|kept| kept.number);
    let free = numbers.iter().fold(1, |free, kept| if kept.number == free { free + 1 } else { free });
    for kept in numbers.iter().filter(|kept| kept.number < free).rev() {
        fs::rename(place.join(&kept.name), place.join(named(name, kept.number + 1, kept.packed)))?;
    }
    fs::rename(place.join(name), place.join(named(name, 1, false)))
}

/// Removes what is kept for long enough, and compresses what is older than `.1` and is not compressed yet.
///
/// Removes first: on a full disk that is the room for what is compressed. What is wrong with one file stops nothing of
/// the others; the first of what is wrong is answered.
pub(crate) fn pack(place: &Path, name: &str, keeping: Keeping, now: SystemTime) -> io::Result<()> {
    let resumed = resume(place, name);
    let pruned = prune(place, name, keeping, now);
    let packed = numbered(place, name).and_then(|all| {
        each(all.iter().filter(|kept| kept.file && kept.number > 1 && !kept.packed), |kept| {
            let part = place.join(format!("{name}.part"));
            let packed = compress(&place.join(&kept.name), &part, &place.join(named(name, kept.number, true)));
            // Half of it is of no use to anybody, and takes room.
            packed.inspect_err(|_| drop(fs::remove_file(&part)))
        })
    });
    resumed.and(pruned).and(packed)
}

fn compress(plain: &Path, part: &Path, packed: &Path) -> io::Result<()> {
    let from = File::open(plain)?;
    let modified = from.metadata()?.modified()?;
    let to = private::options().write(true).truncate(true).open(part)?;
    gzip::compress(from, &to)?;
    // So that its age is still that of its last line.
    to.set_modified(modified)?;
    to.sync_all()?;
    fs::rename(part, packed)?;
    fs::remove_file(plain)
}

/// Takes up what a process that was killed has left: the half of a compressed file, and a file that is there both ways.
fn resume(place: &Path, name: &str) -> io::Result<()> {
    let half = remove_if_there(&place.join(format!("{name}.part")));
    let all = numbered(place, name)?;
    let twice = |kept: &&Kept| {
        kept.file && !kept.packed && all.iter().any(|other| other.packed && other.file && other.number == kept.number)
    };
    half.and(each(all.iter().filter(twice), |kept| fs::remove_file(place.join(&kept.name))))
}

fn prune(place: &Path, name: &str, keeping: Keeping, now: SystemTime) -> io::Result<()> {
    each(numbered(place, name)?.iter().filter(|kept| kept.file), |kept| {
        let file = place.join(&kept.name);
        match kept.number > keeping.files || is_older(modified(&file)?, keeping.kept, now) {
            true => fs::remove_file(file),
            false => Ok(()),
        }
    })
}

/// The same where nobody writes any more: the last file goes by its age as well.
pub(crate) fn prune_left(place: &Path, name: &str, keeping: Keeping, now: SystemTime) -> io::Result<()> {
    let pruned = resume(place, name).and(prune(place, name, keeping, now));
    let last = place.join(name);
    match modified(&last) {
        Ok(modified) if is_older(modified, keeping.kept, now) => pruned.and(remove_if_there(&last)),
        _ => pruned,
    }
}

/// When the newest file of a log was changed.
pub(crate) fn newest(place: &Path, name: &str) -> Option<SystemTime> {
    let kept = numbered(place, name).into_iter().flatten().map(|kept| kept.name);
    kept.chain([name.to_owned()]).filter_map(|name| modified(&place.join(name)).ok()).max()
}

fn modified(file: &Path) -> io::Result<SystemTime> {
    fs::symlink_metadata(file)?.modified()
}

fn remove_if_there(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Does it with all of them, whatever happens to one; answers the first of what is wrong.
fn each<T>(all: impl Iterator<Item = T>, work: impl FnMut(T) -> io::Result<()>) -> io::Result<()> {
    all.map(work).fold(Ok(()), Result::and)
}

/// A file that was changed for a newer one.
#[derive(Debug)]
struct Kept {
    name: String,
    number: u32,
    packed: bool,
    /// And no directory or link that somebody has put there: these are counted up with the others, and left alone.
    file: bool,
}

/// Numbers from 1 on; what is called by a higher one than that is nothing of ours.
const HIGHEST: u32 = 1_000_000;

fn numbered(place: &Path, name: &str) -> io::Result<Vec<Kept>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        let found = entry.file_name();
        let Some(found) = found.to_str() else { continue };
        let Some(rest) = found.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')) else { continue };
        let (number, packed) = rest.strip_suffix(".gz").map_or((rest, false), |number| (number, true));
        if let Ok(number) = number.parse()
            && (1..HIGHEST).contains(&number)
        {
            let file = entry.file_type()?.is_file();
            all.push(Kept { name: found.to_owned(), number, packed, file });
        }
    }
    Ok(all)
}

fn named(name: &str, number: u32, packed: bool) -> PathBuf {
    let end = if packed { ".gz" } else { "" };
    format!("{name}.{number}{end}").into()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::MultiGzDecoder;

    use super::*;

    const NAME: &str = "access.log";

    fn read(file: &Path) -> String {
        let bytes = fs::read(file).unwrap();
        let mut text = String::new();
        match file.extension().is_some_and(|end| end == "gz") {
            true => MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap(),
            false => (&bytes[..]).read_to_string(&mut text).unwrap(),
        };
        text
    }

    fn change(place: &Path, text: &str) {
        fs::write(place.join(NAME), text).unwrap();
        shift(place, NAME).unwrap();
    }

    fn names(place: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(place).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_counted_up_compressed_and_the_oldest_goes() {
        let place = tempfile::tempdir().unwrap();
        let keeping = Keeping { files: 3, ..Keeping::default() };
        for number in 1..=5 {
            change(place.path(), &format!("{number}\n"));
            pack(place.path(), NAME, keeping, SystemTime::now()).unwrap();
        }
        assert_eq!(names(place.path()), ["access.log.1", "access.log.2.gz", "access.log.3.gz"]);
        for (name, text) in [("access.log.1", "5\n"), ("access.log.2.gz", "4\n"), ("access.log.3.gz", "3\n")] {
            assert_eq!(read(&place.path().join(name)), text);
        }
    }

    #[test]
    fn what_is_not_compressed_in_time_is_later() {
        let place = tempfile::tempdir().unwrap();
        for number in 1..=4 {
            change(place.path(), &format!("{number}\n"));
        }
        assert_eq!(names(place.path()), ["access.log.1", "access.log.2", "access.log.3", "access.log.4"]);
        // As if it had been killed: one is there both ways, of one the half.
        fs::write(place.path().join("access.log.part"), "half").unwrap();
        let mut packed = Vec::new();
        gzip::compress(&b"1\n"[..], &mut packed).unwrap();
        fs::write(place.path().join("access.log.4.gz"), packed).unwrap();
        pack(place.path(), NAME, Keeping::default(), SystemTime::now()).unwrap();
        assert_eq!(names(place.path()), ["access.log.1", "access.log.2.gz", "access.log.3.gz", "access.log.4.gz"]);
        assert_eq!(read(&place.path().join("access.log.4.gz")), "1\n");
    }

    #[test]
    fn what_is_too_old_goes_by_the_age_of_its_last_line() {
        let place = tempfile::tempdir().unwrap();
        for number in 1..=3 {
            change(place.path(), &format!("{number}\n"));
        }
        let old = SystemTime::now() - Duration::from_secs(100 * 24 * 3_600);
        File::options().write(true).open(place.path().join("access.log.3")).unwrap().set_modified(old).unwrap();
        pack(place.path(), NAME, Keeping::default(), SystemTime::now()).unwrap();
        assert_eq!(names(place.path()), ["access.log.1", "access.log.2.gz"]);
    }

    #[test]
    fn what_is_called_otherwise_is_left_alone() {
        let place = tempfile::tempdir().unwrap();
        for other in ["access.log.bak", "access.log.1.old", "other.log.1", "access.logs.1"] {
            fs::write(place.path().join(other), "x").unwrap();
        }
        change(place.path(), "1\n");
        pack(place.path(), NAME, Keeping { files: 0, ..Keeping::default() }, SystemTime::now()).unwrap();
        assert_eq!(names(place.path()), ["access.log.1.old", "access.log.bak", "access.logs.1", "other.log.1"]);
    }

    #[test]
    fn a_file_that_cannot_be_renamed_costs_none_of_the_others() {
        let place = tempfile::tempdir().unwrap();
        for number in 1..=3 {
            change(place.path(), &format!("{number}\n"));
        }
        for _ in 0..9 {
            // There is none, which fails as one that cannot be moved does.
            shift(place.path(), NAME).unwrap_err();
        }
        assert_eq!(names(place.path()), ["access.log.2", "access.log.3", "access.log.4"]);
        change(place.path(), "4\n");
        let texts = ["access.log.1", "access.log.2", "access.log.4"].map(|name| read(&place.path().join(name)));
        assert_eq!(texts, ["4\n", "3\n", "1\n"]);
    }

    #[test]
    fn what_cannot_be_compressed_keeps_nothing_that_goes() {
        let place = tempfile::tempdir().unwrap();
        for number in 1..=9 {
            change(place.path(), &format!("{number}\n"));
        }
        // In the way of every file that is compressed.
        fs::create_dir(place.path().join("access.log.part")).unwrap();
        fs::create_dir(place.path().join("access.log.12")).unwrap();
        let keeping = Keeping { files: 3, ..Keeping::default() };
        pack(place.path(), NAME, keeping, SystemTime::now()).unwrap_err();
        let left = ["access.log.1", "access.log.12", "access.log.2", "access.log.3", "access.log.part"];
        assert_eq!(names(place.path()), left);
        fs::remove_dir(place.path().join("access.log.part")).unwrap();
        pack(place.path(), NAME, keeping, SystemTime::now()).unwrap();
        assert_eq!(names(place.path()), ["access.log.1", "access.log.12", "access.log.2.gz", "access.log.3.gz"]);
    }

    #[test]
    fn one_file_that_cannot_be_compressed_does_not_stop_the_others() {
        let place = tempfile::tempdir().unwrap();
        for number in 1..=3 {
            change(place.path(), &format!("{number}\n"));
        }
        fs::create_dir(place.path().join("access.log.2.gz")).unwrap();
        // Which is there both ways, as it seems.
        fs::write(place.path().join("access.log.2.gz/x"), "x").unwrap();
        let _ = pack(place.path(), NAME, Keeping::default(), SystemTime::now());
        assert!(place.path().join("access.log.3.gz").is_file(), "{:?}", names(place.path()));
        assert_eq!(read(&place.path().join("access.log.2")), "2\n");
    }

    #[test]
    fn what_is_no_number_of_ours_is_no_file_of_ours() {
        let place = tempfile::tempdir().unwrap();
        for number in ["4294967295", "4294967296", "1000000", "0"] {
            fs::write(place.path().join(format!("{NAME}.{number}")), "x").unwrap();
        }
        change(place.path(), "1\n");
        pack(place.path(), NAME, Keeping::default(), SystemTime::now()).unwrap();
        assert_eq!(names(place.path()).len(), 5);
    }
}
