//! What can go wrong with the database, said so that a person can act on it.

use std::path::PathBuf;

/// A failed read or write. After an error from inside [`Database::write`](crate::Database::write) nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The directory or the file cannot be made or opened.
    #[error("the database {path} cannot be opened: {source}")]
    Open { path: PathBuf, source: std::io::Error },
    /// Written by a newer program.
    #[error(
        "the database {path} was last used by a newer Vestry (its schema is {found}, this program knows {known}): \
         start that newer version, or restore a backup made before the update"
    )]
    Newer { path: PathBuf, found: u32, known: u32 },
    /// A key was changed by someone else since it was read.
    #[error("`{key}` was changed in the meantime")]
    Conflict { key: String },
    /// A limit of size or number was reached.
    #[error("{0}")]
    Exhausted(String),
    /// A value that can stand only once is already there, such as an e-mail address or a mount.
    #[error("{what} is already taken")]
    Taken { what: &'static str },
    /// A cursor that this program did not hand out, or for another order.
    #[error("the cursor is not one that was answered for this order")]
    Cursor,
    /// The driver's own error: disk full, damaged file, another process that holds the lock for over five seconds.
    #[error("the database failed: {0}")]
    Driver(#[from] rusqlite::Error),
}

impl StorageError {
    /// Whether another writer held the database for too long; trying again later can succeed.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Driver(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy))
    }
}

/// Turns a broken unique constraint into [`StorageError::Taken`].
pub(crate) fn taken(what: &'static str) -> impl Fn(rusqlite::Error) -> StorageError {
    move |error| match error.sqlite_extended_error_code() {
        Some(UNIQUE | PRIMARY_KEY) => StorageError::Taken { what },
        _ => StorageError::Driver(error),
    }
}

const UNIQUE: std::ffi::c_int = rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE;
const PRIMARY_KEY: std::ffi::c_int = rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY;
