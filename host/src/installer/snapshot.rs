//! From what stands in the database to what the registry serves.

use std::sync::Arc;
use std::time::Instant;

use vestry_capabilities::Subject;
use vestry_catalog::{Digest, Known, UNREADABLE};
use vestry_contract::registration::PluginInfo;
use vestry_phrases::Words;
use vestry_sandbox::{Limits, Permits, Sandbox};
use vestry_storage::{
    Database, PackageEventKind, PackageEventRow, PackageRow, PluginRow, Reader, SpaceRow, StorageError,
};

use crate::installer::store::Store;
use crate::registry::former::{self, Former};
use crate::registry::mount::Mount;
use crate::registry::plugin::{Plugin, State};
use crate::registry::routes::RouteTable;
use crate::registry::snapshot::Snapshot;
use crate::settings::Settings;

/// Events of a mount among which it is looked what became of a version.
const EVENTS: u32 = 16;

/// Makes the snapshot of this moment. What runs already keeps its compiled code, permits and counters. A plugin that
/// cannot be loaded is in it too, with the reason; and those that were replaced a short time ago, as far as they still
/// answer what was drawn by them.
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
    let mut mounted = Vec::with_capacity(rows.len());
    for (package, limits, space, row) in rows {
        let manner = Manner::of(&row.id, &limits, space);
        if let Some(known) = before.by_id(&row.id).filter(|known| unchanged(known, &row, &manner)) {
            mounted.push((Arc::clone(known), row.updated));
            continue;
        }
        match plugin(package, &row, manner, store, sandbox, settings, before).await {
            Some(plugin) => mounted.push((Arc::new(plugin), row.updated)),
            None => tracing::error!(
                plugin = row.id,
                "the database does not say what this plugin registered; install it again"
            ),
        }
    }
    let formers = formers(database, before, &mounted)?;
    Ok(Snapshot::new(generation, mounted.into_iter().map(|(plugin, _)| plugin)).with_formers(formers))
}

/// Those that were replaced and still answer, beside what is mounted now, each with when its place was changed last.
fn formers(
    database: &Database,
    before: &Snapshot,
    mounted: &[(Arc<Plugin>, u64)],
) -> Result<Vec<Former>, StorageError> {
    let candidates = former::candidates(before, mounted, Instant::now());
    if candidates.is_empty() {
        return Ok(candidates);
    }
    database.read(|reader| {
        let still = candidates.into_iter().map(|former| still(reader, before, mounted, former));
        still.filter_map(Result::transpose).collect()
    })
}

/// A version that was replaced, as it runs from now on; none where its package was removed, its data is not the plugin's
/// any more, or it was not an update or a swap that took its place.
fn still(
    reader: &Reader<'_>,
    before: &Snapshot,
    mounted: &[(Arc<Plugin>, u64)],
    former: Former,
) -> Result<Option<Former>, StorageError> {
    let known = &former.plugin;
    let (id, mount) = (&known.subject.id, known.mount.as_str());
    let Some(active) = reader.active_space(id)?.filter(|active| active.space == known.subject.space) else {
        return Ok(None);
    };
    if reader.package(&known.subject.digest)?.is_none() {
        return Ok(None);
    }
    let is_fresh = before.at(mount).is_some_and(|before| before.is_same_version(known));
    if is_fresh && !was_replaced(&reader.package_events_at(mount, EVENTS)?, known) {
        return Ok(None);
    }
    let current = mounted.iter().map(|(plugin, _)| plugin).find(|plugin| plugin.mount == known.mount);
    let current = current.filter(|current| current.subject.id == *id);
    let manner = Manner::of(id, &reader.limits(id)?, Some(active));
    if known.limits == manner.limits && known.held_until == manner.held_until {
        return Ok(Some(former));
    }
    let Manner { limits, held_until, .. } = manner;
    let permits = current.filter(|current| current.limits == limits).map(|current| current.permits.clone());
    let permits = permits.unwrap_or_else(|| Permits::new(&limits));
    let plugin = Arc::new(Plugin { limits, held_until, permits, ..Plugin::clone(known) });
    Ok(Some(Former { plugin, ..former }))
}

/// Whether an update or a swap took the place of this version, as its mount's events say, the latest first: not where it
/// failed and was sent away for that, nor where it was taken off its mount, and another was put there later.
fn was_replaced(events: &[PackageEventRow], known: &Plugin) -> bool {
    use PackageEventKind::{CameBack, Mounted, RolledBack};
    let (id, digest) = (&known.subject.id, &known.subject.digest);
    let placed = |event: &&PackageEventRow| matches!(event.kind, Mounted | RolledBack | CameBack);
    let own = |event: &&PackageEventRow| event.plugin == *id && event.digest == *digest;
    let since = events.iter().filter(placed).take_while(|event| !own(event));
    let mut of_it = since.filter(|event| event.former_plugin == *id && event.former == *digest);
    of_it.next().is_some_and(|event| event.kind != CameBack)
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
    fn of(id: &str, limits: &[(String, u64)], active: Option<SpaceRow>) -> Self {
        let limits = Limits::chosen(limits);
        match active {
            Some(active) => Self { limits, space: active.space, held_until: active.held_until },
            None => Self { limits, space: id.to_owned(), held_until: None },
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
    let package = Known::of(package?);
    let (is_legible, info) = (package.is_legible(), package.info);
    let mount: Mount = row.mount.parse().ok()?;
    let digest = Digest::parse(&row.digest)?;
    let state = match (&row.quarantined, row.enabled) {
        (_, false) => State::Disabled,
        (Some(reason), true) => State::Broken(reason.clone().into()),
        (None, true) if !is_legible => State::Broken(Words::plain(UNREADABLE)),
        (None, true) => match sandbox.load(digest.as_str(), &store.file(&digest)).await {
            Ok(loaded) => State::Ready(loaded),
            Err(error) => State::Broken(error.to_string().into()),
        },
    };
    let (routes, _) = RouteTable::new(&info.routes);
    let Manner { limits, space, held_until } = manner;
    let subject = subject(&info, &row.digest, space, settings);
    // Of the plugin, not of a version: what is under way in the one before counts too.
    let known = before
        .by_id(&row.id)
        .or_else(|| before.formers().map(|former| &former.plugin).find(|known| known.subject.id == row.id));
    let permits = known.filter(|known| known.limits == limits).map(|known| known.permits.clone());
    Some(Plugin {
        permits: permits.unwrap_or_else(|| Permits::new(&limits)),
        usage: sandbox.usage(&row.id),
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

#[cfg(test)]
mod tests;
