//! Texts of PDF: three encodings that are told from each other by how they begin.

/// What stands at 0x18 to 0x1F, and at 0x80 to 0xA0, in the encoding of PDF's own; elsewhere it is Latin-1.
const ACCENTS: [char; 8] = ['\u{2d8}', '\u{2c7}', '\u{2c6}', '\u{2d9}', '\u{2dd}', '\u{2db}', '\u{2da}', '\u{2dc}'];
const SIGNS: [char; 33] = [
    '\u{2022}', '\u{2020}', '\u{2021}', '\u{2026}', '\u{2014}', '\u{2013}', '\u{192}', '\u{2044}', '\u{2039}',
    '\u{203a}', '\u{2212}', '\u{2030}', '\u{201e}', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}', '\u{201a}',
    '\u{2122}', '\u{fb01}', '\u{fb02}', '\u{141}', '\u{152}', '\u{160}', '\u{178}', '\u{17d}', '\u{131}', '\u{142}',
    '\u{153}', '\u{161}', '\u{17e}', '\u{fffd}', '\u{20ac}',
];

/// The text of a string, without marks of language inside it. What cannot be read shows as U+FFFD.
pub(crate) fn text(bytes: &[u8]) -> String {
    match bytes {
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => bytes.iter().map(|byte| own(*byte)).collect(),
    }
}

/// The text of a name: UTF-8 where it is, otherwise one character for each byte.
pub(crate) fn name(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let chars = char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER));
    let mut inside = false;
    let shown = chars.filter(|char| {
        inside ^= *char == '\u{1b}';
        !inside && *char != '\u{1b}'
    });
    shown.collect()
}

fn own(byte: u8) -> char {
    match byte {
        0x18..=0x1F => ACCENTS[usize::from(byte - 0x18)],
        0x80..=0xA0 => SIGNS[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// As much of a text as fits so many bytes.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    match text.len() <= most {
        true => text,
        false => &text[..text.floor_char_boundary(most)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_from_each_other() {
        assert_eq!(text(b"caf\xe9 \x93x\x94 \xa0"), "caf\u{e9} \u{fb01}x\u{fb02} \u{20ac}");
        assert_eq!(text(b"\xfe\xff\x06\x27\xd8\x3d\xde\x00"), "\u{627}\u{1f600}");
        assert_eq!(text(b"\xff\xfea\0"), "a");
        assert_eq!(text(b"\xef\xbb\xbf\xc3\xbc"), "\u{fc}");
        assert_eq!(text(b"\xfe\xff\0\x1b\0e\0n\0\x1b\0a\xd8\x3d"), "a\u{fffd}");
        assert_eq!(name(b"\xfc"), "\u{fc}");
        assert_eq!(cut("a\u{fc}b", 2), "a");
    }
}
