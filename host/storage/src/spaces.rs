//! Spaces: generations of one plugin's data, of which one is active.
//!
//! A plugin's values are in a space, not under its own name, so that a copy of them can be brought to another shape while
//! the plugin goes on with what it has, and so that the data of an older version can be had back. Taking a copy holds the
//! active space: until it is over, or the time of the hold has passed, nobody writes into it. So nothing is written that
//! the copy does not have, and a process that dies in between leaves no more behind than a hold that passes. A hold is a
//! time of the clock, which can be set back: one that ends later than any hold lasts is none.
//!
//! Nothing here raises the generation by itself: whoever changes several rows does it once.

use rusqlite::{Row, params};

use crate::{Reader, Result, Transaction};

/// How long a space is kept after another took its place, in milliseconds: 30 days.
const KEPT: u64 = 30 * 24 * 60 * 60 * 1000;

/// How far off the end of a hold can be, in milliseconds: the five seconds that a migration may take, and as many that the
/// clock was set back meanwhile.
const LONGEST_HOLD: u64 = 10_000;

/// Spaces that are removed in one transaction.
const PURGED_AT_ONCE: u32 = 3;

/// What a space is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpaceState {
    /// What the plugin works with.
    Active,
    /// Another took its place.
    Retired,
    /// It is being brought to another shape; nobody else knows it.
    Copy,
}

/// A generation of a plugin's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceRow {
    pub space: String,
    pub plugin: String,
    /// The shape of what is in it.
    pub data_version: u32,
    pub state: SpaceState,
    pub created: u64,
    /// When another took its place.
    pub retired: Option<u64>,
    /// Until when nobody writes into it.
    pub held_until: Option<u64>,
    /// Bytes of keys and values.
    pub bytes: u64,
}

impl SpaceRow {
    /// Whether nobody may write into it now.
    #[must_use]
    pub fn is_held(&self, now: u64) -> bool {
        self.held_until.is_some_and(|until| is_hold(until, now))
    }
}

/// Whether what ends then is a hold now.
#[must_use]
pub fn is_hold(until: u64, now: u64) -> bool {
    now < until && until <= latest_end(now)
}

/// The latest end of a hold, in milliseconds that the database can hold.
fn latest_end(now: u64) -> u64 {
    now.saturating_add(LONGEST_HOLD).min(i64::MAX.cast_unsigned())
}

const SELECT: &str = "SELECT space, spaces.plugin, data_version, state, created, retired, held_until, coalesce(bytes, 0) \
                      FROM spaces LEFT JOIN kv_used ON kv_used.plugin = space";

impl Reader<'_> {
    /// What a plugin works with; none for one that was never mounted.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn active_space(&self, plugin: &str) -> Result<Option<SpaceRow>> {
        self.first(&format!("{SELECT} WHERE spaces.plugin = ? AND state = 'active'"), [plugin], read_space)
    }

    /// What it worked with before, as far as it is still kept; the last first.
    pub fn retired_spaces(&self, plugin: &str) -> Result<Vec<SpaceRow>> {
        let sql = format!("{SELECT} WHERE spaces.plugin = ? AND state = 'retired' ORDER BY retired DESC, created DESC");
        self.all(&sql, [plugin], read_space)
    }

    /// Whether a plugin may write into this space: it is the active one, and not held. Asked in the transaction that
    /// writes.
    pub fn is_writable(&self, plugin: &str, space: &str, now: u64) -> Result<bool> {
        let sql = "SELECT space = ?2 AND (held_until IS NULL OR held_until <= ?3 OR held_until > ?4) FROM spaces \
                   WHERE plugin = ?1 AND state = 'active'";
        let writable = self.first(sql, params![plugin, space, now, latest_end(now)], |row| row.get(0))?;
        // A plugin that has none yet writes into the one that is called as it is.
        Ok(writable.unwrap_or(space == plugin))
    }

    /// Whether this is a copy whose time has not passed.
    pub fn is_open_copy(&self, space: &str, now: u64) -> Result<bool> {
        let sql =
            "SELECT count(*) FROM spaces WHERE space = ? AND state = 'copy' AND held_until > ? AND held_until <= ?";
        Ok(self.value::<u64>(sql, params![space, now, latest_end(now)])? > 0)
    }
}

