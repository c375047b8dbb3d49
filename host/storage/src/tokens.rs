//! API tokens, told by the SHA-256 of what their holder keeps.

use rusqlite::{Row, params};

use crate::{Hash, Reader, Result, Transaction};

/// A token. Whether it has expired is for the caller to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    pub id: String,
    pub hash: Hash,
    pub account: String,
    pub name: String,
    /// With one space between; empty for all that the account may.
    pub scopes: String,
    pub created: u64,
    pub expires: Option<u64>,
    pub last_used: Option<u64>,
}

const COLUMNS: &str = "id, hash, account, name, scopes, created, expires, last_used";

impl Reader<'_> {
    /// The token of this hash.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn token(&self, hash: &Hash) -> Result<Option<TokenRow>> {
        self.first(&format!("SELECT {COLUMNS} FROM tokens WHERE hash = ?"), [hash], read_token)
    }

    /// Those of an account, the latest first, expired ones too.
    pub fn tokens_of(&self, account: &str) -> Result<Vec<TokenRow>> {
        let sql = format!("SELECT {COLUMNS} FROM tokens WHERE account = ? ORDER BY created DESC, id");
        self.all(&sql, [account], read_token)
    }
}

impl Transaction<'_> {
    /// Adds one.
    pub fn insert_token(&self, token: &TokenRow) -> Result<()> {
        let sql = format!("INSERT INTO tokens ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
        let TokenRow { id, hash, account, name, scopes, created, expires, last_used } = token;
        self.execute(&sql, params![id, hash, account, name, scopes, created, expires, last_used])?;
        Ok(())
    }

    /// Notes that it was used; an earlier time changes nothing.
    pub fn touch_token(&self, id: &str, time: u64) -> Result<()> {
        let sql = "UPDATE tokens SET last_used = ?2 WHERE id = ?1 AND coalesce(last_used, 0) < ?2";
        self.execute(sql, params![id, time])?;
        Ok(())
    }

    /// Revokes one of an account. Answers whether there was such a one.
    pub fn delete_token(&self, account: &str, id: &str) -> Result<bool> {
        Ok(self.execute("DELETE FROM tokens WHERE account = ? AND id = ?", params![account, id])? > 0)
    }
}

fn read_token(row: &Row<'_>) -> rusqlite::Result<TokenRow> {
    Ok(TokenRow {
        id: row.get(0)?,
        hash: row.get(1)?,
        account: row.get(2)?,
        name: row.get(3)?,
        scopes: row.get(4)?,
        created: row.get(5)?,
        expires: row.get(6)?,
        last_used: row.get(7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::TokenRow;
    use crate::{Database, NewAccount};

    #[test]
    fn a_token_is_found_by_its_hash_and_revoked_by_its_owner() {
        let database = Database::temporary().unwrap();
        let token = TokenRow {
            id: "t".into(),
            hash: [1; 32],
            account: "one".into(),
            name: "CI".into(),
            scopes: "users.read".into(),
            created: 5,
            expires: Some(9),
            last_used: None,
        };
        database
            .write(|tx| {
                tx.insert_account(&NewAccount { id: "one", email: None, name: "A", created: 1 })?;
                tx.insert_token(&token)?;
                tx.touch_token("t", 8)?;
                tx.touch_token("t", 7)
            })
            .unwrap();
        let used = TokenRow { last_used: Some(8), ..token };
        assert_eq!(database.read(|reader| reader.token(&[1; 32])).unwrap(), Some(used.clone()));
        assert_eq!(database.read(|reader| reader.tokens_of("one")).unwrap(), [used]);
        assert!(!database.write(|tx| tx.delete_token("other", "t")).unwrap());
        assert!(database.write(|tx| tx.delete_token("one", "t")).unwrap());
        assert_eq!(database.read(|reader| reader.token(&[1; 32])).unwrap(), None);
    }
}
