//! Taking secrets out of what is about to be written.
//!
//! It knows the values that this process has opened, and finds them in a text as they are, in JSON, percent-encoded,
//! in hexadecimal, and in base64 at any of the three offsets at which they can stand in it (in `Authorization: Basic`
//! the user's name goes before). It helps against accidents: who means to carry a secret out can write it backwards.

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
        if text.chars().count() < SHORTEST || self.known.read().iter().any(|known| known.value.expose() == text) {
            return;
        }
        let new = Arc::new(Known { value: value.clone(), forms: forms(text) });
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
        let decoded = text.contains('%').then(|| Decoded::of(text));
        let mut found = Vec::new();
        for known in known.iter() {
            known.forms.iter().for_each(|form| form.find(text, &mut found));
            if let Some(decoded) = &decoded {
                decoded.find(known.value.expose(), &mut found);
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

/// The forms of a value; the percent-encoded ones are found otherwise.
fn forms(value: &str) -> Vec<Form> {
    let whole = |text: String| Form { text, partial: (false, false) };
    let mut forms = vec![
        whole(value.to_owned()),
        whole(HEXLOWER.encode(value.as_bytes())),
        whole(HEXUPPER.encode(value.as_bytes())),
    ];
    if value.contains(['"', '\\']) {
        forms.push(whole(value.replace('\\', "\\\\").replace('"', "\\\"")));
    }
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

/// A text with its `%XX` undone, and where each byte came from.
struct Decoded {
    bytes: Vec<u8>,
    /// Of each byte where it begins in the text; one more at the end.
    starts: Vec<usize>,
}

impl Decoded {
    fn of(text: &str) -> Self {
        let raw = text.as_bytes();
        let digit = |index: usize| raw.get(index).and_then(|byte| char::from(*byte).to_digit(16));
        let (mut bytes, mut starts) = (Vec::with_capacity(raw.len()), Vec::with_capacity(raw.len() + 1));
        let mut index = 0;
        while let Some(byte) = raw.get(index) {
            starts.push(index);
            match (byte, digit(index + 1), digit(index + 2)) {
                (b'%', Some(high), Some(low)) => {
                    bytes.push(u8::try_from(high * 16 + low).unwrap_or(*byte));
                    index += 3;
                }
                _ => {
                    bytes.push(*byte);
                    index += 1;
                }
            }
        }
        starts.push(raw.len());
        Self { bytes, starts }
    }

    /// Forms write a space as `+`.
    fn find(&self, value: &str, found: &mut Vec<Range<usize>>) {
        let value = value.as_bytes();
        let same = |(there, wanted): (&u8, &u8)| there == wanted || (*there == b'+' && *wanted == b' ');
        for (index, window) in self.bytes.windows(value.len()).enumerate() {
            if window.iter().zip(value).all(same) {
                found.push(self.starts[index]..self.starts[index + value.len()]);
            }
        }
    }
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
    fn other_texts_are_left_as_they_are() {
        assert!(matches!(knowing(&[]).redact("anything"), Cow::Borrowed("anything")));
        let redactor = knowing(&["secret value", "short"]);
        for text in ["", "short", "secret", "100 %", "%%%2", "%zz%4", "ö%C3", "secret%20valu"] {
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
