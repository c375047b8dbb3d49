//! An administrator's yes to what a package asks for: written down as a whole, with an entry in the audit for each; and,
//! where they say so with the same button, the order to put it in its place, in the same transaction.
//!
//! Grants are read at each host call, so a change counts at once, also for what runs already.

use std::collections::BTreeSet;
use std::fmt;

use vestry_capabilities::{Capability, MANAGE, NotYours, hands_on, not_yours};
use vestry_catalog::needs::Mounted;
use vestry_catalog::order::{Order, Placing};
use vestry_catalog::{CatalogError, Obstacle, OrderError, Orderer, Plan, write_order};
use vestry_identity::{Act, Actor, PermissionSet, audit};
use vestry_phrases::{Words, words};
use vestry_storage::{Database, GrantRow, Reader, StorageError, Transaction};

pub use vestry_capabilities::{GRANT, SERVER};

/// What is needed to put a package in its place.
pub const PLACE: &str = "packages.manage";

/// Why nothing was granted, taken or ordered.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    Forbidden,
    MayNotPlace,
    NotHeld(String),
    NotHeldOf(&'static str),
    Directory,
    Secret,
    Stale,
    Wider(Vec<String>),
    /// Something is in the way of the order.
    InTheWay(String),
    Order(OrderError),
    Random(#[from] getrandom::Error),
    Storage(#[from] StorageError),
}

impl GrantError {
    /// The same for pages.
    #[must_use]
    pub fn words(&self) -> Words {
        match self {
            Self::Forbidden => words!("Granting needs the permission {permission}.", permission = GRANT),
            Self::MayNotPlace => {
                words!("Putting a package in its place needs the permission {permission}.", permission = PLACE)
            }
            Self::NotHeld(permission) => {
                words!("You do not hold the permission {permission} yourself, so you cannot grant it.", permission)
            }
            Self::NotHeldOf(permission) => words!(
                "With it a plugin can do what needs the permission {permission}, which you do not hold yourself.",
                permission
            ),
            Self::Directory => words!(
                "A directory of the server is granted by who looks after the server: it needs the permission {permission}.",
                permission = SERVER
            ),
            Self::Secret => words!(
                "A secret is granted by who looks after secrets: it needs the permission {permission}.",
                permission = MANAGE
            ),
            Self::Stale => words!(
                "Somebody else has changed what is granted since this was shown. Nothing was changed; look at it again."
            ),
            Self::Wider(more) => words!(
                "It asks for more than the version that runs: {more}. Somebody who may grant has to say first what it gets.",
                more = more.join(", ")
            ),
            Self::InTheWay(reason) => words!("Nothing was changed: {reason}.", reason),
            // What these say is for the log; no page shows it.
            Self::Order(error) => format!("the order could not be written down: {error}").into(),
            Self::Random(error) => format!("an id for the order could not be made: {error}").into(),
            Self::Storage(error) => error.to_string().into(),
        }
    }
}

impl fmt::Display for GrantError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words().fmt(formatter)
    }
}

impl From<NotYours> for GrantError {
    fn from(reason: NotYours) -> Self {
        match reason {
            NotYours::Permission(permission) => Self::NotHeld(permission),
            NotYours::PermissionOf(permission) => Self::NotHeldOf(permission),
            NotYours::Directory => Self::Directory,
            NotYours::Secret => Self::Secret,
        }
    }
}

impl From<Obstacle> for GrantError {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle {
            Obstacle::Catalog(CatalogError::Storage(error)) => Self::Storage(error),
            other => Self::InTheWay(other.to_string().trim_end_matches('.').to_owned()),
        }
    }
}

impl From<CatalogError> for GrantError {
    fn from(error: CatalogError) -> Self {
        Obstacle::from(error).into()
    }
}

impl From<OrderError> for GrantError {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::Storage(error) => Self::Storage(error),
            OrderError::UnderWay(_) | OrderError::TooMany | OrderError::TooManyOfYours => {
                Self::InTheWay(error.to_string().trim_end_matches('.').to_owned())
            }
            OrderError::Json(_) => Self::Order(error),
        }
    }
}

/// A package that is decided about.
#[derive(Debug, Clone)]
pub struct Decided<'a> {
    pub plugin: &'a str,
    pub digest: &'a str,
    /// All that it asks for.
    pub asks: &'a [Capability],
}

/// What was ticked, and what it was ticked on.
#[derive(Debug, Clone, Default)]
pub struct Ticked {
    /// What was shown as granted.
    pub shown: BTreeSet<Capability>,
    /// What is to be granted from now on.
    pub wanted: BTreeSet<Capability>,
}

