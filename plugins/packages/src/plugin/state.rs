//! Switching a plugin on and off, and letting one run again that was stopped after failures.

use vestry_sdk::packages;
use vestry_sdk::prelude::*;

use super::{details, find, to_page};
use crate::failing::{NOWHERE, said_at};

/// `enabled`: 1 or 0.
pub fn set(request: &Request) -> Result<Response> {
    let plugin = find(request)?;
    let enabled = request.form("enabled").is_ticked();
    let done = if enabled { "It is on. Its pages answer again." } else { "It is off. Nothing of it runs." };
    let set = said_at(NOWHERE, packages::set_enabled(&plugin.id, enabled)).map(|()| to_page(&plugin.id).done(done));
    set.or_invalid(|errors| details::page(&plugin, errors))
}

pub fn retry(request: &Request) -> Result<Response> {
    let plugin = find(request)?;
    let lifted = said_at(NOWHERE, packages::retry(&plugin.id))
        .map(|()| to_page(&plugin.id).done("It runs again. Should it go on to fail, it is stopped again."));
    lifted.or_invalid(|errors| details::page(&plugin, errors))
}
