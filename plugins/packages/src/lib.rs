//! Package Management: what the server is made of - look at a package before anything happens, install it, update it, swap
//! it, go back, take it away.
//!
//! Everything is asked of the host, which checks each call against what the person may do and carries the work out as jobs
//! of its own. What a package is granted the person says to the host alone, in a panel that this plugin names and never sees
//! into; so whoever swaps this plugin for another still reads there what is really asked for.
//!
//! It keeps one thing of its own, for a day: which work it started, so that who closed a page finds it again.
//!
//! Deliberately not here: rights of accounts, which are the User List's, and what to do when this very plugin is broken:
//! `/safe` and the command line pass through no plugin.

mod adds;
mod failing;
mod home;
mod inspect;
mod install;
mod newest;
mod orders;
mod past;
mod plan;
mod plugin;
mod upgrade;
mod words;
mod work;

use vestry_sdk::prelude::*;

use crate::install::{git, registry, upload};
use crate::plugin::{back, details, limits, state, uninstall};

vestry_sdk::plugin!(plugin, live);

const READ: &str = "packages.read";
const MANAGE: &str = "packages.manage";

fn plugin() -> Plugin {
    let plugin = Plugin::new("org.vestry.packages", "Package Management")
        .summary("Install, update, swap and go back, without a restart.")
        .mount("packages")
        .route(get("home", "/").needs(READ).summary("See what the server is made of").to(home::show))
        .route(post("check", "/check").needs(MANAGE).summary("Ask sources for newer versions").to(newest::check))
        .route(post("newest", "/newest").needs(MANAGE).summary("Fetch what is newer").to(newest::fetch))
        .live("home", home::next)
        .menu("Package Management", "home", "package");
    places(packages(sources(plugin)))
}

/// Where packages come from.
fn sources(plugin: Plugin) -> Plugin {
    plugin
        .route(get("upload", "/install/upload").needs(MANAGE).to(upload::show))
        .route(post("upload-fetch", "/install/upload").needs(MANAGE).max_body(upload::LARGEST_BODY).to(upload::fetch))
        .route(get("git", "/install/git").needs(MANAGE).to(git::show))
        .route(post("git-references", "/install/git").needs(MANAGE).to(git::references))
        .route(post("git-fetch", "/install/git/fetch").needs(MANAGE).to(git::fetch))
        .route(get("registry", "/install/registry").needs(MANAGE).to(registry::show))
        .route(post("registry-tags", "/install/registry").needs(MANAGE).to(registry::tags))
        .route(post("registry-fetch", "/install/registry/fetch").needs(MANAGE).to(registry::fetch))
}

/// Work under way, and what was fetched.
fn packages(plugin: Plugin) -> Plugin {
    plugin
        .route(get("work", "/work/{key}").needs(READ).to(work::show))
        .live("work", work::next)
        .route(post("forget", "/work/{key}/forget").needs(MANAGE).to(work::forget))
        .route(get("inspect", "/inspect/{key}").needs(READ).to(inspect::show))
        .live("inspect", inspect::next)
        .route(post("discard", "/inspect/{key}/discard").needs(MANAGE).to(inspect::discard))
        .route(get("plan", "/plan").needs(READ).to(plan::show))
        .live("plan", plan::next)
        .route(post("plan-apply", "/plan").needs(MANAGE).to(plan::apply))
}

/// Plugins in their places.
fn places(plugin: Plugin) -> Plugin {
    plugin
        .route(get("plugin", "/plugin/{key}").needs(READ).to(details::show))
        .live("plugin", details::next)
        .route(post("state", "/plugin/{key}/state").needs(MANAGE).to(state::set))
        .route(post("retry", "/plugin/{key}/retry").needs(MANAGE).to(state::retry))
        .route(post("limits", "/plugin/{key}/limits").needs(MANAGE).to(limits::set))
        .route(post("go-back", "/back/{key}").needs(MANAGE).to(back::go))
        .route(post("swap-back", "/plugin/{key}/swap-back").needs(MANAGE).to(back::swap))
        .route(get("ask-uninstall", "/plugin/{key}/uninstall").needs(MANAGE).to(uninstall::ask))
        .route(post("uninstall", "/plugin/{key}/uninstall").needs(MANAGE).to(uninstall::uninstall))
}
