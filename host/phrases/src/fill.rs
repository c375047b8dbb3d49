//! The one place where `{name}` becomes a value, on pages, in mails, in the host's own questions.
//!
//! Plugins and translators write phrases, and plugins send values of megabytes: however both are, a phrase is filled in
//! about as long as it takes to read them, and takes little more room than they do.

use std::collections::BTreeSet;

/// Names in braces that are looked up; those behind them stay as they are.
const MOST_NAMES: usize = 200;
/// Bytes of values that are put in once more, because their name stands in the phrase more than once.
const MOST_AGAIN: usize = 4096;

/// Puts values in place of `{name}`. A name without a value stays as it is: a visible mistake beats a silent one. Values
/// are not read again, so nothing in one can name another.
pub fn fill<'v>(phrase: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
    fill_between(phrase, value, ["", ""])
}

/// The same for words that are written from right to left: each value keeps its own direction, and stays in its place
/// among them (Unicode Standard Annex 9, section 2.4.2). Without that `1.2.0-beta.1` is read as `beta.1-1.2.0`.
pub(crate) fn fill_isolated<'v>(phrase: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
    fill_between(phrase, value, ["\u{2068}", "\u{2069}"])
}

fn fill_between<'v>(phrase: &str, value: impl Fn(&str) -> Option<&'v str>, around: [&str; 2]) -> String {
    let mut out = String::with_capacity(phrase.len() + 16);
    let (mut rest, mut looked_up, mut filled, mut room) = (phrase, 0, BTreeSet::new(), MOST_AGAIN);
    while let Some((before, tail)) = rest.split_once('{') {
        out.push_str(before);
        // No further than the next brace: a plugin may send nothing but braces.
        let name = tail.find(['{', '}']).and_then(|end| Some((&tail[..end], tail[end..].strip_prefix('}')?)));
        let name = name.filter(|_| looked_up < MOST_NAMES);
        looked_up += usize::from(name.is_some());
        let found = name.and_then(|(name, behind)| Some((name, value(name)?, behind)));
        match found.filter(|(name, value, _)| filled.insert(*name) || spend(&mut room, value.len())) {
            Some((_, value, behind)) => {
                let [before, after] = if value.is_empty() { ["", ""] } else { around };
                out.extend([before, value, after]);
                rest = behind;
            }
            None => {
                out.push('{');
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Takes so much of what there is room for, where there is that much.
fn spend(room: &mut usize, bytes: usize) -> bool {
    let left = room.checked_sub(bytes);
    *room = left.unwrap_or(*room);
    left.is_some()
}

/// The names in braces, in their order; one that comes twice, twice.
pub fn names(phrase: &str) -> impl Iterator<Item = &str> {
    phrase
        .split('{')
        .skip(1)
        .filter_map(|behind| behind.split_once('}'))
        .map(|(name, _)| name)
        .filter(|name| is_name(name))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn values_stand_in_place_of_their_names_and_are_not_read_again() {
        let value = |name: &str| match name {
            "who" => Some("{count}"),
            "count" => Some("3"),
            _ => None,
        };
        assert_eq!(fill("{who} has {count}, {none} {", value), "{count} has 3, {none} {");
        assert_eq!(fill("{{count}} {}", value), "{3} {}");
        assert_eq!(fill("", value), "");
    }

    #[test]
    fn a_phrase_of_braces_takes_no_longer_than_any_other() {
        let began = Instant::now();
        for phrase in ["{".repeat(4 << 20), "{".repeat(4 << 20) + "}", "{a".repeat(2 << 20), "{}".repeat(2 << 20)] {
            assert_eq!(fill(&phrase, |_| None), phrase);
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    }

    #[test]
    fn a_value_comes_in_once_and_a_little_more() {
        let long = "x".repeat(MOST_AGAIN);
        let said = fill(&"{long} ".repeat(1_000), |name| (name == "long").then_some(&*long));
        assert_eq!((said.matches('x').count(), said.matches("{long}").count()), (2 * MOST_AGAIN, 998));
        let looked_up = Cell::new(0);
        fill(&"{none}".repeat(1_000), |_| {
            looked_up.set(looked_up.get() + 1);
            None
        });
        assert_eq!(looked_up.get(), MOST_NAMES);
        let many: String = (0..=MOST_NAMES).map(|number| format!("{{{number}}}")).collect();
        assert_eq!(fill(&many, |_| Some("")), format!("{{{MOST_NAMES}}}"));
    }

    #[test]
    fn names_are_found_where_values_would_be_put() {
        assert_eq!(names("{who} has {count}, {} { no} {{deep}} {last").collect::<Vec<_>>(), ["who", "count", "deep"]);
    }
}
