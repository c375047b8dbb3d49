//! Tables in every state.

use vestry_sdk::prelude::*;

use crate::cells::{MOMENT, kinds};
use crate::words::{LONG, RTL};

const PEOPLE: [(&str, &str, i64, bool, &str); 5] = [
    ("p1", "Ada Lovelace", 36, true, "admin developer"),
    ("p2", "Zoë Müller", 85, false, "user"),
    ("p3", LONG, 7, true, "user advocate trainer developer admin"),
    ("p4", RTL, 41, true, ""),
    ("p5", "", 0, false, "user"),
];

fn people() -> Table {
    Table::keyed(PEOPLE.map(|person| person.0))
        .column("name", "Name", PEOPLE.map(|person| person.1))
        .sortable()
        .column("age", "Age", PEOPLE.map(|person| person.2))
        .sortable()
        .column("active", "Active", PEOPLE.map(|person| person.3))
        .column("privileges", "Privileges", PEOPLE.map(|person| Badges(person.4.to_owned())))
        .column("share", "Share", PEOPLE.map(|person| person.2 as f64 / 3.0))
        .column("seen", "Seen", PEOPLE.map(|person| Time(if person.2 == 0 { 0 } else { MOMENT })))
}

/// As the list of a feature looks: opened, sorted, ticked, paged.
fn full(request: &Request) -> Table {
    people()
        .open("item")
        .sorted(request.query("people.sort").optional().unwrap_or("name"))
        .bulk(Action::new("Press for the ticked", "press").value("what", "ticked"))
        .bulk(
            Action::new("Take from the ticked", "press").danger().value("what", "danger").confirm("From all of them?"),
        )
        .bulk_all()
        .total(Some(12_345))
        .pages(
            Some(RouteRef::to("tables").query("cursor", "before")),
            Some(RouteRef::to("tables").query("cursor", "behind")),
        )
}

pub fn tables(request: &Request) -> Result<Page> {
    let press = |label| Action::new(label, "press").value("what", label);
    let everywhere = people().each(press("Edit")).each(press("Delete").danger().confirm("Really?"));
    let here_and_there = people().each(press("Edit")).each_where(press("Retire"), PEOPLE.map(|person| person.3));
    let cells = kinds();
    let cells = Table::keyed((0..cells.len()).map(|index| index.to_string()))
        .column("kind", "Kind", cells.iter().map(|(name, _)| *name))
        .column("cell", "Cell", cells.iter().map(|(_, cell)| cell.clone()));
    Ok(Page::new("Tables")
        .action(Action::new("Style guide", "home"))
        .block("people", full(request))
        .section(Section::new("each-section", "Buttons on each row").block("each", everywhere))
        .section(Section::new("some-section", "Buttons on some rows").block("some", here_and_there))
        .section(Section::new("cells-section", "Every cell").block("cells", cells)))
}

pub fn bare(_: &Request) -> Result<Page> {
    let none: [&str; 0] = [];
    let wide = (0..24).fold(Table::keyed(["1", "2"]), |table, index| {
        table.column(
            format!("c{index}"),
            text!("Column {index}", index),
            [format!("{index} of the first"), LONG.to_owned()],
        )
    });
    let long = Table::keyed((0..200).map(|index| index.to_string())).column("n", "Number", 0..200).column(
        "word",
        "Word",
        (0..200).map(|_| "word"),
    );
    Ok(Page::new("Bare tables")
        .action(Action::new("Style guide", "home"))
        .block(
            "empty",
            Table::keyed(none)
                .column("name", "Name", none)
                .column("age", "Age", none)
                .empty("Nobody is here yet. Add the first."),
        )
        .block(
            "bulk-empty",
            Table::keyed(none)
                .column("name", "Name", none)
                .bulk(Action::new("Press", "press"))
                .bulk_all()
                .total(Some(0)),
        )
        .block("cell", Table::keyed(["1"]).column("name", "Name", ["The only one"]))
        .section(Section::new("wide-section", "Wide").block("wide", wide))
        .section(Section::new("long-section", "Long").block("long", long.total(Some(200)))))
}
