//! All that a plugin can see: the whole request, the environment, arguments, and what lies in the directory. The network
//! cannot even be tried: a plugin that imports `wasi:sockets` is refused before it runs.

use vestry_sdk::block::source;
use vestry_sdk::prelude::*;

pub fn echo(request: &Request) -> Result<Page> {
    let environment: Vec<_> = std::env::vars_os().collect();
    let arguments: Vec<_> = std::env::args_os().collect();
    let files = std::fs::read_dir("/").map(|entries| entries.flatten().map(|entry| entry.path()).collect::<Vec<_>>());
    Ok(Page::new("Echo")
        .block("request", source("text", format!("{request:#?}")))
        .block("environment", source("text", format!("{environment:?}")))
        .block("arguments", source("text", format!("{arguments:?}")))
        .block("files", source("text", format!("{files:?}"))))
}
