//! What was done, by whom, through what: only ever added to, and each entry seals the ones before it.
//!
//! An entry's hash covers its fields and the hash of the entry before, so a row that was changed, removed or put between
//! shows in [`Reader::verify_audit`]. Whoever can write the file can also make a whole new chain: noting the last hash
//! elsewhere is what guards against that, and against an end that was cut off.

use rusqlite::{Row, params};
use sha2::{Digest, Sha256};

use crate::{Hash, Reader, Result, Transaction};

/// What is written down. Empty where something does not apply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry<'a> {
    pub time: u64,
    /// An account's id, or empty for the command line.
    pub actor: &'a str,
    /// `person`, `token`, `console`, `service`, `nobody`.
    pub actor_kind: &'a str,
    pub plugin: &'a str,
    pub digest: &'a str,
    /// What was done or asked for, such as `users.give`.
    pub action: &'a str,
    /// To what, such as an account's id.
    pub subject: &'a str,
    /// `done`, `refused`, `failed`.
    pub outcome: &'a str,
    pub detail: &'a str,
    /// The id of the request.
    pub request: &'a str,
}

/// An entry as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    pub seq: u64,
    pub time: u64,
    pub actor: String,
    pub actor_kind: String,
    pub plugin: String,
    pub digest: String,
    pub action: String,
    pub subject: String,
    pub outcome: String,
    pub detail: String,
    pub request: String,
    pub previous: Hash,
    pub hash: Hash,
}

/// Which entries; the default is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub actor: Option<String>,
    pub subject: Option<String>,
    /// Only those with a smaller number.
    pub before: Option<u64>,
}

/// Where the chain is broken first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {seq} of the audit is not what was written, or the one before it was changed or removed")]
pub struct Broken {
    pub seq: u64,
}

/// What stands before the first entry.
const START: Hash = [0; 32];

const COLUMNS: &str =
    "seq, time, actor, actor_kind, plugin, digest, action, subject, outcome, detail, request, previous, hash";

impl AuditRow {
    fn entry(&self) -> Entry<'_> {
        Entry {
            time: self.time,
            actor: &self.actor,
            actor_kind: &self.actor_kind,
            plugin: &self.plugin,
            digest: &self.digest,
            action: &self.action,
            subject: &self.subject,
            outcome: &self.outcome,
            detail: &self.detail,
            request: &self.request,
        }
    }
}

impl Entry<'_> {
    /// Each field with its length before it, so that nothing can move from one to the next.
    fn seal(&self, previous: &Hash) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(previous);
        hasher.update(self.time.to_be_bytes());
        let fields = [
            self.actor,
            self.actor_kind,
            self.plugin,
            self.digest,
            self.action,
            self.subject,
            self.outcome,
            self.detail,
            self.request,
        ];
        for field in fields {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field);
        }
        hasher.finalize().into()
    }
}

impl Reader<'_> {
    /// The latest entries first.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn audit_entries(&self, filter: &AuditFilter, limit: u32) -> Result<Vec<AuditRow>> {
        // One condition less where it is not asked for: an index serves those that are there.
        let mut sql = format!("SELECT {COLUMNS} FROM audit WHERE seq < ?");
        let before = filter.before.unwrap_or(i64::MAX as u64).min(i64::MAX as u64);
        let mut bound: Vec<&dyn rusqlite::ToSql> = vec![&before];
        for (condition, value) in [(" AND actor = ?", &filter.actor), (" AND subject = ?", &filter.subject)] {
            if let Some(value) = value {
                sql.push_str(condition);
                bound.push(value);
            }
        }
        sql.push_str(" ORDER BY seq DESC LIMIT ?");
        bound.push(&limit);
        self.all(&sql, bound.as_slice(), read_entry)
    }

    /// The hash of the last entry, which seals all of them.
    pub fn audit_seal(&self) -> Result<Hash> {
        Ok(self.first("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1", [], |row| row.get(0))?.unwrap_or(START))
    }

    /// Walks the whole chain; answers where it is broken first.
    pub fn verify_audit(&self) -> Result<Option<Broken>> {
        let mut statement = self.prepare(&format!("SELECT {COLUMNS} FROM audit ORDER BY seq"))?;
        let mut rows = statement.query([])?;
        let mut previous = START;
        while let Some(row) = rows.next()? {
            let row = read_entry(row)?;
            if row.previous != previous || row.entry().seal(&previous) != row.hash {
                return Ok(Some(Broken { seq: row.seq }));
            }
            previous = row.hash;
        }
        Ok(None)
    }
}

