//! Phrases with values in them.

use vestry_contract::types::Text;

/// The words of a text, with values in place of `{name}`. A name without a value stays: a visible mistake beats a silent
/// one. Values are not read again, so nothing in one can name another.
pub(super) fn fill(text: &Text, values: &[(String, String)]) -> String {
    match text {
        Text::Data(words) => words.clone(),
        Text::Phrase(phrase) => filled(phrase, |name| value(values, name)),
        Text::Filled(own) => filled(&own.phrase, |name| value(&own.values, name).or_else(|| value(values, name))),
    }
}

fn value<'v>(values: &'v [(String, String)], name: &str) -> Option<&'v str> {
    values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn filled<'v>(phrase: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
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
    use vestry_contract::types::Filled;

    use super::*;

    #[test]
    fn values_stand_in_place_of_their_names_and_are_not_read_again() {
        let values = [("who".to_owned(), "{count}".to_owned()), ("count".to_owned(), "3".to_owned())];
        let phrase = |words: &str| fill(&Text::Phrase(words.into()), &values);
        assert_eq!(phrase("{who} has {count}, {none} {"), "{count} has 3, {none} {");
        assert_eq!(phrase("{{count}} {}"), "{3} {}");
        assert_eq!(fill(&Text::Data("{count}".into()), &values), "{count}");
        let own = Filled { phrase: "{count} of {who}".into(), values: vec![("count".into(), "1".into())] };
        assert_eq!(fill(&Text::Filled(own), &values), "1 of {count}");
    }
}
