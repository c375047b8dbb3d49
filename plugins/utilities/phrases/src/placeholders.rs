//! `{name}` in phrases: where a value goes.

use std::collections::BTreeSet;

/// Name of the value that decides which form is chosen.
pub(crate) const COUNT: &str = "count";

/// The names in braces, each once.
pub(crate) fn names(text: &str) -> BTreeSet<&str> {
    all(text).collect()
}

fn all(text: &str) -> impl Iterator<Item = &str> {
    let behind = text.split('{').skip(1).filter_map(|behind| behind.split_once('}'));
    behind.map(|(name, _)| name).filter(|name| is_name(name))
}

pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Whether a phrase has a number in it that its form depends on: it contains `{count}`.
#[must_use]
pub fn is_counted(phrase: &str) -> bool {
    all(phrase).any(|name| name == COUNT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_a_name_in_braces() {
        let found: Vec<&str> = names("{a} {{b-1}} {c d} {} {e {f.g_h} {a} }{ {i").into_iter().collect();
        assert_eq!(found, ["a", "b-1", "f.g_h"]);
        assert!(is_counted("{count} files") && !is_counted("count") && !is_counted("{ count }"));
    }
}
