//! Calls every function of every host interface, each on a route of its own, and shows what came back.
//!
//! Every page has one block `result`, a source in which the result stands as Rust writes it: `Ok(...)` or `Err(...)`.
//! Routes whose name ends in `-strict` pass a failure on instead of showing it.
//!
//! What plugins were given later is called by name, from everywhere that it can be called: see `calls` and `places`.

mod accounts;
mod calls;
mod places;
mod store;

use std::fmt::Debug;

use vestry_sdk::block::source;
use vestry_sdk::prelude::*;
use vestry_sdk::{contributions, links, log, menu, settings, uploads};

vestry_sdk::plugin!(plugin, background, live, streaming);

fn plugin() -> Plugin {
    let plugin = Plugin::new("org.example.probe", "Probe")
        .summary("Calls every function of every host interface.")
        .wish(Capability::Public, "To see what visitors can do.")
        .permission("peek", "Look behind the curtain", &["developer"])
        .point("org.example.probe/things")
        .contribute("org.example.probe/things", "A thing of its own", "Found by contributions.at", "home")
        .settings(r#"{"type":"object","properties":{"greeting":{"type":"string","default":"Hello"}}}"#)
        .route(get("home", "/").for_signed_in().to(|request| show(Ok::<_, Failure>(request.actor.clone()))))
        .route(get("own", "/own").needs_own("peek").to(|_| show(Ok::<_, Failure>("peeked"))))
        .route(
            get("everyone", "/everyone").for_everyone().to(|request| show(Ok::<_, Failure>(request.visitor.clone()))),
        )
        .route(get("log", "/log").for_signed_in().to(write_log))
        .route(get("settings", "/settings").for_signed_in().to(|_| show(Ok::<_, Failure>(settings::get()))))
        .route(get("links", "/links").for_signed_in().to(|_| show(Ok::<_, Failure>(links::absolute(&"home".into())))))
        .route(get("contributions", "/contributions").for_signed_in().to(list_contributions))
        .route(get("badge-get", "/badge").for_signed_in().to(set_badge))
        .route(post("badge", "/badge").for_signed_in().to(set_badge))
        .route(post("uploads", "/uploads").for_signed_in().max_body(8 << 20).to(read_uploads))
        .menu("Probe", "home", "microscope");
    places::routes(accounts::routes(store::routes(plugin)))
}

/// A page with the result as Rust writes it.
fn show<T: Debug, E: Debug>(result: Result<T, E>) -> Result<Page> {
    Ok(Page::new("Probe").block("result", source("text", format!("{result:?}"))))
}

fn write_log(request: &Request) -> Result<Page> {
    let message = request.query("message").optional().unwrap_or("A probe's line.");
    log::write(Level::Warning, message, &[("route".to_owned(), request.route.clone())]);
    show(Ok::<_, Failure>(message))
}

fn list_contributions(request: &Request) -> Result<Page> {
    let point = request.query("point").optional().unwrap_or("org.example.probe/things");
    show(Ok::<_, Failure>(contributions::at(point)))
}

fn set_badge(_: &Request) -> Result<Page> {
    menu::set_badge("home", Some(&badge("3", Level::Danger)));
    show(Ok::<_, Failure>("set"))
}

fn read_uploads(request: &Request) -> Result<Page> {
    let read = |(index, upload)| {
        uploads::read_all(index, upload)
            .map(|bytes| (upload.clone(), bytes.len(), bytes.into_iter().take(16).collect::<Vec<_>>()))
    };
    show((0..).zip(&request.uploads).map(read).collect::<Result<Vec<_>>>())
}
