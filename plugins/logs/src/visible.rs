//! Text that other programs wrote, as it can stand on a page.

/// Leaves out what tells a terminal about colours (control sequences, ECMA-48, section 5.4), shows other control characters
/// by their pictures, and what would turn the direction of the text behind it by its number.
pub fn visible(text: String) -> String {
    if !text.chars().any(is_hidden) {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '\u{1b}' if rest.as_str().starts_with('[') => {
                rest.find(|it| ('\u{40}'..='\u{7e}').contains(it) && *it != '[');
            }
            letter if !is_hidden(letter) => shown.push(letter),
            letter => match u32::from(letter) {
                control @ ..0x20 => shown.extend(char::from_u32(0x2400 + control)),
                0x7f => shown.push('\u{2421}'),
                other => shown.push_str(&format!("<U+{other:04X}>")),
            },
        }
    }
    shown
}

const fn is_hidden(letter: char) -> bool {
    match letter {
        '\n' | '\t' => false,
        // Controls, and those of direction (Unicode Standard Annex 9, section 2).
        '\0'..'\u{20}' | '\u{7f}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' => true,
        '\u{2066}'..='\u{2069}' | '\u{61c}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_mislead_is_shown() {
        for (text, expected) in [
            ("plain ä\tand\nnext", "plain ä\tand\nnext"),
            ("\u{1b}[1;31mred\u{1b}[0m and \u{1b}[Kmore", "red and more"),
            ("\u{1b}]0;title\u{7}", "␛]0;title␇"),
            ("\0\u{7f}\u{85}", "␀␡<U+0085>"),
            ("\u{202e}turned\u{2069}", "<U+202E>turned<U+2069>"),
            ("cut off \u{1b}[12", "cut off "),
        ] {
            assert_eq!(visible(text.to_owned()), expected);
        }
    }
}
