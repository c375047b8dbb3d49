//! Sessions of people, told by the SHA-256 of what their browser holds.

use rusqlite::{Row, params};

use crate::{Hash, Reader, Result, Transaction};

/// A session. Whether it has expired is for the caller to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    pub hash: Hash,
    pub account: String,
    pub created: u64,
    pub seen: u64,
    /// Ends here unless it is used before.
    pub idle_expires: u64,
    /// Ends here in any case.
    pub expires: u64,
    /// When the password was last given.
    pub authenticated: u64,
    pub address: String,
    pub agent: String,
}

const COLUMNS: &str = "hash, account, created, seen, idle_expires, expires, authenticated, address, agent";

impl Reader<'_> {
    /// One session.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn session(&self, hash: &Hash) -> Result<Option<SessionRow>> {
        self.first(&format!("SELECT {COLUMNS} FROM sessions WHERE hash = ?"), [hash], read_session)
    }

    /// Those of an account which have not expired, the latest first.
    pub fn sessions_of(&self, account: &str, now: u64) -> Result<Vec<SessionRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM sessions WHERE account = ?1 AND expires > ?2 AND idle_expires > ?2 ORDER BY created DESC, hash"
        );
        self.all(&sql, params![account, now], read_session)
    }

    /// How many have not expired.
    pub fn count_sessions(&self, now: u64) -> Result<u64> {
        let sql = "SELECT count(*) FROM sessions WHERE expires > ?1 AND idle_expires > ?1";
        Ok(self.first(sql, [now], |row| row.get(0))?.unwrap_or(0))
    }
}

impl Transaction<'_> {
    /// Starts one.
    pub fn insert_session(&self, session: &SessionRow) -> Result<()> {
        let sql = format!("INSERT INTO sessions ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
        let SessionRow { hash, account, created, seen, idle_expires, expires, authenticated, address, agent } = session;
        self.execute(
            &sql,
            params![hash, account, created, seen, idle_expires, expires, authenticated, address, agent],
        )?;
        Ok(())
    }

    /// Notes that it was used; an earlier time changes nothing.
    pub fn touch_session(&self, hash: &Hash, seen: u64, idle_expires: u64) -> Result<()> {
        let sql = "UPDATE sessions SET seen = ?2, idle_expires = ?3 WHERE hash = ?1 AND seen < ?2";
        self.execute(sql, params![hash, seen, idle_expires])?;
        Ok(())
    }

    /// Notes that the password was given again. Answers whether there is such a session.
    pub fn set_session_authenticated(&self, hash: &Hash, time: u64) -> Result<bool> {
        Ok(self.execute("UPDATE sessions SET authenticated = ?2 WHERE hash = ?1", params![hash, time])? > 0)
    }

    /// Ends one session of an account. Answers whether there was such a one.
    pub fn delete_session(&self, account: &str, hash: &Hash) -> Result<bool> {
        Ok(self.execute("DELETE FROM sessions WHERE account = ? AND hash = ?", params![account, hash])? > 0)
    }

    /// Ends all sessions of an account, or all but one. Answers how many.
    pub fn delete_sessions_of(&self, account: &str, except: Option<&Hash>) -> Result<usize> {
        self.execute("DELETE FROM sessions WHERE account = ?1 AND (?2 IS NULL OR hash <> ?2)", params![account, except])
    }

    /// Removes what has expired. Answers how many.
    pub fn purge_sessions(&self, now: u64) -> Result<usize> {
        self.execute("DELETE FROM sessions WHERE expires <= ?1 OR idle_expires <= ?1", [now])
    }
}

fn read_session(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        hash: row.get(0)?,
        account: row.get(1)?,
        created: row.get(2)?,
        seen: row.get(3)?,
        idle_expires: row.get(4)?,
        expires: row.get(5)?,
        authenticated: row.get(6)?,
        address: row.get(7)?,
        agent: row.get(8)?,
    })
}

#[cfg(test)]
mod tests {
    use super::SessionRow;
    use crate::{Database, NewAccount, StorageError};

    fn session(number: u8, idle_expires: u64) -> SessionRow {
        SessionRow {
            hash: [number; 32],
            account: "one".into(),
            created: u64::from(number),
            seen: 10,
            idle_expires,
            expires: 1000,
            authenticated: 10,
            address: "192.0.2.1".into(),
            agent: "Browser".into(),
        }
    }

    fn filled() -> Database {
        let database = Database::temporary().unwrap();
        database
            .write(|tx| {
                tx.insert_account(&NewAccount { id: "one", email: None, name: "A", created: 1 })?;
                [session(1, 100), session(2, 200), session(3, 300)]
                    .iter()
                    .try_for_each(|session| tx.insert_session(session))
            })
            .unwrap();
        database
    }

    fn left(database: &Database, now: u64) -> Vec<u8> {
        database
            .read(|reader| reader.sessions_of("one", now))
            .unwrap()
            .into_iter()
            .map(|session| session.hash[0])
            .collect()
    }

    #[test]
    fn expired_ones_are_not_listed_and_then_removed() {
        let database = filled();
        assert_eq!(left(&database, 50), [3, 2, 1]);
        assert_eq!(left(&database, 200), [3]);
        let counted = |now| database.read(|reader| reader.count_sessions(now)).unwrap();
        assert_eq!((counted(50), counted(200), counted(1000)), (3, 1, 0));
        assert_eq!(database.write(|tx| tx.purge_sessions(200)).unwrap(), 2);
        assert_eq!(left(&database, 50), [3]);
        assert_eq!(database.write(|tx| tx.purge_sessions(1000)).unwrap(), 1);
    }

    #[test]
    fn use_moves_the_end_and_an_old_use_does_not() {
        let database = filled();
        database.write(|tx| tx.touch_session(&[1; 32], 90, 900)).unwrap();
        database.write(|tx| tx.touch_session(&[1; 32], 80, 800)).unwrap();
        let row = database.read(|reader| reader.session(&[1; 32])).unwrap().unwrap();
        assert_eq!(row, SessionRow { seen: 90, idle_expires: 900, ..session(1, 0) });
    }

    #[test]
    fn ended_ones_are_those_of_the_account() {
        let database = filled();
        assert!(!database.write(|tx| tx.delete_session("other", &[1; 32])).unwrap());
        assert!(database.write(|tx| tx.delete_session("one", &[1; 32])).unwrap());
        assert_eq!(database.write(|tx| tx.delete_sessions_of("one", Some(&[2; 32]))).unwrap(), 1);
        assert_eq!(left(&database, 50), [2]);
        database.write(|tx| tx.delete_account("one").map(|_| ())).unwrap();
        assert_eq!(database.read(|reader| reader.session(&[2; 32])).unwrap(), None::<SessionRow>);
        assert!(
            matches!(database.write(|tx| tx.insert_session(&session(9, 9))), Err(StorageError::Driver(_))),
            "no account, no session"
        );
    }
}
