//! Secrets that an administrator has set, sealed. What opens them is not in the database.

use rusqlite::{Row, params};

use crate::{Reader, Result, Transaction};

/// A sealed secret.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretRow {
    pub name: String,
    /// What it is bound to; none for one that plugins may read.
    pub origin: Option<String>,
    /// For this name and origin alone.
    pub sealed: Vec<u8>,
    pub updated: u64,
    /// An account's id; empty for the command line.
    pub updated_by: String,
}

impl std::fmt::Debug for SecretRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SecretRow").field("name", &self.name).finish_non_exhaustive()
    }
}

const COLUMNS: &str = "name, origin, sealed, updated, updated_by";

impl Reader<'_> {
    /// All secrets, by name.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn secrets(&self) -> Result<Vec<SecretRow>> {
        self.all(&format!("SELECT {COLUMNS} FROM secrets ORDER BY name"), [], read_secret)
    }

    /// One secret.
    pub fn secret(&self, name: &str) -> Result<Option<SecretRow>> {
        self.first(&format!("SELECT {COLUMNS} FROM secrets WHERE name = ?"), [name], read_secret)
    }
}

impl Transaction<'_> {
    /// Sets a secret, in the place of one that had its name.
    pub fn put_secret(&self, secret: &SecretRow) -> Result<()> {
        let SecretRow { name, origin, sealed, updated, updated_by } = secret;
        self.execute(
            "INSERT INTO secrets (name, origin, sealed, updated, updated_by) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT (name) DO UPDATE SET origin = excluded.origin, sealed = excluded.sealed, \
             updated = excluded.updated, updated_by = excluded.updated_by",
            params![name, origin, sealed, updated, updated_by],
        )?;
        Ok(())
    }

    /// Takes a secret away. Answers whether there was one.
    pub fn delete_secret(&self, name: &str) -> Result<bool> {
        Ok(self.execute("DELETE FROM secrets WHERE name = ?", [name])? > 0)
    }
}

fn read_secret(row: &Row<'_>) -> rusqlite::Result<SecretRow> {
    Ok(SecretRow {
        name: row.get(0)?,
        origin: row.get(1)?,
        sealed: row.get(2)?,
        updated: row.get(3)?,
        updated_by: row.get(4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::SecretRow;
    use crate::Database;

    fn row(name: &str, sealed: &[u8]) -> SecretRow {
        SecretRow {
            name: name.into(),
            origin: Some("https://a.example".into()),
            sealed: sealed.into(),
            updated: 7,
            updated_by: "ada".into(),
        }
    }

    #[test]
    fn a_secret_is_replaced_by_its_name_and_goes_once() {
        let database = Database::temporary().unwrap();
        let newer = SecretRow { origin: None, updated: 8, ..row("b", b"two") };
        database
            .write(|tx| {
                tx.put_secret(&row("b", b"one"))?;
                tx.put_secret(&row("a", b"x"))?;
                tx.put_secret(&newer)
            })
            .unwrap();
        assert_eq!(database.read(|reader| reader.secrets()).unwrap(), [row("a", b"x"), newer.clone()]);
        assert_eq!(database.read(|reader| reader.secret("b")).unwrap(), Some(newer));
        assert!(database.write(|tx| tx.delete_secret("b")).unwrap());
        assert!(!database.write(|tx| tx.delete_secret("b")).unwrap());
        assert_eq!(database.read(|reader| reader.secret("b")).unwrap(), None);
    }
}
