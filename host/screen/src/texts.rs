//! Texts of the contract: many in one string.

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
}
