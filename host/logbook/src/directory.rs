//! A node's own directory below the one for all logs, held by a lock as long as the process lives.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::private;

/// Processes of one node on one directory for logs.
const MOST: u32 = 64;
/// Letters of a node's name.
const LONGEST: usize = 64;
/// How long the first name is waited for: another process may just look what is to be removed there.
const PATIENCE: Duration = Duration::from_millis(200);
/// The file in it that is locked.
pub(crate) const LOCK: &str = ".lock";

/// Why no log can be written.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the name of a node has 1 to 64 letters, digits, `-`, `_` and `.`, and begins with none of these signs: `{0}`"
    )]
    Name(String),
    #[error(
        "{}, the setting logs.directory, is no directory; make it, writable for the user that the server runs as, and \
         start the server again", .0.display()
    )]
    Missing(PathBuf),
    #[error("{}: {error}; logs are written there, so make it writable for the server", place.display())]
    Place { place: PathBuf, error: io::Error },
    #[error("{MOST} processes write logs below {} already", .0.display())]
    Full(PathBuf),
}

/// The directory, and the name under which lines are written.
#[derive(Debug)]
pub struct Directory {
    pub(crate) node: String,
    pub(crate) place: PathBuf,
    /// The one for all.
    pub(crate) logs: PathBuf,
    _lock: File,
}

impl Directory {
    /// Takes the node's directory below `logs`, or `NODE-2` and so on where another process has it.
    ///
    /// # Errors
    ///
    /// Where the name is none, or no directory can be made.
    pub fn take(logs: &Path, node: &str) -> Result<Self, OpenError> {
        if !is_name(node) {
            return Err(OpenError::Name(node.to_owned()));
        }
        let began = Instant::now();
        let mut number = 1;
        while number <= MOST {
            let name = if number == 1 { node.to_owned() } else { format!("{node}-{number}") };
            let place = logs.join(&name);
            if let Some(lock) = lock(&place).map_err(|error| OpenError::Place { place: place.clone(), error })? {
                return Ok(Self { node: name, place, logs: logs.to_owned(), _lock: lock });
            }
            match began.elapsed() < PATIENCE {
                true => thread::sleep(Duration::from_millis(10)),
                false => number += 1,
            }
        }
        Err(OpenError::Full(logs.to_owned()))
    }

    #[must_use]
    pub fn node(&self) -> &str {
        &self.node
    }

    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }
}

/// The machine's own name, as far as it can be one for a directory.
#[must_use]
pub fn machine() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if is_name(&name) { name } else { "node".into() }
}

/// Makes the directory, and locks it; none where somebody else has.
fn lock(place: &Path) -> io::Result<Option<File>> {
    loop {
        private::folder(place)?;
        match locked(place, &private::options()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Ok(Some(file)) if !is_at(&file, &place.join(LOCK)) => {}
            outcome => return outcome,
        }
        // Whoever had the lock before has removed the directory: nobody has had it.
    }
}

/// Locks a directory that somebody has left; none where it is in use, or was nobody's.
pub(crate) fn lock_left(place: &Path) -> io::Result<Option<File>> {
    match locked(place, &OpenOptions::new()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        outcome => Ok(outcome?.filter(|file| is_at(file, &place.join(LOCK)))),
    }
}

fn locked(place: &Path, options: &OpenOptions) -> io::Result<Option<File>> {
    let file = options.clone().write(true).truncate(false).open(place.join(LOCK))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

/// Whether the file still has this name.
pub(crate) fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(mine), Ok(theirs)) => (mine.dev(), mine.ino()) == (theirs.dev(), theirs.ino()),
        _ => false,
    }
}

/// Whether a node can be called this: 1 to 64 letters, digits, `-`, `_` and `.`, with a letter or a digit in front.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    name.len() <= LONGEST
        && name.bytes().all(plain)
        && name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn each_process_has_a_directory_of_its_own_and_gets_it_again() {
        let logs = tempfile::tempdir().unwrap();
        let first = Directory::take(logs.path(), "one").unwrap();
        let second = Directory::take(logs.path(), "one").unwrap();
        assert_eq!((first.node(), second.node()), ("one", "one-2"));
        drop(first);
        assert_eq!(Directory::take(logs.path(), "one").unwrap().node(), "one");
    }

    #[test]
    fn who_looks_what_is_to_be_removed_takes_nobodys_name() {
        let logs = tempfile::tempdir().unwrap();
        drop(Directory::take(logs.path(), "one").unwrap());
        let looking = lock_left(&logs.path().join("one")).unwrap().unwrap();
        let looker = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            drop(looking);
        });
        assert_eq!(Directory::take(logs.path(), "one").unwrap().node(), "one");
        looker.join().unwrap();
    }

    #[test]
    fn a_lock_that_was_removed_holds_nothing() {
        let logs = tempfile::tempdir().unwrap();
        let place = logs.path().join("one");
        let first = Directory::take(logs.path(), "one").unwrap();
        fs::remove_file(place.join(LOCK)).unwrap();
        let second = Directory::take(logs.path(), "one").unwrap();
        assert_eq!(second.node(), "one");
        drop(first);
        assert!(lock_left(&place).unwrap().is_none());
        drop(second);
        assert!(lock_left(&place).unwrap().is_some());
        assert!(lock_left(&logs.path().join("nobody")).unwrap().is_none());
    }

    #[test]
    fn nobody_else_reads_it() {
        let logs = tempfile::tempdir().unwrap();
        let directory = Directory::take(&logs.path().join("logs"), "one").unwrap();
        let mode = |place: &Path| fs::metadata(place).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&logs.path().join("logs")), mode(directory.place())), (0o700, 0o700));
        assert_eq!(mode(&directory.place().join(LOCK)), 0o600);
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        for wrong in ["", ".", "..", "../x", "a/b", "-x", "ä", &"x".repeat(65)] {
            assert!(matches!(Directory::take(Path::new("/nowhere"), wrong), Err(OpenError::Name(_))), "{wrong}");
        }
        assert!(is_name(&machine()));
    }
}
