//! What system tests drive: jobs of every fate and a schedule (`work`), pages that stay up to date (`lines`), downloads and
//! uploads of any size (`files`), and mails.
//!
//! What programs ask for is answered as JSON; the pages have what a person needs to press the same buttons.

mod files;
mod lines;
mod work;

use vestry_sdk::block::panel;
use vestry_sdk::mail;
use vestry_sdk::prelude::*;

vestry_sdk::plugin!(plugin, background, live, streaming);

fn plugin() -> Plugin {
    let plugin = Plugin::new("org.example.worker", "Worker")
        .summary("Works, and shows how far it has come.")
        .wish(Capability::Public, "To see what visitors can do.")
        .wish(Capability::read_write("files"), "To keep what was sent.")
        .permission("watch", "Watch what few may see", &["developer"])
        .route(get("home", "/").for_signed_in().to(home))
        .route(post("mail", "/mail").for_signed_in().to(send))
        .route(post("everyone-mail", "/everyone/mail").for_everyone().to(send))
        .route(get("everyone-address", "/everyone/address").for_everyone().to(address))
        .message(
            MailKind::new("note", "A note", "A note: {text}")
                .paragraph("Somebody wrote to you: {text}")
                .paragraph("It was sent by a test.")
                .button("Open the log"),
        )
        .menu("Worker", "home", "tool");
    files::routes(lines::routes(work::routes(plugin)))
}

fn home(_: &Request) -> Result<Page> {
    let start = Form::new(Action::new("Start", "start").primary())
        .field(Field::text("name", "Job").value("count").required())
        .field(Field::text("input", "Input").value(r#"{"steps":10,"ms":100}"#));
    let upload = Form::new(Action::new("Send", "upload"))
        .field(Field::file("file", "File", files::LARGEST, Vec::<String>::new()))
        .field(Field::text("keep", "Keep as"));
    let ways = ["log", "talk", "clock", "watched"].map(|route| Action::new(route.to_owned(), route));
    Ok(Page::new("Worker").block("start", start).block("upload", upload).block("ways", actions(ways)))
}

/// `account`: who gets it, else the visitor; `text`: what it says.
fn send(request: &Request) -> Result<Response> {
    let mail = match request.form("account").optional() {
        Some(account) => mail::to_account(account, "note"),
        None => mail::to_visitor("note"),
    };
    mail.value("text", request.form("text").text()).open("log").send()?;
    Ok(Response::json(r#"{"queued":true}"#))
}

fn address(_: &Request) -> Result<Page> {
    Ok(Page::new("Your address").focus().block("address", panel("address")))
}
