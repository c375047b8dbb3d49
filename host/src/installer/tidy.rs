//! Removing what nobody needs any more: versions beyond those that are kept, and files that no row names.
//!
//! Files are removed by who holds the store alone ([`Store::tidying`](crate::installer::store::Store::tidying)), so beside another process that is in the middle of
//! fetching nothing is: the next time takes it. What a killed process has left lies there until then, and is in nobody's way.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use vestry_catalog::order::{Fetch, HOST, Order};
use vestry_catalog::{Digest, under_way};
use vestry_storage::{JobFilter, JobState, Reader, StorageError, Transaction};

use crate::installer::Installer;
use crate::installer::package_error::PackageError;
use crate::installer::placing::blocking;
use crate::installer::shipped;
use crate::registry::former;

/// How long a package waits to be mounted, in milliseconds: 30 days.
const WAITS: u64 = 30 * 24 * 60 * 60 * 1000;
/// How long a version that was replaced may still answer what it drew, in milliseconds.
const ANSWERS: u64 = former::KEPT.as_secs() * 1000;
/// Events of a plugin that are looked at for those.
const EVENTS: u32 = 200;
/// How long a file of the inbox is kept that no order names, in milliseconds: an hour.
const UNNAMED: u64 = 60 * 60 * 1000;
/// Orders under way that are looked at.
const ORDERS: u32 = 2_000;

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tidied {
    pub packages: usize,
    pub compiled: usize,
    pub uploads: usize,
    pub unfinished: usize,
}

/// Who else may be at work on the same data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Others may.
    Others,
    /// Nobody that takes files from people: what nobody names will not be named any more.
    Nobody,
}

/// Removes versions that are not kept any more, packages that nobody has mounted within a month, and files that no row names;
/// nothing of the last where somebody adds a package at this moment.
///
/// # Errors
///
/// Where a directory cannot be read, or a file not be removed.
pub async fn tidy(installer: &Installer<'_>, beside: Beside) -> Result<Option<Tidied>, PackageError> {
    let (store, services, now) = (installer.store.clone(), installer.services.clone(), installer.now());
    let kept = installer.settings.packages.kept as usize;
    let tidied = blocking(move || {
        services.database.write(|tx| prune_all(tx, kept, now))?;
        let Some(held) = store.tidying()? else { return Ok(None) };
        let (packages, inbox) = services.database.read(|reader| {
            let packages = reader.packages(None)?.into_iter().map(|package| package.digest).collect::<BTreeSet<_>>();
            Ok::<_, StorageError>((packages, inbox_files(reader)?))
        })?;
        let mut tidied = Tidied { packages: store.retain(&held, &packages)?, ..Tidied::default() };
        let age = if beside == Beside::Nobody { 0 } else { UNNAMED };
        for file in services.inbox.list()? {
            if !inbox.contains(&file.name) && now.saturating_sub(file.since) >= age {
                services.inbox.remove(&file.name)?;
                tidied.uploads += 1;
            }
        }
        tidied.unfinished = empty(&store.data().join("fetching"))?;
        Ok(Some((tidied, packages, held)))
    });
    let Some((mut tidied, packages, _held)) = tidied.await? else { return Ok(None) };
    for digest in installer.sandbox.compiled()?.difference(&packages) {
        installer.sandbox.forget(digest)?;
        tidied.compiled += 1;
    }
    Ok(Some(tidied))
}

/// Removes versions of a plugin that are not kept any more, with their grants and their files. What goes wrong is said in
/// the log: the plugin is in its place.
pub(super) async fn prune(installer: &Installer<'_>, plugin: &str) {
    let (services, store) = (installer.services.clone(), installer.store.clone());
    let (id, kept, now) = (plugin.to_owned(), installer.settings.packages.kept as usize, installer.now());
    let work = move || {
        let gone = services.database.write(|tx| prune_rows(tx, &id, &ordered(tx)?, kept, now))?;
        if gone.is_empty() {
            return Ok(None);
        }
        // Where somebody adds a package at this moment, the hour takes the files. One can have come again meanwhile.
        let Some(held) = store.tidying()? else { return Ok(None) };
        let mut files = gone;
        files.retain(|digest| matches!(services.database.read(|reader| reader.package(digest.as_str())), Ok(None)));
        files.iter().try_for_each(|digest| store.remove(digest))?;
        Ok(Some((files, held)))
    };
    match blocking(work).await {
        Ok(None) => {}
        Ok(Some((files, _held))) => {
            for digest in files {
                if let Err(error) = installer.sandbox.forget(digest.as_str()) {
                    tracing::error!(%error, %digest, "compiled code that nobody needs could not be removed");
                }
            }
        }
        Err(error) => {
            tracing::error!(%error, plugin, "versions that are not kept any more could not be removed");
        }
    }
}

