//! Failed attempts to sign in, by what they came from or went to. How long one has to wait is decided above.

use rusqlite::params;

use crate::{Reader, Result, Transaction};

/// What is known about a subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    pub failures: u64,
    /// When the last one was.
    pub last: u64,
    /// No attempt is heard before.
    pub until: u64,
}

impl Reader<'_> {
    /// Those of a subject; of an unknown one none.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn attempts(&self, subject: &str) -> Result<Attempts> {
        let read =
            |row: &rusqlite::Row<'_>| Ok(Attempts { failures: row.get(0)?, last: row.get(1)?, until: row.get(2)? });
        Ok(self
            .first("SELECT failures, last, until FROM attempts WHERE subject = ?", [subject], read)?
            .unwrap_or_default())
    }
}

impl Transaction<'_> {
    /// Sets them; no failures forget the subject.
    pub fn set_attempts(&self, subject: &str, attempts: &Attempts) -> Result<()> {
        if attempts.failures == 0 {
            self.execute("DELETE FROM attempts WHERE subject = ?", [subject])?;
            return Ok(());
        }
        self.execute(
            "INSERT INTO attempts (subject, failures, last, until) VALUES (?, ?, ?, ?) \
             ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, last = excluded.last, until = excluded.until",
            params![subject, attempts.failures, attempts.last, attempts.until],
        )?;
        Ok(())
    }

    /// Forgets the subjects that failed last before a time. Answers how many.
    pub fn purge_attempts(&self, before: u64) -> Result<usize> {
        self.execute("DELETE FROM attempts WHERE last < ?", [before])
    }
}