impl Transaction<'_> {
    /// Adds an entry. It stands when the transaction does.
    pub fn audit(&self, entry: &Entry<'_>) -> Result<()> {
        let previous = self.audit_seal()?;
        let hash = entry.seal(&previous);
        let Entry { time, actor, actor_kind, plugin, digest, action, subject, outcome, detail, request } = entry;
        self.execute(
            "INSERT INTO audit (time, actor, actor_kind, plugin, digest, action, subject, outcome, detail, request, previous, hash) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![time, actor, actor_kind, plugin, digest, action, subject, outcome, detail, request, previous, hash],
        )?;
        Ok(())
    }
}

fn read_entry(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        seq: row.get(0)?,
        time: row.get(1)?,
        actor: row.get(2)?,
        actor_kind: row.get(3)?,
        plugin: row.get(4)?,
        digest: row.get(5)?,
        action: row.get(6)?,
        subject: row.get(7)?,
        outcome: row.get(8)?,
        detail: row.get(9)?,
        request: row.get(10)?,
        previous: row.get(11)?,
        hash: row.get(12)?,
    })
}

#[cfg(test)]
mod tests {
    use super::{AuditFilter, Broken, Entry};
    use crate::{Database, StorageError};

    fn filled() -> (tempfile::TempDir, Database) {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(directory.path()).unwrap();
        database
            .write(|tx| {
                for (subject, actor) in [("a", "x"), ("b", "x"), ("a", "y"), ("c", "")] {
                    tx.audit(&Entry {
                        time: 7,
                        actor,
                        actor_kind: "person",
                        action: "users.give",
                        subject,
                        outcome: "done",
                        ..Entry::default()
                    })?;
                }
                Ok::<_, StorageError>(())
            })
            .unwrap();
        (directory, database)
    }

    /// Past the triggers, as somebody with the file could.
    fn tamper(directory: &tempfile::TempDir, sql: &str) {
        let raw = rusqlite::Connection::open(directory.path().join("vestry.db")).unwrap();
        raw.execute_batch("DROP TRIGGER IF EXISTS audit_never_changes; DROP TRIGGER IF EXISTS audit_never_shrinks;")
            .unwrap();
        raw.execute_batch(sql).unwrap();
    }

    #[test]
    fn an_untouched_chain_holds() {
        let (_directory, database) = filled();
        assert_eq!(database.read(|reader| reader.verify_audit()).unwrap(), None);
    }

    #[test]
    fn every_change_shows_where_it_was_made() {
        let changes = [
            ("UPDATE audit SET subject = 'z' WHERE seq = 2", 2),
            ("UPDATE audit SET time = 8 WHERE seq = 3", 3),
            ("UPDATE audit SET subject = '', action = 'users.givea' WHERE seq = 1", 1),
            ("UPDATE audit SET previous = zeroblob(32) WHERE seq = 2", 2),
            ("DELETE FROM audit WHERE seq = 1", 2),
            ("DELETE FROM audit WHERE seq = 3", 4),
            ("UPDATE audit SET hash = zeroblob(32) WHERE seq = 4", 4),
            ("UPDATE audit SET seq = 9 WHERE seq = 2", 3),
        ];
        for (sql, seq) in changes {
            let (directory, database) = filled();
            tamper(&directory, sql);
            assert_eq!(database.read(|reader| reader.verify_audit()).unwrap(), Some(Broken { seq }), "{sql}");
        }
    }

    #[test]
    fn the_database_itself_refuses_to_change_it() {
        let (directory, _database) = filled();
        let raw = rusqlite::Connection::open(directory.path().join("vestry.db")).unwrap();
        for sql in ["UPDATE audit SET subject = 'z' WHERE seq = 2", "DELETE FROM audit"] {
            assert!(raw.execute_batch(sql).unwrap_err().to_string().contains("only ever added to"), "{sql}");
        }
    }

    #[test]
    fn entries_are_found_by_actor_and_subject_latest_first() {
        let (_directory, database) = filled();
        let seqs = |actor: Option<&str>, subject: Option<&str>, before| {
            let filter = AuditFilter { actor: actor.map(Into::into), subject: subject.map(Into::into), before };
            let rows = database.read(|reader| reader.audit_entries(&filter, 2)).unwrap();
            rows.into_iter().map(|row| row.seq).collect::<Vec<_>>()
        };
        assert_eq!(seqs(None, None, None), [4, 3]);
        assert_eq!(seqs(None, None, Some(3)), [2, 1]);
        assert_eq!(seqs(Some("x"), None, None), [2, 1]);
        assert_eq!(seqs(None, Some("a"), None), [3, 1]);
        assert_eq!(seqs(Some("x"), Some("a"), None), [1]);
    }
}
