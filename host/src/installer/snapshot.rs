//! From what stands in the database to what the registry serves.

use std::sync::Arc;
use std::time::Duration;

use vestry_capabilities::Subject;
use vestry_contract::registration::PluginInfo;
use vestry_sandbox::{Limits, Permits, Sandbox};
use vestry_storage::{Database, PackageRow, PluginRow, SpaceRow, StorageError};

use crate::installer::store::{Digest, Store};
use crate::registry::mount::Mount;
use crate::registry::plugin::{Plugin, State};
use crate::registry::routes::RouteTable;
use crate::registry::snapshot::Snapshot;
use crate::settings::Settings;

/// Makes the snapshot of this moment. What runs already keeps its compiled code, permits and counters. A plugin that
/// cannot be loaded is in it too, with the reason.
///
/// # Errors
///
/// Where the database cannot be read.
pub async fn make(
    database: &Database,
    store: &Store,
    sandbox: &Sandbox,
    settings: &Settings,
    before: &Snapshot,
) -> Result<Snapshot, StorageError> {
    // Read before the rows: a change that comes in between is seen at the next look.
    let generation = database.generation();
    let rows = database.read(|reader| {
        reader
            .plugins()?
            .into_iter()
            .map(|row| Ok((reader.package(&row.digest)?, reader.limits(&row.id)?, reader.active_space(&row.id)?, row)))
            .collect::<Result<Vec<_>, StorageError>>()
    })?;
    let mut plugins = Vec::with_capacity(rows.len());
    for (package, limits, space, row) in rows {
        let manner = Manner::of(&row, chosen(&limits), space);
        if let Some(known) = before.by_id(&row.id).filter(|known| unchanged(known, &row, &manner)) {
            plugins.push(Arc::clone(known));
            continue;
        }
        match plugin(package, &row, manner, store, sandbox, settings, before).await {
            Some(plugin) => plugins.push(Arc::new(plugin)),
            None => tracing::error!(
                plugin = row.id,
                "the database does not say what this plugin registered; install it again"
            ),
        }
    }
    Ok(Snapshot::new(generation, plugins))
}

/// How a plugin runs, whichever version of it does.
struct Manner {
    limits: Limits,
    /// Where its data is.
    space: String,
    /// Until when its calls wait.
    held_until: Option<u64>,
}

impl Manner {
    fn of(row: &PluginRow, limits: Limits, active: Option<SpaceRow>) -> Self {
        match active {
            Some(active) => Self { limits, space: active.space, held_until: active.held_until },
            None => Self { limits, space: row.id.clone(), held_until: None },
        }
    }
}

fn unchanged(known: &Plugin, row: &PluginRow, manner: &Manner) -> bool {
    let same_row = known.subject.digest == row.digest && known.mount.as_str() == row.mount;
    let same_data = known.subject.space == manner.space && known.held_until == manner.held_until;
    same_row
        && same_data
        && known.limits == manner.limits
        && match known.state {
            State::Ready(_) => row.enabled && row.quarantined.is_none(),
            State::Disabled => !row.enabled,
            State::Broken(_) => false,
        }
}

async fn plugin(
    package: Option<PackageRow>,
    row: &PluginRow,
    manner: Manner,
    store: &Store,
    sandbox: &Sandbox,
    settings: &Settings,
    before: &Snapshot,
) -> Option<Plugin> {
    let info: PluginInfo = serde_json::from_str(&package?.registration).ok()?;
    let mount: Mount = row.mount.parse().ok()?;
    let digest = Digest::parse(&row.digest)?;
    let state = match (&row.quarantined, row.enabled) {
        (_, false) => State::Disabled,
        (Some(reason), true) => State::Broken(reason.clone()),
        (None, true) => match sandbox.load(digest.as_str(), &store.file(&digest)).await {
            Ok(loaded) => State::Ready(loaded),
            Err(error) => State::Broken(error.to_string()),
        },
    };
    let (routes, _) = RouteTable::new(&info.routes);
    let Manner { limits, space, held_until } = manner;
    let subject = subject(&info, &row.digest, space, settings);
    let same_version = before.by_id(&row.id).filter(|known| known.subject.digest == row.digest);
    Some(Plugin {
        permits: same_version
            .filter(|known| known.limits == limits)
            .map_or_else(|| Permits::new(&limits), |known| known.permits.clone()),
        usage: same_version.map(|known| Arc::clone(&known.usage)).unwrap_or_default(),
        held_until,
        subject: Arc::new(subject),
        mount,
        info,
        routes,
        state,
        limits,
    })
}

/// A plugin as it calls.
pub(super) fn subject(info: &PluginInfo, digest: &str, space: String, settings: &Settings) -> Subject {
    Subject {
        id: info.id.clone(),
        version: info.version.clone(),
        title: vestry_screen::plain_text(&info.title).into_owned(),
        digest: digest.to_owned(),
        space,
        messages: info.messages.clone(),
        settings: settings.plugins.get(&info.id).map_or_else(|| "{}".to_owned(), ToString::to_string),
    }
}

/// The limits that an administrator chose, over the usual ones.
pub(super) fn chosen(rows: &[(String, u64)]) -> Limits {
    let mut limits = Limits::default();
    for (name, value) in rows {
        let size = usize::try_from(*value).unwrap_or(usize::MAX);
        match name.as_str() {
            "memory" => limits.memory = size,
            "cpu-ms" => limits.cpu = Duration::from_millis(*value),
            "wall-ms" => limits.wall = Duration::from_millis(*value),
            "bytes" => limits.bytes = size,
            "concurrent" => limits.concurrent = size.clamp(1, 1_000),
            "job-cpu-ms" => limits.jobs.cpu = Duration::from_millis(*value),
            "job-wall-ms" => limits.jobs.wall = Duration::from_millis(*value),
            "job-bytes" => limits.jobs.bytes = size,
            "job-concurrent" => limits.jobs.concurrent = size.clamp(1, 100),
            other => tracing::warn!(limit = other, "an unknown limit is passed over"),
        }
    }
    limits
}
