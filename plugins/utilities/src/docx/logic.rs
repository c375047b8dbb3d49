//! Loops, conditions and filters of a template.

use vestry_docx_fields::{Condition, Filter, Loop, Origin, Template};
use vestry_sdk::prelude::*;
use vestry_sdk::ui::Badge;

use super::places::Parts;
use super::tables::{ROWS, add, numbered};
use crate::cells::count;

pub fn section(template: &Template) -> Section {
    let parts = Parts::of(template);
    let section = Section::new("logic", "Loops, conditions and filters").tab();
    let section = add(section, "loops", loops(&template.loops, &parts), template.loops.len());
    let section = add(section, "conditions", conditions(&template.conditions, &parts), template.conditions.len());
    add(section, "filters", filters(&template.filters, &parts), template.filters.len())
}

fn loops(loops: &[Loop], parts: &Parts<'_>) -> Table {
    let all = || loops.iter().take(ROWS);
    numbered(loops.len())
        .column("over", "Loop through", all().map(|one| code(one.over.as_str())))
        .column("targets", "Item", all().map(|one| code(one.targets.join(", "))))
        .column("place", "Paragraph", all().map(|one| parts.cell([&one.place])))
        .empty("There are no loops in this template.")
}

fn conditions(conditions: &[Condition], parts: &Parts<'_>) -> Table {
    let all = || conditions.iter().take(ROWS);
    numbered(conditions.len())
        .column("text", "Condition", all().map(|one| code(one.text.as_str())))
        .column("place", "Paragraph", all().map(|one| parts.cell([&one.place])))
        .empty("There are no conditions in this template.")
}

fn filters(filters: &[Filter], parts: &Parts<'_>) -> Table {
    let all = || filters.iter().take(ROWS);
    numbered(filters.len())
        .column("name", "Filter", all().map(|one| code(one.name.as_str())))
        .column("origin", "Comes with", all().map(|one| origin(one.origin)))
        .column("uses", "How often", all().map(|one| count(one.uses.len())))
        .column("places", "Paragraphs", all().map(|one| parts.cell(&one.uses)))
        .empty("There are no filters in this template.")
}

fn origin(origin: Origin) -> Badge {
    match origin {
        Origin::Jinja => badge(data("Jinja"), Level::Neutral),
        Origin::Docassemble => badge(data("docassemble"), Level::Neutral),
        Origin::Unknown => badge("Nobody: it has to be added", Level::Warning),
    }
}
