//! A plugin that needs another one: `org.example.tools`, in the version 2.0.0 or later.

use vestry_sdk::prelude::*;

vestry_sdk::plugin!(plugin);

fn plugin() -> Plugin {
    Plugin::new("org.example.needy", "Needy")
        .need("org.example.tools", "2.0.0")
        .route(get("home", "/").for_signed_in().to(|_| Ok(Page::new("Needy").block("words", prose("All is there.")))))
        .menu("Needy", "home", "link")
}
