//! What an order to place a package would do, and what is in its way: asked when it is given, and again when it is carried
//! out.

use vestry_contract::packages::Package;
use vestry_storage::{Reader, StorageError};

use crate::data::Choices;
use crate::digest::Digest;
use crate::entitlement::{Entitlement, Gives};
use crate::known::{CatalogError, Known, plain};
use crate::needs::{Missing, Mounted};
use crate::order::{Choice, Placing, Replaced};
use crate::under_way::{place_of, under_way};

/// A package on its way to its place.
#[derive(Debug, Clone)]
pub struct Plan {
    pub package: Known,
    pub mount: String,
    /// What runs of the same plugin.
    pub running: Option<Known>,
    /// Another plugin whose place it takes.
    pub replaces: Option<Known>,
    /// Whose id and data it takes over: where plugins of its id first came from.
    pub takes_over: Option<String>,
    pub data: Option<Choice>,
    pub entitlement: Entitlement,
}

/// Why an order cannot be carried out as it is. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Obstacle {
    #[error("there is no package {0} here; fetch it first")]
    Unknown(Digest),
    #[error("{}", .0)]
    Changed(String),
    #[error("/{mount} is taken by {by}; say that it takes its place, or choose another mount")]
    Taken { mount: String, by: String },
    #[error("{}; mount that first", sentences(.0))]
    Missing(Vec<Missing>),
    #[error("it cannot go away like that: {}; update or unmount those first", sentences(.0))]
    Needed(Vec<Missing>),
    #[error(
        "packages of {id} first came from {from}, and this one is from {to}: say that it takes over their id and their data, \
         or leave it"
    )]
    Stranger { id: String, from: String, to: String },
    #[error("{0}")]
    Data(String),
    #[error("{0}")]
    UnderWay(String),
    #[error("{0}")]
    Mount(String),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl From<StorageError> for Obstacle {
    fn from(error: StorageError) -> Self {
        Self::Catalog(error.into())
    }
}

impl Plan {
    /// What this placing does once it is as in `mounted`, which is changed to what it is after it. `job`: its own, where it
    /// has one. `gives`: what who orders it could grant.
    ///
    /// # Errors
    ///
    /// With what is in its way.
    pub fn make(
        reader: &Reader<'_>,
        placing: &Placing,
        mounted: &mut Mounted,
        job: Option<&str>,
        gives: Gives<'_>,
    ) -> Result<Self, Obstacle> {
        let unknown = || Obstacle::Unknown(placing.digest.clone());
        let package = Known::read(reader, placing.digest.as_str())?.ok_or_else(unknown)?;
        let (id, mount) = place_of(reader, placing)?.ok_or_else(unknown)?;
        let running = Known::running(reader, &id)?;
        unchanged(&package, running.as_ref(), placing)?;
        let replaces = other_at(reader, &mount, &id)?;
        goes_away(&mount, replaces.as_ref(), placing)?;
        free(reader, &id, &mount, &package, job)?;
        let takes_over = stranger_to(reader, &package)?;
        if let Some(from) = takes_over.clone().filter(|_| !placing.take_over) {
            return Err(Obstacle::Stranger { id, from, to: package.row.source.clone() });
        }
        needs(&package, replaces.as_ref(), mounted)?;
        data(reader, &package, placing.data)?;
        let entitlement = Entitlement::of(reader, &package, running.as_ref(), gives)?;
        Ok(Self { package, mount, running, replaces, takes_over, data: placing.data, entitlement })
    }

    /// The placing with nothing left open: the mount, what goes away, whose id is taken over, as they were found. So a yes
    /// is for just that, and what is otherwise when it is carried out is refused.
    #[must_use]
    pub fn settled(&self, placing: Placing) -> Placing {
        let replaces = self.replaces.as_ref().and_then(|other| {
            let digest = Digest::parse(&other.row.digest)?;
            Some(Replaced { id: other.row.id.clone(), digest })
        });
        Placing {
            mount: Some(self.mount.clone()),
            swap: self.replaces.is_some(),
            take_over: self.takes_over.is_some(),
            replaces,
            ..placing
        }
    }

    /// What it takes the place of, as plugins are told.
    #[must_use]
    pub fn former(&self) -> Option<Package> {
        self.running.as_ref().or(self.replaces.as_ref()).map(Known::package)
    }
}

