//! A directory that stands in for a mail server: each mail becomes a file `TIME-ID.eml`.
//!
//! A file is there whole or not at all, and readable for this program's user alone. Its name comes from the mail, so one
//! that is delivered twice is one file. These files are the one place where mails lie in clear.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::{Letter, SendError};

/// Where the files are.
#[derive(Debug, Clone)]
pub struct Directory {
    path: PathBuf,
}

impl Directory {
    /// It is made with the first mail.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The file of a mail, whether it is there or not.
    ///
    /// `id`: of the mail, as in its message id; `written`: milliseconds since the Unix epoch.
    #[must_use]
    pub fn file(&self, id: &str, written: u64) -> PathBuf {
        let time = i64::try_from(written).ok().and_then(|written| Timestamp::from_millisecond(written).ok());
        let time = time.unwrap_or(Timestamp::UNIX_EPOCH).strftime("%Y%m%dT%H%M%SZ");
        self.path.join(format!("{time}-{id}.eml"))
    }

    /// Removes the file of a mail; one that is gone already is no error.
    ///
    /// # Errors
    /// Where it cannot be removed.
    pub fn remove(&self, id: &str, written: u64) -> io::Result<()> {
        match fs::remove_file(self.file(id, written)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    pub(crate) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let content = letter.formatted()?;
        let file = self.file(letter.message_id.id(), letter.written);
        let directory = self.path.clone();
        let writing = tokio::task::spawn_blocking(move || write(&directory, &file, &content)).await;
        match writing {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                Err(SendError::passing(&format!("{} cannot be written to: {error}", self.path.display())))
            }
            Err(error) => Err(SendError::passing(&error)),
        }
    }
}

fn write(directory: &Path, file: &Path, content: &[u8]) -> io::Result<()> {
    if !directory.is_dir() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    let permissions = fs::Permissions::from_mode(0o600);
    let mut temporary =
        tempfile::Builder::new().prefix(".").suffix(".part").permissions(permissions).tempfile_in(directory)?;
    temporary.write_all(content)?;
    temporary.as_file().sync_all()?;
    temporary.persist(file)?;
    // The name, too, is to be there after a power cut.
    File::open(directory)?.sync_all()
}
