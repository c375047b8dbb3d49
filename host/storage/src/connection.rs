//! How a connection is opened, and what is set on it.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::{Result, StorageError};

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Changes the database; one for each process.
    Writer,
    /// Reads; one for each thread.
    Reader,
    /// Only asks whether something changed.
    Watcher,
}

/// Prepared statements kept by each connection: more than there are in the program.
const STATEMENTS: usize = 192;

/// `durable`: a commit is on the disk when it returns. Off for temporary databases only.
pub(crate) fn open(path: &Path, role: Role, durable: bool) -> Result<Connection> {
    let access = match role {
        Role::Writer => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Role::Reader | Role::Watcher => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // A plan is made once and kept: without this, statements are parsed anew for other values of their parameters.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    // Pages come from the shared map of the file; the private cache, of which each thread has one, stays small.
    let cache_kib = match role {
        Role::Writer => 4096,
        Role::Reader => 512,
        Role::Watcher => 16,
    };
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    if role != Role::Watcher {
        connection.pragma_update(None, "mmap_size", 128 * 1024 * 1024)?;
    }
    if role == Role::Writer {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", if durable { "FULL" } else { "OFF" })?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
    }
    Ok(connection)
}

/// Makes the file, readable by its owner alone, before SQLite does; its journals take over these permissions.
pub(crate) fn create_file(directory: &Path, path: &Path) -> Result<()> {
    let failed = |source| StorageError::Open { path: path.to_owned(), source };
    if !directory.is_dir() {
        create_directory(directory).map_err(failed)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(failed)?;
    Ok(())
}

fn create_directory(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}
