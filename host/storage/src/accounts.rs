//! Rows of accounts, with what is derived from them and kept true in the same transaction: the privileges as text, the
//! words that they are found by, and how many there are.

use rusqlite::{OptionalExtension, Row, params};

use crate::error::taken;
use crate::{Reader, Result, Transaction, fold};

/// An account, without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    pub id: String,
    /// Lower-case.
    pub email: Option<String>,
    pub name: String,
    pub active: bool,
    /// Names in order, one space between.
    pub privileges: String,
    pub second_factor: bool,
    /// Milliseconds, as all times.
    pub created: u64,
    pub last_seen: Option<u64>,
    /// Raised with every change to the account; a visit is none.
    pub version: u64,
}

/// The same, borrowed from the database while a row is visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountView<'r> {
    pub id: &'r str,
    pub email: Option<&'r str>,
    pub name: &'r str,
    pub active: bool,
    pub privileges: &'r str,
    pub second_factor: bool,
    pub created: u64,
    pub last_seen: Option<u64>,
    pub version: u64,
}

/// What a new account starts with; it is active, without privileges and without a password.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount<'a> {
    pub id: &'a str,
    /// Normalised.
    pub email: Option<&'a str>,
    pub name: &'a str,
    pub created: u64,
}

/// What sign-in needs to know.
#[derive(Clone, Debug)]
pub struct Password {
    pub account: String,
    pub active: bool,
    /// PHC; none for an account that cannot sign in with a password.
    pub phc: Option<String>,
}

/// The columns of [`AccountView`], in the order that `AccountView::of` reads them.
pub(crate) const COLUMNS: &str =
    "a.id, a.email, a.name, a.active, a.privileges, a.second_factor, a.created, a.last_seen, a.version";

impl AccountRow {
    /// Borrows it as a visited row.
    pub fn view(&self) -> AccountView<'_> {
        AccountView {
            id: &self.id,
            email: self.email.as_deref(),
            name: &self.name,
            active: self.active,
            privileges: &self.privileges,
            second_factor: self.second_factor,
            created: self.created,
            last_seen: self.last_seen,
            version: self.version,
        }
    }

    pub(crate) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(AccountView::of(row)?.to_row())
    }
}

impl<'r> AccountView<'r> {
    /// Copies it, to keep.
    pub fn to_row(&self) -> AccountRow {
        AccountRow {
            id: self.id.to_owned(),
            email: self.email.map(str::to_owned),
            name: self.name.to_owned(),
            active: self.active,
            privileges: self.privileges.to_owned(),
            second_factor: self.second_factor,
            created: self.created,
            last_seen: self.last_seen,
            version: self.version,
        }
    }

    pub(crate) fn of(row: &'r Row<'_>) -> rusqlite::Result<Self> {
        let email = row.get_ref(1)?.as_str()?;
        let last_seen: u64 = row.get(7)?;
        Ok(Self {
            id: row.get_ref(0)?.as_str()?,
            email: (!email.is_empty()).then_some(email),
            name: row.get_ref(2)?.as_str()?,
            active: row.get(3)?,
            privileges: row.get_ref(4)?.as_str()?,
            second_factor: row.get(5)?,
            created: row.get(6)?,
            last_seen: (last_seen != 0).then_some(last_seen),
            version: row.get(8)?,
        })
    }
}

impl Reader<'_> {
    /// One account.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn account(&self, id: &str) -> Result<Option<AccountRow>> {
        self.first(&format!("SELECT {COLUMNS} FROM accounts a WHERE a.id = ?"), [id], AccountRow::of)
    }

    /// Several, each in the place of its id.
    pub fn accounts(&self, ids: &[&str]) -> Result<Vec<Option<AccountRow>>> {
        let mut statement = self.prepare(&format!("SELECT {COLUMNS} FROM accounts a WHERE a.id = ?"))?;
        ids.iter().map(|id| Ok(statement.query_row([id], AccountRow::of).optional()?)).collect()
    }

    /// By its normalised e-mail address.
    pub fn account_by_email(&self, email: &str) -> Result<Option<AccountRow>> {
        let sql = format!("SELECT {COLUMNS} FROM accounts a WHERE a.email = ? AND a.email <> ''");
        self.first(&sql, [email], AccountRow::of)
    }

    /// By its normalised e-mail address, for signing in.
    pub fn password_by_email(&self, email: &str) -> Result<Option<Password>> {
        let sql = "SELECT id, active, password FROM accounts WHERE email = ? AND email <> ''";
        self.first(sql, [email], read_password)
    }

    /// By its id, for asking the password once more.
    pub fn password(&self, account: &str) -> Result<Option<Password>> {
        self.first("SELECT id, active, password FROM accounts WHERE id = ?", [account], read_password)
    }

    /// How many accounts there are, of one state or in all. Costs the same for a million.
    pub fn count_accounts(&self, active: Option<bool>) -> Result<u64> {
        self.value("SELECT sum(value) FROM account_counters WHERE ?1 IS NULL OR active = ?1", [active])
    }

    /// How many active accounts have a privilege.
    pub fn count_active_holders(&self, privilege: &str) -> Result<u64> {
        let sql = "SELECT count(*) FROM account_privileges p CROSS JOIN accounts a \
                   WHERE p.privilege = ? AND a.id = p.account AND a.active = 1";
        self.value(sql, [privilege])
    }
}

