//! An organisation's own Utilities: case numbers that are given out once, and the day on which a deadline ends.
//!
//! It asks to be mounted at `utilities`. Where something else is mounted there, the administrator decides whether this takes
//! its place; everybody then finds it under the same address and in the same place of the menu, and one step brings the
//! other back.
//!
//! It calls one interface of the host, the key-value store, so that is all that an administrator is asked for. Who says no to
//! it still has the deadlines: the page says what is missing and goes on.

mod deadlines;
mod numbers;

use vestry_sdk::prelude::*;

vestry_sdk::plugin!(plugin);

fn plugin() -> Plugin {
    Plugin::new("org.example.hello-utilities", "Our Utilities")
        .summary("Gives out case numbers, and counts days to a deadline.")
        .version("1.0.0")
        .mount("utilities")
        .route(get("home", "/").for_signed_in().summary("Case numbers and deadlines").to(home))
        .route(post("give-number", "/numbers").for_signed_in().to(numbers::give))
        .route(post("count-days", "/deadlines").for_signed_in().to(deadlines::count))
        .menu("Utilities", "home", "tool")
}

fn home(_: &Request) -> Result<Page> {
    page(numbers::form(), deadlines::form())
}

/// The page with its two forms, as they are or as they come back with errors.
fn page(numbers: Form, deadlines: Form) -> Result<Page> {
    let (given, missing) = numbers::given()?;
    let page = Page::new("Utilities")
        .lead("What we need every day.")
        .section(Section::new("numbers", "Case numbers").summary("Each is given out once.").block("give", numbers));
    let page = match missing {
        Some(missing) => page.block("missing", missing),
        None => page.block("given", given),
    };
    Ok(page.section(
        Section::new("deadlines", "Deadlines")
            .summary("The day on which so many days are over.")
            .block("count", deadlines),
    ))
}
