//! One of the files that are written, and what is still to be written to it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, FileTypeExt};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use crate::age::is_older;
use crate::directory::{Directory, is_at};
use crate::file::LogFile;
use crate::private;
use crate::rotation::{self, Keeping};
use crate::waiting::Waiting;

/// How long after a failure it is tried again to write.
const AGAIN: Duration = Duration::from_secs(1);
/// And to change a file for a new one.
const CHANGED_AGAIN: Duration = Duration::from_secs(5 * 60);
/// Bytes that wait for a file that cannot be written.
const HELD: usize = 4 << 20;

/// The file, what waits for it, and what is wrong with it.
#[derive(Debug)]
pub(crate) struct OpenFile {
    kind: LogFile,
    at: Option<At>,
    held: Waiting,
    /// When it could not be written, as long as it cannot.
    failed: Option<Instant>,
    /// And when it could not be changed for a new one.
    stuck: Option<Instant>,
}

#[derive(Debug)]
struct At {
    file: File,
    size: u64,
    began: SystemTime,
    /// It does not end with a line's end: this process or one before was broken off there.
    torn: bool,
}

impl OpenFile {
    pub(crate) fn new(kind: LogFile) -> Self {
        Self { kind, at: None, held: Waiting::default(), failed: None, stuck: None }
    }

    /// Writes what came, and what is held since the last time.
    pub(crate) fn write(&mut self, more: Waiting, directory: &Directory) {
        self.held.follow(more, &directory.node, HELD);
        if self.held.is_empty() || self.failed.is_some_and(|when| when.elapsed() < AGAIN) {
            return;
        }
        match self.add(directory) {
            Ok(()) => self.failed = None,
            Err(error) => {
                if self.failed.is_none() {
                    eprintln!("{} cannot be written: {error}; it is tried again each second", self.kind.name());
                }
                self.failed = Some(Instant::now());
                self.at = None;
            }
        }
    }

    fn add(&mut self, directory: &Directory) -> io::Result<()> {
        // Somebody may have removed or renamed it: what is said then must not go where nobody looks.
        let path = directory.place.join(self.kind.name());
        if self.at.as_ref().is_some_and(|at| !is_at(&at.file, &path)) {
            self.at = None;
        }
        let at = match &mut self.at {
            Some(at) => at,
            None => self.at.insert(At::open(&path)?),
        };
        at.put(&mut self.held)?;
        // Only when all before is written: on a full disk, one line speaks of all that are missing.
        if self.held.close(&directory.node) {
            at.put(&mut self.held)?;
        }
        Ok(())
    }

    /// Changes the file for a new one where it is full or old; one that was not written to, only `if_still`. Answers
    /// whether it was.
    pub(crate) fn change(&mut self, place: &Path, keeping: Keeping, if_still: bool) -> bool {
        let stuck = self.stuck.is_some_and(|when| when.elapsed() < CHANGED_AGAIN);
        let about = match &self.at {
            _ if stuck => None,
            Some(at) => Some((at.size, at.began)),
            None if if_still => {
                fs::metadata(place.join(self.kind.name())).and_then(|about| size_and_begin(&about)).ok()
            }
            None => None,
        };
        let Some((size, began)) = about else { return false };
        if size == 0 || (size < keeping.size && !is_older(began, keeping.age, SystemTime::now())) {
            return false;
        }
        let changed = rotation::shift(place, self.kind.name());
        if let (Err(error), None) = (&changed, self.stuck) {
            eprintln!("{} cannot be changed for a new one: {error}; it grows, and is tried again", self.kind.name());
        }
        self.stuck = changed.is_err().then(Instant::now);
        self.at = None;
        changed.is_ok()
    }
}

impl At {
    fn open(path: &Path) -> io::Result<Self> {
        if let Some(parent) = path.parent() {
            private::folder(parent)?;
        }
        // It would wait for somebody who reads it.
        if fs::metadata(path).is_ok_and(|about| about.file_type().is_fifo()) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a pipe, and logs are files"));
        }
        let file = private::options().read(true).append(true).open(path)?;
        let (size, began) = size_and_begin(&file.metadata()?)?;
        let mut last = *b"\n";
        if let Some(end) = size.checked_sub(1) {
            file.read_exact_at(&mut last, end)?;
        }
        Ok(Self { file, size, began, torn: last != *b"\n" })
    }

    fn put(&mut self, lines: &mut Waiting) -> io::Result<()> {
        if self.torn {
            self.file.write_all(b"\n")?;
            self.size += 1;
            self.torn = false;
        }
        let (written, outcome) = lines.write_to(&mut self.file);
        self.size += written;
        outcome
    }
}

/// Bytes, and when the first of them was written, as far as the file system knows.
fn size_and_begin(about: &fs::Metadata) -> io::Result<(u64, SystemTime)> {
    let began = if about.len() == 0 { SystemTime::now() } else { about.created().or_else(|_| about.modified())? };
    Ok((about.len(), began))
}
