//! Everywhere that functions of the host can be called from: `/call/FUNCTION` as GET and POST, the same below `/everyone` for
//! visitors, the job `call`, `/follow/FUNCTION` for a page that is followed, and `/stream/FUNCTION` for a download.

use vestry_sdk::block::{panel, source};
use vestry_sdk::prelude::*;

use crate::calls::{asked, work};
use crate::show;

/// The largest form: room for a file to be kept.
const LARGEST: u64 = 64 << 20;

/// Topic of the pages that are followed.
const TOPIC: &str = "probe";

pub fn routes(plugin: Plugin) -> Plugin {
    plugin
        .wish(Capability::read_write("files"), "To read and write a directory.")
        .wish(Capability::read("shelf"), "To read another.")
        .wish(Capability::read("server-logs"), "To read what the server wrote.")
        .wish(Capability::read_write("server-logs"), "To write there as well, which nobody can.")
        .wish(Capability::origin("https://api.example.org"), "To call what is outside.")
        .wish(Capability::origin("http://127.0.0.1:47001"), "To call a server of the test's.")
        .wish(Capability::origin("http://127.0.0.1:47002"), "To call another.")
        .wish(Capability::origin("http://127.0.0.1:47003"), "To call a third.")
        .wish(Capability::secret("open"), "To read it.")
        .wish(Capability::secret("bound"), "To have it filled in.")
        .message(MailKind::new("note", "A note", "A note: {text}").paragraph("It says: {text}").button("Open"))
        .route(get("call-get", "/call/{function}").for_signed_in().to(call))
        .route(post("call", "/call/{function}").for_signed_in().max_body(LARGEST).to(call))
        .route(get("call-visitor-get", "/everyone/call/{function}").for_everyone().to(call))
        .route(post("call-visitor", "/everyone/call/{function}").for_everyone().max_body(LARGEST).to(call))
        .route(get("follow", "/follow/{function}").for_signed_in().to(followed))
        .route(
            get("stream", "/stream/{function}").for_signed_in().to(|_| Ok(Download::chunks("probe.txt", TEXT, "call"))),
        )
        .route(get("file-strict", "/file-strict").for_signed_in().to(file))
        .route(get("panel", "/panel").for_signed_in().to(|request| Ok(drawn(request.query("name").text()))))
        .route(post("invite", "/invite").for_signed_in().to(|request| handed_over(request, "users.invite")))
        .route(post("reset", "/reset").for_signed_in().to(|request| handed_over(request, "users.reset-password")))
        .job("call", work)
        .live("follow", next)
        .stream("call", piece)
}

const TEXT: &str = "text/plain";

/// Shows what the function answered; with `strict`, a failure is passed on.
fn call(request: &Request) -> Result<Page> {
    let answered = asked(request, request.param("function"));
    let strict = request.form("strict").is_ticked() || request.query("strict").is_ticked();
    if strict { show(Ok::<_, Failure>(answered?)) } else { show(answered) }
}

/// A page whose block is replaced by what the function answers, as a browser connects and when `probe` is published.
fn followed(_: &Request) -> Result<Page> {
    Ok(Page::new("Probe").block("result", source("text", "Nothing yet.")).follow([TOPIC], "0", 0))
}

fn next(request: &Request, cursor: &str) -> Result<Batch> {
    let answered = asked(request, request.param("function"));
    let asked: u64 = cursor.parse().unwrap_or_default();
    let update = Update::block("result", source("text", format!("{answered:?}")));
    Ok(Batch::at((asked + 1).to_string()).with(update))
}

fn piece(request: &Request, _: Option<&str>) -> Result<Chunk> {
    let answered = asked(request, request.param("function"));
    Ok(Chunk::last(format!("{answered:?}").into()))
}

/// `directory`, else `files`, and `path`.
fn file(request: &Request) -> Result<Download> {
    let directory = request.query("directory").optional().unwrap_or("files");
    Ok(Download::file("probe.txt", TEXT, directory, request.query("path").text()))
}

fn drawn(name: &str) -> Page {
    Page::new("Probe").block("panel", panel(name))
}

/// Passes a failure on, `confirm` too; then the link is in the panel.
fn handed_over(request: &Request, function: &str) -> Result<Page> {
    let ticket = asked(request, function)?;
    let ticket = format!("{ticket:?}");
    Ok(drawn(&format!("handover:{}", ticket.trim_matches('"'))))
}
