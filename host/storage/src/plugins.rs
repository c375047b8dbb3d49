//! Which package is mounted where, what it was granted, and limits of its own.
//!
//! Nothing here raises the generation by itself: whoever changes several of these rows does it once.

use rusqlite::{Row, params};

use crate::error::taken;
use crate::{Reader, Result, Transaction};

/// A plugin in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginRow {
    pub id: String,
    /// The package that it runs.
    pub digest: String,
    pub mount: String,
    pub enabled: bool,
    /// Why it was stopped, where it was.
    pub quarantined: Option<String>,
    pub updated: u64,
}

/// An administrator's yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRow {
    pub plugin: String,
    pub digest: String,
    pub capability: String,
    pub granted_by: String,
    pub granted: u64,
}

const COLUMNS: &str = "id, digest, mount, enabled, quarantined, updated";

impl Reader<'_> {
    /// All plugins, by id.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn plugins(&self) -> Result<Vec<PluginRow>> {
        self.all(&format!("SELECT {COLUMNS} FROM plugins ORDER BY id"), [], read_plugin)
    }

    /// One plugin.
    pub fn plugin(&self, id: &str) -> Result<Option<PluginRow>> {
        self.first(&format!("SELECT {COLUMNS} FROM plugins WHERE id = ?"), [id], read_plugin)
    }

    /// What a package of a plugin was granted, in order.
    pub fn grants(&self, plugin: &str, digest: &str) -> Result<Vec<GrantRow>> {
        let sql = "SELECT plugin, digest, capability, granted_by, granted FROM grants \
                   WHERE plugin = ? AND digest = ? ORDER BY capability";
        self.all(sql, params![plugin, digest], |row| {
            Ok(GrantRow {
                plugin: row.get(0)?,
                digest: row.get(1)?,
                capability: row.get(2)?,
                granted_by: row.get(3)?,
                granted: row.get(4)?,
            })
        })
    }

    /// Whether it was granted this capability.
    pub fn is_granted(&self, plugin: &str, digest: &str, capability: &str) -> Result<bool> {
        let sql = "SELECT count(*) FROM grants WHERE plugin = ? AND digest = ? AND capability = ?";
        Ok(self.value::<u64>(sql, params![plugin, digest, capability])? > 0)
    }

    /// Limits that an administrator set for a plugin, by name.
    pub fn limits(&self, plugin: &str) -> Result<Vec<(String, u64)>> {
        let sql = "SELECT name, value FROM limits WHERE plugin = ? ORDER BY name";
        self.all(sql, [plugin], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

impl Transaction<'_> {
    /// Mounts a plugin, or changes how it is mounted.
    ///
    /// # Errors
    /// [`Taken`](crate::StorageError::Taken) where the mount is another plugin's.
    pub fn put_plugin(&self, plugin: &PluginRow) -> Result<()> {
        let PluginRow { id, digest, mount, enabled, quarantined, updated } = plugin;
        self.prepare(
            "INSERT INTO plugins (id, digest, mount, enabled, quarantined, updated) VALUES (?, ?, ?, ?, ?, ?) \
             ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, mount = excluded.mount, enabled = excluded.enabled, \
             quarantined = excluded.quarantined, updated = excluded.updated",
        )?
        .execute(params![id, digest, mount, enabled, quarantined, updated])
        .map_err(taken("the mount"))?;
        Ok(())
    }

    /// Switches a plugin on or off. Answers whether there is such a one, as the following functions do.
    pub fn set_plugin_enabled(&self, id: &str, enabled: bool, now: u64) -> Result<bool> {
        let sql = "UPDATE plugins SET enabled = ?2, updated = ?3 WHERE id = ?1";
        Ok(self.execute(sql, params![id, enabled, now])? > 0)
    }

    /// Stops a plugin for a reason, or lets it run again.
    pub fn set_plugin_quarantine(&self, id: &str, reason: Option<&str>, now: u64) -> Result<bool> {
        let sql = "UPDATE plugins SET quarantined = ?2, updated = ?3 WHERE id = ?1";
        Ok(self.execute(sql, params![id, reason, now])? > 0)
    }

    /// Unmounts it. Packages, grants, data and the owner of its id stay.
    pub fn delete_plugin(&self, id: &str) -> Result<bool> {
        Ok(self.execute("DELETE FROM plugins WHERE id = ?", [id])? > 0)
    }

    /// Removes everything that a plugin has stored: all of its spaces, what visitors confirmed to it, badges, schedules,
    /// limits, and its jobs. Those that run are cancelled, and go when they have ended and are old.
    pub fn delete_plugin_data(&self, id: &str) -> Result<()> {
        let spaces: Vec<String> =
            self.all("SELECT space FROM spaces WHERE plugin = ?1 UNION SELECT ?1", [id], |row| row.get(0))?;
        spaces.iter().try_for_each(|space| self.kv_clear(space).map(drop))?;
        for table in ["spaces", "visitor_addresses", "address_links", "badges", "schedules", "limits"] {
            self.execute(&format!("DELETE FROM {table} WHERE plugin = ?"), [id])?;
        }
        self.execute("DELETE FROM jobs WHERE plugin = ? AND state <> 'running'", [id])?;
        let sql = "UPDATE jobs SET cancel = 1, input = '{}' WHERE plugin = ? AND state = 'running'";
        self.execute(sql, [id]).map(drop)
    }

    /// Grants a capability; `false` where it was granted already.
    pub fn insert_grant(&self, grant: &GrantRow) -> Result<bool> {
        let GrantRow { plugin, digest, capability, granted_by, granted } = grant;
        let sql = "INSERT INTO grants (plugin, digest, capability, granted_by, granted) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        Ok(self.execute(sql, params![plugin, digest, capability, granted_by, granted])? > 0)
    }

    /// Takes a grant back; `false` where there was none.
    pub fn delete_grant(&self, plugin: &str, digest: &str, capability: &str) -> Result<bool> {
        let sql = "DELETE FROM grants WHERE plugin = ? AND digest = ? AND capability = ?";
        Ok(self.execute(sql, params![plugin, digest, capability])? > 0)
    }

    /// Takes a grant back from every package of a plugin; answers from how many.
    pub fn delete_grant_of_all(&self, plugin: &str, capability: &str) -> Result<usize> {
        self.execute("DELETE FROM grants WHERE plugin = ? AND capability = ?", params![plugin, capability])
    }

    /// Sets a limit of a plugin, or goes back to the default.
    pub fn set_limit(&self, plugin: &str, name: &str, value: Option<u64>) -> Result<()> {
        match value {
            Some(value) => self.execute(
                "INSERT INTO limits (plugin, name, value) VALUES (?, ?, ?) \
                 ON CONFLICT (plugin, name) DO UPDATE SET value = excluded.value",
                params![plugin, name, value],
            )?,
            None => self.execute("DELETE FROM limits WHERE plugin = ? AND name = ?", params![plugin, name])?,
        };
        Ok(())
    }
}

fn read_plugin(row: &Row<'_>) -> rusqlite::Result<PluginRow> {
    Ok(PluginRow {
        id: row.get(0)?,
        digest: row.get(1)?,
        mount: row.get(2)?,
        enabled: row.get(3)?,
        quarantined: row.get(4)?,
        updated: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::{GrantRow, PluginRow};
    use crate::{BadgeRow, Database, PackageRow, StorageError, Transaction};

    fn package(digest: &str) -> PackageRow {
        let (id, version) = ("org.example".into(), "1.0.0".into());
        PackageRow {
            digest: digest.into(),
            id,
            version,
            source: "upload".into(),
            registration: "{}".into(),
            size: 7,
            added: 1,
            ..PackageRow::default()
        }
    }

    fn plugin(id: &str, mount: &str) -> PluginRow {
        PluginRow {
            id: id.into(),
            digest: "d1".into(),
            mount: mount.into(),
            enabled: true,
            quarantined: None,
            updated: 1,
        }
    }

    fn filled() -> Database {
        let database = Database::temporary().unwrap();
        let fill = |tx: &mut Transaction<'_>| {
            tx.insert_package(&package("d1"))?;
            tx.insert_package(&package("d2"))?;
            tx.put_plugin(&plugin("org.example", "example"))
        };
        database.write(fill).unwrap();
        database
    }

    #[test]
    fn a_mount_is_one_plugins_and_a_plugin_needs_its_package() {
        let database = filled();
        let put = |plugin: &PluginRow| database.write(|tx| tx.put_plugin(plugin));
        assert!(matches!(put(&plugin("org.other", "example")), Err(StorageError::Taken { what: "the mount" })));
        put(&plugin("org.other", "other")).unwrap();
        assert!(put(&PluginRow { digest: "unknown".into(), ..plugin("org.third", "third") }).is_err());
        put(&PluginRow { digest: "d2".into(), ..plugin("org.example", "moved") }).unwrap();
        database.write(|tx| tx.set_plugin_quarantine("org.example", Some("failed too often"), 5)).unwrap();
        database.write(|tx| tx.set_plugin_enabled("org.other", false, 6)).unwrap();
        let rows = database.read(|reader| reader.plugins()).unwrap();
        let quarantined = Some("failed too often".to_owned());
        let first = PluginRow {
            digest: "d2".into(),
            mount: "moved".into(),
            quarantined,
            updated: 5,
            ..plugin("org.example", "")
        };
        assert_eq!(rows, [first, PluginRow { enabled: false, updated: 6, ..plugin("org.other", "other") }]);
        assert!(database.write(|tx| tx.delete_plugin("org.other")).unwrap());
        assert_eq!(database.read(|reader| reader.plugin("org.other")).unwrap(), None);
    }

    #[test]
    fn a_grant_belongs_to_one_package() {
        let database = filled();
        let grant = GrantRow {
            plugin: "org.example".into(),
            digest: "d1".into(),
            capability: "kv".into(),
            granted_by: "one".into(),
            granted: 1,
        };
        assert!(database.write(|tx| tx.insert_grant(&grant)).unwrap());
        assert!(!database.write(|tx| tx.insert_grant(&grant)).unwrap());
        let granted =
            |digest, capability| database.read(|reader| reader.is_granted("org.example", digest, capability)).unwrap();
        assert!(granted("d1", "kv") && !granted("d2", "kv") && !granted("d1", "files"));
        assert_eq!(database.read(|reader| reader.grants("org.example", "d1")).unwrap(), [grant]);
        assert!(database.write(|tx| tx.delete_grant("org.example", "d1", "kv")).unwrap());
        assert!(!granted("d1", "kv"));
    }

    #[test]
    fn a_package_that_was_used_or_decided_about_stays_what_it_was() {
        let database = filled();
        let from = |source: &str| PackageRow {
            digest: "d2".into(),
            source: source.into(),
            origin: "{}".into(),
            detail: source.into(),
            readme: format!("# {source}"),
            ..PackageRow::default()
        };
        let fetched = |source: &str| {
            let moved = database.write(|tx| tx.set_package_source(&from(source))).unwrap();
            let row = database.read(|reader| reader.package("d2")).unwrap().unwrap();
            (moved, row.source, row.readme)
        };
        assert_eq!(fetched("one"), (true, "one".into(), "# one".into()));
        database.write(|tx| tx.set_package_decided("d2", 5)).unwrap();
        assert_eq!(fetched("two"), (false, "one".into(), "# one".into()));
        database.write(|tx| tx.set_package_decided("d2", 0)).unwrap();
        assert_eq!(fetched("three"), (true, "three".into(), "# three".into()));
        database.write(|tx| tx.set_package_used("d2", 5)).unwrap();
        assert_eq!(fetched("four"), (false, "three".into(), "# three".into()));
    }

    #[test]
    fn a_package_in_use_stays_and_its_owner_does_for_ever() {
        let database = filled();
        let grant = GrantRow {
            plugin: "org.example".into(),
            digest: "d2".into(),
            capability: "kv".into(),
            granted_by: "one".into(),
            granted: 1,
        };
        database.write(|tx| tx.insert_grant(&grant)).unwrap();
        assert!(!database.write(|tx| tx.delete_package("d1")).unwrap());
        assert!(database.write(|tx| tx.delete_package("d2")).unwrap());
        assert!(database.read(|reader| reader.grants("org.example", "d2")).unwrap().is_empty());
        assert_eq!(database.read(|reader| reader.packages(Some("org.example"))).unwrap().len(), 1);
        assert_eq!(database.read(|reader| reader.package("d1")).unwrap(), Some(package("d1")));
        let claim = |source| database.write(|tx| tx.claim_owner("org.example", source, 9)).unwrap().source;
        assert_eq!((claim("upload"), claim("elsewhere")), ("upload".to_owned(), "upload".to_owned()));
    }

    #[test]
    fn what_a_plugin_stored_goes_and_what_others_stored_stays() {
        use crate::{JobState, KvChange, Lease, NewJob};
        let database = filled();
        let job = |id, plugin| NewJob {
            id,
            plugin,
            name: "work",
            input: "{\"word\":1}",
            account: None,
            token: None,
            schedule: None,
            through: "",
        };
        let keep = |plugin: &str| {
            let change = KvChange::Set { key: "key", value: b"value" };
            database.write(|tx| {
                tx.start_space(plugin, 1, 1)?;
                tx.start_space(plugin, 2, 2)?;
                let active = tx.active_space(plugin)?.unwrap().space;
                for (version, space) in [plugin, &active].into_iter().enumerate() {
                    tx.kv_commit(space, &[], std::slice::from_ref(&change), version as u64 + 1, 2)?;
                }
                tx.set_limit(plugin, "memory", Some(1))
            })
        };
        keep("org.example").unwrap();
        keep("org.other").unwrap();
        database
            .write(|tx| {
                tx.insert_job(&job("waits", "org.example"), 1)?;
                tx.insert_job(&job("runs", "org.example"), 1)?;
                tx.insert_job(&job("theirs", "org.other"), 1)?;
                tx.take_job(&Lease { job: "runs".into(), number: 1 }, "worker", 2, 9)?;
                tx.delete_plugin_data("org.example")
            })
            .unwrap();
        let left = |plugin: &str| {
            database.read(|reader| {
                let values = reader.kv_used(plugin)?;
                let spaces = (reader.active_space(plugin)?.is_some(), reader.retired_spaces(plugin)?.len());
                Ok::<_, StorageError>((values > 0, spaces, reader.limits(plugin)?.len()))
            })
        };
        assert_eq!(left("org.example").unwrap(), (false, (false, 0), 0));
        assert_eq!(left("org.other").unwrap(), (true, (true, 1), 1));
        let late = [KvChange::Set { key: "late", value: b"value" }];
        database.write(|tx| tx.kv_commit("org.example", &[], &late, 3, 3)).unwrap();
        database.write(|tx| tx.start_space("org.example", 1, 4)).unwrap();
        assert_eq!(left("org.example").unwrap(), (false, (true, 0), 0), "nothing of before is in a new one");
        let job = |id| database.read(|reader| reader.job(id)).unwrap();
        assert!(job("waits").is_none() && job("theirs").is_some());
        let runs = job("runs").unwrap();
        assert!(runs.state == JobState::Running && runs.cancel && runs.input == "{}", "its worker ends it");
    }

    #[test]
    fn limits_and_badges_are_set_replaced_and_taken_away() {
        let database = filled();
        database.write(|tx| tx.set_limit("org.example", "memory", Some(1))).unwrap();
        database.write(|tx| tx.set_limit("org.example", "memory", Some(2))).unwrap();
        assert_eq!(database.read(|reader| reader.limits("org.example")).unwrap(), [("memory".to_owned(), 2)]);
        database.write(|tx| tx.set_limit("org.example", "memory", None)).unwrap();
        assert!(database.read(|reader| reader.limits("org.example")).unwrap().is_empty());
        let badge = |label: &str| BadgeRow {
            plugin: "p".into(),
            route: "r".into(),
            label: label.into(),
            level: "danger".into(),
        };
        database.write(|tx| tx.put_badge(&badge("3"))).unwrap();
        database.write(|tx| tx.put_badge(&badge("4"))).unwrap();
        assert_eq!(database.read(|reader| reader.badges()).unwrap(), [badge("4")]);
        assert!(
            database.write(|tx| tx.delete_badge("p", "r")).unwrap()
                && !database.write(|tx| tx.delete_badge("p", "r")).unwrap()
        );
    }
}
