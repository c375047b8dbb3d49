//! What a person is asked before something grave is done on their behalf, and that they said yes.
//!
//! A yes counts for one session, plugin, package, function and these arguments, and for one call.

use rusqlite::{Row, params};

use crate::{Hash, Reader, Result, Transaction};

/// A question, answered or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// Of the secret in the address of the question's page.
    pub hash: Hash,
    pub session_hash: Hash,
    pub account: String,
    pub plugin: String,
    pub digest: String,
    pub function: String,
    pub arguments_hash: Hash,
    /// What is about to happen, as JSON.
    pub sentence: String,
    /// The request that is made again after a yes, as JSON.
    pub request: String,
    pub created: u64,
    pub expires: u64,
    pub approved: Option<u64>,
}

/// What a yes was given to.
#[derive(Clone, Copy, Debug)]
pub struct Confirmed<'a> {
    pub session_hash: &'a Hash,
    pub plugin: &'a str,
    pub digest: &'a str,
    pub function: &'a str,
    pub arguments_hash: &'a Hash,
}

const COLUMNS: &str = "hash, session_hash, account, plugin, digest, function, arguments_hash, sentence, request, created, expires, approved";

impl Reader<'_> {
    /// One question, also an expired one.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn confirmation(&self, hash: &Hash) -> Result<Option<Confirmation>> {
        self.first(&format!("SELECT {COLUMNS} FROM confirmations WHERE hash = ?"), [hash], read_confirmation)
    }

    /// Whether a yes stands that was not used yet.
    pub fn is_confirmed(&self, what: &Confirmed<'_>, now: u64) -> Result<bool> {
        let sql = "SELECT count(*) FROM confirmations WHERE session_hash = ? AND plugin = ? AND digest = ? AND function = ? \
                   AND arguments_hash = ? AND approved IS NOT NULL AND expires > ?";
        let Confirmed { session_hash, plugin, digest, function, arguments_hash } = what;
        Ok(self.value::<u64>(sql, params![session_hash, plugin, digest, function, arguments_hash, now])? > 0)
    }
}

impl Transaction<'_> {
    /// Asks; the session must exist. Forgets questions that have expired.
    pub fn insert_confirmation(&self, confirmation: &Confirmation) -> Result<()> {
        let new = confirmation;
        self.execute("DELETE FROM confirmations WHERE expires <= ?", [new.created])?;
        let sql = format!("INSERT INTO confirmations ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        self.execute(
            &sql,
            params![
                new.hash,
                new.session_hash,
                new.account,
                new.plugin,
                new.digest,
                new.function,
                new.arguments_hash,
                new.sentence,
                new.request,
                new.created,
                new.expires,
                new.approved
            ],
        )?;
        Ok(())
    }

    /// Says yes, in the session that was asked. Answers whether that question still stood.
    pub fn approve_confirmation(&self, hash: &Hash, session_hash: &Hash, now: u64) -> Result<bool> {
        let sql = "UPDATE confirmations SET approved = ?3 \
                   WHERE hash = ?1 AND session_hash = ?2 AND expires > ?3 AND approved IS NULL";
        Ok(self.execute(sql, params![hash, session_hash, now])? > 0)
    }

    /// Uses a yes up. Answers whether there was one.
    pub fn take_confirmation(&self, what: &Confirmed<'_>, now: u64) -> Result<bool> {
        let sql = "DELETE FROM confirmations WHERE hash = (SELECT hash FROM confirmations WHERE session_hash = ? AND plugin = ? \
                   AND digest = ? AND function = ? AND arguments_hash = ? AND approved IS NOT NULL AND expires > ? LIMIT 1)";
        let Confirmed { session_hash, plugin, digest, function, arguments_hash } = what;
        Ok(self.execute(sql, params![session_hash, plugin, digest, function, arguments_hash, now])? > 0)
    }

    /// Withdraws a question, as a no does. Answers whether there was such a one.
    pub fn delete_confirmation(&self, hash: &Hash, session_hash: &Hash) -> Result<bool> {
        Ok(self
            .execute("DELETE FROM confirmations WHERE hash = ? AND session_hash = ?", params![hash, session_hash])?
            > 0)
    }
}

