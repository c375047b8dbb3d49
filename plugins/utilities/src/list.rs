//! The first page: what there is to be used, and what this person has found with it.

use vestry_sdk::contributions::{self, Entry};
use vestry_sdk::prelude::*;

use crate::matching::matches;
use crate::{ID, MAY_USE, POINT, recent};

pub fn show(request: &Request) -> Result<Page> {
    let asked = request.query("q").text();
    let mut all = contributions::at(POINT);
    // Those of this plugin first, the others in the order that the host has.
    all.sort_by_key(|entry| entry.plugin != ID);
    let found: Vec<&Entry> =
        all.iter().filter(|entry| matches(asked, &[&entry.title.plain(), &entry.summary.plain()])).collect();
    let page = Page::new("Utilities").lead("Services that fit nowhere else, of this server and of its plugins.");
    let page = if all.is_empty() { page } else { page.block("find", form(asked)) };
    let page = page.block("utilities", table(&found, asked, all.is_empty()));
    if request.may(MAY_USE) { recent::section(page, request) } else { Ok(page) }
}

fn form(asked: &str) -> Form {
    let words = Field::text("q", "Find a utility").value(asked).placeholder("Words of its title or summary");
    Form::new(Action::new("Find", "list")).inline().field(words)
}

fn table(found: &[&Entry], asked: &str, nothing: bool) -> Table {
    let all = || found.iter();
    let table = Table::keyed(all().map(|entry| &entry.id))
        .column("title", "Utility", all().map(|entry| Link::contributed(entry.title.clone(), entry.id.as_str())))
        .column("summary", "What it does", all().map(|entry| entry.summary.plain()));
    // Nobody needs to be told that everything comes from here.
    let table = match all().any(|entry| entry.plugin != ID) {
        true => table.column("plugin", "From", all().map(|entry| from(entry))),
        false => table,
    };
    table.empty(match (nothing, asked) {
        (true, _) => {
            text!("There is no utility that you may use. Ask an administrator for the permission “Use utilities”.")
        }
        (false, _) => text!("Nothing begins with “{asked}”. Try fewer words, or the beginning of one.", asked),
    })
}

fn from(entry: &Entry) -> Cell {
    if entry.plugin == ID { Cell::Empty } else { code(entry.plugin.as_str()) }
}
