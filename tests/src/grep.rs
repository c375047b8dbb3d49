//! Looking for secrets in everything that a server has written: its data directory, file by file, and its output.
//!
//! A value is looked for as it is, in hexadecimal, in base64 at each of the three offsets at which it can stand in it,
//! percent-encoded, and as JSON writes it.

use std::fs;
use std::path::Path;

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};

use crate::Server;

/// Fails where any of these values stands anywhere in what the server has written, in any form.
#[track_caller]
pub fn nowhere(server: &Server, secrets: &[&str]) {
    let mut finds = in_folder(server.data(), secrets);
    finds.extend(in_bytes("stdout", server.stdout().as_bytes(), secrets));
    finds.extend(in_bytes("stderr", server.log().as_bytes(), secrets));
    assert!(finds.is_empty(), "secrets were written down: {finds:#?}");
}

/// Where these values stand in the files below a folder: a sentence for each file and form.
pub fn in_folder(folder: &Path, secrets: &[&str]) -> Vec<String> {
    let mut finds = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder can be read").flatten() {
        let path = entry.path();
        let kind = entry.file_type().expect("a file has a type");
        if kind.is_dir() {
            finds.extend(in_folder(&path, secrets));
        } else if kind.is_file() {
            // A file of the moment may be gone again.
            let bytes = fs::read(&path).unwrap_or_default();
            finds.extend(in_bytes(&path.display().to_string(), &bytes, secrets));
        }
        finds.extend(in_bytes("a file's name", entry.file_name().as_encoded_bytes(), secrets));
    }
    finds
}

/// Where these values stand in some bytes: a sentence for each form.
pub fn in_bytes(name: &str, bytes: &[u8], secrets: &[&str]) -> Vec<String> {
    let forms: Vec<Form> = secrets.iter().flat_map(|secret| forms(secret)).collect();
    let mut finds = found(bytes, &forms);
    if bytes.contains(&b'%') {
        let decoded = secrets.iter().flat_map(|secret| {
            [Form::new(secret, "percent-encoded", *secret), Form::new(secret, "form-encoded", secret.replace(' ', "+"))]
        });
        finds.extend(found(&without_percents(bytes), &decoded.collect::<Vec<_>>()));
    }
    finds.dedup();
    finds.into_iter().map(|find| format!("{find} in {name}")).collect()
}

/// A way in which a value can be written.
struct Form {
    what: String,
    bytes: Vec<u8>,
}

impl Form {
    fn new(secret: &str, form: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { what: format!("`{secret}`, {form},"), bytes: bytes.into() }
    }
}

fn forms(secret: &str) -> Vec<Form> {
    assert!(secret.len() >= 6, "a shorter value is found everywhere: {secret}");
    let raw = secret.as_bytes();
    let json = serde_json::to_string(secret).expect("text is JSON");
    let mut forms = vec![
        Form::new(secret, "as it is", raw),
        Form::new(secret, "in hexadecimal", HEXLOWER.encode(raw)),
        Form::new(secret, "in hexadecimal", HEXUPPER.encode(raw)),
        Form::new(secret, "in JSON", json.trim_matches('"')),
    ];
    for encoding in [BASE64_NOPAD, BASE64URL_NOPAD] {
        forms.extend((0..3).map(|offset| {
            let encoded = encoding.encode(&[&b"xx"[..offset], raw].concat());
            // The characters at both ends are partly of what stands before and after.
            let (first, last) = ([0, 2, 3][offset], (offset + raw.len()) * 8 / 6);
            Form::new(secret, "in base64", &encoded.as_bytes()[first..last])
        }));
    }
    forms
}

/// What of these forms stands in the bytes. One pass: most places are ruled out by their first two bytes.
fn found(bytes: &[u8], forms: &[Form]) -> Vec<String> {
    let mut begins = vec![false; 1 << 16];
    for form in forms {
        begins[usize::from(form.bytes[0]) << 8 | usize::from(form.bytes[1])] = true;
    }
    let mut finds = Vec::new();
    for index in 0..bytes.len().saturating_sub(1) {
        if begins[usize::from(bytes[index]) << 8 | usize::from(bytes[index + 1])] {
            let here = forms.iter().filter(|form| bytes[index..].starts_with(&form.bytes));
            finds.extend(here.map(|form| form.what.clone()));
        }
    }
    finds
}

fn without_percents(bytes: &[u8]) -> Vec<u8> {
    let digit = |index: usize| bytes.get(index).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut decoded, mut index) = (Vec::with_capacity(bytes.len()), 0);
    while index < bytes.len() {
        match (bytes[index], digit(index + 1), digit(index + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(u8::try_from(high * 16 + low).expect("two digits are a byte"));
                index += 3;
            }
            (byte, _, _) => {
                decoded.push(byte);
                index += 1;
            }
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use data_encoding::{BASE64, BASE64URL};

    use super::*;

    const SECRET: &str = "s3cret \"wörd\" + more";

    fn is_found(bytes: &[u8]) -> bool {
        !in_bytes("here", bytes, &[SECRET]).is_empty()
    }

    #[test]
    fn a_value_is_found_in_every_form_and_nothing_else_is() {
        let percent = |encode: fn(u8) -> bool| {
            let one = |byte: u8| if encode(byte) { format!("%{byte:02X}") } else { char::from(byte).to_string() };
            SECRET.bytes().map(one).collect::<String>()
        };
        for form in [
            SECRET.to_owned(),
            HEXLOWER.encode(SECRET.as_bytes()),
            HEXUPPER.encode(SECRET.as_bytes()),
            serde_json::to_string(SECRET).unwrap(),
            percent(|_| true),
            percent(|byte| !byte.is_ascii_alphanumeric()),
            percent(|byte| !byte.is_ascii_alphanumeric()).replace("%20", "+").to_lowercase(),
        ] {
            assert!(is_found(format!("\0before{form}after\u{1}").as_bytes()), "{form}");
        }
        for encoding in [BASE64, BASE64URL] {
            for around in [("", ""), ("a", "b"), ("ab", "cd"), ("somebody:", "\n")] {
                let encoded = encoding.encode(format!("{}{SECRET}{}", around.0, around.1).as_bytes());
                assert!(is_found(encoded.as_bytes()), "{encoded}");
            }
        }
        assert!(!is_found(b"s3cret \"w\xc3\xb6rd\" + mor"));
        assert!(!is_found(b"%"));
    }

    #[test]
    fn files_are_looked_through_with_all_that_lies_below() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/b/c"), [&[0; 5000], SECRET.as_bytes(), &[255; 10]].concat()).unwrap();
        let finds = in_folder(folder.path(), &["other value", SECRET]);
        assert_eq!(finds.len(), 1, "{finds:?}");
        assert!(finds[0].contains("a/b/c"));
    }
}
