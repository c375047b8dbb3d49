//! Links that work once, told by the SHA-256 of their secret part.

use rusqlite::params;

use crate::{Hash, Reader, Result, Transaction};

/// A link, used or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// Such as `setup`.
    pub purpose: String,
    pub account: Option<String>,
    /// The account that had it made; none where nobody had to be asked, as for one's own.
    pub made_by: Option<String>,
    pub created: u64,
    pub expires: u64,
    pub used: Option<u64>,
}

/// What a link is good for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    Valid,
    Expired,
    Used,
}

impl LinkRow {
    /// What it is good for at a time.
    pub fn state(&self, now: u64) -> LinkState {
        match self.used {
            Some(_) => LinkState::Used,
            None if self.expires <= now => LinkState::Expired,
            None => LinkState::Valid,
        }
    }
}

impl Reader<'_> {
    /// One link.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn link(&self, hash: &Hash) -> Result<Option<LinkRow>> {
        self.first(
            "SELECT purpose, account, made_by, created, expires, used FROM one_time_links WHERE hash = ?",
            [hash],
            |row| {
                Ok(LinkRow {
                    purpose: row.get(0)?,
                    account: row.get(1)?,
                    made_by: row.get(2)?,
                    created: row.get(3)?,
                    expires: row.get(4)?,
                    used: row.get(5)?,
                })
            },
        )
    }
}

impl Transaction<'_> {
    /// Adds a link and voids every older one of this purpose and account.
    pub fn replace_link(&self, hash: &Hash, link: &LinkRow) -> Result<()> {
        self.execute(
            "DELETE FROM one_time_links WHERE purpose = ? AND account IS NOT DISTINCT FROM ?",
            params![link.purpose, link.account],
        )?;
        self.insert_link(hash, link)
    }

    /// Adds a link; older ones stay as they are.
    pub fn insert_link(&self, hash: &Hash, link: &LinkRow) -> Result<()> {
        let LinkRow { purpose, account, made_by, created, expires, used } = link;
        self.execute(
            "INSERT INTO one_time_links (hash, purpose, account, made_by, created, expires, used) VALUES (?, ?, ?, ?, ?, ?, ?)",
            params![hash, purpose, account, made_by, created, expires, used],
        )?;
        Ok(())
    }

    /// Voids the links of an account for a purpose, whoever had them made. Answers how many there were.
    pub fn void_links(&self, purpose: &str, account: &str) -> Result<usize> {
        self.execute("DELETE FROM one_time_links WHERE purpose = ? AND account = ?", [purpose, account])
    }

    /// Voids those of them that nobody in particular had made. Answers how many there were.
    pub fn void_unmade_links(&self, purpose: &str, account: &str) -> Result<usize> {
        let sql = "DELETE FROM one_time_links WHERE purpose = ? AND account = ? AND made_by IS NULL";
        self.execute(sql, [purpose, account])
    }

    /// Removes links that expired or were used before a time. Answers how many.
    pub fn purge_links(&self, before: u64) -> Result<usize> {
        self.execute("DELETE FROM one_time_links WHERE expires < ?1 OR used < ?1", [before])
    }

    /// Uses it up. Answers whether it was valid.
    pub fn use_link(&self, hash: &Hash, purpose: &str, now: u64) -> Result<bool> {
        let sql =
            "UPDATE one_time_links SET used = ?3 WHERE hash = ?1 AND purpose = ?2 AND used IS NULL AND expires > ?3";
        Ok(self.execute(sql, params![hash, purpose, now])? > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::{LinkRow, LinkState};
    use crate::{Database, NewAccount};

    #[test]
    fn a_link_works_once_in_time_and_until_the_next() {
        let database = Database::temporary().unwrap();
        let link =
            LinkRow { purpose: "setup".into(), account: None, made_by: None, created: 1, expires: 100, used: None };
        let put = |number: u8| database.write(|tx| tx.replace_link(&[number; 32], &link)).unwrap();
        let works =
            |number: u8, purpose: &str, now| database.write(|tx| tx.use_link(&[number; 32], purpose, now)).unwrap();
        put(1);
        put(2);
        assert!(!works(1, "setup", 50), "the next one voids it");
        assert!(!works(2, "reset", 50), "for another purpose");
        assert!(!works(2, "setup", 100), "too late");
        assert!(works(2, "setup", 99));
        assert!(!works(2, "setup", 99), "a second time");
        let used = database.read(|reader| reader.link(&[2; 32])).unwrap().unwrap();
        assert_eq!(
            (used.state(50), link.state(99), link.state(100)),
            (LinkState::Used, LinkState::Valid, LinkState::Expired)
        );
    }
    #[test]
    fn what_nobody_in_particular_made_is_voided_alone_and_what_is_long_over_is_removed() {
        let database = Database::temporary().unwrap();
        let link = |purpose: &str, made_by: Option<&str>, used| LinkRow {
            purpose: purpose.into(),
            account: Some("one".into()),
            made_by: made_by.map(str::to_owned),
            created: 1,
            expires: 100,
            used,
        };
        let there = || {
            let left = |number: &u8| database.read(|reader| reader.link(&[*number; 32])).unwrap().is_some();
            (1..=4).filter(left).collect::<Vec<u8>>()
        };
        let put = || {
            database.write(|tx| {
                tx.insert_link(&[1; 32], &link("reset", None, None))?;
                tx.insert_link(&[2; 32], &link("reset", Some("two"), None))?;
                tx.insert_link(&[3; 32], &link("invitation", Some("two"), None))?;
                tx.insert_link(&[4; 32], &link("reset", None, Some(50)))
            })
        };
        database.write(|tx| tx.insert_account(&NewAccount { id: "one", email: None, name: "A", created: 1 })).unwrap();
        put().unwrap();
        assert_eq!(there(), [1, 2, 3, 4]);
        assert_eq!(database.write(|tx| tx.void_unmade_links("reset", "one")).unwrap(), 2);
        assert_eq!(there(), [2, 3]);
        assert_eq!(database.write(|tx| tx.void_links("reset", "one")).unwrap(), 1);
        assert_eq!(there(), [3]);
        database.write(|tx| tx.void_links("invitation", "one")).unwrap();

        put().unwrap();
        assert_eq!(database.write(|tx| tx.purge_links(50)).unwrap(), 0);
        assert_eq!(database.write(|tx| tx.purge_links(51)).unwrap(), 1, "the one that was used");
        assert_eq!(database.write(|tx| tx.purge_links(100)).unwrap(), 0);
        assert_eq!(there(), [1, 2, 3]);
        assert_eq!(database.write(|tx| tx.purge_links(101)).unwrap(), 3);
    }
}
