//! About this server: its version and what is newer, the way of a request through it, what is mounted, how far plugins may
//! go, where things are stored, which processes serve.
//!
//! It holds no data and changes nothing: it lays out what `server.describe` says. What is newer it asks of `packages`;
//! where that was not granted, or this person may not read it, the page goes without.

mod home;
mod way;
mod words;

use vestry_sdk::prelude::*;

vestry_sdk::plugin!(plugin);

fn plugin() -> Plugin {
    Plugin::new("org.vestry.about", "About this server")
        .summary("See what runs here, how far it may go, and the way that a request takes through it.")
        .mount("about")
        .route(
            get("home", "/")
                .needs("server.read")
                .summary("See what this server is, and the way of a request through it")
                .to(home::home),
        )
        .menu_in("tools", 900, "About this server", "home", "info-circle")
}