fn read_confirmation(row: &Row<'_>) -> rusqlite::Result<Confirmation> {
    Ok(Confirmation {
        hash: row.get(0)?,
        session_hash: row.get(1)?,
        account: row.get(2)?,
        plugin: row.get(3)?,
        digest: row.get(4)?,
        function: row.get(5)?,
        arguments_hash: row.get(6)?,
        sentence: row.get(7)?,
        request: row.get(8)?,
        created: row.get(9)?,
        expires: row.get(10)?,
        approved: row.get(11)?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Confirmation, Confirmed};
    use crate::{Database, NewAccount, SessionRow};

    fn asked(number: u8, created: u64) -> Confirmation {
        Confirmation {
            hash: [number; 32],
            session_hash: [7; 32],
            account: "one".into(),
            plugin: "org.example".into(),
            digest: "d".into(),
            function: "vestry:admin/users.apply".into(),
            arguments_hash: [1; 32],
            sentence: "{}".into(),
            request: "{}".into(),
            created,
            expires: created + 100,
            approved: None,
        }
    }

    fn filled() -> Database {
        let database = Database::temporary().unwrap();
        let session = SessionRow {
            hash: [7; 32],
            account: "one".into(),
            created: 1,
            seen: 1,
            idle_expires: 1000,
            expires: 1000,
            authenticated: 1,
            address: String::new(),
            agent: String::new(),
        };
        database
            .write(|tx| {
                tx.insert_account(&NewAccount { id: "one", email: None, name: "A", created: 1 })?;
                tx.insert_session(&session)?;
                tx.insert_confirmation(&asked(1, 10))
            })
            .unwrap();
        database
    }

    const WHAT: Confirmed<'static> = Confirmed {
        session_hash: &[7; 32],
        plugin: "org.example",
        digest: "d",
        function: "vestry:admin/users.apply",
        arguments_hash: &[1; 32],
    };

    #[test]
    fn a_yes_counts_for_exactly_what_was_asked_and_once() {
        let database = filled();
        let take = |what: Confirmed<'_>, now| database.write(|tx| tx.take_confirmation(&what, now)).unwrap();
        assert!(!take(WHAT, 20), "not answered yet");
        assert!(!database.write(|tx| tx.approve_confirmation(&[1; 32], &[8; 32], 20)).unwrap(), "another session");
        assert!(!database.write(|tx| tx.approve_confirmation(&[1; 32], &[7; 32], 110)).unwrap(), "too late");
        assert!(database.write(|tx| tx.approve_confirmation(&[1; 32], &[7; 32], 20)).unwrap());
        let others = [
            Confirmed { session_hash: &[8; 32], ..WHAT },
            Confirmed { plugin: "org.other", ..WHAT },
            Confirmed { digest: "e", ..WHAT },
            Confirmed { function: "vestry:admin/users.get", ..WHAT },
            Confirmed { arguments_hash: &[2; 32], ..WHAT },
        ];
        for other in others {
            assert!(!database.read(|reader| reader.is_confirmed(&other, 30)).unwrap() && !take(other, 30), "{other:?}");
        }
        assert!(!take(WHAT, 110), "expired");
        assert!(database.read(|reader| reader.is_confirmed(&WHAT, 30)).unwrap());
        assert!(take(WHAT, 30));
        assert!(!take(WHAT, 30), "a second time");
    }

    #[test]
    fn a_question_ends_with_a_no_with_time_and_with_its_session() {
        let database = filled();
        let stands = |number: u8| database.read(|reader| reader.confirmation(&[number; 32])).unwrap().is_some();
        database.write(|tx| tx.insert_confirmation(&asked(2, 110))).unwrap();
        assert!(!stands(1) && stands(2), "asking forgets what has expired");
        assert!(database.write(|tx| tx.delete_confirmation(&[2; 32], &[7; 32])).unwrap());
        database.write(|tx| tx.insert_confirmation(&asked(3, 120))).unwrap();
        database.write(|tx| tx.delete_session("one", &[7; 32])).unwrap();
        assert!(!stands(2) && !stands(3));
    }
}
