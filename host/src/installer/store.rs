//! Where packages lie: one file for each digest.
//!
//! A file is there before the row that names it. So that nobody who tidies up takes it for one that nobody wants, whoever
//! adds a package holds a lock from before the first byte until the row is written ([`Store::adding`]), in whatever process;
//! and files are removed only by who has that lock alone ([`Store::tidying`]). The system lets go of both with the process.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use vestry_catalog::Digest;

/// The directory of packages.
#[derive(Debug, Clone)]
pub struct Store {
    data: PathBuf,
    directory: PathBuf,
}

/// What the lock is called, beside the packages.
const LOCK: &str = "lock";

/// That somebody adds a package, or that somebody tidies up; until it is dropped.
#[derive(Debug)]
pub struct Held {
    _locked: fs::File,
}

impl Store {
    /// Opens the store of a data directory, or makes it.
    ///
    /// # Errors
    ///
    /// Where the directory cannot be made.
    pub fn open(data: &Path) -> io::Result<Self> {
        let directory = data.join("packages");
        fs::create_dir_all(&directory)?;
        Ok(Self { data: data.to_owned(), directory })
    }

    /// The data directory that it is in.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Keeps others from removing what is not named yet. Waits while somebody does.
    ///
    /// # Errors
    ///
    /// Where the lock cannot be had.
    pub fn adding(&self) -> io::Result<Held> {
        let file = self.lock()?;
        file.lock_shared()?;
        Ok(Held { _locked: file })
    }

    /// Keeps others from adding; none where somebody does.
    ///
    /// # Errors
    ///
    /// Where the lock cannot be made.
    pub fn tidying(&self) -> io::Result<Option<Held>> {
        let file = self.lock()?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Held { _locked: file })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    fn lock(&self) -> io::Result<fs::File> {
        fs::File::options().create(true).truncate(false).write(true).open(self.directory.join(LOCK))
    }

    /// Removes the file of a digest, where it is there.
    ///
    /// # Errors
    ///
    /// Where it cannot be removed.
    pub fn remove(&self, digest: &Digest) -> io::Result<()> {
        match fs::remove_file(self.file(digest)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes all files but those of these digests, and answers how many; for who tidies up.
    ///
    /// # Errors
    ///
    /// Where the directory cannot be read, or a file not be removed.
    pub fn retain(&self, _held: &Held, named: &BTreeSet<String>) -> io::Result<usize> {
        let mut removed = 0;
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_named = name.strip_suffix(".wasm").is_some_and(|digest| named.contains(digest));
            if name != LOCK && !is_named && entry.file_type()?.is_file() {
                fs::remove_file(entry.path())?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Where the package of a digest lies, or would.
    #[must_use]
    pub fn file(&self, digest: &Digest) -> PathBuf {
        self.directory.join(format!("{}.wasm", digest.as_str()))
    }

    /// Keeps a package: whole and on disk when this returns, or not at all.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn keep(&self, component: &[u8]) -> io::Result<Digest> {
        let digest = Digest::of(component);
        let file = self.file(&digest);
        if fs::read(&file).is_ok_and(|kept| kept == component) {
            return Ok(digest);
        }
        let mut fresh = tempfile::Builder::new().prefix("keeping-").tempfile_in(&self.directory)?;
        fresh.write_all(component)?;
        fresh.as_file().sync_all()?;
        fresh.persist(&file).map_err(|error| error.error)?;
        fs::File::open(&self.directory)?.sync_all()?;
        Ok(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_kept_under_its_digest_and_mended_where_it_is_damaged() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let digest = store.keep(b"component").unwrap();
        assert_eq!(Digest::parse(digest.as_str()), Some(digest.clone()));
        fs::write(store.file(&digest), b"compo").unwrap();
        assert_eq!(store.keep(b"component").unwrap(), digest);
        assert_eq!(fs::read(store.file(&digest)).unwrap(), b"component");
    }

    #[test]
    fn nobody_tidies_up_while_somebody_adds() {
        let data = tempfile::tempdir().unwrap();
        let (store, beside) = (Store::open(data.path()).unwrap(), Store::open(data.path()).unwrap());
        let (first, second) = (store.adding().unwrap(), beside.adding().unwrap());
        let wanted = store.keep(b"wanted").unwrap();
        let unwanted = store.keep(b"unwanted").unwrap();
        fs::write(store.directory.join("keeping-x"), b"half of it").unwrap();
        drop(first);
        assert!(store.tidying().unwrap().is_none());
        drop(second);
        let held = store.tidying().unwrap().unwrap();
        assert!(beside.tidying().unwrap().is_none());
        let named = [wanted.as_str().to_owned()].into();
        assert_eq!(store.retain(&held, &named).unwrap(), 2);
        assert!(store.file(&wanted).exists() && !store.file(&unwanted).exists());
        assert_eq!(store.retain(&held, &named).unwrap(), 0, "the lock itself stays");
    }
}
