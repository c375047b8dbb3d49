//! Which of the languages that are offered a browser asks for.

use crate::Language;

/// Ranges that are looked at; browsers send fewer than ten.
const MOST: usize = 32;

/// The first of the languages asked for (RFC 9110, section 12.5.4) that is offered: just so, or in another region. None
/// where none is.
#[must_use]
pub fn preferred<'o>(accepted: &str, offered: &'o [Language]) -> Option<&'o Language> {
    let mut ranges: Vec<(&str, u16)> = accepted.split(',').take(MOST).filter_map(range).collect();
    // Stable: of the same weight, what stands first is meant first.
    ranges.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
    ranges.into_iter().filter(|(_, weight)| *weight > 0).find_map(|(range, _)| {
        if range == "*" {
            return offered.first();
        }
        let asked = Language::parse(range).ok()?;
        offered
            .iter()
            .find(|language| **language == asked)
            .or_else(|| offered.iter().find(|other| other.is_like(&asked)))
    })
}

/// A range with its weight in thousandths.
fn range(said: &str) -> Option<(&str, u16)> {
    let (range, parameters) = said.split_once(';').unwrap_or((said, ""));
    let weight = match parameters.trim().strip_prefix("q=").or_else(|| parameters.trim().strip_prefix("Q=")) {
        Some(weight) => weight.trim().parse::<f32>().ok().filter(|weight| (0.0..=1.0).contains(weight))?,
        None => 1.0,
    };
    // Between 0 and 1000, as was checked.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let thousandths = (weight * 1000.0) as u16;
    Some((range.trim(), thousandths)).filter(|(range, _)| !range.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_first_and_offered_is_chosen() {
        let offered = ["en", "es", "ar", "pt-BR", "zh-Hant"].map(|tag| Language::parse(tag).unwrap());
        for (accepted, chosen) in [
            ("es", Some("es")),
            ("es-MX,es;q=0.9,en;q=0.8", Some("es")),
            ("fr, de;q=0.9, ar;q=0.1", Some("ar")),
            ("en;q=0.5, ar;q=0.7", Some("ar")),
            ("pt", Some("pt-BR")),
            ("zh-TW", Some("zh-Hant")),
            ("zh-CN", None),
            ("ar;q=0, *", Some("en")),
            ("fr", None),
            ("", None),
            (";;,,q=1,es;q=nonsense", None),
            ("es;q=7", None),
        ] {
            assert_eq!(preferred(accepted, &offered).map(Language::tag), chosen, "{accepted}");
        }
        assert_eq!(preferred(&format!("{}es", "xx,".repeat(100)), &offered), None);
    }
}