/// The same for all ids, those that are in no place among them: of these only what never was.
fn prune_all(tx: &Transaction<'_>, kept: usize, now: u64) -> Result<Vec<Digest>, PackageError> {
    let mounted: BTreeSet<String> = tx.plugins()?.into_iter().map(|plugin| plugin.id).collect();
    let ids: BTreeSet<String> = tx.packages(None)?.into_iter().map(|package| package.id).collect();
    let ordered = ordered(tx)?;
    let mut gone = Vec::new();
    for id in ids {
        let kept = if mounted.contains(&id) { kept } else { usize::MAX };
        gone.extend(prune_rows(tx, &id, &ordered, kept, now)?);
    }
    Ok(gone)
}

/// Packages that somebody is about to do something with.
fn ordered(reader: &Reader<'_>) -> Result<BTreeSet<String>, StorageError> {
    Ok(under_way(reader)?.into_iter().flat_map(|order| order.digests).collect())
}

/// Which versions of a plugin go: of those that were mounted once, all but the last ones and those that still answer forms
/// which they drew; of those that never were, what waits for over 30 days. What this program ships with stays known: it
/// would be taken for new at the next start.
fn prune_rows(
    tx: &Transaction<'_>,
    plugin: &str,
    ordered: &BTreeSet<String>,
    kept: usize,
    now: u64,
) -> Result<Vec<Digest>, PackageError> {
    let running = tx.plugin(plugin)?.map(|plugin| plugin.digest);
    let mut events = tx.package_events(plugin, EVENTS)?;
    events.retain(|event| event.time > now.saturating_sub(ANSWERS));
    let recent = |digest: &str| events.iter().any(|event| event.digest == digest || event.former == digest);
    let mut others = tx.packages(Some(plugin))?;
    others.retain(|package| Some(&package.digest) != running.as_ref());
    others.sort_by_key(|package| std::cmp::Reverse(package.used));
    let (used, waiting): (Vec<_>, Vec<_>) = others.into_iter().partition(|package| package.used > 0);
    let old = waiting.into_iter().filter(|package| package.added < now.saturating_sub(WAITS));
    let mut gone = Vec::new();
    for package in used.into_iter().skip(kept.max(1)).filter(|package| !recent(&package.digest)).chain(old) {
        let stays = shipped::is_shipped(&package.digest) || ordered.contains(&package.digest);
        if !stays && tx.delete_package(&package.digest)? {
            gone.extend(Digest::parse(&package.digest));
        }
    }
    if !gone.is_empty() {
        tx.raise_generation()?;
    }
    Ok(gone)
}

/// Files of the inbox that orders name which have not ended.
fn inbox_files(reader: &Reader<'_>) -> Result<BTreeSet<String>, StorageError> {
    let mut named = BTreeSet::new();
    for state in [JobState::Queued, JobState::Running] {
        let filter = JobFilter { plugin: Some(HOST), state: Some(state), behind: None, limit: ORDERS };
        for job in reader.jobs(&filter)? {
            if let Ok(Order::Fetch(Fetch::Inbox { file, .. })) = serde_json::from_str(&job.input) {
                named.insert(file);
            }
        }
    }
    Ok(named)
}

