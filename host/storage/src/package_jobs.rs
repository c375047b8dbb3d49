//! Jobs of the host that do something about packages, and what they found.

use rusqlite::{Row, params};

use crate::{Reader, Result, Transaction};

/// What a job of the host does about packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageJobRow {
    pub job: String,
    /// `fetch`, `place`, `check`.
    pub kind: String,
    /// As soon as they are known; empty before, and for several.
    pub digest: String,
    pub plugin: String,
    pub mount: String,
    /// JSON: a sentence for each thing that is wrong.
    pub problems: String,
}

/// One that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPackageJob {
    pub row: PackageJobRow,
    /// Name of who ordered it; empty where nobody is known.
    pub by: String,
    /// JSON: what was ordered, where the row alone does not say what it is about.
    pub input: Option<String>,
}

const COLUMNS: &str = "job, kind, digest, plugin, mount, problems";

impl Reader<'_> {
    /// One job.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn package_job(&self, job: &str) -> Result<Option<PackageJobRow>> {
        self.first(&format!("SELECT {COLUMNS} FROM package_jobs WHERE job = ?"), [job], read_job)
    }

    /// Those of `host` that wait or run and are wanted, in the order that they were queued.
    pub fn package_jobs_under_way(&self, host: &str) -> Result<Vec<OpenPackageJob>> {
        let sql = "SELECT job, kind, digest, package_jobs.plugin, mount, problems, coalesce(accounts.name, ''), \
                   CASE WHEN kind = 'place' AND digest = '' THEN input END FROM jobs \
                   JOIN package_jobs ON job = jobs.id LEFT JOIN accounts ON accounts.id = account \
                   WHERE jobs.plugin = ? AND state IN ('queued', 'running') AND cancel = 0 ORDER BY queued, job";
        self.all(sql, [host], |row| Ok(OpenPackageJob { row: read_job(row)?, by: row.get(6)?, input: row.get(7)? }))
    }

    /// How many of `host` wait that this account ordered, or nobody known, of those that fetch something or ask sources.
    pub fn count_fetches_waiting(&self, host: &str, account: Option<&str>) -> Result<u64> {
        let sql = "SELECT count(*) FROM jobs JOIN package_jobs ON job = jobs.id \
                   WHERE jobs.plugin = ?1 AND state = 'queued' AND kind IN ('fetch', 'check') \
                   AND (account = ?2 OR (?2 IS NULL AND account IS NULL))";
        self.value(sql, params![host, account])
    }
}

impl Transaction<'_> {
    /// Adds what a job is for.
    pub fn insert_package_job(&self, row: &PackageJobRow) -> Result<()> {
        let PackageJobRow { job, kind, digest, plugin, mount, problems } = row;
        self.execute(
            &format!("INSERT INTO package_jobs ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"),
            params![job, kind, digest, plugin, mount, problems],
        )?;
        Ok(())
    }

    /// Says which package a job turned out to be about, and what is wrong with it.
    pub fn set_package_job(&self, job: &str, digest: &str, plugin: &str, problems: &str) -> Result<()> {
        let sql = "UPDATE package_jobs SET digest = ?2, plugin = ?3, problems = ?4 WHERE job = ?1";
        self.execute(sql, params![job, digest, plugin, problems]).map(drop)
    }
}

fn read_job(row: &Row<'_>) -> rusqlite::Result<PackageJobRow> {
    Ok(PackageJobRow {
        job: row.get(0)?,
        kind: row.get(1)?,
        digest: row.get(2)?,
        plugin: row.get(3)?,
        mount: row.get(4)?,
        problems: row.get(5)?,
    })
}
