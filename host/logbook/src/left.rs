//! Directories of nodes that nobody has any more: a machine that was called otherwise, a container of last week, the
//! second process of a restart. What is in there goes by the same rules, and then the directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::directory::{self, LOCK};
use crate::file::LogFile;
use crate::rotation::{self, Keeping};

/// Goes through all nodes but this one. Answers what could not be done, and where.
pub(crate) fn prune(logs: &Path, own: &Path, keeping: Keeping, now: SystemTime) -> Vec<(PathBuf, io::Error)> {
    let places = match fs::read_dir(logs) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).filter(|place| place != own),
        Err(error) => return vec![(logs.to_owned(), error)],
    };
    let pruned = places.filter_map(|place| one(&place, keeping, now).err().map(|error| (place, error)));
    pruned.collect()
}

/// Where nobody writes: what no process has ever locked is nothing of ours.
fn one(place: &Path, keeping: Keeping, now: SystemTime) -> io::Result<()> {
    if !fs::symlink_metadata(place)?.is_dir() {
        return Ok(());
    }
    let Some(_lock) = directory::lock_left(place)? else { return Ok(()) };
    for kind in LogFile::ALL {
        rotation::prune_left(place, kind.name(), keeping, now)?;
    }
    let empty = fs::read_dir(place)?.flatten().all(|entry| entry.file_name() == LOCK);
    if empty {
        fs::remove_file(place.join(LOCK))?;
        fs::remove_dir(place)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::Duration;

    use super::*;
    use crate::Directory;

    const DAY: Duration = Duration::from_secs(24 * 3_600);

    /// A node with files of so many days.
    fn node(logs: &Path, name: &str, files: &[(&str, u32)]) -> Directory {
        let directory = Directory::take(logs, name).unwrap();
        for (file, days) in files {
            let file = File::create(directory.place().join(file)).unwrap();
            file.set_modified(SystemTime::now() - DAY * *days).unwrap();
        }
        directory
    }

    fn names(place: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(place).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_nobody_has_any_more_goes_by_the_same_rules() {
        let logs = tempfile::tempdir().unwrap();
        let own = node(logs.path(), "own", &[("access.log.1", 400)]);
        let busy = node(logs.path(), "busy", &[("access.log", 400), ("access.log.1", 400)]);
        drop(node(logs.path(), "old", &[("access.log", 400), ("error.log.7.gz", 500), ("worker.log.part", 1)]));
        drop(node(logs.path(), "half", &[("access.log", 10), ("access.log.1", 100), ("access.log.31.gz", 11)]));
        drop(node(logs.path(), "with-notes", &[("access.log", 400), ("notes.txt", 400)]));
        drop(node(logs.path(), "nobodys", &[("access.log", 400)]));
        fs::remove_file(logs.path().join("nobodys").join(LOCK)).unwrap();
        fs::write(logs.path().join("a-file"), "x").unwrap();

        assert!(prune(logs.path(), own.place(), Keeping::default(), SystemTime::now()).is_empty());
        assert_eq!(names(logs.path()), ["a-file", "busy", "half", "nobodys", "own", "with-notes"]);
        assert_eq!(names(&logs.path().join("half")), [LOCK, "access.log"]);
        assert_eq!(names(&logs.path().join("with-notes")), [LOCK, "notes.txt"]);
        assert_eq!(names(&logs.path().join("nobodys")), ["access.log"]);
        assert_eq!((names(own.place()).len(), names(busy.place()).len()), (2, 3));
        assert_eq!(Directory::take(logs.path(), "old").unwrap().node(), "old");
    }
}
