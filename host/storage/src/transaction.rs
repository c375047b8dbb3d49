//! What reads and what writes. The functions for each table are in the file named after it.

use std::cell::Cell;
use std::ops::Deref;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Row};

use crate::Result;

/// Reads the database.
pub struct Reader<'c> {
    connection: &'c Connection,
}

/// Reads and writes it, all or nothing.
pub struct Transaction<'c> {
    reader: Reader<'c>,
    raised: Cell<Option<u64>>,
}

impl<'c> Reader<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection }
    }

    pub(crate) fn prepare(&self, sql: &str) -> Result<CachedStatement<'c>> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    /// The first row, where there is one.
    pub(crate) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        Ok(self.prepare(sql)?.query_row(params, map).optional()?)
    }

    /// The one row that a statement such as a count always answers.
    pub(crate) fn value<T: rusqlite::types::FromSql>(&self, sql: &str, params: impl Params) -> Result<T> {
        Ok(self.prepare(sql)?.query_row(params, |row| row.get(0))?)
    }

    pub(crate) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.prepare(sql)?;
        let rows = statement.query_map(params, map)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl<'c> Transaction<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { reader: Reader::new(connection), raised: Cell::new(None) }
    }

    /// Runs a statement that changes rows, and answers how many.
    pub(crate) fn execute(&self, sql: &str, params: impl Params) -> Result<usize> {
        Ok(self.prepare(sql)?.execute(params)?)
    }

    /// Says that who may do what, or what is mounted, changed: every process looks again.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn raise_generation(&self) -> Result<()> {
        // Once is enough: nobody sees the steps of a transaction.
        if self.raised.get().is_none() {
            let value = self.value("UPDATE generation SET value = value + 1 WHERE id = 1 RETURNING value", [])?;
            self.raised.set(Some(value));
        }
        Ok(())
    }

    pub(crate) fn raised(&self) -> Option<u64> {
        self.raised.get()
    }

    /// A part that can be taken back alone: `body` answers beside its result whether to keep what it wrote. On an
    /// error it is taken back too.
    ///
    /// # Errors
    /// Those of `body`.
    pub fn part<T, E: From<crate::StorageError>>(
        &self,
        body: impl FnOnce(&Self) -> Result<(T, bool), E>,
    ) -> Result<T, E> {
        let raised = self.raised.get();
        self.execute("SAVEPOINT part", [])?;
        let answer = body(self);
        if !matches!(answer, Ok((_, true))) {
            self.execute("ROLLBACK TO part", [])?;
            self.raised.set(raised);
        }
        self.execute("RELEASE part", [])?;
        answer.map(|(value, _)| value)
    }
}

impl<'c> Deref for Transaction<'c> {
    type Target = Reader<'c>;

    fn deref(&self) -> &Reader<'c> {
        &self.reader
    }
}

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Reader")
    }
}

impl std::fmt::Debug for Transaction<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Transaction")
    }
}
