//! Names of fields, and of variables that are made of them.

use std::collections::{HashMap, HashSet};

use crate::bounds;
use crate::text;

/// What a name is read under in Python and can so be no variable, and what interviews use themselves.
const TAKEN: [&str; 46] = [
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "false",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "match",
    "none",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "true",
    "try",
    "while",
    "with",
    "yield",
    "attachment",
    "fields",
    "help",
    "list",
    "menu_items",
    "multi_user",
    "role",
    "speak_text",
    "url_args",
    "x",
];

/// Characters of a variable.
const LONGEST: usize = 60;

/// The full name of a field below another one.
pub(crate) fn below(parent: &str, own: &str) -> String {
    let dot = if parent.is_empty() || own.is_empty() { "" } else { "." };
    let full = [text::cut(parent, bounds::NAME), dot, text::cut(own, bounds::NAME)].concat();
    text::cut(&full, bounds::NAME).to_owned()
}

/// Names for variables, no two of them the same.
#[derive(Default)]
pub(crate) struct Variables {
    given: HashSet<String>,
    /// How often a name was asked for: where the search for a free one goes on.
    counts: HashMap<String, u32>,
}

impl Variables {
    /// A name in small letters, digits and underscores that says what the field's one says.
    pub fn name(&mut self, field: &str) -> String {
        let mut name = String::new();
        for char in field.chars() {
            match char {
                'a'..='z' | '0'..='9' => name.push(char),
                'A'..='Z' => name.push(char.to_ascii_lowercase()),
                _ if name.is_empty() || name.ends_with('_') => {}
                _ => name.push('_'),
            }
            if name.len() >= LONGEST {
                break;
            }
        }
        let name = name.trim_end_matches('_');
        let name = match name.bytes().next() {
            None => "field".to_owned(),
            Some(b'0'..=b'9') => format!("field_{name}"),
            Some(_) if TAKEN.contains(&name) => format!("{name}_"),
            Some(_) => name.to_owned(),
        };
        loop {
            let count = self.counts.entry(name.clone()).or_insert(0);
            *count += 1;
            let free = if *count == 1 { name.clone() } else { format!("{name}_{count}") };
            if self.given.insert(free.clone()) {
                return free;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_what_python_takes() {
        let mut variables = Variables::default();
        let names = ["Full Name:", "form1[0].Page1[0].Name[0]", "1st", "class", "full_name", "\u{5e9}\u{5dd}", "", "X"];
        let made =
            ["full_name", "form1_0_page1_0_name_0", "field_1st", "class_", "full_name_2", "field", "field_2", "x_"];
        assert_eq!(names.map(|name| variables.name(name)), made);
    }

    #[test]
    fn a_full_name_is_bounded() {
        assert_eq!(below("", "a"), "a");
        assert_eq!(below("a", "b"), "a.b");
        assert_eq!(below(&"a".repeat(5000), "b").len(), bounds::NAME);
    }
}