/// What runs is still what ran when the person decided.
fn unchanged(package: &Known, running: Option<&Known>, placing: &Placing) -> Result<(), Obstacle> {
    let title = plain(&package.info.title);
    match (running, &placing.expected) {
        (None, None) => Ok(()),
        (Some(running), Some(expected)) if running.row.digest == expected.as_str() => Ok(()),
        (Some(running), _) => Err(Obstacle::Changed(format!(
            "of {title}, {} runs by now (digest {}), which is not what ran when this was decided; look again",
            running.row.version, running.row.digest
        ))),
        (None, Some(_)) => Err(Obstacle::Changed(format!("{title} was unmounted since this was decided; look again"))),
    }
}

/// What is at the mount is what the person said goes away.
fn goes_away(mount: &str, there: Option<&Known>, placing: &Placing) -> Result<(), Obstacle> {
    let changed = |said: &Replaced, by_now: String| {
        Err(Obstacle::Changed(format!(
            "{} was to go away from /{mount}, and {by_now}, which is not what was there when this was decided; look again",
            said.id
        )))
    };
    match (&placing.replaces, there) {
        (None, None) => Ok(()),
        (Some(said), None) => changed(said, "nothing else is there by now".to_owned()),
        (_, Some(other)) if !placing.swap => {
            let by = format!("{} ({})", plain(&other.info.title), other.info.id);
            Err(Obstacle::Taken { mount: mount.to_owned(), by })
        }
        (None, Some(_)) => Ok(()),
        (Some(said), Some(other)) if said.id == other.row.id && said.digest.as_str() == other.row.digest => Ok(()),
        (Some(said), Some(other)) => {
            let Known { row, .. } = other;
            changed(said, format!("{} {} (digest {}) is there by now", row.id, row.version, row.digest))
        }
    }
}

/// Another plugin that is mounted there.
pub(crate) fn other_at(reader: &Reader<'_>, mount: &str, id: &str) -> Result<Option<Known>, CatalogError> {
    let other = reader.plugins()?.into_iter().find(|plugin| plugin.mount == mount && plugin.id != id);
    match other {
        Some(other) => Known::read(reader, &other.digest),
        None => Ok(None),
    }
}

/// Where plugins of its id first came from, where that is elsewhere.
pub(crate) fn stranger_to(reader: &Reader<'_>, package: &Known) -> Result<Option<String>, StorageError> {
    let owner = reader.owner(&package.row.id)?;
    Ok(owner.map(|owner| owner.source).filter(|source| *source != package.row.source))
}

/// Nobody else is changing the same place.
fn free(reader: &Reader<'_>, id: &str, mount: &str, package: &Known, job: Option<&str>) -> Result<(), Obstacle> {
    let orders = under_way(reader)?;
    // They stand in the order that they were given in: the first goes on, those behind it are told.
    let mut before = orders.iter().take_while(|order| job != Some(&order.job));
    let other = before.find(|order| order.is_in_the_way_of(id, mount));
    match other {
        Some(other) if other.plugins.contains(id) => {
            Err(Obstacle::UnderWay(other.sentence(&plain(&package.info.title))))
        }
        Some(other) => Err(Obstacle::UnderWay(other.sentence(&format!("/{mount}")))),
        None => Ok(()),
    }
}

fn needs(package: &Known, replaces: Option<&Known>, mounted: &mut Mounted) -> Result<(), Obstacle> {
    let after = match replaces {
        Some(other) => mounted.clone().without(&other.info.id),
        None => mounted.clone(),
    };
    let after = after.with(&package.info);
    let missing = after.missing(&package.info);
    if !missing.is_empty() {
        return Err(Obstacle::Missing(missing));
    }
    let lost = mounted.lost(&after);
    if !lost.is_empty() {
        return Err(Obstacle::Needed(lost));
    }
    *mounted = after;
    Ok(())
}

fn data(reader: &Reader<'_>, package: &Known, chosen: Option<Choice>) -> Result<(), Obstacle> {
    let wanted = package.info.data_version;
    let choices = Choices::of(reader, &package.row.id, wanted)?;
    match (choices, chosen) {
        (Some(choices), Some(chosen)) if choices.all().any(|choice| choice == chosen) => Ok(()),
        (Some(choices), _) => Err(Obstacle::Data(choices.sentence(wanted))),
        (None, Some(Choice::Then)) => {
            let kept = reader.retired_spaces(&package.row.id)?;
            match kept.iter().any(|space| space.data_version == wanted) {
                true => Ok(()),
                false => Err(Obstacle::Data(format!("No data of the shape {wanted} is kept any more."))),
            }
        }
        (None, _) => Ok(()),
    }
}

pub(crate) fn sentences(missing: &[Missing]) -> String {
    missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
