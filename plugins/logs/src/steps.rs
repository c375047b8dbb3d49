//! Steps through logs, and places that they go on from, with what goes wrong as the host understands it.

use vestry_logs_core::{Asked, Budget, Cursor, Matcher, Series, Start, Step};
use vestry_sdk::prelude::*;

use crate::directories::Directories;
use crate::times;

/// Makes one step through these logs, as far as the budget goes.
pub fn step(chosen: &[Series], matcher: &Matcher, begin: &Start, budget: Budget<'_>) -> Result<Step> {
    let asked = Asked { files: &Directories, series: chosen, matcher, now: times::now() };
    vestry_logs_core::step(asked, begin, budget).map_err(|many| Failure::Unavailable(many.to_string()))
}

/// Where a step has ended that was made before.
pub fn place(cursor: &str) -> Result<Start> {
    Cursor::parse(cursor).map(Start::Cursor).map_err(|wrong| Failure::NotFound(wrong.to_string()))
}
