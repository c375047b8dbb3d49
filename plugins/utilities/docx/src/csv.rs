//! The fields as a table: one line for each.

use crate::template::{Kind, Place, Template};

const HEAD: &[&str] = &["sort", "name", "kind", "uses", "part", "paragraph", "choices"];

/// What a spreadsheet takes for the beginning of a formula, at once or once it has taken blanks away; wide letters count in
/// some languages.
const CALCULATED: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// All fields as CSV (RFC 4180): variables with their paths, content controls, merge fields.
///
/// A name that a spreadsheet would take for a formula has an apostrophe before it.
#[must_use]
pub fn csv(template: &Template) -> String {
    let mut to = String::new();
    line(&mut to, HEAD);
    for variable in &template.variables {
        for path in &variable.paths {
            let uses = path.uses.to_string();
            field(&mut to, "variable", &path.text, name_of(path.kind), &uses, variable.uses.first(), "");
        }
    }
    for control in &template.controls {
        let kind = format!("{:?}", control.kind).to_lowercase();
        let name = if control.tag.is_empty() { &control.alias } else { &control.tag };
        let choices: Vec<&str> = control.choices.iter().map(|choice| choice.shown.as_str()).collect();
        field(&mut to, "control", name, &kind, "1", Some(&control.place), &choices.join("; "));
    }
    for merge in &template.merge_fields {
        field(&mut to, "merge field", &merge.name, "text", &merge.uses.len().to_string(), merge.uses.first(), "");
    }
    to
}

pub(crate) fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::List => "list",
        Kind::Condition => "condition",
        Kind::Function => "function",
        Kind::Object => "object",
    }
}

fn field(to: &mut String, sort: &str, name: &str, kind: &str, uses: &str, place: Option<&Place>, choices: &str) {
    let part = place.map_or("", |place| place.part.as_str());
    let paragraph = place.map_or_else(String::new, |place| place.paragraph.to_string());
    line(to, &[sort, name, kind, uses, part, &paragraph, choices]);
}

fn line(to: &mut String, cells: &[&str]) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            to.push(',');
        }
        let guard = if cell.starts_with(CALCULATED) { "'" } else { "" };
        if guard.is_empty() && !cell.contains(['"', ',', '\n', '\r']) {
            to.push_str(cell);
        } else {
            to.push('"');
            to.push_str(guard);
            to.push_str(&cell.replace('"', "\"\""));
            to.push('"');
        }
    }
    to.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formulas() {
        let mut to = String::new();
        line(&mut to, &["a", "b,c", "say \"x\"", "=1+1", ""]);
        line(&mut to, &["\n=1", "＝1"]);
        assert_eq!(to, "a,\"b,c\",\"say \"\"x\"\"\",\"'=1+1\",\r\n\"'\n=1\",\"'＝1\"\r\n");
    }
}
