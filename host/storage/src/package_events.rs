//! What happened to the places of plugins: mounted, refused, gone back. Only ever added to.

use rusqlite::{Row, params};

use crate::{Reader, Result, Transaction};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageEventKind {
    Mounted,
    /// Its pages did not open, so nothing was changed.
    Refused,
    RolledBack,
    /// It failed, and the former version took its place by itself.
    CameBack,
    Quarantined,
    Unmounted,
}

/// All of them, with their names.
const KINDS: &[(PackageEventKind, &str)] = &[
    (PackageEventKind::Mounted, "mounted"),
    (PackageEventKind::Refused, "refused"),
    (PackageEventKind::RolledBack, "rolled-back"),
    (PackageEventKind::CameBack, "came-back"),
    (PackageEventKind::Quarantined, "quarantined"),
    (PackageEventKind::Unmounted, "unmounted"),
];

impl PackageEventKind {
    #[must_use]
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("mounted", |(_, name)| name)
    }

    fn parse(name: &str) -> Option<Self> {
        KINDS.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageEventRow {
    pub plugin: String,
    pub time: u64,
    pub kind: PackageEventKind,
    pub digest: String,
    pub version: String,
    pub mount: String,
    /// The digest that ran in this place before, and the plugin that it is of; empty for none.
    pub former: String,
    pub former_plugin: String,
    /// Who did it; none where nobody did.
    pub account: Option<String>,
    pub reason: String,
}

const COLUMNS: &str = "plugin, time, kind, digest, version, mount, former, former_plugin, account, reason";

impl Reader<'_> {
    /// What happened to a plugin, the latest first.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn package_events(&self, plugin: &str, limit: u32) -> Result<Vec<PackageEventRow>> {
        let sql = format!("SELECT {COLUMNS} FROM package_events WHERE plugin = ? ORDER BY seq DESC LIMIT ?");
        self.all(&sql, params![plugin, limit], read_event)
    }

    /// What happened at a mount, the latest first.
    pub fn package_events_at(&self, mount: &str, limit: u32) -> Result<Vec<PackageEventRow>> {
        let sql = format!("SELECT {COLUMNS} FROM package_events WHERE mount = ? ORDER BY seq DESC LIMIT ?");
        self.all(&sql, params![mount, limit], read_event)
    }
}

impl Transaction<'_> {
    /// Adds what happened.
    pub fn add_package_event(&self, event: &PackageEventRow) -> Result<()> {
        let PackageEventRow { plugin, time, kind, digest, version, mount, former, former_plugin, account, reason } =
            event;
        self.execute(
            &format!("INSERT INTO package_events ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
            params![plugin, time, kind.name(), digest, version, mount, former, former_plugin, account, reason],
        )?;
        Ok(())
    }
}

fn read_event(row: &Row<'_>) -> rusqlite::Result<PackageEventRow> {
    let kind: String = row.get(2)?;
    Ok(PackageEventRow {
        plugin: row.get(0)?,
        time: row.get(1)?,
        kind: PackageEventKind::parse(&kind).ok_or(rusqlite::Error::InvalidQuery)?,
        digest: row.get(3)?,
        version: row.get(4)?,
        mount: row.get(5)?,
        former: row.get(6)?,
        former_plugin: row.get(7)?,
        account: row.get(8)?,
        reason: row.get(9)?,
    })
}
