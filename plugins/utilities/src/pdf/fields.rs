//! The table of fields: one row for each, with the first of its places.

use vestry_pdf_fields::{Choice, Field, Flags, Kind, Rectangle, Template, Widget};
use vestry_sdk::prelude::*;
use vestry_sdk::ui::Badge;

use crate::cells::{LONGEST, cut};
use crate::kept::Head;

/// Rows at a time.
const ROWS: usize = 500;
/// Pages of a field that are named. The downloads have all of them.
const PAGES: usize = 5;
/// Where in the query it stands which row comes first.
const FROM: &str = "from";

/// Key and heading of a column, and what stands in it.
type Column = (&'static str, &'static str, fn(&Field) -> Cell);

pub fn section(request: &Request, head: &Head, template: &Template) -> Section {
    let from = request.query(FROM).number::<usize>().unwrap_or(0).min(template.fields.len());
    let shown = &template.fields[from..template.fields.len().min(from + ROWS)];
    let page = |from: usize| RouteRef::to("result").param("key", &head.id).query(FROM, from.to_string());
    let previous = (from > 0).then(|| page(from.saturating_sub(ROWS)));
    let next = (from + shown.len() < template.fields.len()).then(|| page(from + ROWS));
    let table = table(from, shown).total(Some(template.fields.len() as u64)).pages(previous, next);
    Section::new("fields", "Fields")
        .summary("In millimetres, from the left and from the top of the page; then width and height. What a reset brings back is in brackets.")
        .tab()
        .block("fields", table)
}

fn table(from: usize, fields: &[Field]) -> Table {
    let all = || fields.iter();
    let table = Table::keyed((from + 1..=from + fields.len()).map(|number| number.to_string()))
        .column("name", "Name", all().map(|field| code(cut(&field.name))))
        .column("type", "Type", all().map(|field| badge(kind(field.kind), Level::Neutral)))
        .column("page", "Page", all().map(pages))
        // Measures have an order of their own, also where words are read from right to left.
        .column("place", "Place and size", all().map(|field| code(place(field))));
    // A column that says nothing anywhere only takes room.
    let columns: [Column; 4] = [
        ("options", "Options", options),
        ("flags", "Flags", |field| Cell::Badges(flags(field))),
        ("value", "Holds", holds),
        ("tooltip", "Tooltip", |field| field.tooltip.as_deref().map(cut).into()),
    ];
    let filled = |cell: fn(&Field) -> Cell| {
        let cells: Vec<Cell> = all().map(cell).collect();
        cells.iter().any(|cell| !is_empty(cell)).then_some(cells)
    };
    columns
        .into_iter()
        .filter_map(|(key, label, cell)| Some((key, label, filled(cell)?)))
        .fold(table, |table, (key, label, cells)| table.column(key, label, cells))
        .empty(
            "This file has no fields that can be filled in. Add a form to it, with a PDF program or a word processor.",
        )
}

fn is_empty(cell: &Cell) -> bool {
    match cell {
        Cell::Empty => true,
        Cell::Badges(badges) => badges.is_empty(),
        _ => false,
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "Text",
        Kind::CheckBox => "Check box",
        Kind::Radio => "Radio buttons",
        Kind::Choice(Choice { combo: true, .. }) => "Drop-down list",
        Kind::Choice(Choice { multiple: true, .. }) => "List of several",
        Kind::Choice(_) => "List",
        Kind::Signature => "Signature",
        Kind::Button => "Button",
    }
}

/// `1`, or `1, 3, 4` where it stands on several.
fn pages(field: &Field) -> String {
    let mut pages: Vec<u32> = field.widgets.iter().map(|widget| widget.page).collect();
    pages.dedup();
    let more = if pages.len() > PAGES { ", …" } else { "" };
    let named: Vec<String> = pages.iter().take(PAGES).map(u32::to_string).collect();
    named.join(", ") + more
}

/// `25.4, 43.0 · 77.6 × 7.1`: the first place, from the left and the top, and its size; and how many there are besides.
fn place(field: &Field) -> String {
    let Some(Widget { rectangle, .. }) = field.widgets.first() else { return String::new() };
    let Rectangle { left, top, width, height } = *rectangle;
    let [left, top, width, height] = [left, top, width, height].map(millimetres);
    let more = match field.widgets.len() {
        1 => String::new(),
        count => format!(" (+{})", count - 1),
    };
    // Where there is little room, the line breaks between place and size alone.
    format!("{left:.1},\u{a0}{top:.1} · {width:.1}\u{a0}×\u{a0}{height:.1}{more}")
}

/// Of points, of which an inch has 72.
fn millimetres(points: f64) -> f64 {
    points * 25.4 / 72.0
}

/// What can be chosen; with what is held then, where that is something else.
fn options(field: &Field) -> Cell {
    let option = |option: &vestry_pdf_fields::Opt| match option.export == option.label {
        true => option.export.clone(),
        false => format!("{} ({})", option.label, option.export),
    };
    let shown = field.options.iter().map(option);
    joined(shown, ", ")
}

/// What is filled in; and what it holds after the form is reset, where that is something else.
fn holds(field: &Field) -> Cell {
    let default = Some(field.default.join(", ")).filter(|default| !default.is_empty() && field.default != field.value);
    let default = default.map(|default| format!("({default})"));
    joined(field.value.iter().cloned().chain(default), ", ")
}

/// As many as there is room for.
fn joined(texts: impl Iterator<Item = String>, between: &str) -> Cell {
    let mut all = String::new();
    for text in texts {
        if all.len() > LONGEST {
            break;
        }
        if !all.is_empty() {
            all.push_str(between);
        }
        all.push_str(&text);
    }
    if all.is_empty() { Cell::Empty } else { cut(&all).into() }
}

fn flags(field: &Field) -> Vec<Badge> {
    let Flags { required, read_only, no_export, multiline, password, file, comb, rich_text, editable, max_length } =
        field.flags;
    let said = [
        (required, "required"),
        (read_only, "read only"),
        (multiline, "several lines"),
        (password, "hidden letters"),
        (file, "path of a file"),
        (comb, "a box for each letter"),
        (rich_text, "formatted"),
        (editable, "other values too"),
        (no_export, "not sent"),
        (is_hidden(field), "not shown"),
    ];
    let level = |words: &str| if words == "required" { Level::Warning } else { Level::Neutral };
    let length = max_length.map(|count| badge(text!("at most {count} characters", count), Level::Neutral));
    said.into_iter().filter(|(is, _)| *is).map(|(_, words)| badge(words, level(words))).chain(length).collect()
}

/// No place of it is shown.
fn is_hidden(field: &Field) -> bool {
    !field.widgets.is_empty() && field.widgets.iter().all(|widget| widget.hidden)
}
