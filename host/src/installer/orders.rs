//! Carrying out what somebody ordered about packages: fetch, place, check.
//!
//! The worker does it for jobs of the host, and the command line in its own process; both hand in who ordered it and who is
//! told how far it is ([`Commission`]). Each order can be repeated: killed anywhere and carried out again, what comes of it is
//! what was there before or what was ordered.

mod check;
mod fetch;
mod place;

use serde::Serialize;
use vestry_catalog::order::Order;

use crate::installer::Installer;
use crate::installer::commission::Commission;
use crate::installer::package_error::PackageError;
use crate::installer::placing::Placed;

pub use self::check::{Checked, check};
pub use self::fetch::{Outcome as Fetched, clear, fetch, from_file};
pub use self::place::{Decision, add, current, place};

/// What came of an order; what its job answers, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    Fetched(Fetched),
    Placed(Vec<Placed>),
    Checked(Vec<Checked>),
}

/// Carries it out.
///
/// # Errors
///
/// With what is in the way; see [`PackageError::passes`] for whether another time may go well.
pub async fn carry_out(
    installer: &Installer<'_>,
    commission: &Commission,
    order: &Order,
) -> Result<Outcome, PackageError> {
    match order {
        Order::Fetch(wanted) => fetch(installer, commission, wanted).await.map(|known| Outcome::Fetched(known.into())),
        Order::Place { placings } => place(installer, commission, placings).await.map(Outcome::Placed),
        Order::Check { plugins } => check(installer, commission, plugins).await.map(Outcome::Checked),
    }
}