impl Transaction<'_> {
    /// Adds an account.
    ///
    /// # Errors
    /// [`Taken`](crate::StorageError::Taken) where the e-mail address is another account's.
    pub fn insert_account(&self, new: &NewAccount<'_>) -> Result<()> {
        self.prepare(
            "INSERT INTO accounts (id, email, name, name_key, active, privileges, second_factor, created, last_seen, version) \
             VALUES (?, ?, ?, ?, 1, '', 0, ?, 0, 1)",
        )?
        .execute(params![new.id, new.email.unwrap_or_default(), new.name, fold(new.name), new.created])
        .map_err(taken("the e-mail address"))?;
        self.count(true, 1)?;
        self.write_words(new.id, new.name, new.email)
    }

    /// Gives it another name. Answers whether there is such an account, as the following functions do.
    pub fn rename_account(&self, id: &str, name: &str) -> Result<bool> {
        let sql = "UPDATE accounts SET name = ?2, name_key = ?3, version = version + 1 WHERE id = ?1 RETURNING email";
        let email = self.first(sql, params![id, name, fold(name)], |row| row.get::<_, String>(0))?;
        let Some(email) = email else { return Ok(false) };
        self.replace_words(id, name, (!email.is_empty()).then_some(email.as_str()))?;
        Ok(true)
    }

    /// Activates or deactivates it; `false` also where it is in that state already.
    pub fn set_account_active(&self, id: &str, active: bool) -> Result<bool> {
        let sql = "UPDATE accounts SET active = ?2, version = version + 1 WHERE id = ?1 AND active <> ?2";
        if self.execute(sql, params![id, active])? == 0 {
            return Ok(false);
        }
        self.count(active, 1)?;
        self.count(!active, -1)?;
        Ok(true)
    }

    /// Gives it a privilege, which must exist; `false` also where it has it already.
    pub fn give_privilege(&self, id: &str, privilege: &str) -> Result<bool> {
        let sql = "INSERT INTO account_privileges (account, privilege) \
                   SELECT a.id, p.name FROM accounts a CROSS JOIN privileges p WHERE a.id = ? AND p.name = ? \
                   ON CONFLICT DO NOTHING";
        let changed = self.execute(sql, params![id, privilege])? > 0;
        if changed {
            self.write_privileges_text(id)?;
        }
        Ok(changed)
    }

    /// Takes a privilege; `false` also where it does not have it.
    pub fn take_privilege(&self, id: &str, privilege: &str) -> Result<bool> {
        let sql = "DELETE FROM account_privileges WHERE account = ? AND privilege = ?";
        let changed = self.execute(sql, params![id, privilege])? > 0;
        if changed {
            self.write_privileges_text(id)?;
        }
        Ok(changed)
    }

    /// Removes it, with its sessions, tokens, links and privileges.
    pub fn delete_account(&self, id: &str) -> Result<bool> {
        let active = self.first("DELETE FROM accounts WHERE id = ? RETURNING active", [id], |row| row.get(0))?;
        if let Some(active) = active {
            self.count(active, -1)?;
        }
        Ok(active.is_some())
    }

    /// Sets its password, as a PHC string, or takes it away.
    pub fn set_password(&self, id: &str, phc: Option<&str>) -> Result<bool> {
        let sql = "UPDATE accounts SET password = ?2, version = version + 1 WHERE id = ?1";
        Ok(self.execute(sql, params![id, phc])? > 0)
    }

    /// Replaces a hash by a stronger one of the same password; nothing where the password changed meanwhile.
    pub fn rehash_password(&self, id: &str, old: &str, new: &str) -> Result<bool> {
        let sql = "UPDATE accounts SET password = ?3 WHERE id = ?1 AND password = ?2";
        Ok(self.execute(sql, params![id, old, new])? > 0)
    }

    /// Notes a visit; an earlier time changes nothing.
    pub fn set_last_seen(&self, id: &str, time: u64) -> Result<()> {
        self.execute("UPDATE accounts SET last_seen = ?2 WHERE id = ?1 AND last_seen < ?2", params![id, time])?;
        Ok(())
    }

    pub(crate) fn write_privileges_text(&self, id: &str) -> Result<()> {
        let sql = "UPDATE accounts SET version = version + 1, privileges = coalesce((SELECT string_agg(privilege, ' ' ORDER BY privilege) \
                   FROM account_privileges WHERE account = ?1), '') WHERE id = ?1";
        self.execute(sql, [id])?;
        Ok(())
    }

    fn count(&self, active: bool, by: i64) -> Result<()> {
        self.execute("UPDATE account_counters SET value = value + ? WHERE active = ?", params![by, active])?;
        Ok(())
    }
}

fn read_password(row: &Row<'_>) -> rusqlite::Result<Password> {
    Ok(Password { account: row.get(0)?, active: row.get(1)?, phc: row.get(2)? })
}

