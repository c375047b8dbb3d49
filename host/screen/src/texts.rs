//! Texts of the contract: many in one string, and phrases with values in them.

use vestry_contract::ui::Texts;

use crate::ScreenError;

/// The single texts of a column.
///
/// # Errors
/// An end that lies before the one in front of it, past the string, or inside a character.
pub(crate) fn slices<'t>(texts: &'t Texts, block: &str) -> Result<Vec<&'t str>, ScreenError> {
    let mut start = 0;
    let mut found = Vec::with_capacity(texts.ends.len());
    for (index, end) in texts.ends.iter().enumerate() {
        let end = *end as usize;
        let Some(slice) = texts.all.get(start..end) else {
            return Err(ScreenError::invalid(
                block,
                format!(
                    "text {index} is said to end at byte {end}, which is before it starts, past the texts or inside a character"
                ),
            ));
        };
        found.push(slice);
        start = end;
    }
    Ok(found)
}

/// Puts values in place of `{name}`. Names without a value stay as they are: a visible mistake beats a silent one.
pub(crate) fn fill<'v>(phrase: &str, values: impl Iterator<Item = (&'v str, &'v str)> + Clone) -> String {
    let mut out = String::with_capacity(phrase.len() + 16);
    let mut rest = phrase;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let tail = &rest[open + 1..];
        let named = tail.find('}').and_then(|close| {
            let value = values.clone().find(|(name, _)| *name == &tail[..close])?;
            Some((close, value.1))
        });
        match named {
            Some((close, value)) => {
                out.push_str(value);
                rest = &tail[close + 1..];
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
    use super::*;

    #[test]
    fn an_end_inside_a_character_is_refused() {
        let texts = Texts { all: "né".into(), ends: vec![1, 2] };
        let error = slices(&texts, "people").unwrap_err().to_string();
        assert!(error.contains("people") && error.contains("byte 2"), "{error}");
    }

    #[test]
    fn ends_must_rise_and_stay_inside() {
        assert!(slices(&Texts { all: "abc".into(), ends: vec![2, 1] }, "t").is_err());
        assert!(slices(&Texts { all: "abc".into(), ends: vec![4] }, "t").is_err());
        assert_eq!(slices(&Texts { all: "abc".into(), ends: vec![1, 1, 3] }, "t").unwrap(), ["a", "", "bc"]);
    }

    #[test]
    fn values_stand_in_place_of_their_names_and_are_not_read_again() {
        let values = [("who", "{count}"), ("count", "3")];
        assert_eq!(fill("{who} has {count}, {none} {", values.into_iter()), "{count} has 3, {none} {");
    }
}
