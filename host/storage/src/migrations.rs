//! The schema, as numbered steps. A step that was released is never edited: the next one changes what it made.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::{Result, StorageError};

/// In order; the number of a step is its place, from 1, and stands in the database as `user_version`.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_work.sql"),
    include_str!("migrations/0003_packages.sql"),
    include_str!("migrations/0004_decided.sql"),
    include_str!("migrations/0005_languages.sql"),
];

/// Brings the database up to date, each step in a transaction of its own.
pub(crate) fn run(connection: &mut Connection, path: &Path) -> Result<()> {
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    // Looked at once without a lock, so that opening an up-to-date database waits for nobody.
    while version(connection, path, known)? < known {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Looked at again under the lock: another process may have done the step.
        let done = version(&transaction, path, known)?;
        if let Some(step) = STEPS.get(done as usize) {
            transaction.execute_batch(step)?;
            transaction.pragma_update(None, "user_version", done + 1)?;
            transaction.commit()?;
        }
    }
    Ok(())
}

fn version(connection: &Connection, path: &Path, known: u32) -> Result<u32> {
    let found = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(StorageError::Newer { path: path.to_owned(), found, known });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use crate::{Database, StorageError};

    #[test]
    fn a_newer_database_is_refused_with_what_to_do() {
        let directory = tempfile::tempdir().unwrap();
        drop(Database::open(directory.path()).unwrap());
        let raw = rusqlite::Connection::open(directory.path().join("vestry.db")).unwrap();
        raw.pragma_update(None, "user_version", 99).unwrap();
        let refusal = Database::open(directory.path()).unwrap_err();
        assert!(matches!(refusal, StorageError::Newer { found: 99, .. }));
        assert!(refusal.to_string().contains("start that newer version"), "{refusal}");
    }

    #[test]
    fn opening_twice_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let first = Database::open(directory.path()).unwrap().generation();
        assert_eq!(Database::open(directory.path()).unwrap().generation(), first);
    }
}
