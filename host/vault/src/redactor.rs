//! Taking secrets out of what is about to be written.
//!
//! It knows the values that somebody was given, and finds them in a text as they are, with backslashes put in and
//! characters written as `\u00e9` as in JSON (also JSON in JSON), with HTML's entities, percent-encoded, in hexadecimal, and
//! in base64 at any of the three offsets at which they can stand in it (in `Authorization: Basic` the user's name goes
//! before). It helps against accidents: who means to carry a secret out can write it backwards.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use parking_lot::RwLock;

use crate::SecretValue;
use crate::value::clear;

/// What stands in the place of a secret.
pub const REDACTED: &str = "•••";
/// Values of fewer characters are left: they would be found in half of all sentences.
pub const SHORTEST: usize = 6;
/// Values that are remembered; beyond, the one opened first is forgotten. More than any server has, unless one changes
/// all the time.
const MOST_VALUES: usize = 256;

/// Knows values, and takes them out of texts. Cheap to clone; all clones know the same.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Arc<RwLock<Vec<Arc<Known>>>>,
}

/// A value and the forms in which it can stand in a text.
struct Known {
    value: SecretValue,
    /// Without backslashes; none where too little is left.
    unescaped: Option<SecretValue>,
    forms: Vec<Form>,
}

struct Form {
    text: String,
    /// Whether a character before and after it is partly of the secret too, as in base64.
    partial: (bool, bool),
}

impl Redactor {
    /// Remembers a value that was opened. One that is too short is passed over.
    pub fn remember(&self, value: &SecretValue) {
        let text = value.expose();
        if !is_long_enough(text) || self.known.read().iter().any(|known| known.value.expose() == text) {
            return;
        }
        let unescaped = SecretValue::parse(&text.replace('\\', "")).ok().filter(|value| is_long_enough(value.expose()));
        let new = Arc::new(Known { value: value.clone(), unescaped, forms: forms(text) });
        let mut known = self.known.write();
        if known.len() >= MOST_VALUES {
            known.remove(0);
        }
        known.push(new);
    }

    /// The text without any value that it knows. Costs nothing to speak of where none is known.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let known = self.known.read();
        if known.is_empty() || text.is_empty() {
            return Cow::Borrowed(text);
        }
        let decoded = text.contains('%').then(|| View::decoded(text));
        let entities = text.contains('&').then(|| View::without_entities(text));
        let unescaped = text.contains('\\').then(|| View::unescaped(text));
        let spelled = text.contains("\\u").then(|| View::spelled_out(text));
        let mut found = Vec::new();
        for known in known.iter() {
            known.forms.iter().for_each(|form| form.find(text, &mut found));
            for view in decoded.iter().chain(&entities) {
                view.find(known.value.expose(), &mut found);
            }
            for (view, value) in unescaped.iter().chain(&spelled).zip(known.unescaped.iter().cycle()) {
                view.find(value.expose(), &mut found);
            }
        }
        without(text, found)
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Redactor")
    }
}

impl Drop for Form {
    fn drop(&mut self) {
        clear(std::mem::take(&mut self.text).into_bytes());
    }
}

fn is_long_enough(value: &str) -> bool {
    value.chars().count() >= SHORTEST
}

/// The forms of a value; the percent-encoded ones and those with backslashes are found otherwise.
fn forms(value: &str) -> Vec<Form> {
    let whole = |text: String| Form { text, partial: (false, false) };
    let mut forms = vec![
        whole(value.to_owned()),
        whole(HEXLOWER.encode(value.as_bytes())),
        whole(HEXUPPER.encode(value.as_bytes())),
    ];
    for encoding in [&BASE64_NOPAD, &BASE64URL_NOPAD] {
        forms.extend((0..3).map(|offset| base64(encoding, value, offset)));
    }
    forms.sort_by(|one, other| one.text.cmp(&other.text));
    forms.dedup_by(|one, other| one.text == other.text && one.partial == other.partial);
    forms
}

