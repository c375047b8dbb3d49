//! Sources of packages: what they said when they were asked last, and what private ones are opened with, sealed.

use rusqlite::params;

use crate::{Reader, Result, Transaction};

/// What the source of a plugin said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageCheckRow {
    pub plugin: String,
    /// The newest version there; empty for nothing newer.
    pub newer: String,
    /// JSON: where that is fetched from.
    pub origin: String,
    pub checked: u64,
    /// Why it could not be asked.
    pub problem: String,
}

/// What a private source is opened with.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceAccessRow {
    /// The source's address, as packages name it.
    pub source: String,
    pub sealed: Vec<u8>,
    pub updated: u64,
    pub updated_by: String,
}

impl std::fmt::Debug for SourceAccessRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SourceAccessRow").field("source", &self.source).finish_non_exhaustive()
    }
}

impl Reader<'_> {
    /// What the sources of all plugins said.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn package_checks(&self) -> Result<Vec<PackageCheckRow>> {
        self.all("SELECT plugin, newer, origin, checked, problem FROM package_checks ORDER BY plugin", [], |row| {
            Ok(PackageCheckRow {
                plugin: row.get(0)?,
                newer: row.get(1)?,
                origin: row.get(2)?,
                checked: row.get(3)?,
                problem: row.get(4)?,
            })
        })
    }

    /// What a source is opened with.
    pub fn source_access(&self, source: &str) -> Result<Option<SourceAccessRow>> {
        self.first("SELECT source, sealed, updated, updated_by FROM source_access WHERE source = ?", [source], |row| {
            Ok(SourceAccessRow {
                source: row.get(0)?,
                sealed: row.get(1)?,
                updated: row.get(2)?,
                updated_by: row.get(3)?,
            })
        })
    }
}

impl Transaction<'_> {
    /// Keeps what a source said, in the place of what it said before.
    pub fn put_package_check(&self, row: &PackageCheckRow) -> Result<()> {
        let PackageCheckRow { plugin, newer, origin, checked, problem } = row;
        let sql = "INSERT INTO package_checks (plugin, newer, origin, checked, problem) VALUES (?, ?, ?, ?, ?) \
                   ON CONFLICT (plugin) DO UPDATE SET newer = excluded.newer, origin = excluded.origin, \
                   checked = excluded.checked, problem = excluded.problem";
        self.execute(sql, params![plugin, newer, origin, checked, problem]).map(drop)
    }

    /// Forgets what the source of a plugin said: something else is mounted now.
    pub fn delete_package_check(&self, plugin: &str) -> Result<()> {
        self.execute("DELETE FROM package_checks WHERE plugin = ?", [plugin]).map(drop)
    }

    /// Keeps what a source is opened with, in the place of what was kept.
    pub fn put_source_access(&self, row: &SourceAccessRow) -> Result<()> {
        let SourceAccessRow { source, sealed, updated, updated_by } = row;
        let sql = "INSERT INTO source_access (source, sealed, updated, updated_by) VALUES (?, ?, ?, ?) \
                   ON CONFLICT (source) DO UPDATE SET sealed = excluded.sealed, updated = excluded.updated, \
                   updated_by = excluded.updated_by";
        self.execute(sql, params![source, sealed, updated, updated_by]).map(drop)
    }

    /// Forgets it. Answers whether there was any.
    pub fn delete_source_access(&self, source: &str) -> Result<bool> {
        Ok(self.execute("DELETE FROM source_access WHERE source = ?", [source])? > 0)
    }
}
