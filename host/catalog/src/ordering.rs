//! Writing down an order: a job of the host's, what it is about, and an entry in the audit; in the transaction that it is
//! given in. Who ordered it is shown it through the plugin that they used.

use vestry_identity::{Act, Actor, audit};
use vestry_storage::{NewJob, PackageJobRow, Reader, StorageError, Transaction};

use crate::order::{Fetch, HOST, Order, Placing};
use crate::under_way::{place_of, under_way};

/// Orders that wait.
const MOST_WAITING: u64 = 1_000;
/// Of these, those of one account that fetch something or ask sources: each can take minutes, and others wait behind it.
const MOST_FETCHES: u64 = 20;

/// Who gives an order.
#[derive(Debug, Clone, Copy)]
pub struct Orderer<'a> {
    pub actor: &'a Actor,
    /// The token that they came with.
    pub token: Option<&'a str>,
    /// The plugin that may see and cancel its job; empty for none.
    pub through: &'a str,
}

/// Why an order was not written down.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// Somebody else is changing the same place.
    #[error("{0}")]
    UnderWay(String),
    #[error("{MOST_WAITING} orders about packages wait already; do it again in a while")]
    TooMany,
    #[error(
        "{MOST_FETCHES} packages or sources that you asked for wait already; wait until some of them are done, or cancel them"
    )]
    TooManyOfYours,
    #[error("the order cannot be kept: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Whether one more order that fetches something, or asks sources, may wait for who gives it.
///
/// # Errors
///
/// Where too many do.
pub fn may_wait(reader: &Reader<'_>, actor: &Actor) -> Result<(), OrderError> {
    match reader.count_fetches_waiting(HOST, account_of(actor))? {
        MOST_FETCHES.. => Err(OrderError::TooManyOfYours),
        _ => Ok(()),
    }
}

fn account_of(actor: &Actor) -> Option<&str> {
    Some(actor.id()).filter(|account| !account.is_empty())
}

/// Writes an order down as the job `id`. Whoever commits it has to publish the events of a new job.
///
/// # Errors
///
/// Where another order for the same plugin or the same mount is under way, or too many wait.
pub fn write_order(
    tx: &Transaction<'_>,
    id: &str,
    order: &Order,
    by: &Orderer<'_>,
    now: u64,
) -> Result<(), OrderError> {
    if tx.count_waiting(HOST, false)? >= MOST_WAITING {
        return Err(OrderError::TooMany);
    }
    let row = row(tx, id, order)?;
    match order {
        Order::Place { placings } => free(tx, placings)?,
        Order::Fetch(_) | Order::Check { .. } => may_wait(tx, by.actor)?,
    }
    let account = account_of(by.actor);
    let input = serde_json::to_string(order)?;
    let job = NewJob {
        id,
        plugin: HOST,
        name: order.name(),
        input: &input,
        account,
        token: by.token,
        schedule: None,
        through: by.through,
    };
    tx.insert_job(&job, now)?;
    tx.insert_package_job(&row)?;
    let action = format!("packages.{}", order.name());
    Ok(audit(tx, by.actor, &Act { action: &action, subject: id, detail: &detail(order) }, now)?)
}

/// Nobody else is changing the same places.
fn free(tx: &Transaction<'_>, placings: &[Placing]) -> Result<(), OrderError> {
    let others = under_way(tx)?;
    for placing in placings {
        let Some((plugin, mount)) = place_of(tx, placing)? else { continue };
        if let Some(other) = others.iter().find(|other| other.is_in_the_way_of(&plugin, &mount)) {
            return Err(OrderError::UnderWay(other.sentence(&format!("{plugin} or what is at /{mount}"))));
        }
    }
    Ok(())
}

/// What is known of it before it is carried out.
fn row(tx: &Transaction<'_>, job: &str, order: &Order) -> Result<PackageJobRow, StorageError> {
    let mut row = PackageJobRow { job: job.to_owned(), kind: order.name().to_owned(), ..PackageJobRow::default() };
    row.problems = "[]".to_owned();
    match order {
        Order::Fetch(Fetch::Shipped { plugin }) => row.plugin.clone_from(plugin),
        Order::Place { placings } if placings.len() == 1 => {
            if let Some((plugin, mount)) = place_of(tx, &placings[0])? {
                (row.digest, row.plugin, row.mount) = (placings[0].digest.to_string(), plugin, mount);
            }
        }
        Order::Fetch(_) | Order::Place { .. } | Order::Check { .. } => {}
    }
    Ok(row)
}

/// What it is about, for the audit.
fn detail(order: &Order) -> String {
    match order {
        Order::Fetch(Fetch::Inbox { name, .. }) => format!("file {name}"),
        Order::Fetch(Fetch::Source { source, .. }) => source.address(),
        Order::Fetch(Fetch::Shipped { plugin }) => format!("shipped {plugin}"),
        Order::Place { placings } => {
            placings.iter().map(|placing| placing.digest.as_str()).collect::<Vec<_>>().join(" ")
        }
        Order::Check { plugins } if plugins.is_empty() => "all".to_owned(),
        Order::Check { plugins } => plugins.join(" "),
    }
}

#[cfg(test)]
mod tests;
