//! Keys and values of plugins, with checks on versions in place of locks.
//!
//! Keys are in the order of their bytes. A value that has expired is as good as absent, to reads and to checks. What is
//! called `plugin` here is the name of a space: a generation of one plugin's data (see `spaces.rs`).

use rusqlite::{Row, params};

use crate::{Reader, Result, StorageError, Transaction};

/// Bytes of a key at most.
pub const MAX_KEY_BYTES: usize = 512;
/// Bytes of a value at most.
pub const MAX_VALUE_BYTES: usize = 1024 * 1024;
/// Bytes of all keys and values of one plugin at most.
pub const MAX_PLUGIN_BYTES: u64 = 50 * 1024 * 1024;

/// A value under its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KvEntry {
    pub key: String,
    pub value: Vec<u8>,
    pub version: u64,
}

/// A part of a plugin's keys.
#[derive(Clone, Copy, Debug)]
pub struct KvRange<'a> {
    /// Inclusive.
    pub start: &'a str,
    /// Exclusive; empty for no end.
    pub end: &'a str,
    pub limit: u32,
    /// From the end backwards.
    pub reverse: bool,
}

/// What must hold for a commit.
#[derive(Clone, Copy, Debug)]
pub struct KvCheck<'a> {
    pub key: &'a str,
    /// The version that was read; none for a key that was absent.
    pub version: Option<u64>,
}

/// What a commit does.
#[derive(Clone, Copy, Debug)]
pub enum KvChange<'a> {
    Set {
        key: &'a str,
        value: &'a [u8],
    },
    /// `expires`: milliseconds since the epoch.
    SetUntil {
        key: &'a str,
        value: &'a [u8],
        expires: u64,
    },
    Delete {
        key: &'a str,
    },
}

/// Bytes that may still be read.
struct Room(usize);

impl Room {
    fn take(&mut self, entry: KvEntry) -> Result<KvEntry> {
        self.0 = self
            .0
            .checked_sub(entry.key.len() + entry.value.len())
            .ok_or_else(|| StorageError::Exhausted("these values are more than one request may read".to_owned()))?;
        Ok(entry)
    }
}

impl Reader<'_> {
    /// Values, each in the place of its key.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    /// [`Exhausted`](StorageError::Exhausted) where they are more than `bytes` together; no more than that is read.
    pub fn kv_get(&self, plugin: &str, keys: &[&str], bytes: usize, now: u64) -> Result<Vec<Option<KvEntry>>> {
        let sql =
            "SELECT key, value, version FROM kv WHERE plugin = ? AND key = ? AND (expires IS NULL OR expires > ?)";
        let mut room = Room(bytes);
        keys.iter()
            .map(|key| {
                let found = self.first(sql, params![plugin, key, now], read_entry)?;
                found.map(|entry| room.take(entry)).transpose()
            })
            .collect()
    }

    /// Values of a range, in the order of their keys.
    ///
    /// # Errors
    /// [`Exhausted`](StorageError::Exhausted) where they are more than `bytes` together; no more than that is read.
    pub fn kv_scan(&self, plugin: &str, range: &KvRange<'_>, bytes: usize, now: u64) -> Result<Vec<KvEntry>> {
        let way = if range.reverse { "DESC" } else { "ASC" };
        let end = if range.end.is_empty() { "" } else { "AND key < ?5" };
        let sql = format!(
            "SELECT key, value, version FROM kv WHERE plugin = ?1 AND key >= ?2 AND (expires IS NULL OR expires > ?3) {end} \
             ORDER BY key {way} LIMIT ?4"
        );
        let mut statement = self.prepare(&sql)?;
        let mut rows = match range.end {
            "" => statement.query(params![plugin, range.start, now, range.limit])?,
            end => statement.query(params![plugin, range.start, now, range.limit, end])?,
        };
        let (mut room, mut found) = (Room(bytes), Vec::new());
        while let Some(row) = rows.next()? {
            found.push(room.take(read_entry(row)?)?);
        }
        Ok(found)
    }

    /// Bytes of a plugin's keys and values, those that expired since the last purge included.
    pub fn kv_used(&self, plugin: &str) -> Result<u64> {
        Ok(self.first("SELECT bytes FROM kv_used WHERE plugin = ?", [plugin], |row| row.get(0))?.unwrap_or(0))
    }
}