/// The characters that are the value's alone where `offset` bytes of something else stand before it.
fn base64(encoding: &data_encoding::Encoding, value: &str, offset: usize) -> Form {
    let shifted = [&[0; 2][..offset], value.as_bytes()].concat();
    let encoded = encoding.encode(&shifted);
    // Character number n holds the bits from 6n on.
    let first = (offset * 8).div_ceil(6);
    let end = shifted.len() * 8 / 6;
    clear(shifted);
    let form = Form {
        text: encoded.get(first..end).unwrap_or_default().to_owned(),
        partial: (offset > 0, end < encoded.len()),
    };
    clear(encoded.into_bytes());
    form
}

impl Form {
    fn find(&self, text: &str, found: &mut Vec<Range<usize>>) {
        if self.text.is_empty() {
            return;
        }
        let bytes = text.as_bytes();
        let encoded =
            |index: usize| bytes.get(index).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte));
        let mut from = 0;
        while let Some(start) = text.get(from..).and_then(|rest| rest.find(&self.text)).map(|at| from + at) {
            let end = start + self.text.len();
            let before = self.partial.0 && start > 0 && encoded(start - 1);
            let after = self.partial.1 && encoded(end);
            found.push(start - usize::from(before)..end + usize::from(after));
            // The next character, not the end: two finds may overlap.
            from = start + self.text.chars().next().map_or(1, char::len_utf8);
        }
    }
}

/// A text as somebody who reads it back would see it, and where each byte came from.
struct View {
    bytes: Vec<u8>,
    /// Of each byte where that begins and ends in the text which it stands for.
    places: Vec<(u32, u32)>,
}

/// Entities that have a name and that programs write in the place of what means something in HTML.
const ENTITIES: &[(&str, char)] =
    &[("&quot;", '"'), ("&amp;", '&'), ("&apos;", '\''), ("&lt;", '<'), ("&gt;", '>'), ("&nbsp;", ' ')];
/// Characters of the longest entity with a number that is read, such as `&#x1F600;`.
const LONGEST_ENTITY: usize = 10;

impl View {
    /// `read`: what stands at the beginning of the rest of a text, as a character and the bytes that it takes there; none
    /// where the next byte stands for itself. No character for what stands for nothing.
    fn new(text: &str, read: impl Fn(&str) -> Option<(Option<char>, usize)>) -> Self {
        let mut view = Self { bytes: Vec::with_capacity(text.len()), places: Vec::with_capacity(text.len()) };
        let mut at = 0;
        while let Some(byte) = text.as_bytes().get(at) {
            let (character, length) = match text.get(at..).and_then(&read) {
                Some((character, length)) => (character, length.max(1)),
                None => {
                    view.push(&[*byte], at, at + 1);
                    at += 1;
                    continue;
                }
            };
            if let Some(character) = character {
                view.push(character.encode_utf8(&mut [0; 4]).as_bytes(), at, at + length);
            }
            at += length;
        }
        view
    }

    /// With every `%XX` undone.
    fn decoded(text: &str) -> Self {
        let raw = text.as_bytes();
        let digit = |index: usize| raw.get(index).and_then(|byte| char::from(*byte).to_digit(16));
        let mut view = Self { bytes: Vec::with_capacity(raw.len()), places: Vec::with_capacity(raw.len()) };
        let mut index = 0;
        while let Some(byte) = raw.get(index) {
            let (byte, length) = match (byte, digit(index + 1), digit(index + 2)) {
                (b'%', Some(high), Some(low)) => (u8::try_from(high * 16 + low).unwrap_or(*byte), 3),
                _ => (*byte, 1),
            };
            view.push(&[byte], index, index + length);
            index += length;
        }
        view
    }

    /// Without backslashes, however many there are.
    fn unescaped(text: &str) -> Self {
        Self::new(text, |rest| rest.starts_with('\\').then_some((None, 1)))
    }

    /// The same, with every `\uXXXX` undone, whichever number of backslashes it has.
    fn spelled_out(text: &str) -> Self {
        Self::new(text, |rest| {
            let bare = rest.trim_start_matches('\\');
            match rest.len() - bare.len() {
                0 => None,
                slashes => Some(match spelled(bare) {
                    Some((character, length)) => (Some(character), slashes + length),
                    None => (None, slashes),
                }),
            }
        })
    }

