//! What a person is asked before something grave is done on their behalf.
//!
//! A question is gone once it is answered: the yes itself is not kept, it goes along with the request that is made again.

use rusqlite::{Row, params};

use crate::{Hash, Reader, Result, Transaction};

/// A question that stands.
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
}

const COLUMNS: &str =
    "hash, session_hash, account, plugin, digest, function, arguments_hash, sentence, request, created, expires";

impl Reader<'_> {
    /// One question, also an expired one.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn confirmation(&self, hash: &Hash) -> Result<Option<Confirmation>> {
        self.first(&format!("SELECT {COLUMNS} FROM confirmations WHERE hash = ?"), [hash], read_confirmation)
    }
}

impl Transaction<'_> {
    /// Asks; the session must exist. Forgets questions that have expired.
    pub fn insert_confirmation(&self, confirmation: &Confirmation) -> Result<()> {
        let new = confirmation;
        self.execute("DELETE FROM confirmations WHERE expires <= ?", [new.created])?;
        let sql = format!("INSERT INTO confirmations ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
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
                new.expires
            ],
        )?;
        Ok(())
    }

    /// Removes questions that have expired. Answers how many.
    pub fn purge_confirmations(&self, now: u64) -> Result<usize> {
        self.execute("DELETE FROM confirmations WHERE expires <= ?", [now])
    }

    /// Takes a question away, as a yes and a no both do. Answers whether it was there: of two answers at the same moment
    /// one finds it gone.
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
    })
}

#[cfg(test)]
mod tests {
    use super::Confirmation;
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

    #[test]
    fn a_question_is_answered_once_and_in_its_own_session() {
        let database = filled();
        let take = |session: [u8; 32]| database.write(|tx| tx.delete_confirmation(&[1; 32], &session)).unwrap();
        assert!(!take([8; 32]), "another session");
        assert!(take([7; 32]));
        assert!(!take([7; 32]), "a second time");
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
