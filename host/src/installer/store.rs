//! Where packages lie: one file for each digest.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// SHA-256 of a package in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Digest(String);

impl Digest {
    #[must_use]
    pub fn of(component: &[u8]) -> Self {
        Self(data_encoding::HEXLOWER.encode(&Sha256::digest(component)))
    }

    /// Reads what [`Self::as_str`] wrote; none for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        plain.then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The directory of packages.
#[derive(Debug, Clone)]
pub struct Store {
    directory: PathBuf,
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
        Ok(Self { directory })
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
    fn nothing_but_a_digest_names_a_file() {
        for text in ["", "../x", &"A".repeat(64), &"a".repeat(63), &format!("{}/", "a".repeat(63))] {
            assert_eq!(Digest::parse(text), None);
        }
    }
}
