//! `packages`: what is known of packages, and what is ordered about them. The host carries it out, as a job of its own.
//!
//! What is known is [`vestry_catalog`]'s to say; here it is asked on behalf of a plugin. What is ordered becomes a row
//! when the request takes effect, and so does what a source is opened with: nothing is fetched or mounted here. What
//! stands in the way is said at once, and looked for again in the transaction that writes the row, and once more by whoever
//! carries it out.

mod address;
mod asking;
mod changing;
mod granting;
mod ordering;

use vestry_catalog::order::Order;
use vestry_catalog::switching::{self, Switch, SwitchError};
use vestry_catalog::{Capability, CatalogError, OrderError, Orderer, meaning};
use vestry_contract::packages::{Event as Happened, Inspection, Package, Plugin, Upgrade, Work};
use vestry_contract::types::Failure;
use vestry_events::{Event, Events};
use vestry_identity::{Act, PermissionSet, audit};
use vestry_storage::{Reader, Transaction};

pub(crate) use self::changing::{discard, retry, set_enabled, set_limits, uninstall};
pub use self::granting::{GRANT, NotYours, SERVER, hands_on, not_yours};
pub(crate) use self::ordering::{check, fetch, place, references};
use crate::call::{Actor, Call, CallSettings, unavailable};
use crate::gate::Pass;
use crate::inbox;
use crate::secret_store::SecretView;
use crate::source_access::SealedAccess;
use crate::transaction::CommitError;
use crate::users::identity_actor;

/// Something to be done about packages.
#[derive(Debug)]
pub(crate) enum PackageWrite {
    /// An order, as the job with this id.
    Order {
        id: String,
        order: Order,
    },
    /// What a source is opened with from now on.
    Access(SealedAccess),
    /// A source was asked what it has, by its address.
    Asked {
        source: String,
    },
    Switch {
        id: String,
        what: Switch,
    },
    SetLimits {
        id: String,
        limits: Vec<(String, Option<u64>)>,
    },
    Discard {
        digest: String,
    },
}

pub(crate) fn plugins(call: &Call, _pass: Pass) -> Result<Vec<Plugin>, Failure> {
    let facts = call.settings()?.surroundings.facts();
    read(call, |reader| vestry_catalog::installed(reader, facts))
}

pub(crate) fn waiting(call: &Call, _pass: Pass) -> Result<Vec<Package>, Failure> {
    read(call, vestry_catalog::waiting)
}

pub(crate) fn history(call: &Call, _pass: Pass, id: &str) -> Result<Vec<Happened>, Failure> {
    read(call, |reader| Ok(vestry_catalog::history(reader, id)?))
}

pub(crate) fn inspect(call: &Call, _pass: Pass, digest: &str) -> Result<Inspection, Failure> {
    let open = call.settings()?;
    let secrets = open.services.secrets.list().map_err(unavailable)?;
    let facts = open.surroundings.facts();
    let holds = holds(call)?;
    let found = read(call, |reader| {
        let gives = |source: &str, ask: &Capability| hands_on(&holds, source, ask);
        vestry_catalog::inspection(reader, facts, &|name| known(&secrets, name), &gives, digest)
    })?;
    found.ok_or_else(|| no_package(digest))
}

pub(crate) fn outcome(call: &Call, _pass: Pass, job: &str) -> Result<Work, Failure> {
    let found = read(call, |reader| Ok(vestry_catalog::work(reader, job)?))?;
    found.ok_or_else(|| Failure::NotFound(format!("there is no job {job} that is about packages")))
}

pub(crate) fn upgrades(call: &Call, _pass: Pass) -> Result<Vec<Upgrade>, Failure> {
    let facts = call.settings()?.surroundings.facts();
    read(call, |reader| vestry_catalog::upgrades(reader, facts))
}

