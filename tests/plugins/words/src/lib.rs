//! Says things that are translated: on pages, with numbers in them, beside what people wrote, and in a mail.

use vestry_sdk::mail;
use vestry_sdk::prelude::*;

vestry_sdk::plugin!(plugin);

fn plugin() -> Plugin {
    let letter =
        MailKind::new("letter", "A letter", "A letter from {who}").paragraph("{who} says hello.").button("Read it");
    Plugin::new("org.example.words", "Words")
        .summary("Says things")
        .route(get("home", "/").for_signed_in().to(home))
        .route(post("letter", "/letter").for_signed_in().to(write))
        .route(post("open", "/open/{secret}").for_signed_in().to(open))
        .menu("Words", "home", "language")
        .message(letter)
}

fn home(request: &Request) -> Result<Page> {
    let count = request.query("count").text().to_owned();
    let wrote = data(format!("reader: {}", request.language));
    Ok(Page::new("Words")
        .lead(text!("{count} files", count))
        .block("wrote", prose(wrote))
        .block("data", prose(data(request.query("data").text()))))
}

fn write(request: &Request) -> Result<Redirect> {
    let who = request.form("who").text();
    let reader = request.actor.as_ref().map(|actor| actor.id.clone()).unwrap_or_default();
    mail::to_account(reader, "letter").value("who", who).open("home").send()?;
    Ok(Redirect::to("home"))
}

fn open(_: &Request) -> Result<Redirect> {
    Ok(Redirect::to("home").notice(Level::Success, "It is open."))
}
