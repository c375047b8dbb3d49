//! Words of others, that are shown to people: what can be seen of them, and no more than fits.

/// Whether everything in it can be seen: no control characters, none that have no shape or turn the direction of what
/// is written.
pub(crate) fn is_visible(text: &str) -> bool {
    // Rust writes as an escape what cannot be printed, and these, which can.
    let without: String = text.chars().filter(|character| !matches!(character, '\'' | '"' | '\\')).collect();
    without.escape_debug().eq(without.chars())
}

/// No more of it than so many characters, line by line, and as an escape what cannot be seen.
pub(crate) fn shown(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for character in text.chars().take(most) {
        match character {
            '\n' => shown.push('\n'),
            character if is_visible(&format!("a{character}")) => shown.push(character),
            hidden => shown.extend(hidden.escape_unicode()),
        }
    }
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_seen_is_and_the_rest_is_written_out() {
        for seen in ["", "main", "it's \"work\"\\", "Größe", "e\u{301}", "版本-1.2", "हिन्दी", "a b", "🦀"]
        {
            assert!(is_visible(seen), "{seen}");
            assert_eq!(shown(seen, 20), seen);
        }
        for hidden in
            ["a\u{202e}b", "\u{200b}", "a\u{feff}", "\u{2066}x", "a\0", "\u{85}", "a\u{ad}b", "a\rb", "\u{e0041}"]
        {
            assert!(!is_visible(hidden), "{hidden:?}");
            assert!(is_visible(&shown(hidden, 20)) && shown(hidden, 20).contains("\\u{"), "{hidden:?}");
        }
        assert_eq!((shown("a\nb", 9).as_str(), shown("abcdef", 3).as_str()), ("a\nb", "abc…"));
    }
}
