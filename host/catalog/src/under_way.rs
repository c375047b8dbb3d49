//! What is being done about packages at this moment: orders that wait or run.

use std::collections::BTreeSet;

use vestry_storage::{Reader, StorageError};

use crate::order::{Order, Placing};

/// An order that has not ended yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnderWay {
    pub job: String,
    /// `fetch`, `place`, `check`.
    pub kind: String,
    /// The name of who ordered it; empty where nobody is known.
    pub by: String,
    pub digests: BTreeSet<String>,
    pub plugins: BTreeSet<String>,
    pub mounts: BTreeSet<String>,
}

/// All of them, in the order that they were queued.
///
/// # Errors
///
/// Where the database cannot be read.
pub fn under_way(reader: &Reader<'_>) -> Result<Vec<UnderWay>, StorageError> {
    let rows = reader.package_jobs_under_way()?;
    rows.into_iter()
        .map(|row| {
            let job = reader.job(&row.job)?;
            let starter = job.as_ref().and_then(|job| job.account.as_deref());
            let by = starter.map(|account| reader.account(account)).transpose()?.flatten();
            let mut found = UnderWay {
                job: row.job,
                kind: row.kind,
                by: by.map(|account| account.name).unwrap_or_default(),
                digests: [row.digest].into(),
                plugins: [row.plugin].into(),
                mounts: [row.mount].into(),
            };
            let order = job.and_then(|job| serde_json::from_str(&job.input).ok());
            if let Some(Order::Place { placings }) = order {
                placings.iter().try_for_each(|placing| found.add(reader, placing))?;
            }
            for names in [&mut found.digests, &mut found.plugins, &mut found.mounts] {
                names.remove("");
            }
            Ok(found)
        })
        .collect()
}

impl UnderWay {
    fn add(&mut self, reader: &Reader<'_>, placing: &Placing) -> Result<(), StorageError> {
        self.digests.insert(placing.digest.to_string());
        if let Some((id, mount)) = place_of(reader, placing)? {
            self.plugins.insert(id);
            self.mounts.insert(mount);
        }
        Ok(())
    }

    /// Whether it puts something in a place that this would change as well.
    #[must_use]
    pub fn is_in_the_way_of(&self, plugin: &str, mount: &str) -> bool {
        self.kind == "place" && (self.plugins.contains(plugin) || self.mounts.contains(mount))
    }

    /// `Ann is changing it at this moment; wait until that is done`
    #[must_use]
    pub fn sentence(&self, what: &str) -> String {
        let by = if self.by.is_empty() { "Somebody" } else { &self.by };
        format!("{by} is changing {what} at this moment (job {}); wait until that is done, or cancel it", self.job)
    }
}

/// Which plugin an order puts where: where it is said, else where the plugin is, else where it asks to be. None for a package
/// that is not here.
///
/// # Errors
///
/// Where the database cannot be read.
pub fn place_of(reader: &Reader<'_>, placing: &Placing) -> Result<Option<(String, String)>, StorageError> {
    let Some(row) = reader.package(placing.digest.as_str())? else { return Ok(None) };
    let mount = match &placing.mount {
        Some(mount) => mount.clone(),
        None => match reader.plugin(&row.id)? {
            Some(plugin) => plugin.mount,
            None => wish(&row.registration),
        },
    };
    Ok(Some((row.id, mount)))
}

/// Where a package asks to be.
fn wish(registration: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(registration).unwrap_or_default();
    value.get("mount").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}
