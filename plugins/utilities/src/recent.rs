//! What a person has found before, on the first page.

use vestry_sdk::prelude::*;

use crate::kept::{self, Head};

pub fn section(page: Page, request: &Request) -> Result<Page> {
    let heads = kept::recent(request)?;
    let section = Section::new("recent", "Recent results")
        .summary("Yours alone, each for a week.")
        .block("recent", table(&heads));
    Ok(page.section(section))
}

fn table(heads: &[Head]) -> Table {
    let all = || heads.iter();
    Table::keyed(all().map(|head| &head.id))
        .column("file", "File", all().map(|head| &head.name))
        .column("service", "Kind", all().map(|head| badge(head.service.name(), Level::Neutral)))
        .column("when", "Read", all().map(|head| Time(head.when)))
        .column("until", "Kept until", all().map(|head| Time(head.until)))
        .open("result")
        .each(Action::new("Delete", "delete").danger().confirm("Delete this result?"))
        .empty("Nothing yet. Choose a utility above: what it finds in your file stays here.")
}