/// Does it, with its entry in the audit.
pub(crate) fn make(
    call: &Call,
    open: &CallSettings,
    tx: &Transaction<'_>,
    write: &PackageWrite,
    now: u64,
) -> Result<(), CommitError> {
    let actor = identity_actor(call, open)
        .map_err(|_| CommitError::Conflict("what the actor may do was changed in the meantime".into()))?;
    match write {
        PackageWrite::Order { id, order } => {
            let token = match call.actor() {
                Actor::Person(caller) | Actor::Token(caller) | Actor::Job(caller) => caller.token.as_deref(),
                Actor::Visitor | Actor::Nobody | Actor::Gone => None,
            };
            let by = Orderer { actor: &actor, token, through: &call.subject().id };
            Ok(vestry_catalog::write_order(tx, id, order, &by, now)?)
        }
        PackageWrite::Access(access) => {
            access.keep(tx)?;
            let act = Act { action: "packages.set-access", subject: access.source(), detail: "" };
            Ok(audit(tx, &actor, &act, now)?)
        }
        PackageWrite::Asked { source } => {
            let act = Act { action: "packages.references", subject: source, detail: "" };
            Ok(audit(tx, &actor, &act, now)?)
        }
        PackageWrite::Switch { id, what } => Ok(switching::switch(tx, &actor, id, *what, false, now)?),
        PackageWrite::SetLimits { id, limits } => changing::limit(tx, &actor, id, limits, now),
        PackageWrite::Discard { digest } => {
            let shipped = open.surroundings.facts().shipped();
            Ok(switching::discard(tx, &actor, digest, &shipped, now)?)
        }
    }
}

/// Wakes who carries orders out, and who serves what is mounted.
pub(crate) fn announce(call: &Call, events: &Events, write: &PackageWrite) {
    match write {
        PackageWrite::Order { id, order } => {
            inbox::ordered(call, order);
            events.publish(&Event::Job(id.clone()));
            events.publish(&Event::Work);
        }
        PackageWrite::Access(_) | PackageWrite::Asked { .. } => {}
        PackageWrite::Switch { .. } | PackageWrite::SetLimits { .. } | PackageWrite::Discard { .. } => {
            events.publish(&Event::Authority);
        }
    }
}

impl From<OrderError> for CommitError {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::Storage(error) => error.into(),
            OrderError::UnderWay(_) | OrderError::Json(_) => Self::Conflict(error.to_string()),
            OrderError::TooMany | OrderError::TooManyOfYours => Self::Exhausted(error.to_string()),
        }
    }
}

impl From<SwitchError> for CommitError {
    fn from(error: SwitchError) -> Self {
        match error {
            SwitchError::Storage(error) | SwitchError::Catalog(CatalogError::Storage(error)) => error.into(),
            other => Self::Conflict(other.to_string()),
        }
    }
}

fn read<T>(call: &Call, body: impl FnOnce(&Reader<'_>) -> Result<T, CatalogError>) -> Result<T, Failure> {
    call.settings()?.services.database.read(body).map_err(catalog_failure)
}

fn catalog_failure(error: CatalogError) -> Failure {
    match error {
        CatalogError::Storage(error) => unavailable(error),
        other => Failure::Unavailable(other.to_string()),
    }
}

fn switch_failure(error: SwitchError) -> Failure {
    match error {
        SwitchError::Unknown(_) | SwitchError::NoPackage(_) | SwitchError::NoOrder(_) => {
            Failure::NotFound(error.to_string())
        }
        SwitchError::Needed(_)
        | SwitchError::UnderWay(_)
        | SwitchError::Mounted { .. }
        | SwitchError::Shipped(_)
        | SwitchError::Ended(_) => Failure::Conflict(error.to_string()),
        SwitchError::Storage(error) => unavailable(error),
        SwitchError::Catalog(error) => catalog_failure(error),
    }
}

/// What who asks holds at this moment.
fn holds(call: &Call) -> Result<PermissionSet, Failure> {
    let open = call.settings()?;
    let actor = identity_actor(call, open)?;
    open.services.database.read(|reader| actor.holds_now(reader)).map_err(unavailable)
}

/// What is known of a secret.
fn known<'s>(secrets: &'s [SecretView], name: &str) -> meaning::Known<'s> {
    match secrets.iter().find(|secret| secret.name == name) {
        None => meaning::Known::Missing,
        Some(secret) => secret.origin.as_deref().map_or(meaning::Known::Unbound, meaning::Known::Bound),
    }
}

fn no_package(digest: &str) -> Failure {
    let digest: String = digest.chars().take(64).collect();
    Failure::NotFound(format!("there is no package {digest} here"))
}

#[cfg(test)]
mod tests;
