//! What all versions of the ledger have: entries below `entry/`, shown as they are stored. A test that wants a migration
//! to go wrong writes down how, before it.

use vestry_sdk::kv::{self, Entry, Range};
use vestry_sdk::prelude::*;

/// The ledger, storing amounts in the way of its version.
pub fn ledger(stored: fn(&str) -> String) -> Plugin {
    Plugin::new("org.example.ledger", "Ledger")
        .summary("Keeps amounts.")
        .route(get("home", "/").for_signed_in().to(home))
        .route(post("add", "/add").for_signed_in().to(move |request| add(request, stored)))
        .route(post("fate", "/fate").for_signed_in().to(set_fate))
        .menu("Ledger", "home", "book")
}

/// All entries.
pub fn entries() -> Result<Vec<Entry>> {
    let (mut all, mut start) = (vec![], "entry/".to_owned());
    loop {
        let found = kv::scan(&Range { start, end: "entry0".to_owned(), limit: 1000, reverse: false })?;
        let Some(last) = found.last() else { return Ok(all) };
        start = format!("{}\0", last.key);
        all.extend(found);
    }
}

/// A value as text.
pub fn text_of(entry: &Entry) -> String {
    String::from_utf8_lossy(&entry.value).into_owned()
}

fn home(_: &Request) -> Result<Page> {
    let entries = entries()?;
    let add = Form::new(Action::new("Add", "add").primary())
        .inline()
        .field(Field::text("name", "Name").required())
        .field(Field::text("amount", "Amount").required());
    let table = Table::keyed(entries.iter().map(|entry| &entry.key))
        .column("name", "Name", entries.iter().map(|entry| entry.key.strip_prefix("entry/").unwrap_or_default()))
        .column("value", "Value", entries.iter().map(text_of));
    Ok(Page::new("Ledger").block("add", add).block("entries", table))
}

/// `name` and `amount`.
fn add(request: &Request, stored: fn(&str) -> String) -> Result<Redirect> {
    let amount: i64 = request.form("amount").number()?;
    kv::write(&format!("entry/{}", request.form("name").required()?), stored(&amount.to_string()))?;
    Ok(Redirect::to("home").done("Added."))
}

fn set_fate(request: &Request) -> Result<Redirect> {
    kv::write("fate", request.form("fate").text())?;
    Ok(Redirect::to("home").done("Noted."))
}
