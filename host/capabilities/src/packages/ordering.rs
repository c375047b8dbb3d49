//! Ordering: to fetch, to place, to check; and asking a source what it has.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use vestry_catalog::needs::Mounted;
use vestry_catalog::order::{self, Choice, Fetch, Order};
use vestry_catalog::{Capability, CatalogError, Digest, Newer, Obstacle, OrderError, Plan, may_wait};
use vestry_contract::packages::{Access, Placing, Reference, Source};
use vestry_contract::types::Failure;
use vestry_sources::{LARGEST_COMPONENT, ReferenceKind, SourceError};

use super::address::{self, Addressed};
use super::changing::note;
use super::{PackageWrite, asking, catalog_failure, hands_on, holds, no_package};
use crate::call::{Call, unavailable};
use crate::gate::Pass;
use crate::jobs::new_id;
use crate::source_access::{AccessError, SealedAccess, source_access};
use crate::table::PACKAGES_PLACE;
use crate::uploads;
use crate::users::{identity_actor, invalid};

/// How long a source is waited for.
const PATIENCE: Duration = Duration::from_secs(8);
/// What is left of a call's own time for what comes after that.
const AFTERWARDS: Duration = Duration::from_millis(500);
/// Plugins of one check.
const MOST_CHECKED: usize = 1_000;

pub(crate) async fn references(
    call: &mut Call,
    _pass: Pass,
    source: Source,
    access: Option<Access>,
) -> Result<Vec<Reference>, Failure> {
    call.reach_out()?;
    let Addressed { source, access } = match source {
        Source::Git(git) => address::git(&git)?,
        Source::Registry(text) => address::registry(&text)?,
        Source::Upload(_) | Source::Shipped(_) => {
            return Err(invalid("source", "A file has no branches or tags; name a repository or a registry.".into()));
        }
        Source::Other((kind, _)) => return Err(unknown_kind(&kind)),
    }
    .opened_with(access);
    let sealed = access.as_ref().map(|access| seal(call, &source, access)).transpose()?;
    note(call, PackageWrite::Asked { source: source.address() }).await?;
    let open = call.settings()?;
    let services = open.services.clone();
    let access = match access {
        Some(access) => Some(access),
        None => source_access(&services, &source).map_err(access_failure)?,
    };
    let until = (Instant::now() + PATIENCE).min(open.until.checked_sub(AFTERWARDS).unwrap_or(open.until));
    let asked = tokio::time::timeout_at(until.into(), services.sources.references(&source, access.as_ref())).await;
    let found = match asked {
        Ok(found) => found.map_err(|error| source_failure(&error))?,
        Err(_) => {
            return Err(Failure::Unavailable(format!(
                "{} did not answer within {} seconds; try again, or name branch or tag yourself",
                source.address(),
                PATIENCE.as_secs()
            )));
        }
    };
    // What does not open it is not worth keeping.
    if let Some(sealed) = sealed {
        note(call, PackageWrite::Access(sealed)).await?;
    }
    Ok(found.into_iter().map(reference).collect())
}

pub(crate) async fn fetch(
    call: &mut Call,
    _pass: Pass,
    source: Source,
    access: Option<Access>,
) -> Result<String, Failure> {
    wait(call)?;
    let fetch = match source {
        Source::Upload(index) => receive(call, index).await?,
        Source::Git(git) => opening(call, address::git(&git)?.opened_with(access))?,
        Source::Registry(text) => opening(call, address::registry(&text)?.opened_with(access))?,
        Source::Shipped(plugin) => shipped(call, plugin)?,
        Source::Other((kind, _)) => return Err(unknown_kind(&kind)),
    };
    give(call, Order::Fetch(fetch)).await
}

pub(crate) async fn check(call: &mut Call, _pass: Pass, ids: Vec<String>) -> Result<String, Failure> {
    if ids.len() > MOST_CHECKED {
        return Err(Failure::Exhausted(format!("at most {MOST_CHECKED} plugins at a time; none stands for all")));
    }
    let plugins = call.settings()?.services.database.read(|reader| reader.plugins()).map_err(unavailable)?;
    if let Some(unknown) = ids.iter().find(|id| !plugins.iter().any(|plugin| plugin.id == **id)) {
        let id: String = unknown.chars().take(100).collect();
        return Err(Failure::NotFound(format!("no plugin with the id {id} is mounted")));
    }
    give(call, Order::Check { plugins: ids }).await
}

