//! What plugins put beside their menu entries.

use rusqlite::params;

use crate::{Reader, Result, Transaction};

/// A badge of one route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadgeRow {
    pub plugin: String,
    pub route: String,
    pub label: String,
    pub level: String,
}

impl Reader<'_> {
    /// All badges, by plugin and route.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn badges(&self) -> Result<Vec<BadgeRow>> {
        self.all("SELECT plugin, route, label, level FROM badges ORDER BY plugin, route", [], |row| {
            Ok(BadgeRow { plugin: row.get(0)?, route: row.get(1)?, label: row.get(2)?, level: row.get(3)? })
        })
    }
}

impl Transaction<'_> {
    /// Sets a badge.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn put_badge(&self, badge: &BadgeRow) -> Result<()> {
        let BadgeRow { plugin, route, label, level } = badge;
        self.execute(
            "INSERT INTO badges (plugin, route, label, level) VALUES (?, ?, ?, ?) \
             ON CONFLICT (plugin, route) DO UPDATE SET label = excluded.label, level = excluded.level",
            params![plugin, route, label, level],
        )?;
        Ok(())
    }

    /// Takes a badge away. Answers whether there was one.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn delete_badge(&self, plugin: &str, route: &str) -> Result<bool> {
        Ok(self.execute("DELETE FROM badges WHERE plugin = ? AND route = ?", params![plugin, route])? > 0)
    }
}
