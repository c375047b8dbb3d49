//! Whose turn it is: which job is taken next, of those that are due.
//!
//! Orders about packages have places of their own, so that plugins that are busy hold up nobody who administers the server;
//! and what puts packages in their places has others than what fetches them, so that a source that stalls never holds up
//! the way back.

use std::collections::HashMap;

use vestry_catalog::order::HOST;
use vestry_storage::{JobRow, Reader, StorageError};

use crate::registry::plugin::State;
use crate::registry::snapshot::Snapshot;
use crate::worker::Doer;

/// Jobs of plugins at a time, over all of them: several times what one of them may have, so that two that wait for slow
/// servers hold up nobody.
const MOST: usize = 8;

/// Orders that share places, and how many of these there are; those that go first stand first.
#[derive(Debug)]
struct Lane {
    orders: &'static [&'static str],
    most: usize,
}

/// All of them. Fetching compiles, which takes all there is of the processor.
const LANES: &[Lane] = &[Lane { orders: &["place"], most: 2 }, Lane { orders: &["fetch", "check"], most: 2 }];

/// Whose place a job takes up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// Of this plugin.
    Plugin(String),
    /// Of the host's: the lane's number.
    Lane(usize),
}

impl Place {
    pub(super) fn of(job: &JobRow) -> Self {
        if job.plugin != HOST {
            return Self::Plugin(job.plugin.clone());
        }
        let lane = LANES.iter().position(|lane| lane.orders.contains(&job.name.as_str()));
        Self::Lane(lane.unwrap_or(LANES.len() - 1))
    }
}

/// The job that is taken next, beside those that run: an order about packages, where its lane has room; else of the plugins
/// that have fewest under way the one that waits longest. A plugin that does not run is passed over, and whoever has as
/// many under way as they may.
///
/// # Errors
///
/// Where the database cannot be read.
pub(super) fn next_due<'p>(
    reader: &Reader<'_>,
    snapshot: &Snapshot,
    running: impl Iterator<Item = &'p Place>,
    now: u64,
) -> Result<Option<(JobRow, Doer)>, StorageError> {
    let mut counted: HashMap<&Place, usize> = HashMap::new();
    running.for_each(|place| *counted.entry(place).or_default() += 1);
    for (number, lane) in LANES.iter().enumerate() {
        if counted.get(&Place::Lane(number)).copied().unwrap_or(0) < lane.most
            && let Some(job) = reader.due_job_called(HOST, lane.orders, now)?
        {
            return Ok(Some((job, Doer::Host)));
        }
    }
    let of_plugins: usize =
        counted.iter().filter(|(place, _)| matches!(place, Place::Plugin(_))).map(|(_, count)| count).sum();
    if of_plugins >= MOST {
        return Ok(None);
    }
    let mut first: Option<(usize, JobRow, Doer)> = None;
    for id in reader.plugins_with_jobs()? {
        let Some((doer, most)) = doer(snapshot, &id, now) else { continue };
        let count = counted.get(&Place::Plugin(id.clone())).copied().unwrap_or(0);
        if count >= most {
            continue;
        }
        let Some(job) = reader.due_job(&id, now)? else { continue };
        let before = |count: usize, job: &JobRow| (count, job.due, job.queued);
        if first.as_ref().is_none_or(|(others, other, _)| before(count, &job) < before(*others, other)) {
            first = Some((count, job, doer));
        }
    }
    Ok(first.map(|(_, job, doer)| (job, doer)))
}

/// The plugin that does jobs of this name, and how many at a time; none where it does not at this moment.
fn doer(snapshot: &Snapshot, id: &str, now: u64) -> Option<(Doer, usize)> {
    let plugin = snapshot.by_id(id).filter(|plugin| matches!(plugin.state, State::Ready(_)) && !plugin.is_held(now))?;
    Some((Doer::Plugin(std::sync::Arc::clone(plugin)), plugin.limits.jobs.concurrent))
}

#[cfg(test)]
mod tests {
    use vestry_storage::{Database, NewJob};

    use super::*;

    fn queue(database: &Database, id: &str, plugin: &str, name: &str, now: u64) {
        let (account, token, schedule) = (None, None, None);
        let job = NewJob { id, plugin, name, input: "{}", account, token, schedule, through: "" };
        database.write(|tx| tx.insert_job(&job, now)).unwrap();
    }

    /// The job whose turn it is beside these.
    fn next(database: &Database, running: &[Place]) -> Option<String> {
        let snapshot = Snapshot::new(0, []);
        let next = database.read(|reader| next_due(reader, &snapshot, running.iter(), 100)).unwrap();
        next.map(|(job, _)| job.id)
    }

    fn place(database: &Database, id: &str) -> Place {
        Place::of(&database.read(|reader| reader.job(id)).unwrap().unwrap())
    }

    #[test]
    fn sources_that_stall_hold_up_no_order_to_place() {
        let database = Database::temporary().unwrap();
        (0..9).for_each(|number| queue(&database, &format!("fetch{number}"), HOST, "fetch", number));
        queue(&database, "check", HOST, "check", 10);
        let fetching = [place(&database, "fetch0"), place(&database, "fetch1")];
        assert_eq!(next(&database, &[]).as_deref(), Some("fetch0"));
        assert_eq!(next(&database, &fetching), None, "there is room for two of them");
        queue(&database, "place", HOST, "place", 50);
        assert_eq!(next(&database, &fetching).as_deref(), Some("place"));
        assert_eq!(next(&database, &[]).as_deref(), Some("place"), "it goes first, though others wait longer");
        let placing = [place(&database, "place"), place(&database, "place")];
        assert_eq!(next(&database, &placing).as_deref(), Some("fetch0"), "nor does it hold up those");
    }

    #[test]
    fn plugins_that_are_busy_hold_up_no_order() {
        let database = Database::temporary().unwrap();
        queue(&database, "work", "org.example.a", "work", 1);
        queue(&database, "place", HOST, "place", 50);
        let busy: Vec<Place> = (0..MOST).map(|number| Place::Plugin(format!("org.example.p{number}"))).collect();
        assert_eq!(next(&database, &busy).as_deref(), Some("place"));
        assert_eq!(place(&database, "work"), Place::Plugin("org.example.a".into()));
    }

    #[test]
    fn every_order_has_its_lane() {
        use vestry_catalog::order::{Fetch, Order};
        let orders = [
            Order::Fetch(Fetch::Shipped { plugin: "org.example.a".into() }),
            Order::Place { placings: Vec::new() },
            Order::Check { plugins: Vec::new() },
        ];
        for order in orders {
            assert!(LANES.iter().any(|lane| lane.orders.contains(&order.name())), "{}", order.name());
        }
    }
}
