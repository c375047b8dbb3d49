//! What Word itself fills in: content controls, merge fields, other fields.

use vestry_docx_fields::{Control, ControlKind, MergeField, Template};
use vestry_sdk::prelude::*;

use super::places::Parts;
use super::tables::{ROWS, add, numbered};
use crate::cells::{count, cut};

pub fn section(template: &Template) -> Section {
    let parts = Parts::of(template);
    let section = Section::new("word", "Content controls and merge fields").tab();
    let section = add(section, "controls", controls(&template.controls, &parts), template.controls.len());
    let fields = &template.merge_fields;
    let section = add(section, "merge-fields", merge_fields(fields, &parts), fields.len());
    match template.other_fields.is_empty() {
        true => section,
        false => add(section, "other-fields", others(template), template.other_fields.len()),
    }
}

fn controls(controls: &[Control], parts: &Parts<'_>) -> Table {
    let all = || controls.iter().take(ROWS);
    let choices = |control: &Control| {
        let shown: Vec<&str> = control.choices.iter().map(|choice| choice.shown.as_str()).collect();
        cut(&shown.join(", "))
    };
    let holds = |control: &Control| match (control.checked, control.is_placeholder) {
        (Some(checked), _) => checked.into(),
        (None, true) => Cell::Empty,
        (None, false) => cut(&control.text).into(),
    };
    numbered(controls.len())
        .column("tag", "Content control", all().map(|one| code(one.tag.as_str())))
        .column("title", "Title", all().map(|one| &one.alias))
        .column("kind", "Type", all().map(|one| badge(kind(one.kind), Level::Neutral)))
        .column("choices", "Options", all().map(choices))
        .column("holds", "Holds", all().map(holds))
        .column("place", "Paragraph", all().map(|one| parts.cell([&one.place])))
        .empty("There are no content controls in this document.")
}

fn kind(kind: ControlKind) -> &'static str {
    match kind {
        ControlKind::RichText => "Formatted text",
        ControlKind::Text => "Text",
        ControlKind::ComboBox => "Text with suggestions",
        ControlKind::DropDown => "Drop-down list",
        ControlKind::Date => "Date",
        ControlKind::CheckBox => "Check box",
        ControlKind::Picture => "Picture",
        ControlKind::Gallery => "Gallery",
        ControlKind::Group => "Group",
        ControlKind::Repeating => "Repeated part",
        ControlKind::Citation => "Citation",
        ControlKind::Equation => "Equation",
    }
}

fn merge_fields(fields: &[MergeField], parts: &Parts<'_>) -> Table {
    let all = || fields.iter().take(ROWS);
    numbered(fields.len())
        .column("name", "Merge field", all().map(|one| code(one.name.as_str())))
        .column("uses", "How often", all().map(|one| count(one.uses.len())))
        .column("places", "Paragraphs", all().map(|one| parts.cell(&one.uses)))
        .empty("There are no merge fields in this document.")
}

/// Fields of Word that fill themselves in.
fn others(template: &Template) -> Table {
    let all = || template.other_fields.iter().take(ROWS);
    numbered(template.other_fields.len())
        .column("code", "Field of Word", all().map(|one| code(one.code.as_str())))
        .column("uses", "How often", all().map(|one| one.uses))
}