impl Transaction<'_> {
    /// Does the changes, in their order, if every check holds. `version`: what the values get; never used before,
    /// positive as an `i64`.
    ///
    /// # Errors
    /// [`Conflict`](StorageError::Conflict) names the first key whose check does not hold, [`Exhausted`](StorageError::Exhausted)
    /// the limit that was passed. The transaction is then to be rolled back.
    pub fn kv_commit(
        &self,
        plugin: &str,
        checks: &[KvCheck<'_>],
        changes: &[KvChange<'_>],
        version: u64,
        now: u64,
    ) -> Result<()> {
        for check in checks {
            self.kv_check(plugin, check, now)?;
        }
        for change in changes {
            match *change {
                KvChange::Set { key, value } => self.kv_set(plugin, key, value, version, None)?,
                KvChange::SetUntil { key, value, expires } => {
                    self.kv_set(plugin, key, value, version, Some(expires))?
                }
                KvChange::Delete { key } => self.kv_delete(plugin, key)?,
            }
        }
        if self.kv_used(plugin)? > MAX_PLUGIN_BYTES {
            self.kv_purge_plugin(plugin, now)?;
            if self.kv_used(plugin)? > MAX_PLUGIN_BYTES {
                return Err(StorageError::Exhausted(format!(
                    "the plugin's data would pass {} MiB",
                    MAX_PLUGIN_BYTES >> 20
                )));
            }
        }
        Ok(())
    }

    /// Copies what one space holds into another, which is empty; what has expired stays behind. Versions go along.
    pub(crate) fn kv_copy(&self, from: &str, to: &str, now: u64) -> Result<()> {
        self.execute(
            "INSERT INTO kv (plugin, key, value, version, expires) SELECT ?2, key, value, version, expires FROM kv \
             WHERE plugin = ?1 AND (expires IS NULL OR expires > ?3)",
            params![from, to, now],
        )?;
        self.execute(
            "INSERT INTO kv_used (plugin, bytes) \
             SELECT ?1, coalesce(sum(octet_length(key) + length(value)), 0) FROM kv WHERE plugin = ?1",
            [to],
        )?;
        Ok(())
    }

    /// Removes all that a plugin keeps. Answers how many values that were.
    pub fn kv_clear(&self, plugin: &str) -> Result<usize> {
        self.execute("DELETE FROM kv_used WHERE plugin = ?", [plugin])?;
        self.execute("DELETE FROM kv WHERE plugin = ?", [plugin])
    }

    /// Removes up to `limit` expired values of all plugins. Answers how many.
    pub fn kv_purge(&self, now: u64, limit: u32) -> Result<usize> {
        let sql = "SELECT plugin, key FROM kv WHERE expires IS NOT NULL AND expires <= ? ORDER BY expires LIMIT ?";
        let expired: Vec<(String, String)> =
            self.all(sql, params![now, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (plugin, key) in &expired {
            self.kv_delete(plugin, key)?;
        }
        Ok(expired.len())
    }

    fn kv_check(&self, plugin: &str, check: &KvCheck<'_>, now: u64) -> Result<()> {
        let sql = "SELECT version FROM kv WHERE plugin = ? AND key = ? AND (expires IS NULL OR expires > ?)";
        let found: Option<u64> = self.first(sql, params![plugin, check.key, now], |row| row.get(0))?;
        match found == check.version {
            true => Ok(()),
            false => Err(StorageError::Conflict { key: check.key.to_owned() }),
        }
    }

    fn kv_set(&self, plugin: &str, key: &str, value: &[u8], version: u64, expires: Option<u64>) -> Result<()> {
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            return Err(StorageError::Exhausted(format!(
                "a key has 1 to {MAX_KEY_BYTES} bytes, this one {}",
                key.len()
            )));
        }
        if value.len() > MAX_VALUE_BYTES {
            let bytes = value.len();
            return Err(StorageError::Exhausted(format!(
                "a value has at most {MAX_VALUE_BYTES} bytes, that of `{key}` {bytes}"
            )));
        }
        let before = self.kv_size(plugin, key)?;
        self.execute(
            "INSERT INTO kv (plugin, key, value, version, expires) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT (plugin, key) DO UPDATE SET value = excluded.value, version = excluded.version, expires = excluded.expires",
            params![plugin, key, value, version, expires],
        )?;
        self.kv_account_for(plugin, before, key.len() + value.len())
    }

    fn kv_delete(&self, plugin: &str, key: &str) -> Result<()> {
        let before = self.kv_size(plugin, key)?;
        self.execute("DELETE FROM kv WHERE plugin = ? AND key = ?", params![plugin, key])?;
        self.kv_account_for(plugin, before, 0)
    }

    fn kv_purge_plugin(&self, plugin: &str, now: u64) -> Result<()> {
        let sql = "SELECT key FROM kv WHERE plugin = ? AND expires IS NOT NULL AND expires <= ?";
        let expired: Vec<String> = self.all(sql, params![plugin, now], |row| row.get(0))?;
        expired.iter().try_for_each(|key| self.kv_delete(plugin, key))
    }

    fn kv_size(&self, plugin: &str, key: &str) -> Result<usize> {
        let sql = "SELECT octet_length(key) + length(value) FROM kv WHERE plugin = ? AND key = ?";
        Ok(self.first(sql, params![plugin, key], |row| row.get(0))?.unwrap_or(0))
    }

    fn kv_account_for(&self, plugin: &str, before: usize, now: usize) -> Result<()> {
        let sql = "INSERT INTO kv_used (plugin, bytes) VALUES (?1, ?3 - ?2) \
                   ON CONFLICT (plugin) DO UPDATE SET bytes = bytes + ?3 - ?2";
        self.execute(sql, params![plugin, before, now])?;
        Ok(())
    }
}

fn read_entry(row: &Row<'_>) -> rusqlite::Result<KvEntry> {
    Ok(KvEntry { key: row.get(0)?, value: row.get(1)?, version: row.get(2)? })
}

#[cfg(test)]
mod tests;
