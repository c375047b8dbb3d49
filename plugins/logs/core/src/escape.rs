//! A text as programs may have written it in JSON, where letters stand otherwise than they are read: `\"`, `\/`, `\u00f6`.

use std::fmt::Write;

/// Bytes at most that a byte of text has there.
pub(crate) const LONGEST: usize = 6;

/// The longest part of a text that stands in JSON as it is typed, whoever writes it; none where each letter may not.
pub(crate) fn plain(text: &str) -> Option<&str> {
    text.split(may_be_escaped).filter(|part| !part.is_empty()).max_by_key(|part| part.len())
}

/// An expression that finds the text as it is typed and as it may stand in JSON, letter by letter.
pub(crate) fn either(text: &str) -> String {
    let mut all = String::new();
    for letter in text.chars() {
        let typed = regex::escape(letter.encode_utf8(&mut [0; 4]));
        if !may_be_escaped(letter) {
            all.push_str(&typed);
            continue;
        }
        all.push_str(&format!("(?:{typed}|"));
        if let Some((_, short)) = SHORT.iter().find(|(known, _)| *known == letter) {
            all.push_str(&format!("{}|", regex::escape(short)));
        }
        all.push_str("(?i:");
        for unit in letter.encode_utf16(&mut [0; 2]) {
            // Writing to a text does not fail.
            let _ = write!(all, r"\\u{unit:04x}");
        }
        all.push_str("))");
    }
    all
}

/// Letters that have a short form of their own (RFC 8259, section 7).
const SHORT: &[(char, &str)] =
    &[('"', r#"\""#), ('\\', r"\\"), ('/', r"\/"), ('\t', r"\t"), ('\n', r"\n"), ('\r', r"\r")];

/// Some write letters by their number that mean something in HTML.
const fn may_be_escaped(letter: char) -> bool {
    matches!(letter, '"' | '\\' | '/' | '<' | '>' | '&' | '\'' | '\0'..'\u{20}' | '\u{7f}'..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{Filter, Kind};
    use crate::matcher::{Asked, Matcher};
    use crate::time::Clock;

    #[test]
    fn the_longest_part_is_what_nobody_escapes() {
        for (text, expected) in
            [("größer", Some("er")), ("/api/users", Some("users")), ("ö\"", None), ("a b", Some("a b"))]
        {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_shown_is_found_however_it_was_written() {
        let line = r#"{"message":"gr\u00f6\u00DFer als \ud83d\ude00 in \/var\/log \u003cb\u003e \"so\"\tund größer"}"#;
        for kind in [Kind::Plain, Kind::Exact] {
            for (text, expected) in [
                ("größer", true),
                ("größer als 😀", true),
                ("/var/log", true),
                ("<b>", true),
                ("\"so\"\tund", true),
                ("Größer", kind == Kind::Plain),
                ("ö", true),
                ("/var/lib", false),
                ("ö😀", false),
            ] {
                let filter = Filter { text: Some(text.into()), kind, ..Filter::default() };
                let matcher = Matcher::new(&filter, 0).unwrap();
                let asked = Asked { bytes: line.as_bytes(), headless: false };
                let found = matcher.next(line.as_bytes()).is_some() && matcher.take(asked, &Clock::default()).is_some();
                assert_eq!(found, expected, "{text} {kind:?}");
            }
        }
        let longest = "ö".repeat(500);
        assert!(Matcher::new(&Filter { text: Some(longest), ..Filter::default() }, 0).is_ok());
    }
}
