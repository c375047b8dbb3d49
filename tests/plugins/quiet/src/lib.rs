//! The smallest page, for measuring what a call costs and what a neighbour's trouble adds to it.

use vestry_sdk::prelude::*;

vestry_sdk::plugin!(plugin);

fn plugin() -> Plugin {
    Plugin::new("org.example.quiet", "Quiet")
        .route(get("home", "/").for_signed_in().to(|_| Ok(Page::new("Quiet").block("words", prose("All is well.")))))
        .menu("Quiet", "home", "leaf")
}
