//! The fields of a DOCX template: reading one, and the page of what was found.

mod controls;
mod logic;
mod mistakes;
mod places;
mod tables;
mod variables;
mod wrong;

use vestry_docx_fields::{Template, yaml};
use vestry_sdk::prelude::*;

use crate::cells::count;
use crate::file::FIELD;
use crate::kept::Head;
use crate::result;

pub fn read(bytes: &[u8]) -> Result<Template> {
    vestry_docx_fields::read(bytes).map_err(|wrong| invalid(FIELD, wrong::words(wrong)))
}

/// The page of a result.
pub fn page(head: &Head, template: &Template) -> Page {
    let counts = [
        ("Mistakes", template.errors.len()),
        ("Variables", template.variables.len()),
        ("Loops", template.loops.len()),
        ("Conditions", template.conditions.len()),
        ("Filters", template.filters.len()),
        ("Content controls", template.controls.len()),
        ("Merge fields", template.merge_fields.len()),
    ];
    // Of what a template need not have, only what it has.
    let counts = counts.into_iter().enumerate().filter(|(index, (_, number))| *index < 2 || *number > 0);
    let counts = counts.map(|(_, (label, number))| fact(label, count(number)));
    let page = mistakes::notices(result::begin(head), template)
        .block("about", facts(counts.chain(result::about(head))))
        .block("downloads", result::downloads(head));
    let page = mistakes::sections(page, template)
        .section(variables::section(template))
        .section(logic::section(template))
        .section(controls::section(template));
    let block = Section::new("block", "Attachment block").tab();
    let block =
        block.summary("For an interview of docassemble: what it has to ask so that the template can be filled in.");
    page.section(result::block(block, yaml(template, &head.name)))
}