#[cfg(test)]
mod tests {
    use super::NewAccount;
    use crate::{AccountFilter, AccountQuery, Database, StorageError, Transaction};

    fn add(tx: &Transaction<'_>, id: &str, name: &str) -> Result<(), StorageError> {
        let email = format!("{id}@example.org");
        tx.insert_account(&NewAccount { id, email: Some(&email), name, created: 1 })
    }

    fn found(tx: &Transaction<'_>, text: &str) -> Vec<String> {
        let filter = AccountFilter { text: text.into(), ..AccountFilter::default() };
        let page = tx.find_accounts(&AccountQuery { filter, limit: 50, ..AccountQuery::default() }).unwrap();
        page.accounts.into_iter().map(|account| account.id).collect()
    }

    #[test]
    fn what_is_derived_stays_true() {
        let database = Database::temporary().unwrap();
        database
            .write(|tx| {
                add(tx, "one", "Anna Berg")?;
                add(tx, "two", "Ben Holm")?;
                assert!(tx.give_privilege("one", "trainer")? && tx.give_privilege("one", "admin")?);
                assert!(!tx.give_privilege("one", "admin")?, "already held");
                assert!(!tx.give_privilege("one", "unknown")? && !tx.give_privilege("nobody", "admin")?);
                assert_eq!(tx.account("one")?.unwrap().privileges, "admin trainer");
                assert_eq!(tx.count_active_holders("admin")?, 1);
                assert!(tx.take_privilege("one", "trainer")? && !tx.take_privilege("one", "trainer")?);
                assert_eq!(tx.account("one")?.unwrap().privileges, "admin");

                assert_eq!(found(tx, "berg"), ["one"]);
                assert!(tx.rename_account("one", "Anna Östlund")?);
                assert_eq!(
                    (found(tx, "berg"), found(tx, "ostl"), found(tx, "one@")),
                    (vec![], vec!["one".into()], vec!["one".into()])
                );

                assert!(tx.set_account_active("one", false)? && !tx.set_account_active("one", false)?);
                assert_eq!(
                    (tx.count_accounts(Some(true))?, tx.count_accounts(Some(false))?, tx.count_accounts(None)?),
                    (1, 1, 2)
                );
                assert_eq!(tx.count_active_holders("admin")?, 0);

                assert!(tx.delete_account("one")? && !tx.delete_account("one")?);
                assert_eq!((tx.count_accounts(Some(false))?, tx.count_accounts(None)?), (0, 1));
                assert_eq!(found(tx, "ostlund"), Vec::<String>::new());
                Ok::<_, StorageError>(())
            })
            .unwrap();
    }

    #[test]
    fn every_change_raises_the_version_and_a_visit_does_not() {
        let database = Database::temporary().unwrap();
        database
            .write(|tx| {
                add(tx, "one", "Anna")?;
                let version = || tx.account("one").unwrap().unwrap().version;
                assert_eq!(version(), 1);
                tx.rename_account("one", "Bea")?;
                tx.give_privilege("one", "user")?;
                tx.set_account_active("one", false)?;
                tx.set_password("one", Some("phc"))?;
                assert_eq!(version(), 5);
                tx.set_last_seen("one", 9)?;
                tx.set_last_seen("one", 8)?;
                assert_eq!((version(), tx.account("one")?.unwrap().last_seen), (5, Some(9)));
                Ok::<_, StorageError>(())
            })
            .unwrap();
    }

    #[test]
    fn an_address_stands_once_and_none_is_no_address() {
        let database = Database::temporary().unwrap();
        database
            .write(|tx| {
                add(tx, "one", "Anna")?;
                let same = NewAccount { id: "two", email: Some("one@example.org"), name: "Ben", created: 1 };
                assert!(matches!(tx.insert_account(&same), Err(StorageError::Taken { .. })));
                for id in ["three", "four"] {
                    tx.insert_account(&NewAccount { id, email: None, ..same })?;
                }
                assert_eq!(tx.account_by_email("")?, None);
                assert!(tx.password_by_email("")?.is_none());
                assert_eq!(tx.account_by_email("one@example.org")?.unwrap().id, "one");
                let places = tx.accounts(&["four", "nobody", "one"])?;
                let ids: Vec<_> =
                    places.iter().map(|place| place.as_ref().map(|account| account.id.as_str())).collect();
                assert_eq!(ids, [Some("four"), None, Some("one")]);
                Ok::<_, StorageError>(())
            })
            .unwrap();
    }

    #[test]
    fn an_outdated_hash_is_replaced_unless_the_password_changed() {
        let database = Database::temporary().unwrap();
        database
            .write(|tx| {
                add(tx, "one", "Anna")?;
                tx.set_password("one", Some("old"))?;
                assert!(!tx.rehash_password("one", "other", "new")?);
                assert!(tx.rehash_password("one", "old", "new")?);
                assert_eq!(tx.password("one")?.unwrap().phc.as_deref(), Some("new"));
                Ok::<_, StorageError>(())
            })
            .unwrap();
    }
}
