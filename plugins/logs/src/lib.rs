//! Logs: what the server wrote, and other programs where the configuration says so - the newest lines, live, and back
//! through everything that is kept; found by time, level, what they are about and what they say; grouped where they are
//! errors; downloaded.
//!
//! It is granted two directories to read and keeps what long searches found; reading itself is the crate `core`. People
//! are numbers here: who one is, the host draws for readers who may know (the panel `person:`).
//!
//! Deliberately not here: changing what is logged, or deleting it. How much is kept, the server's settings say.

mod directories;
mod errors;
mod export;
mod fields;
mod files;
mod found;
mod line;
mod lines;
mod search;
mod shown;
mod steps;
mod times;
mod view;
mod visible;

use vestry_sdk::prelude::*;

vestry_sdk::plugin!(plugin, background, live, streaming);

/// What a person needs to read logs.
const READ: &str = "logs.read";

fn plugin() -> Plugin {
    Plugin::new("org.vestry.logs", "Logs")
        .summary("See what the server says, live and back through everything that is kept.")
        .mount("logs")
        .settings(directories::SETTINGS)
        .wish(Capability::read(directories::SERVER), "To show what the server wrote.")
        .wish(
            Capability::read(directories::OTHERS),
            "To show what other programs wrote, where the configuration says where that is.",
        )
        .route(get("lines", "/").needs(READ).summary("See what the server says").to(lines::show))
        .route(get("line", "/line").needs(READ).to(line::show))
        .route(get("of-request", "/request").needs(READ).to(lines::of_request))
        .route(post("remember", "/remember").needs(READ).to(lines::remember))
        .route(get("files", "/files").needs(READ).to(files::show))
        .route(get("file", "/file").needs(READ).to(files::download))
        .route(get("export", "/export").needs(READ).to(export::lines))
        .route(get("errors", "/errors").needs(READ).to(errors::show))
        .route(post("search", "/search").needs(READ).to(search::start))
        .route(get("found", "/search/{key}").needs(READ).to(search::show))
        .live("lines", lines::next)
        .live("found", search::next)
        .stream("lines", export::next)
        .job(search::JOB, search::work)
        .contribute(
            "vestry/lines-of-request",
            "Lines of a request",
            "What was said while it was answered.",
            "of-request",
        )
        .menu("Logs", "lines", "file-text")
}
