//! Lines of `name=value` as Go's `slog`, logrus and many others write them: `time=2026-11-22T08:15:13Z level=info msg="up"`.
//!
//! A line is one of these only where its time is among its first names. Values in quotes may have what is escaped in JSON.

use std::ops::Range;

/// Names that are looked at for the time.
const FIRST: usize = 4;

/// Name and value of each pair, as they stand there, as long as there are some.
pub(crate) fn pairs(line: &[u8]) -> impl Iterator<Item = (&[u8], Range<usize>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += line[at..].iter().take_while(|byte| **byte == b' ').count();
        let name = line[at..].iter().take_while(|byte| is_name(**byte)).count();
        let value = at + name + 1;
        if name == 0 || line.get(value - 1) != Some(&b'=') {
            return None;
        }
        let name = &line[at..at + name];
        at = value + length(&line[value..]);
        Some((name, value..at))
    })
}

/// Where the time stands, without quotes.
pub(crate) fn time(line: &[u8], names: &[&str]) -> Option<Range<usize>> {
    // Of most other lines this says it.
    memchr::memchr(b'=', &line[..line.len().min(32)])?;
    let is_time = |name: &[u8]| names.iter().any(|known| known.as_bytes() == name);
    let (_, value) = pairs(line).take(FIRST).find(|(name, _)| is_time(name))?;
    let quoted = line[value.clone()].starts_with(b"\"") && value.len() >= 2;
    Some(if quoted { value.start + 1..value.end - 1 } else { value })
}

/// What a value means.
pub(crate) fn meant(value: &[u8]) -> String {
    match value {
        [b'"', ..] => serde_json::from_slice(value).unwrap_or_else(|_| plainly(value)),
        _ => plainly(value),
    }
}

fn plainly(value: &[u8]) -> String {
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    String::from_utf8_lossy(value.strip_suffix(b"\"").unwrap_or(value)).into_owned()
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@' | b'/')
}

fn length(value: &[u8]) -> usize {
    if value.first() != Some(&b'"') {
        return value.iter().take_while(|byte| !matches!(byte, b' ' | b'\n' | b'\r')).count();
    }
    let mut escaped = false;
    let end = value[1..].iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    end.map_or(value.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Vec<(String, String)> {
        let text = |name: &[u8]| String::from_utf8(name.to_vec()).unwrap();
        pairs(line.as_bytes()).map(|(name, value)| (text(name), meant(&line.as_bytes()[value]))).collect()
    }

    #[test]
    fn pairs_are_read_as_long_as_there_are_some() {
        let owned = |all: &[(&str, &str)]| -> Vec<(String, String)> {
            all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        assert_eq!(
            read(r#"time=x level=info msg="say \"hi\" ä" a= b="" c.d=1"#),
            owned(&[("time", "x"), ("level", "info"), ("msg", "say \"hi\" ä"), ("a", ""), ("b", ""), ("c.d", "1")])
        );
        assert_eq!(read("a=1 and then b=2"), owned(&[("a", "1")]));
        assert_eq!(read(r#"a="cut off"#), owned(&[("a", "cut off")]));
        for none in ["", "=", "x", "= a", "a b=c"] {
            assert_eq!(read(none), [], "{none}");
        }
    }

    #[test]
    fn the_time_is_among_the_first() {
        let at = |line: &str| time(line.as_bytes(), &["time", "ts"]).map(|range| line[range].to_owned());
        assert_eq!(at("level=info ts=\"2026\" x=1").as_deref(), Some("2026"));
        assert_eq!(at("time=2026").as_deref(), Some("2026"));
        assert_eq!(at("a=1 b=2 c=3 d=4 time=2026"), None);
        assert_eq!(at("it took time=5"), None);
        assert_eq!(at("time=\""), Some("\"".to_owned()));
    }
}
