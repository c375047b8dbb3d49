//! Words of plugins as the host writes them down: their phrases, with values in them.

use vestry_contract::types::{Filled, Text};
use vestry_phrases::fill as fill_phrase;

/// The words of a text, with values in place of `{name}`: those that stand in the text go first.
pub(crate) fn fill(text: &Text, values: &[(String, String)]) -> String {
    match text {
        Text::Data(words) => words.clone(),
        Text::Phrase(phrase) => fill_phrase(phrase, |name| value(values, name)),
        Text::Filled(own) => fill_phrase(&own.phrase, |name| value(&own.values, name).or_else(|| value(values, name))),
    }
}

/// The same, not put into words yet: with the values that it needs.
pub(crate) fn filled(text: &Text, values: &[(String, String)]) -> Text {
    let (phrase, own) = match text {
        Text::Data(_) => return text.clone(),
        Text::Phrase(phrase) => (phrase, &[][..]),
        Text::Filled(own) => (&own.phrase, own.values.as_slice()),
    };
    let given = values.iter().filter(|(name, _)| phrase.contains(&format!("{{{name}}}")) && value(own, name).is_none());
    let values = own.iter().chain(given).cloned().collect();
    Text::Filled(Filled { phrase: phrase.clone(), values })
}

fn value<'v>(values: &'v [(String, String)], name: &str) -> Option<&'v str> {
    values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn a_text_takes_the_values_along_that_it_needs() {
        let values = [("who".to_owned(), "Anna".to_owned()), ("other".to_owned(), "x".to_owned())];
        let phrase = "{who} is here".to_owned();
        let own =
            |values: &[(String, String)]| Text::Filled(Filled { phrase: phrase.clone(), values: values.to_vec() });
        let same = |one: &Text, other: &Text| assert_eq!(format!("{one:?}"), format!("{other:?}"));
        same(&filled(&Text::Phrase(phrase.clone()), &values), &own(&values[..1]));
        let berta = own(&[("who".to_owned(), "Berta".to_owned())]);
        same(&filled(&berta, &values), &berta);
        same(&filled(&Text::Data("{who}".into()), &values), &Text::Data("{who}".into()));
    }
}
