//! When each schedule of a plugin is due next.

use rusqlite::params;

use crate::{Reader, Result, Transaction};

/// A schedule as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleRow {
    pub plugin: String,
    pub job: String,
    pub cron: String,
    pub due: u64,
}

impl Reader<'_> {
    /// All of them.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn schedules(&self) -> Result<Vec<ScheduleRow>> {
        self.all("SELECT plugin, job, cron, due FROM schedules ORDER BY plugin, job", [], |row| {
            Ok(ScheduleRow { plugin: row.get(0)?, job: row.get(1)?, cron: row.get(2)?, due: row.get(3)? })
        })
    }
}

impl Transaction<'_> {
    /// Sets when a schedule is due.
    ///
    /// # Errors
    /// Where the database cannot be written, as with the following.
    pub fn put_schedule(&self, schedule: &ScheduleRow) -> Result<()> {
        let ScheduleRow { plugin, job, cron, due } = schedule;
        self.execute(
            "INSERT INTO schedules (plugin, job, cron, due) VALUES (?, ?, ?, ?) \
             ON CONFLICT (plugin, job) DO UPDATE SET cron = excluded.cron, due = excluded.due",
            params![plugin, job, cron, due],
        )?;
        Ok(())
    }

    /// Moves a schedule on to its next time; `false` where somebody else did.
    pub fn move_schedule(&self, schedule: &ScheduleRow, next: u64) -> Result<bool> {
        let sql = "UPDATE schedules SET due = ?4 WHERE plugin = ?1 AND job = ?2 AND due = ?3";
        Ok(self.execute(sql, params![schedule.plugin, schedule.job, schedule.due, next])? > 0)
    }

    /// Forgets a schedule that its plugin no longer has.
    pub fn delete_schedule(&self, plugin: &str, job: &str) -> Result<()> {
        self.execute("DELETE FROM schedules WHERE plugin = ? AND job = ?", params![plugin, job])?;
        Ok(())
    }
}
