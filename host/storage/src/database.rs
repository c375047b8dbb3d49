//! One database: a writer, a reader for each thread, and the generation that says when authority changed.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use rusqlite::{Connection, TransactionBehavior};

use crate::connection::{self, Role};
use crate::generation::Watcher;
use crate::{Reader, Result, StorageError, Transaction, migrations};

/// A handle; clones share the same database.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    durable: bool,
    writer: Mutex<Connection>,
    watcher: Mutex<Watcher>,
    generation: AtomicU64,
    /// Removes the directory of a temporary database with its last handle.
    _directory: Option<tempfile::TempDir>,
}

/// A transaction that only reads; it ends when this is dropped.
struct Moment<'c>(&'c Connection);

impl<'c> Moment<'c> {
    fn begin(connection: &'c Connection) -> Result<Self> {
        connection.prepare_cached("BEGIN")?.execute([])?;
        Ok(Self(connection))
    }
}

impl Drop for Moment<'_> {
    fn drop(&mut self) {
        // Nothing was written: if ending it fails, the next statement on this connection says why.
        let _ = self.0.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
    }
}

/// A thread's own connection to one database, which is told by its address: while the weak pointer stands, the address
/// is not given to another.
struct ThreadReader {
    database: Weak<Inner>,
    connection: Rc<Connection>,
}

thread_local! {
    static READERS: RefCell<Vec<ThreadReader>> = const { RefCell::new(Vec::new()) };
}

impl Database {
    /// Opens `vestry.db` in the directory, makes both where they are missing, and brings the schema up to date.
    ///
    /// # Errors
    /// Where the file cannot be made, is damaged, or was written by a newer program.
    pub fn open(directory: &Path) -> Result<Self> {
        Self::open_with(directory, true, None)
    }

    /// An empty database that lasts as long as its handles. For tests: a crash of the machine may damage it.
    ///
    /// # Errors
    /// Where no temporary directory can be made.
    pub fn temporary() -> Result<Self> {
        let directory =
            tempfile::tempdir().map_err(|source| StorageError::Open { path: std::env::temp_dir(), source })?;
        let path = directory.path().to_owned();
        Self::open_with(&path, false, Some(directory))
    }

    fn open_with(directory: &Path, durable: bool, temporary: Option<tempfile::TempDir>) -> Result<Self> {
        let path = directory.join("vestry.db");
        connection::create_file(directory, &path)?;
        let mut writer = connection::open(&path, Role::Writer, durable)?;
        migrations::run(&mut writer, &path)?;
        let watcher = Watcher::new(connection::open(&path, Role::Watcher, durable)?)?;
        let generation = AtomicU64::new(watcher.generation());
        Ok(Self {
            inner: Arc::new(Inner {
                path,
                durable,
                writer: Mutex::new(writer),
                watcher: Mutex::new(watcher),
                generation,
                _directory: temporary,
            }),
        })
    }

    /// The database's file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Reads, on this thread and at once; all of `body` sees the same moment.
    ///
    /// The statements stand in one transaction, also because each by itself would take and give back the file's locks,
    /// and those are what threads that read at the same time wait for.
    ///
    /// # Errors
    /// Those of `body`, and where this thread's connection cannot be opened.
    pub fn read<T, E: From<StorageError>>(&self, body: impl FnOnce(&Reader<'_>) -> Result<T, E>) -> Result<T, E> {
        let connection = self.thread_connection()?;
        // Inside another read of this thread, its moment goes on.
        let _moment = if connection.is_autocommit() { Some(Moment::begin(&connection)?) } else { None };
        body(&Reader::new(&connection))
    }

    /// Writes in one transaction: all of it when `body` answers `Ok`, else nothing.
    ///
    /// Blocks for other writers and for the disk, so async code calls it in `spawn_blocking`. Calling it inside itself
    /// never returns; inside, read through the transaction.
    ///
    /// # Errors
    /// Those of `body`, of the commit, and another process that writes for over five seconds.
    pub fn write<T, E: From<StorageError>>(
        &self,
        body: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transact(body, true)
    }

    /// The same as [`write`](Self::write), and then takes everything back.
    ///
    /// # Errors
    /// Those of `body`, and another process that writes for over five seconds.
    pub fn rehearse<T, E: From<StorageError>>(
        &self,
        body: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transact(body, false)
    }

    fn transact<T, E: From<StorageError>>(
        &self,
        body: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
        keep: bool,
    ) -> Result<T, E> {
        let writer = self.inner.writer.lock();
        // Rolls back when dropped: after an error, and when `body` panics.
        let inner = rusqlite::Transaction::new_unchecked(&writer, TransactionBehavior::Immediate)
            .map_err(StorageError::from)?;
        let mut transaction = Transaction::new(&writer);
        let answer = body(&mut transaction)?;
        let raised = transaction.raised();
        if keep {
            inner.commit().map_err(StorageError::from)?;
            if let Some(generation) = raised {
                self.inner.generation.fetch_max(generation, Ordering::Release);
            }
        }
        Ok(answer)
    }

    /// Counts the changes to who may do what and to what is mounted, as far as this process knows: its own at once,
    /// those of others after [`poll_generation`](Self::poll_generation).
    pub fn generation(&self) -> u64 {
        self.inner.generation.load(Ordering::Acquire)
    }

    /// Looks whether another process raised the generation, and answers it. Costs a microsecond where nothing was
    /// written; meant for a thread that does it every 250 ms.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn poll_generation(&self) -> Result<u64> {
        let found = self.inner.watcher.lock().poll()?;
        let known = self.inner.generation.fetch_max(found, Ordering::AcqRel);
        Ok(known.max(found))
    }

    fn thread_connection(&self) -> Result<Rc<Connection>> {
        READERS.with_borrow_mut(|readers| {
            let here = Arc::as_ptr(&self.inner);
            if let Some(reader) = readers.iter().find(|reader| reader.database.as_ptr() == here) {
                return Ok(Rc::clone(&reader.connection));
            }
            readers.retain(|reader| reader.database.strong_count() > 0);
            let connection = Rc::new(connection::open(&self.inner.path, Role::Reader, self.inner.durable)?);
            readers.push(ThreadReader { database: Arc::downgrade(&self.inner), connection: Rc::clone(&connection) });
            Ok(connection)
        })
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Database").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