pub(crate) async fn place(call: &mut Call, pass: Pass, placings: Vec<Placing>) -> Result<String, Failure> {
    if placings.is_empty() {
        return Err(invalid("placings", "Name at least one package.".into()));
    }
    if placings.len() > order::MOST_PLACINGS {
        return Err(Failure::Exhausted(format!("at most {} packages at a time", order::MOST_PLACINGS)));
    }
    let placings: Vec<order::Placing> = placings.into_iter().map(placing).collect::<Result<_, _>>()?;
    let plans = plan(call, &placings)?;
    let placings: Vec<_> = plans.iter().zip(placings).map(|(plan, placing)| plan.settled(placing)).collect();
    let services = call.settings()?.services.clone();
    call.confirmed(&pass, &[PACKAGES_PLACE], || {
        let secrets = services.secrets.list().map_err(unavailable)?;
        asking::placing(&plans, &placings, &secrets)
    })?;
    give(call, Order::Place { placings }).await
}

/// What the placings would do, one after the other; or what is in their way.
fn plan(call: &Call, placings: &[order::Placing]) -> Result<Vec<Plan>, Failure> {
    let (open, holds) = (call.settings()?, holds(call)?);
    let gives = |source: &str, ask: &Capability| hands_on(&holds, source, ask);
    let plans: Vec<Plan> = open
        .services
        .database
        .read(|reader| {
            let mut mounted = Mounted::read(reader)?;
            placings
                .iter()
                .map(|placing| Plan::make(reader, placing, &mut mounted, None, &gives))
                .collect::<Result<_, Obstacle>>()
        })
        .map_err(obstacle)?;
    let (mut plugins, mut mounts) = (HashSet::new(), HashSet::new());
    for plan in &plans {
        if !plugins.insert(&plan.package.row.id) || !mounts.insert(&plan.mount) {
            return Err(Failure::Conflict(format!(
                "two of the packages are for the same place, {} at /{}; order them one after the other",
                plan.package.row.id, plan.mount
            )));
        }
        if let Some(reason) = open.surroundings.facts().wrong_mount(&plan.mount) {
            return Err(invalid("mount", reason));
        }
        if plan.entitlement.waits(plan.running.as_ref()) {
            return Err(Failure::Conflict(format!(
                "{} {} asks for more than the version that runs: {}; somebody has to say first what of it is granted, where \
                 its page asks for that",
                plan.package.row.id,
                plan.package.row.version,
                plan.entitlement.more().join(", ")
            )));
        }
    }
    Ok(plans)
}

fn placing(placing: Placing) -> Result<order::Placing, Failure> {
    let digest = Digest::parse(&placing.digest).ok_or_else(|| no_package(&placing.digest))?;
    let expected = match placing.expected.as_str() {
        "" => None,
        text => Some(Digest::parse(text).ok_or_else(|| invalid("expected", "This is no digest.".into()))?),
    };
    let data = match placing.data.as_deref() {
        None => None,
        Some(name) => Some(Choice::parse(name).ok_or_else(|| invalid("data", "Say `then` or `fresh`.".into()))?),
    };
    let Placing { mount, swap, take_over, .. } = placing;
    Ok(order::Placing {
        digest,
        mount,
        swap,
        take_over,
        data,
        expected,
        replaces: None,
        proposals: Vec::new(),
        decided: false,
    })
}

fn obstacle(obstacle: Obstacle) -> Failure {
    match obstacle {
        Obstacle::Unknown(_) => Failure::NotFound(obstacle.to_string()),
        Obstacle::Data(reason) => invalid("data", reason),
        Obstacle::Mount(reason) => invalid("mount", reason),
        Obstacle::Catalog(CatalogError::Storage(error)) => unavailable(error),
        Obstacle::Catalog(error) => catalog_failure(error),
        Obstacle::Changed(_)
        | Obstacle::Taken { .. }
        | Obstacle::Missing(_)
        | Obstacle::Needed(_)
        | Obstacle::Stranger { .. }
        | Obstacle::UnderWay(_) => Failure::Conflict(obstacle.to_string()),
    }
}

/// Notes the order; answers the id of its job.
async fn give(call: &mut Call, order: Order) -> Result<String, Failure> {
    let id = new_id()?;
    note(call, PackageWrite::Order { id: id.clone(), order }).await?;
    Ok(id)
}

/// That not too many wait already; looked at once more where the order is written. Before anything is kept for it.
fn wait(call: &Call) -> Result<(), Failure> {
    let open = call.settings()?;
    let actor = identity_actor(call, open)?;
    open.services.database.read(|reader| may_wait(reader, &actor)).map_err(|error| match error {
        OrderError::Storage(error) => unavailable(error),
        other => Failure::Exhausted(other.to_string()),
    })
}

