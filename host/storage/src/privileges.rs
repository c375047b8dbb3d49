//! Privileges, what they permit, and the permissions that plugins declared.

use rusqlite::{Row, params};

use crate::error::taken;
use crate::{Reader, Result, Transaction};

/// A set of permissions under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivilegeRow {
    pub name: String,
    pub title: String,
    /// Comes with Vestry and cannot be deleted.
    pub builtin: bool,
    /// In order. Of `admin` empty: it holds all.
    pub permissions: Vec<String>,
}

/// A permission that a plugin declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionRow {
    pub name: String,
    pub title: String,
    pub plugin: String,
}

const SELECT: &str = "SELECT p.name, p.title, p.builtin, \
     (SELECT string_agg(pp.permission, ' ' ORDER BY pp.permission) FROM privilege_permissions pp WHERE pp.privilege = p.name) \
     FROM privileges p";

impl Reader<'_> {
    /// All privileges: those that come with Vestry first, then by name.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn privileges(&self) -> Result<Vec<PrivilegeRow>> {
        self.all(&format!("{SELECT} ORDER BY p.builtin DESC, p.name"), [], read_privilege)
    }

    /// One of them.
    pub fn privilege(&self, name: &str) -> Result<Option<PrivilegeRow>> {
        self.first(&format!("{SELECT} WHERE p.name = ?"), [name], read_privilege)
    }

    /// The permissions of one privilege, in order.
    pub fn privilege_permissions(&self, privilege: &str) -> Result<Vec<String>> {
        let sql = "SELECT permission FROM privilege_permissions WHERE privilege = ? ORDER BY permission";
        self.all(sql, [privilege], |row| row.get(0))
    }

    /// What plugins declared, by name.
    pub fn permissions(&self) -> Result<Vec<PermissionRow>> {
        self.all("SELECT name, title, plugin FROM permissions ORDER BY name", [], |row| {
            Ok(PermissionRow { name: row.get(0)?, title: row.get(1)?, plugin: row.get(2)? })
        })
    }

    /// Accounts with a privilege, from behind `after` on in the order of their ids.
    pub fn holders_after(&self, privilege: &str, after: &str, limit: u32) -> Result<Vec<String>> {
        let sql = "SELECT account FROM account_privileges WHERE privilege = ? AND account > ? ORDER BY account LIMIT ?";
        self.all(sql, params![privilege, after, limit], |row| row.get(0))
    }
}

impl Transaction<'_> {
    /// Adds an organisation's own privilege, without permissions.
    ///
    /// # Errors
    /// [`Taken`](crate::StorageError::Taken) where the name stands for another.
    pub fn insert_privilege(&self, name: &str, title: &str) -> Result<()> {
        self.prepare("INSERT INTO privileges (name, title, builtin) VALUES (?, ?, 0)")?
            .execute(params![name, title])
            .map_err(taken("the name of the privilege"))?;
        Ok(())
    }

    /// Removes an organisation's own privilege, also from all accounts. Answers whether there was such a one.
    pub fn delete_privilege(&self, name: &str) -> Result<bool> {
        if self.value::<u64>("SELECT count(*) FROM privileges WHERE name = ? AND builtin = 0", [name])? == 0 {
            return Ok(false);
        }
        loop {
            let holders = self.holders_after(name, "", 500)?;
            if holders.is_empty() {
                break;
            }
            for account in holders {
                self.take_privilege(&account, name)?;
            }
        }
        Ok(self.execute("DELETE FROM privileges WHERE name = ?", [name])? > 0)
    }

    /// Gives it another title. Answers whether there is such a one.
    pub fn set_privilege_title(&self, name: &str, title: &str) -> Result<bool> {
        Ok(self.execute("UPDATE privileges SET title = ?2 WHERE name = ?1", params![name, title])? > 0)
    }

    /// Lets a privilege, which must exist, permit something more; `false` where it does so already.
    pub fn add_privilege_permission(&self, privilege: &str, permission: &str) -> Result<bool> {
        let sql = "INSERT INTO privilege_permissions (privilege, permission) VALUES (?, ?) ON CONFLICT DO NOTHING";
        Ok(self.execute(sql, params![privilege, permission])? > 0)
    }

    /// Lets it permit something no longer.
    pub fn remove_privilege_permission(&self, privilege: &str, permission: &str) -> Result<bool> {
        let sql = "DELETE FROM privilege_permissions WHERE privilege = ? AND permission = ?";
        Ok(self.execute(sql, params![privilege, permission])? > 0)
    }

    /// Notes a permission that a plugin declares. Answers whether it was seen for the first time.
    pub fn declare_permission(&self, permission: &PermissionRow) -> Result<bool> {
        let PermissionRow { name, title, plugin } = permission;
        let sql = "UPDATE permissions SET title = ?2, plugin = ?3 WHERE name = ?1";
        if self.execute(sql, params![name, title, plugin])? > 0 {
            return Ok(false);
        }
        self.execute("INSERT INTO permissions (name, title, plugin) VALUES (?, ?, ?)", params![name, title, plugin])?;
        Ok(true)
    }
}

fn read_privilege(row: &Row<'_>) -> rusqlite::Result<PrivilegeRow> {
    let permissions: Option<String> = row.get(3)?;
    let permissions = permissions.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    Ok(PrivilegeRow { name: row.get(0)?, title: row.get(1)?, builtin: row.get(2)?, permissions })
}

#[cfg(test)]
mod tests {
    use super::PermissionRow;
    use crate::{Database, NewAccount, StorageError};

    #[test]
    fn those_that_come_with_vestry_stay() {
        let database = Database::temporary().unwrap();
        let names: Vec<_> = database
            .read(|reader| reader.privileges())
            .unwrap()
            .into_iter()
            .map(|row| (row.name, row.builtin))
            .collect();
        let expected = ["admin", "advocate", "developer", "trainer", "user"].map(|name| (name.to_owned(), true));
        assert_eq!(names, expected);
        assert!(!database.write(|tx| tx.delete_privilege("user")).unwrap());
        assert!(matches!(database.write(|tx| tx.insert_privilege("user", "Again")), Err(StorageError::Taken { .. })));
    }

    #[test]
    fn a_deleted_privilege_leaves_every_account() {
        let database = Database::temporary().unwrap();
        database
            .write(|tx| {
                tx.insert_privilege("intern", "Intern")?;
                assert!(tx.add_privilege_permission("intern", "users.read")?);
                assert!(!tx.add_privilege_permission("intern", "users.read")?);
                for number in 0..1100 {
                    let id = format!("a{number}");
                    tx.insert_account(&NewAccount { id: &id, email: None, name: "A", created: 1 })?;
                    tx.give_privilege(&id, "user")?;
                    tx.give_privilege(&id, "intern")?;
                }
                assert!(tx.delete_privilege("intern")?);
                assert_eq!(tx.account("a1099")?.unwrap().privileges, "user");
                assert!(tx.holders_after("intern", "", 1)?.is_empty());
                assert!(tx.privilege_permissions("intern")?.is_empty());
                Ok::<_, StorageError>(())
            })
            .unwrap();
    }

    #[test]
    fn a_permission_is_new_once() {
        let database = Database::temporary().unwrap();
        let mut row =
            PermissionRow { name: "org.example/read".into(), title: "Read".into(), plugin: "org.example".into() };
        assert!(database.write(|tx| tx.declare_permission(&row)).unwrap());
        row.title = "Read all".into();
        assert!(!database.write(|tx| tx.declare_permission(&row)).unwrap());
        assert_eq!(database.read(|reader| reader.permissions()).unwrap(), [row]);
    }
}
