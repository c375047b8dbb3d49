//! Versions of plugins that were added, and where each id first came from.

use rusqlite::{Row, params};

use crate::{Reader, Result, Transaction};

/// One version of a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// JSON: interfaces of the host that it imports; none where it was added before this was kept.
    pub imports: Option<String>,
    /// JSON: the source as it can be asked again; empty where there is none to ask.
    pub origin: String,
    /// What of the source it is, for people.
    pub detail: String,
    pub readme: String,
    /// When it was mounted last; 0 for never.
    pub used: u64,
    /// When somebody said what it gets, whatever it was; 0 for never.
    pub decided: u64,
}

/// The same, without what is long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageSummary {
    pub digest: String,
    pub id: String,
    pub version: String,
    pub source: String,
    pub size: u64,
    pub added: u64,
    pub used: u64,
}

/// What an id is tied to, also after its packages are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerRow {
    pub id: String,
    pub source: String,
    pub first_seen: u64,
}

const COLUMNS: &str =
    "digest, id, version, source, registration, size, added, imports, origin, detail, readme, used, decided";

impl Reader<'_> {
    /// One package.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn package(&self, digest: &str) -> Result<Option<PackageRow>> {
        self.first(&format!("SELECT {COLUMNS} FROM packages WHERE digest = ?"), [digest], read_package)
    }

    /// Those of one plugin, the latest first; or of all plugins, by id.
    pub fn packages(&self, id: Option<&str>) -> Result<Vec<PackageSummary>> {
        let sql = "SELECT digest, id, version, source, size, added, used FROM packages \
                   WHERE ?1 IS NULL OR id = ?1 ORDER BY id, added DESC, digest";
        self.all(sql, [id], |row| {
            Ok(PackageSummary {
                digest: row.get(0)?,
                id: row.get(1)?,
                version: row.get(2)?,
                source: row.get(3)?,
                size: row.get(4)?,
                added: row.get(5)?,
                used: row.get(6)?,
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
        let PackageRow { digest, id, version, source, registration, size, added, .. } = package;
        let PackageRow { imports, origin, detail, readme, used, decided, .. } = package;
        let sql = format!(
            "INSERT INTO packages ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT (digest) DO NOTHING"
        );
        let values = params![
            digest,
            id,
            version,
            source,
            registration,
            size,
            added,
            imports,
            origin,
            detail,
            readme,
            used,
            decided
        ];
        Ok(self.execute(&sql, values)? > 0)
    }

    /// Says when a package was mounted last.
    pub fn set_package_used(&self, digest: &str, now: u64) -> Result<()> {
        self.execute("UPDATE packages SET used = ? WHERE digest = ?", params![now, digest]).map(drop)
    }

    /// Says that somebody has said what a package gets.
    pub fn set_package_decided(&self, digest: &str, now: u64) -> Result<()> {
        self.execute("UPDATE packages SET decided = ? WHERE digest = ?", params![now, digest]).map(drop)
    }

    /// Keeps what a package imports, which was not known before.
    pub fn set_package_imports(&self, digest: &str, imports: &str) -> Result<()> {
        self.execute("UPDATE packages SET imports = ? WHERE digest = ?", params![imports, digest]).map(drop)
    }

    /// Keeps what a package registered, where what was kept of it cannot be read.
    pub fn set_package_registration(&self, digest: &str, registration: &str) -> Result<()> {
        self.execute("UPDATE packages SET registration = ? WHERE digest = ?", params![registration, digest]).map(drop)
    }

    /// Says where a package that is here came from this time, and what stands beside it there: the same build can be had in
    /// several places. One that was mounted once, or about which somebody has decided, stays what it was to them. Answers
    /// whether it does.
    pub fn set_package_source(&self, package: &PackageRow) -> Result<bool> {
        let PackageRow { digest, source, origin, detail, readme, .. } = package;
        let sql = "UPDATE packages SET source = ?, origin = ?, detail = ?, readme = ? \
                   WHERE digest = ? AND used = 0 AND decided = 0";
        Ok(self.execute(sql, params![source, origin, detail, readme, digest])? > 0)
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

    /// Ties an id to another source from now on: somebody said that it is the same plugin.
    pub fn change_owner(&self, id: &str, source: &str, now: u64) -> Result<()> {
        self.execute("UPDATE owners SET source = ?, first_seen = ? WHERE id = ?", params![source, now, id]).map(drop)
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
        imports: row.get(7)?,
        origin: row.get(8)?,
        detail: row.get(9)?,
        readme: row.get(10)?,
        used: row.get(11)?,
        decided: row.get(12)?,
    })
}
