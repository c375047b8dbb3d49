//! Numbers that stand for the forms of a language: a machine translates "3 files", and `{count}` takes the digit's place
//! again.

/// A number of each form beside `other` (Unicode CLDR, "Language Plural Rules"), where the language has no other one.
const NUMBERS: [(&str, u32); 5] = [("zero", 0), ("one", 1), ("two", 2), ("few", 3), ("many", 11)];

/// Languages in which another number has the form; none where only fractions have.
const OTHERS: &[(&str, &str, Option<u32>)] = &[
    ("ca", "many", Some(1_000_000)),
    ("cs", "many", None),
    ("cy", "many", Some(6)),
    ("es", "many", Some(1_000_000)),
    ("fr", "many", Some(1_000_000)),
    ("ga", "many", Some(7)),
    ("it", "many", Some(1_000_000)),
    ("lt", "many", None),
    ("pt", "many", Some(1_000_000)),
    ("sk", "many", None),
];

/// A number that has this form in the language.
pub fn number(tag: &str, form: &str) -> Option<u32> {
    let language = tag.split('-').next().unwrap_or_default();
    match OTHERS.iter().find(|(other, of, _)| *other == language && *of == form) {
        Some((_, _, number)) => *number,
        None => NUMBERS.iter().find(|(known, _)| *known == form).map(|(_, number)| *number),
    }
}

/// A phrase with a number in the place of `{count}`.
pub fn counting(phrase: &str, number: u32) -> String {
    phrase.replace("{count}", &number.to_string())
}

/// The other way round; none where the number does not stand in it exactly once.
pub fn uncounted(words: &str, number: u32) -> Option<String> {
    let digits = number.to_string();
    let is_whole = |(at, _): &(usize, &str)| {
        let (before, behind) = (&words[..*at], &words[at + digits.len()..]);
        !before.ends_with(char::is_numeric) && !behind.starts_with(char::is_numeric)
    };
    let mut found = words.match_indices(&digits).filter(is_whole);
    let (at, _) = found.next()?;
    match found.next() {
        None => Some(format!("{}{{count}}{}", &words[..at], &words[at + digits.len()..])),
        Some(_) => None,
    }
}