/// Removes all that is in a directory; answers how much that was.
fn empty(directory: &Path) -> std::io::Result<usize> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path())?,
            false => fs::remove_file(entry.path())?,
        }
        removed += 1;
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use vestry_storage::{Database, PackageEventKind, PackageEventRow, PackageRow, PluginRow};

    use super::*;

    const DAY: u64 = 24 * 60 * 60 * 1000;
    const NOW: u64 = 100 * DAY;

    fn digest(number: u32) -> String {
        format!("{number:064x}")
    }

    fn add(tx: &Transaction<'_>, number: u32, added: u64, used: u64) {
        let row = PackageRow {
            digest: digest(number),
            id: "org.example.a".into(),
            version: format!("1.0.{number}"),
            registration: "{}".into(),
            added,
            used,
            ..PackageRow::default()
        };
        tx.insert_package(&row).unwrap();
    }

    #[test]
    fn the_last_versions_stay_and_what_waits_stays_for_a_month() {
        let database = Database::temporary().unwrap();
        let gone = database.write(|tx| {
            // 1 to 5 were mounted one after the other, 5 runs; 6 and 7 wait.
            (1..=5).for_each(|number| add(tx, number, 1, NOW - DAY + u64::from(number)));
            add(tx, 6, NOW - 31 * DAY, 0);
            add(tx, 7, NOW - 29 * DAY, 0);
            tx.put_plugin(&PluginRow {
                id: "org.example.a".into(),
                digest: digest(5),
                mount: "a".into(),
                enabled: true,
                quarantined: None,
                updated: 1,
            })?;
            prune_rows(tx, "org.example.a", &ordered(tx)?, 3, NOW)
        });
        assert_eq!(gone.unwrap().iter().map(Digest::as_str).collect::<Vec<_>>(), [digest(1), digest(6)]);
        assert_eq!(left(&database), [2, 3, 4, 5, 7].map(digest));
    }

    fn left(database: &Database) -> Vec<String> {
        let left = database.read(|reader| reader.packages(None)).unwrap();
        let mut left: Vec<_> = left.into_iter().map(|package| package.digest).collect();
        left.sort();
        left
    }

    #[test]
    fn what_was_fetched_and_never_mounted_goes_after_a_month_whether_its_plugin_is_mounted_or_not() {
        let database = Database::temporary().unwrap();
        let gone = database.write(|tx| {
            add(tx, 1, NOW - 31 * DAY, 0);
            add(tx, 2, NOW - 29 * DAY, 0);
            // Mounted once, and taken off: whoever did that may want it back.
            (3..=9).for_each(|number| add(tx, number, 1, NOW - 40 * DAY + u64::from(number)));
            prune_all(tx, 3, NOW)
        });
        assert_eq!(gone.unwrap().iter().map(Digest::as_str).collect::<Vec<_>>(), [digest(1)]);
        assert_eq!(left(&database).len(), 8);
    }

    #[test]
    fn what_was_replaced_a_moment_ago_still_has_forms_to_answer() {
        let database = Database::temporary().unwrap();
        let placed = |number: u32, former: u32, time: u64| PackageEventRow {
            plugin: "org.example.a".into(),
            time,
            kind: PackageEventKind::Mounted,
            digest: digest(number),
            version: String::new(),
            mount: "a".into(),
            former: digest(former),
            former_plugin: "org.example.a".into(),
            account: None,
            reason: String::new(),
        };
        let minute = 60 * 1000;
        let prune = |now| database.write(|tx| prune_all(tx, 1, now)).unwrap().len();
        database
            .write(|tx| {
                // 1 was replaced long ago, and 2 and 3 within the last minutes.
                (1..=4).for_each(|number| add(tx, number, 1, NOW - DAY + u64::from(number)));
                tx.add_package_event(&placed(2, 1, NOW - DAY))?;
                tx.add_package_event(&placed(3, 2, NOW - 10 * minute))?;
                tx.add_package_event(&placed(4, 3, NOW - minute))?;
                tx.put_plugin(&PluginRow {
                    id: "org.example.a".into(),
                    digest: digest(4),
                    mount: "a".into(),
                    enabled: true,
                    quarantined: None,
                    updated: 1,
                })
            })
            .unwrap();
        assert_eq!((prune(NOW), left(&database)), (1, vec![digest(2), digest(3), digest(4)]));
        assert_eq!((prune(NOW + 6 * minute), left(&database)), (1, vec![digest(3), digest(4)]));
    }

    #[test]
    fn files_that_orders_name_are_known() {
        let database = Database::temporary().unwrap();
        let order = Order::Fetch(Fetch::Inbox { file: "f1".into(), name: "a.wasm".into() });
        let input = serde_json::to_string(&order).unwrap();
        let job = vestry_storage::NewJob {
            id: "j1",
            plugin: HOST,
            name: "fetch",
            input: &input,
            account: None,
            token: None,
            schedule: None,
            through: "",
        };
        let named = || database.read(inbox_files).unwrap().into_iter().collect::<Vec<_>>();
        database.write(|tx| tx.insert_job(&job, 1)).unwrap();
        assert_eq!(named(), ["f1"]);
        database.write(|tx| tx.cancel_job("j1", 2)).unwrap();
        assert!(named().is_empty(), "who wants it again sends it again");
    }
}
