//! A template as a block of an interview that fills it in.

use std::fmt::Write;

use crate::name::Variables;
use crate::template::{Field, Kind, Template};

/// What of a choice is written beside a field; the rest is in the table.
const SHOWN: usize = 20;

/// An `attachment` block to copy: every field by its name, with a variable, or for a check box whether it is on. What
/// only does something when it is pressed is left out. The names of the variables are made of those of the fields.
pub fn yaml(template: &Template, filename: &str) -> String {
    let title = filename.strip_suffix(".pdf").or_else(|| filename.strip_suffix(".PDF")).unwrap_or(filename);
    let mut out = format!(
        "---\nattachment:\n  name: {}\n  filename: {}\n  pdf template file: {}\n",
        quoted(&unmade(title)),
        quoted(&Variables::default().name(title)),
        quoted(filename)
    );
    let mut variables = Variables::default();
    let filled = template.fields.iter().filter(|field| field.kind != Kind::Button);
    for (index, field) in filled.enumerate() {
        if index == 0 {
            out.push_str("  fields:\n");
        }
        entry(&mut out, field, &mut variables);
    }
    out
}

fn entry(out: &mut String, field: &Field, variables: &mut Variables) {
    if matches!(field.kind, Kind::Radio | Kind::Choice(_)) && !field.options.is_empty() {
        let options: Vec<String> = field.options.iter().take(SHOWN).map(|option| quoted(&option.export)).collect();
        let more = if field.options.len() > SHOWN { ", ..." } else { "" };
        let _ = writeln!(out, "    # One of {}{more}", options.join(", "));
    }
    let name = quoted(&field.name);
    let _ = match field.kind {
        Kind::CheckBox => writeln!(out, "    - {name}: {}", if is_on(field) { "True" } else { "False" }),
        _ => writeln!(out, "    - {name}: ${{ {} }}", variables.name(&field.name)),
    };
}

fn is_on(field: &Field) -> bool {
    field.value.first().is_some_and(|value| value != "Off" && !value.is_empty())
}

/// Text without what begins a piece of program in Mako, as which docassemble reads the name of a document.
fn unmade(text: &str) -> String {
    let mut out = String::new();
    for char in text.trim_start_matches(['%', '#', ' ']).chars() {
        let begins = (out.ends_with('$') && char == '{') || (out.ends_with('<') && char == '%');
        match char {
            '\n' | '\r' => out.push(' '),
            _ if begins => {}
            _ => out.push(char),
        }
    }
    out
}

/// Double quotes, in which everything can be written.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            char if is_escaped(char) => {
                let _ = write!(out, "\\u{:04x}", u32::from(char));
            }
            _ => out.push(char),
        }
    }
    out.push('"');
    out
}

/// What YAML does not print or takes for the end of a line, and what is not seen or turns the direction of what follows: it
/// would hide what is copied.
fn is_escaped(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(char, '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fffe}'..='\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{Flags, Opt, Xfa};

    fn field(name: &str, kind: Kind) -> Field {
        Field {
            name: name.to_owned(),
            kind,
            widgets: Vec::new(),
            options: Vec::new(),
            flags: Flags::default(),
            value: Vec::new(),
            default: Vec::new(),
            tooltip: None,
        }
    }

    #[test]
    fn a_block_is_ready_to_copy() {
        let mut agreed = field("Agreed", Kind::CheckBox);
        agreed.value = vec!["Yes".to_owned()];
        let mut color = field("Color", Kind::Radio);
        color.options = vec![Opt { export: "red".to_owned(), label: "Red".to_owned() }];
        let fields = vec![field("Name: \"full\"\n", Kind::Text), agreed, color, field("Send", Kind::Button)];
        let template = Template { pages: Vec::new(), fields, outline: Vec::new(), xfa: Xfa::None, notes: Vec::new() };
        assert_eq!(
            yaml(&template, "letter.pdf"),
            r#"---
attachment:
  name: "letter"
  filename: "letter"
  pdf template file: "letter.pdf"
  fields:
    - "Name: \"full\"\n": ${ name_full }
    - "Agreed": True
    # One of "red"
    - "Color": ${ color }
"#
        );
    }

    #[test]
    fn nothing_in_a_block_runs_or_hides() {
        assert_eq!(unmade("%# $${{x}} <<%%import os%> 100%"), "$$x}} <<import os%> 100%");
        assert_eq!(unmade("$5 {a}\n## b"), "$5 {a} ## b");
        assert_eq!(quoted("a\u{202e}\u{200f}\u{85}\u{feff}\"\t"), r#""a\u202e\u200f\u0085\ufeff\"\t""#);
    }
}
