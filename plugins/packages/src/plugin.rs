//! One plugin in its place: all that is known of it, and what can be done with it.

pub mod back;
pub mod details;
pub mod limits;
pub mod state;
pub mod uninstall;
mod usage;
mod versions;

use vestry_sdk::packages::{self, Plugin};
use vestry_sdk::prelude::{Action, Failure, Redirect, Request, Result, RouteRef};

/// The plugin that the path names.
fn find(request: &Request) -> Result<Plugin> {
    of(request.param("key"))
}

fn of(id: &str) -> Result<Plugin> {
    let found = packages::plugins()?.into_iter().find(|plugin| plugin.id == id);
    found.ok_or_else(|| Failure::not_found(id))
}

/// A way back to its page.
fn to_page(id: &str) -> Redirect {
    Redirect::to(RouteRef::to("plugin").param("key", id))
}

/// A button to a route below its page.
fn button(label: &'static str, route: &str, plugin: &Plugin) -> Action {
    Action::new(label, route).param("key", &plugin.id)
}