    /// With entities of HTML undone.
    fn without_entities(text: &str) -> Self {
        Self::new(text, |rest| {
            let named = ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity));
            let numbered = || {
                let body = rest.strip_prefix("&#")?;
                let end = body.bytes().take(LONGEST_ENTITY).position(|byte| byte == b';')?;
                let number = body.get(..end)?;
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(digits) => u32::from_str_radix(digits, 16),
                    None => number.parse(),
                };
                Some((Some(char::from_u32(code.ok()?)?), end + 3))
            };
            named.map(|(entity, character)| (Some(*character), entity.len())).or_else(numbered)
        })
    }

    fn push(&mut self, bytes: &[u8], start: usize, end: usize) {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(bytes);
        self.places.extend(bytes.iter().map(|_| (place(start), place(end))));
    }

    /// Forms write a space as `+`.
    fn find(&self, value: &str, found: &mut Vec<Range<usize>>) {
        let value = value.as_bytes();
        let same = |(there, wanted): (&u8, &u8)| there == wanted || (*there == b'+' && *wanted == b' ');
        for (index, window) in self.bytes.windows(value.len()).enumerate() {
            if window.iter().zip(value).all(same) {
                found.push(self.places[index].0 as usize..self.places[index + value.len() - 1].1 as usize);
            }
        }
    }
}

/// The number behind a `u`.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix('u')?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

/// The character that `uXXXX` is, or two of them with backslashes between, and their length.
fn spelled(text: &str) -> Option<(char, usize)> {
    let first = unit(text)?;
    if let Some(character) = char::from_u32(first.into()) {
        return Some((character, 5));
    }
    let rest = text.get(5..)?;
    let bare = rest.trim_start_matches('\\');
    let character = char::decode_utf16([first, unit(bare)?]).next()?.ok()?;
    Some((character, text.len() - bare.len() + 5))
}

