//! Text as YAML writes it: as it is where no reader takes it for something else, quoted where one might.

use std::fmt::Write;

/// Characters of a key that stands on one line with its value (YAML 1.2, 7.4.2), less its quotes.
const LONGEST_KEY: usize = 1000;

/// Words that are no text for some reader of YAML, 1.1 or 1.2.
const WORDS: &[&str] = &["true", "false", "yes", "no", "on", "off", "null", "y", "n"];

/// A value, on one line.
pub(super) fn value(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// A key with its colon.
pub(super) fn key(text: &str, indent: &str) -> String {
    let key = value(text);
    if key.chars().count() <= LONGEST_KEY { format!("{indent}{key}:") } else { format!("{indent}? {key}\n{indent}:") }
}

/// Stays text, and itself, without quotes.
fn is_plain(text: &str) -> bool {
    text.chars().next().is_some_and(char::is_alphabetic)
        && !text.ends_with([' ', ':'])
        && ![": ", " #"].iter().any(|sign| text.contains(sign))
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
        && !text.chars().any(|char| is_escaped(char) || (char.is_whitespace() && char != ' '))
}

fn quoted(text: &str) -> String {
    let mut to = String::with_capacity(text.len() + 2);
    to.push('"');
    for char in text.chars() {
        match char {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\n' => to.push_str("\\n"),
            '\t' => to.push_str("\\t"),
            char if is_escaped(char) => escape(char, &mut to),
            char => to.push(char),
        }
    }
    to.push('"');
    to
}

fn escape(char: char, to: &mut String) {
    let code = u32::from(char);
    // Writing to a string cannot fail.
    let _ = if code <= 0xffff { write!(to, "\\u{code:04X}") } else { write!(to, "\\U{code:08X}") };
}

/// What YAML does not hold as it is, and what nobody sees: it is shown to whoever edits the file.
fn is_escaped(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2028}'..='\u{202e}')
        || matches!(char, '\u{2060}'..='\u{2069}' | '\u{feff}')
        || u32::from(char) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        for plain in ["Sign in", "Anmelden, bitte!", "Hello {name}", "a:b", "ملف", "C# (a)", "nothing", "a, b] c"] {
            assert_eq!(value(plain), plain);
        }
        for text in
            ["yes", "No", "null", "1e3", "-", "~", "", " a", "a ", "a: b", "a #b", "a:", "{a}", "*a", "&a", "!a"]
        {
            assert_eq!(value(text), format!("\"{text}\""));
        }
        assert_eq!(value("a\n\t\"b\\\u{202e}\u{1fffe}"), r#""a\n\t\"b\\\u202E\U0001FFFE""#);
        assert_eq!(value("می\u{200c}خواهم 👩\u{200d}💻"), "می\u{200c}خواهم 👩\u{200d}💻");
    }

    #[test]
    fn a_long_key_stands_alone() {
        assert_eq!(key("a", "  "), "  a:");
        let long = "a".repeat(LONGEST_KEY + 1);
        assert_eq!(key(&long, "  "), format!("  ? {long}\n  :"));
    }
}
