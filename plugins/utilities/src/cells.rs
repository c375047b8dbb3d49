//! What tables of all services have in their cells: texts as long as there is room for, and counts.

/// Characters of a text that is shown. The downloads have all of it.
pub const LONGEST: usize = 200;

/// As long as it can stand in a table.
pub fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// How many there are, as pages say numbers.
pub fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