/// The text with what was found replaced; finds that touch become one, so that nothing tells how many there were.
fn without(text: &str, mut found: Vec<Range<usize>>) -> Cow<'_, str> {
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_by_key(|range| range.start);
    let mut clean = String::with_capacity(text.len());
    let mut done = 0;
    let mut ranges = found.into_iter().peekable();
    while let Some(mut range) = ranges.next() {
        while let Some(next) = ranges.next_if(|next| next.start <= range.end) {
            range.end = range.end.max(next.end);
        }
        // Ranges end between characters: what was found is UTF-8, and so is what stands around it.
        clean.push_str(text.get(done..range.start).unwrap_or_default());
        clean.push_str(REDACTED);
        done = range.end;
    }
    clean.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use data_encoding::{BASE64, BASE64URL};

    use super::*;

    const SECRET: &str = "pa\"ss wörd+1?>~";

    fn knowing(values: &[&str]) -> Redactor {
        let redactor = Redactor::default();
        values.iter().for_each(|value| redactor.remember(&SecretValue::parse(value).unwrap()));
        redactor
    }

    fn percent(value: &str, keep: impl Fn(u8) -> bool, upper: bool) -> String {
        let one = |byte: u8| match (keep(byte), upper) {
            (true, _) => char::from(byte).to_string(),
            (false, true) => format!("%{byte:02X}"),
            (false, false) => format!("%{byte:02x}"),
        };
        value.bytes().map(one).collect()
    }

    #[test]
    fn a_value_is_found_in_every_form() {
        let redactor = knowing(&[SECRET]);
        let plain = |byte: u8| byte.is_ascii_alphanumeric();
        for form in [
            SECRET.to_owned(),
            SECRET.replace('"', "\\\""),
            SECRET.replace('"', "\\\\\\\""),
            HEXLOWER.encode(SECRET.as_bytes()),
            HEXUPPER.encode(SECRET.as_bytes()),
            percent(SECRET, plain, true),
            percent(SECRET, plain, false),
            percent(SECRET, |byte| plain(byte) || b"~+?>".contains(&byte), true),
            percent(SECRET, |_| false, true),
            percent(SECRET, plain, true).replace("%20", "+"),
        ] {
            assert_eq!(redactor.redact(&format!("before {form}, after")), "before •••, after", "{form}");
        }
    }

    #[test]
    fn base64_is_found_behind_and_before_anything() {
        let redactor = knowing(&[SECRET]);
        for encoding in [BASE64, BASE64URL, BASE64_NOPAD, BASE64URL_NOPAD] {
            for before in ["", "a", "ab", "abc", "somebody:"] {
                for after in ["", "x", "xy", "xyz"] {
                    let encoded = encoding.encode(format!("{before}{SECRET}{after}").as_bytes());
                    let clean = redactor.redact(&encoded).into_owned();
                    let (left, right) = clean.split_once(REDACTED).unwrap();
                    assert!(left.len() * 6 <= before.len() * 8, "{left} holds no bit of the secret in {encoded}");
                    assert!(right.trim_end_matches('=').len() <= after.len() * 8 / 6 + 1, "{right} in {encoded}");
                }
            }
        }
    }

    #[test]
    fn overlapping_and_repeated_values_leave_nothing() {
        let redactor = knowing(&["abcdef", "defghi", "abcdefghijkl", "aaaaaa"]);
        assert_eq!(redactor.redact("x abcdefghi y"), "x ••• y");
        assert_eq!(redactor.redact("abcdefghijkl"), "•••");
        assert_eq!(redactor.redact("abcdef abcdef"), "••• •••");
        assert_eq!(redactor.redact("aaaaaaaaab"), "•••b");
    }

    #[test]
    fn backslashes_hide_nothing_and_those_around_it_stay() {
        let redactor = knowing(&[r#"a\b"c d"#, r"\\\\\\a"]);
        for (text, clean) in [
            (r#"{"x": "a\\b\"c d"}"#, r#"{"x": "•••"}"#),
            (r#""{\"x\": \"a\\\\b\\\"c d\"}""#, r#""{\"x\": \"•••\"}""#),
            (r"\\\a", r"\\\a"),
        ] {
            assert_eq!(redactor.redact(text), clean);
        }
    }

    #[test]
    fn characters_that_are_spelled_out_are_read() {
        let redactor = knowing(&["pa\"ss wörd😀&<x>'", r"own \u00e9 slash"]);
        for form in [
            r#"pa\"ss w\u00f6rd\ud83d\ude00&<x>'"#,
            r#"pa\u0022ss w\u00F6rd😀\u0026\u003cx\u003e\u0027"#,
            r#"pa\\\"ss w\\u00f6rd\\ud83d\\ude00&<x>'"#,
            "pa&quot;ss wörd😀&amp;&lt;x&gt;&#39;",
            "pa&#34;ss&nbsp;w&#xF6;rd&#x1f600;&#38;&lt;x&gt;&apos;",
            r"own \u00e9 slash",
            r"own \\u00e9 slash",
        ] {
            assert_eq!(redactor.redact(&format!("a\\ {form} &amp; b")), "a\\ ••• &amp; b", "{form}");
        }
    }

    #[test]
    fn other_texts_are_left_as_they_are() {
        assert!(matches!(knowing(&[]).redact("anything"), Cow::Borrowed("anything")));
        let redactor = knowing(&["secret value", "short"]);
        for text in [
            "",
            "short",
            "secret",
            "100 %",
            "%%%2",
            "%zz%4",
            "ö%C3",
            "secret%20valu",
            "&",
            "&#;",
            "&#x;",
            "&#99999999999;",
            r"\u",
            r"\u00",
            r"\ud83d\u0041",
            r"\ud83d",
        ] {
            assert!(matches!(redactor.redact(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn it_remembers_a_value_once_and_not_without_end() {
        let redactor = Redactor::default();
        for number in 0..MOST_VALUES + 10 {
            let value = SecretValue::parse(&format!("value number {number:04}")).unwrap();
            redactor.remember(&value);
            redactor.remember(&value);
        }
        assert_eq!(redactor.known.read().len(), MOST_VALUES);
        assert_eq!(redactor.redact("value number 0265"), REDACTED);
        assert_eq!(redactor.redact("value number 0000"), "value number 0000");
        assert_eq!(format!("{redactor:?}"), "Redactor");
    }
}
