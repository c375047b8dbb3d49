//! Whether a worker is still there: a file of its own that it holds locked as long as its process lives.
//!
//! The system lets go of the lock however the process ends, so nothing has to time out after a crash.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// This process as a worker; gone with the process.
#[derive(Debug)]
pub(super) struct Presence {
    name: String,
    file: PathBuf,
    _locked: File,
}

impl Presence {
    /// Makes the file and locks it; removes files that workers have left who are gone.
    ///
    /// # Errors
    ///
    /// Where it cannot be made.
    pub(super) fn announce(data: &Path) -> io::Result<Self> {
        let directory = data.join("workers");
        fs::create_dir_all(&directory)?;
        sweep(&directory)?;
        loop {
            let mut bytes = [0; 10];
            getrandom::fill(&mut bytes).map_err(io::Error::other)?;
            let name = data_encoding::BASE32_DNSCURVE.encode(&bytes);
            let file = path(data, &name);
            let locked = OpenOptions::new().write(true).create_new(true).open(&file)?;
            // Another process that sweeps may have come in between: then with another name.
            if locked.try_lock().is_ok() && file.exists() {
                return Ok(Self { name, file, _locked: locked });
            }
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Takes the file away; for a worker that has nothing under way any more.
    pub(super) fn leave(&self) {
        let _ = fs::remove_file(&self.file);
    }
}

/// Removes what nobody holds. While it is removed it is locked, so a worker that is about to announce itself by it sees
/// that it has to take another.
fn sweep(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)?.flatten() {
        if let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// Whether a worker is there, of whichever process.
#[must_use]
pub fn is_anybody_there(data: &Path) -> bool {
    let files = fs::read_dir(data.join("workers")).into_iter().flatten().flatten();
    files.filter_map(|entry| File::open(entry.path()).ok()).any(|file| file.try_lock_shared().is_err())
}

/// Whether nobody holds the file of this worker.
pub(super) fn is_gone(data: &Path, name: &str) -> bool {
    match File::open(path(data, name)) {
        // The lock that this takes goes with the file's handle.
        Ok(file) => file.try_lock_shared().is_ok(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Removes what a worker that is gone has left.
pub(super) fn forget(data: &Path, name: &str) {
    let _ = fs::remove_file(path(data, name));
}

fn path(data: &Path, name: &str) -> PathBuf {
    // Names come out of the database; what is no name of a worker must not lead elsewhere.
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    data.join("workers").join(format!("{plain}.lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_there_until_its_file_is_let_go_of() {
        let data = tempfile::tempdir().unwrap();
        let presence = Presence::announce(data.path()).unwrap();
        let name = presence.name().to_owned();
        assert!(!is_gone(data.path(), &name) && is_anybody_there(data.path()));
        assert!(is_gone(data.path(), "never"));
        drop(presence);
        assert!(is_gone(data.path(), &name) && !is_anybody_there(data.path()));
        let left = || fs::read_dir(data.path().join("workers")).unwrap().count();
        assert_eq!(left(), 1);
        let next = Presence::announce(data.path()).unwrap();
        assert_eq!(left(), 1, "what was left is swept, what is held stays");
        let other = Presence::announce(data.path()).unwrap();
        assert_eq!(left(), 2);
        forget(data.path(), next.name());
        other.leave();
        assert_eq!(left(), 0);
    }
}
