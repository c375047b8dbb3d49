//! Versions of plugins that were added, and where each id first came from.

use rusqlite::{Row, params};

use crate::{Reader, Result, Transaction};

/// One version of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageRow {
    /// SHA-256 of the file, as it is written elsewhere.
    pub digest: String,
    pub id: String,
    pub version: String,
    pub source: String,
    /// What `register` answered, as JSON.
    pub registration: String,
    /// Bytes of the file.
    pub size: u64,
    pub added: u64,
}

/// The same, without the registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageSummary {
    pub digest: String,
    pub id: String,
    pub version: String,
    pub source: String,
    pub size: u64,
    pub added: u64,
}

/// What an id is tied to, also after its packages are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerRow {
    pub id: String,
    pub source: String,
    pub first_seen: u64,
}

impl Reader<'_> {
    /// One package.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn package(&self, digest: &str) -> Result<Option<PackageRow>> {
        let sql = "SELECT digest, id, version, source, registration, size, added FROM packages WHERE digest = ?";
        self.first(sql, [digest], read_package)
    }

    /// Those of one plugin, the latest first; or of all plugins, by id.
    pub fn packages(&self, id: Option<&str>) -> Result<Vec<PackageSummary>> {
        let sql = "SELECT digest, id, version, source, size, added FROM packages \
                   WHERE ?1 IS NULL OR id = ?1 ORDER BY id, added DESC, digest";
        self.all(sql, [id], |row| {
            Ok(PackageSummary {
                digest: row.get(0)?,
                id: row.get(1)?,
                version: row.get(2)?,
                source: row.get(3)?,
                size: row.get(4)?,
                added: row.get(5)?,
            })
        })
    }

    /// Where an id first came from.
    pub fn owner(&self, id: &str) -> Result<Option<OwnerRow>> {
        self.first("SELECT id, source, first_seen FROM owners WHERE id = ?", [id], |row| {
            Ok(OwnerRow { id: row.get(0)?, source: row.get(1)?, first_seen: row.get(2)? })
        })
    }
}

impl Transaction<'_> {
    /// Adds a package. Answers whether it is new; one that is there already stays as it is.
    pub fn insert_package(&self, package: &PackageRow) -> Result<bool> {
        let PackageRow { digest, id, version, source, registration, size, added } = package;
        let sql = "INSERT INTO packages (digest, id, version, source, registration, size, added) VALUES (?, ?, ?, ?, ?, ?, ?) \
                   ON CONFLICT (digest) DO NOTHING";
        Ok(self.execute(sql, params![digest, id, version, source, registration, size, added])? > 0)
    }

    /// Removes a package that no plugin uses, with its grants. Answers whether it did.
    pub fn delete_package(&self, digest: &str) -> Result<bool> {
        let sql = "DELETE FROM packages WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM plugins WHERE digest = ?1)";
        let removed = self.execute(sql, [digest])? > 0;
        if removed {
            self.execute("DELETE FROM grants WHERE digest = ?", [digest])?;
        }
        Ok(removed)
    }

    /// Ties an id to its source, the first time; answers what it is tied to.
    pub fn claim_owner(&self, id: &str, source: &str, now: u64) -> Result<OwnerRow> {
        let sql = "INSERT INTO owners (id, source, first_seen) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING";
        self.execute(sql, params![id, source, now])?;
        let claimed = OwnerRow { id: id.to_owned(), source: source.to_owned(), first_seen: now };
        Ok(self.owner(id)?.unwrap_or(claimed))
    }
}

fn read_package(row: &Row<'_>) -> rusqlite::Result<PackageRow> {
    Ok(PackageRow {
        digest: row.get(0)?,
        id: row.get(1)?,
        version: row.get(2)?,
        source: row.get(3)?,
        registration: row.get(4)?,
        size: row.get(5)?,
        added: row.get(6)?,
    })
}
