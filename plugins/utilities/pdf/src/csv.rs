//! A template as a table: one line for each place of a field.

use std::fmt::Write;

use crate::template::{Choice, Field, Kind, Template, Widget};

const COLUMNS: &str =
    "name,kind,page,left,top,width,height,on,options,required,read only,multiline,max length,value,default,tooltip";

/// What a spreadsheet takes for the beginning of a formula, at once or once it has taken blanks away; wide letters count in
/// some languages.
const CALCULATED: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// RFC 4180, with a line of names. A field that stands nowhere has one line, too. Options, values and tooltips are in the
/// first line of a field alone, several of them with line ends between them. A cell that a spreadsheet would calculate has
/// a `'` before it.
pub fn csv(template: &Template) -> String {
    let mut out = format!("{COLUMNS}\r\n");
    for field in &template.fields {
        line(&mut out, field, field.widgets.first(), true);
        for widget in field.widgets.iter().skip(1) {
            line(&mut out, field, Some(widget), false);
        }
    }
    out
}

fn line(out: &mut String, field: &Field, widget: Option<&Widget>, first: bool) {
    let texts = |texts: Vec<&str>| if first { texts.join("\n") } else { String::new() };
    cell(out, &field.name);
    let _ = write!(out, ",{}", kind(field.kind));
    match widget {
        Some(Widget { page, rectangle: r, .. }) => {
            let _ = write!(out, ",{page},{},{},{},{},", r.left, r.top, r.width, r.height);
        }
        None => out.push_str(",,,,,,"),
    }
    cell(out, widget.and_then(|widget| widget.on.as_deref()).unwrap_or_default());
    out.push(',');
    cell(out, &texts(field.options.iter().map(|option| option.export.as_str()).collect()));
    let flags = field.flags;
    let _ = write!(out, ",{},{},{},", flags.required, flags.read_only, flags.multiline);
    if let Some(length) = flags.max_length {
        let _ = write!(out, "{length}");
    }
    for list in [&field.value, &field.default] {
        out.push(',');
        cell(out, &texts(list.iter().map(String::as_str).collect()));
    }
    out.push(',');
    cell(out, &texts(field.tooltip.as_deref().into_iter().collect()));
    out.push_str("\r\n");
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::CheckBox => "check box",
        Kind::Radio => "radio",
        Kind::Choice(Choice { combo: true, .. }) => "combo",
        Kind::Choice(Choice { multiple: true, .. }) => "list of several",
        Kind::Choice(_) => "list",
        Kind::Signature => "signature",
        Kind::Button => "button",
    }
}

fn cell(out: &mut String, text: &str) {
    let calculated = text.starts_with(CALCULATED);
    if !calculated && !text.contains([',', '"', '\n', '\r']) {
        return out.push_str(text);
    }
    out.push('"');
    if calculated {
        out.push('\'');
    }
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_hold_what_they_say() {
        let written = |text: &str| {
            let mut out = String::new();
            cell(&mut out, text);
            out
        };
        assert_eq!(
            ["a b", "a,b", "say \"x\"", "=1+1", "\n=1", "＝1"].map(written),
            ["a b", "\"a,b\"", "\"say \"\"x\"\"\"", "\"'=1+1\"", "\"'\n=1\"", "\"'＝1\""]
        );
    }
}
