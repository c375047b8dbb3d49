//! Putting packages in their places, one after the other: what is placed stays so where a later one is refused.

use std::collections::BTreeSet;

use vestry_catalog::order::{MOST_PLACINGS, Placing};
use vestry_catalog::{Capability, Digest, Known};
use vestry_storage::Reader;

use crate::installer::Installer;
use crate::installer::commission::Commission;
use crate::installer::grants::{self, Decided, Ticked};
use crate::installer::installation::fresh_proposals;
use crate::installer::package_error::PackageError;
use crate::installer::placing::{self, Placed, blocking};

/// Places them.
///
/// # Errors
///
/// With what is in the way of the first that cannot be placed. Those before it are in their places then.
pub async fn place(
    installer: &Installer<'_>,
    commission: &Commission,
    placings: &[Placing],
) -> Result<Vec<Placed>, PackageError> {
    if placings.len() > MOST_PLACINGS {
        return Err(PackageError::Problems(vec![format!("an order places at most {MOST_PLACINGS} packages")]));
    }
    let mut placed = Vec::with_capacity(placings.len());
    for (index, placing) in placings.iter().enumerate() {
        let share = |index: usize| u8::try_from(index * 100 / placings.len()).unwrap_or(100);
        let part = commission.part(share(index), share(index + 1));
        placed.push(placing::place(installer, &part, placing).await?);
    }
    Ok(placed)
}

/// A placing of a package as things are now: where its plugin is, else where it asks to be; with what it is granted.
///
/// # Errors
///
/// Where the database cannot be read.
pub fn current(reader: &Reader<'_>, package: &Known) -> Result<Placing, PackageError> {
    let expected = reader.plugin(&package.info.id)?.and_then(|plugin| Digest::parse(&plugin.digest));
    let digest = Digest::parse(&package.row.digest).ok_or_else(|| PackageError::NotHere(package.row.digest.clone()))?;
    Ok(Placing {
        digest,
        mount: None,
        swap: false,
        take_over: false,
        data: None,
        expected,
        replaces: None,
        proposals: Vec::new(),
        decided: false,
    })
}

/// What somebody at the command line decided about a package.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// What it is granted beside what it has; none where nobody said anything.
    pub grants: Option<Vec<Capability>>,
    /// Lets privileges permit what the package suggests of permissions that are new.
    pub accept_proposals: bool,
    pub mount: Option<String>,
    pub swap: bool,
    pub take_over: bool,
    pub data: Option<vestry_catalog::order::Choice>,
}

/// Grants a package what was decided, and puts it in its place.
///
/// # Errors
///
/// With what is in the way. What was granted by then stays granted, to this package alone.
pub async fn add(
    installer: &Installer<'_>,
    commission: &Commission,
    package: &Known,
    decision: Decision,
) -> Result<Placed, PackageError> {
    let Decision { grants, accept_proposals, mount, swap, take_over, data } = decision;
    let (database, known, now) = (installer.services.database.clone(), package.clone(), installer.now());
    let (actor, decided) = (commission.actor.clone(), grants.is_some());
    let wish = blocking(move || {
        let (id, digest) = (&known.info.id, &known.row.digest);
        if let Some(grants) = grants {
            let asks: Vec<Capability> = known.asks().into_iter().map(|ask| ask.capability).collect();
            let has = database.read(|reader| reader.grants(id, digest))?;
            let shown: BTreeSet<Capability> = has.iter().filter_map(|grant| grant.capability.parse().ok()).collect();
            let ticked = Ticked { wanted: grants.into_iter().chain(shown.clone()).collect(), shown };
            grants::decide(&database, &actor, &Decided { plugin: id, digest, asks: &asks }, Some(&ticked), None, now)?;
        }
        database.read(|reader| {
            let proposals = if accept_proposals { fresh_proposals(reader, &known.info)? } else { Vec::new() };
            Ok::<_, PackageError>(Placing { proposals, ..current(reader, &known)? })
        })
    });
    let wish = Placing { mount, swap, take_over, data, decided, ..wish.await? };
    placing::place(installer, commission, &wish).await
}
