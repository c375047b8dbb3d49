//! Phrases with values in them: the one place where `{name}` becomes a value, on pages, in mails, in the host's own
//! questions.

/// Puts values in place of `{name}`. A name without a value stays as it is: a visible mistake beats a silent one. Values
/// are not read again, so nothing in one can name another.
pub fn fill<'v>(phrase: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
    let mut out = String::with_capacity(phrase.len() + 16);
    let mut rest = phrase;
    while let Some((before, tail)) = rest.split_once('{') {
        out.push_str(before);
        match tail.split_once('}').and_then(|(name, after)| Some((value(name)?, after))) {
            Some((value, after)) => {
                out.push_str(value);
                rest = after;
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

#[cfg(test)]
mod tests {
    use super::fill;

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
}