impl Transaction<'_> {
    /// Gives a plugin an empty space. The one before, if there is one, is retired.
    ///
    /// Answers `false`, as the following do, where the active space is held: then nothing was done.
    pub fn start_space(&self, plugin: &str, data_version: u32, now: u64) -> Result<bool> {
        if !self.retire_active(plugin, now)? {
            return Ok(false);
        }
        let first = self.value::<u64>("SELECT count(*) FROM spaces WHERE space = ?", [plugin])? == 0;
        let space = if first { plugin.to_owned() } else { name(plugin, now) };
        // A call that began before everything of the plugin was removed may have written into it since.
        self.kv_clear(&space)?;
        let sql = "INSERT INTO spaces (space, plugin, data_version, state, created) VALUES (?, ?, ?, 'active', ?)";
        self.execute(sql, params![space, plugin, data_version, now])?;
        Ok(true)
    }

    /// Makes a retired space the active one again; the one in its place is retired.
    pub fn take_space_back(&self, space: &SpaceRow, now: u64) -> Result<bool> {
        if !self.retire_active(&space.plugin, now)? {
            return Ok(false);
        }
        let sql = "UPDATE spaces SET state = 'active', retired = NULL WHERE space = ? AND state = 'retired'";
        Ok(self.execute(sql, [&space.space])? > 0)
    }

    /// Holds the active space until then, ten seconds at the most, and copies it; answers the name of the copy. None where it is held already, or
    /// no longer active.
    pub fn copy_space(&self, active: &SpaceRow, data_version: u32, now: u64, until: u64) -> Result<Option<String>> {
        let SpaceRow { space, plugin, .. } = active;
        let sql = "UPDATE spaces SET held_until = ?3 \
                   WHERE space = ?1 AND state = 'active' AND (held_until IS NULL OR held_until <= ?2 OR held_until > ?4)";
        if self.execute(sql, params![space, now, until, latest_end(now)])? == 0 {
            return Ok(None);
        }
        let copy = name(plugin, now);
        self.execute(
            "INSERT INTO spaces (space, plugin, data_version, state, created, held_until) VALUES (?, ?, ?, 'copy', ?, ?)",
            params![copy, plugin, data_version, now, until],
        )?;
        self.kv_copy(space, &copy, now)?;
        Ok(Some(copy))
    }

    /// Puts a copy in the place of the space that it was made of, which is retired. `false` where the hold has passed.
    pub fn finish_copy(&self, copy: &str, now: u64) -> Result<bool> {
        let sql = "UPDATE spaces SET state = 'retired', retired = ?2, held_until = NULL WHERE state = 'active' AND \
                   (plugin, held_until) = (SELECT plugin, held_until FROM spaces WHERE space = ?1 AND state = 'copy') \
                   AND held_until > ?2 AND held_until <= ?3";
        if self.execute(sql, params![copy, now, latest_end(now)])? == 0 {
            return Ok(false);
        }
        let sql = "UPDATE spaces SET state = 'active', held_until = NULL WHERE space = ? AND state = 'copy'";
        Ok(self.execute(sql, [copy])? > 0)
    }

    /// Removes a copy, and lifts the hold that it was made under.
    pub fn drop_copy(&self, copy: &str) -> Result<()> {
        let sql = "UPDATE spaces SET held_until = NULL WHERE state = 'active' AND \
                   (plugin, held_until) = (SELECT plugin, held_until FROM spaces WHERE space = ? AND state = 'copy')";
        self.execute(sql, [copy])?;
        if self.execute("DELETE FROM spaces WHERE space = ? AND state = 'copy'", [copy])? > 0 {
            self.kv_clear(copy)?;
        }
        Ok(())
    }

    /// Removes spaces that were retired over 30 days ago, and copies whose time has passed: those of a process that
    /// died. A few at once, since a full one takes a second; the next time takes the rest. Answers how many.
    pub fn purge_spaces(&self, now: u64) -> Result<usize> {
        let sql = "SELECT space FROM spaces \
                   WHERE (state = 'retired' AND retired <= ?1) \
                   OR (state = 'copy' AND (held_until <= ?2 OR held_until > ?3)) LIMIT ?4";
        let limits = params![now.saturating_sub(KEPT), now, latest_end(now), PURGED_AT_ONCE];
        let over: Vec<String> = self.all(sql, limits, |row| row.get(0))?;
        for space in &over {
            self.kv_clear(space)?;
            self.execute("DELETE FROM spaces WHERE space = ?", [space])?;
        }
        Ok(over.len())
    }

    fn retire_active(&self, plugin: &str, now: u64) -> Result<bool> {
        if self.active_space(plugin)?.is_some_and(|active| active.is_held(now)) {
            return Ok(false);
        }
        let sql = "UPDATE spaces SET state = 'retired', retired = ?2, held_until = NULL \
                   WHERE plugin = ?1 AND state = 'active'";
        self.execute(sql, params![plugin, now])?;
        Ok(true)
    }
}

/// No plugin is called like that: ids have no slash.
fn name(plugin: &str, now: u64) -> String {
    format!("{plugin}/{now}")
}

fn read_space(row: &Row<'_>) -> rusqlite::Result<SpaceRow> {
    Ok(SpaceRow {
        space: row.get(0)?,
        plugin: row.get(1)?,
        data_version: row.get(2)?,
        state: match row.get_ref(3)?.as_str()? {
            "active" => SpaceState::Active,
            "copy" => SpaceState::Copy,
            _ => SpaceState::Retired,
        },
        created: row.get(4)?,
        retired: row.get(5)?,
        held_until: row.get(6)?,
        bytes: row.get(7)?,
    })
}

#[cfg(test)]
mod tests;
