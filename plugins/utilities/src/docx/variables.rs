//! The table of variables: what an interview has to give.

use vestry_docx_fields::{Kind, Path, Template, Variable};
use vestry_sdk::prelude::*;
use vestry_sdk::ui::Badge;

use super::places::Parts;
use super::tables::{ROWS, add, numbered};
use crate::cells::count;

/// Paths of a variable that are named.
const PATHS: usize = 12;

pub fn section(template: &Template) -> Section {
    let shown = &template.variables[..template.variables.len().min(ROWS)];
    let parts = Parts::of(template);
    let all = || shown.iter();
    let table = numbered(template.variables.len())
        .column("name", "Name", all().map(|variable| code(variable.name.as_str())))
        .column("kind", "Used as", all().map(|variable| kind(variable.kind)))
        .column("paths", "What of it", all().map(paths))
        .column("uses", "How often", all().map(|variable| count(variable.uses.len())))
        .column("places", "Paragraphs", all().map(|variable| parts.cell(&variable.uses)))
        .empty("This document has no variables of Jinja. Write one where something is to be filled in: {{ name }}.");
    let section = Section::new("variables", "Variables").tab();
    let section = section
        .summary("What the template needs to be given. What loops and the template itself bring is not among them.");
    add(section, "variables", table, template.variables.len())
}

fn kind(kind: Kind) -> Badge {
    let words = match kind {
        Kind::Text => "Text",
        Kind::List => "List",
        Kind::Condition => "Yes or no",
        Kind::Function => "Function",
        Kind::Object => "Object",
    };
    badge(words, Level::Neutral)
}

/// What is used of it, where that is more than the variable itself.
fn paths(variable: &Variable) -> Cell {
    let of_it = |path: &&Path| path.text != variable.name;
    let named: Vec<&str> = variable.paths.iter().filter(of_it).map(|path| path.text.as_str()).collect();
    let more = if named.len() > PATHS { ", …" } else { "" };
    match named.is_empty() {
        true => Cell::Empty,
        false => code(named[..named.len().min(PATHS)].join(", ") + more),
    }
}