/// An order that is given with it.
#[derive(Debug, Clone)]
pub struct Ordered {
    pub placing: Placing,
    /// The plugin that may see and cancel its job; empty for none.
    pub through: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {
    /// How many grants were given and taken.
    pub given: usize,
    pub taken: usize,
    /// The job that carries out the order.
    pub job: Option<String>,
}

/// Makes the grants of one package those that are wanted, where anything was ticked, and writes down the order, where one
/// is given: all of it, or nothing. Of what it does not ask for nothing is granted. What is taken from the version that runs
/// is taken from all others of that plugin as well: going back to one does not bring it back. Waits for the disk.
///
/// # Errors
///
/// Where the actor may not, where something else is granted than was shown - who ticks boxes answers what stood on the
/// page, and takes back nothing that another administrator gave meanwhile - or something is in the way of the order.
/// Nothing was changed then. See [`refusal`] for what needs more than the permission to grant.
pub fn decide(
    database: &Database,
    actor: &Actor,
    package: &Decided<'_>,
    ticked: Option<&Ticked>,
    order: Option<&Ordered>,
    now: u64,
) -> Result<Done, GrantError> {
    let actor = actor.clone().through(package.plugin, package.digest);
    let mut random = [0; 12];
    getrandom::fill(&mut random)?;
    database.write(|tx| {
        let holds = actor.holds_now(tx)?;
        let mut done = Done::default();
        // Before the grants are: with them, what runs has nothing more to hand on.
        let plan = order.map(|order| plan(tx, &holds, order)).transpose()?;
        if let Some(ticked) = ticked {
            let carried = plan.as_ref().map_or(&[][..], |plan| &plan.entitlement.carried);
            grant(tx, &actor, &holds, package, (ticked, carried), now, &mut done)?;
        }
        if let (Some(order), Some(plan)) = (order, plan) {
            let id = data_encoding::BASE32_DNSCURVE.encode(&random);
            let by = Orderer { actor: &actor, token: None, through: &order.through };
            let placings = vec![plan.settled(order.placing.clone())];
            write_order(tx, &id, &Order::Place { placings }, &by, now)?;
            done.job = Some(id);
        }
        Ok(done)
    })
}

/// What an order would do, where its actor may give it and nothing is in its way.
fn plan(reader: &Reader<'_>, holds: &PermissionSet, order: &Ordered) -> Result<Plan, GrantError> {
    if !holds.holds_name(PLACE) {
        return Err(GrantError::MayNotPlace);
    }
    let permissions = order.placing.proposals.iter().filter_map(|proposal| proposal.split(' ').next());
    if let Some(permission) = permissions.into_iter().find(|permission| !holds.holds_name(permission)) {
        return Err(GrantError::NotHeld(permission.to_owned()));
    }
    let gives = |source: &str, ask: &Capability| hands_on(holds, source, ask);
    let plan = Plan::make(reader, &order.placing, &mut Mounted::read(reader)?, None, &gives)?;
    if !order.placing.decided && plan.entitlement.waits(plan.running.as_ref()) {
        return Err(GrantError::Wider(plan.entitlement.more()));
    }
    Ok(plan)
}

/// `carried`: what goes over from the version that runs, by the hand of who orders it.
fn grant(
    tx: &Transaction<'_>,
    actor: &Actor,
    holds: &PermissionSet,
    package: &Decided<'_>,
    (Ticked { shown, wanted }, carried): (&Ticked, &[Capability]),
    now: u64,
    done: &mut Done,
) -> Result<(), GrantError> {
    if !holds.holds_name(GRANT) {
        return Err(GrantError::Forbidden);
    }
    let Decided { plugin, digest, asks } = *package;
    let runs = tx.plugin(plugin)?.is_some_and(|plugin| plugin.digest == digest);
    for ask in asks.iter().collect::<BTreeSet<_>>() {
        let name = ask.to_string();
        let granted = tx.is_granted(plugin, digest, &name)?;
        if granted != shown.contains(ask) {
            return Err(GrantError::Stale);
        }
        if wanted.contains(ask) && !granted {
            if let Some(refusal) = refusal(ask, holds).filter(|_| !carried.contains(ask)) {
                return Err(refusal);
            }
            tx.insert_grant(&GrantRow {
                plugin: plugin.to_owned(),
                digest: digest.to_owned(),
                capability: name.clone(),
                granted_by: actor.id().to_owned(),
                granted: now,
            })?;
            note(tx, actor, "grant.give", &name, now)?;
            done.given += 1;
        } else if granted && !wanted.contains(ask) {
            match runs {
                true => drop(tx.delete_grant_of_all(plugin, &name)?),
                false => drop(tx.delete_grant(plugin, digest, &name)?),
            }
            note(tx, actor, "grant.take", &name, now)?;
            done.taken += 1;
        }
    }
    if done.given + done.taken > 0 {
        tx.raise_generation()?;
    }
    Ok(tx.set_package_decided(digest, now)?)
}

/// Why who may grant, and holds these permissions, cannot grant this; see [`not_yours`].
#[must_use]
pub fn refusal(ask: &Capability, holds: &PermissionSet) -> Option<GrantError> {
    not_yours(ask, holds).map(GrantError::from)
}

fn note(tx: &Transaction<'_>, actor: &Actor, action: &str, capability: &str, now: u64) -> Result<(), StorageError> {
    audit(tx, actor, &Act { action, subject: capability, detail: "" }, now)
}

#[cfg(test)]
mod tests;