/// Keeps a file that came with the request: the request is over before it is looked at.
async fn receive(call: &Call, index: u32) -> Result<Fetch, Failure> {
    let upload = uploads::find(call, index)?;
    if upload.size() > LARGEST_COMPONENT {
        return Err(Failure::Exhausted(format!(
            "a package has at most {} MiB; this file has {}",
            LARGEST_COMPONENT >> 20,
            upload.size().div_ceil(1 << 20)
        )));
    }
    let name = upload.name().to_owned();
    let inbox = call.settings()?.services.inbox.clone();
    match tokio::task::spawn_blocking(move || inbox.put(&upload)).await {
        Ok(Ok(file)) => Ok(Fetch::Inbox { file, name }),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::QuotaExceeded => Err(Failure::Exhausted(
            "too many files wait to be looked at, or the server's disk is nearly full; do it again in a while".into(),
        )),
        Ok(Err(error)) => {
            tracing::error!(%error, "a file cannot be kept in the inbox");
            Err(Failure::Unavailable("the server's disk does not take the file at the moment".into()))
        }
        Err(_) => Err(Failure::Unavailable("the server is stopping".into())),
    }
}

/// What is fetched, and what it is opened with where that was said: which is kept when it has opened it, and not before.
/// Else anybody who orders could put something of their own in the place of what opens it.
fn opening(call: &Call, addressed: Addressed) -> Result<Fetch, Failure> {
    let Addressed { source, access } = addressed;
    let sealed = access.map(|access| seal(call, &source, &access)).transpose()?;
    Ok(Fetch::Source { source, access: sealed.map(|sealed| sealed.text()) })
}

fn seal(
    call: &Call,
    source: &vestry_sources::Source,
    access: &vestry_sources::Access,
) -> Result<SealedAccess, Failure> {
    let services = &call.settings()?.services;
    let (by, _) = call.actor_for_audit();
    SealedAccess::new(services, source, access, Some(&call.subject().id), by, call.now()).map_err(access_failure)
}

/// The newest version that is known of a plugin: at its source, where that said so; else of one that came with the program, or
/// that the document of upgrades names.
fn shipped(call: &Call, plugin: String) -> Result<Fetch, Failure> {
    let open = call.settings()?;
    let brought = open.surroundings.facts().shipped().iter().any(|shipped| shipped.id == plugin);
    let checks = open.services.database.read(|reader| reader.package_checks()).map_err(unavailable)?;
    let newer = checks.iter().find(|check| check.plugin == plugin).and_then(|check| Newer::parse(&check.origin));
    match newer {
        Some(Newer::Source { source }) => return Ok(Fetch::Source { source, access: None }),
        Some(Newer::Announced { .. }) => return Ok(Fetch::Shipped { plugin }),
        Some(Newer::Program { .. }) | None if brought => return Ok(Fetch::Shipped { plugin }),
        Some(Newer::Program { .. }) | None => {}
    }
    let id: String = plugin.chars().take(100).collect();
    Err(Failure::NotFound(format!(
        "no plugin with the id {id} came with this server, and nothing newer is known; ask its source first"
    )))
}

fn reference(reference: vestry_sources::Reference) -> Reference {
    let kind = match reference.kind {
        ReferenceKind::Branch => "branch",
        ReferenceKind::Tag => "tag",
    };
    Reference { name: reference.name, kind: kind.to_owned(), target: reference.target }
}

fn unknown_kind(kind: &str) -> Failure {
    let kind: String = kind.chars().take(50).collect();
    invalid("source", format!("This server knows no sources of the kind {kind}."))
}

/// Why a source did not answer.
fn source_failure(error: &SourceError) -> Failure {
    let said = error.to_string();
    match error {
        SourceError::Address(_) => invalid("url", said),
        SourceError::Access(_) => invalid("token", said),
        SourceError::NotFound(_) => Failure::NotFound(said),
        SourceError::Refused(_) => Failure::Denied(said),
        SourceError::Unavailable(_) | SourceError::Content(_) | SourceError::Archive(_) | SourceError::Io(_) => {
            Failure::Unavailable(said)
        }
    }
}

fn access_failure(error: AccessError) -> Failure {
    match error {
        AccessError::Storage(error) => unavailable(error),
        AccessError::Vault(error) => {
            tracing::error!(%error, "what a source is opened with could not be sealed");
            Failure::Unavailable("the server cannot seal the token at the moment".into())
        }
        other => invalid("token", other.to_string()),
    }
}
