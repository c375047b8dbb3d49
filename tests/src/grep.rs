//! Looking for secrets in everything that a server has written: its data directory, file by file, and its output.
//!
//! A value is looked for as it is, in hexadecimal, in base64 at each of the three offsets at which it can stand in it,
//! as JSON and as a form write it, and where it is itself the base64 of bytes, as those bytes; and all that once more
//! behind percent-encoding. All values in all forms are looked for in one pass, and no file is held in memory whole.
//!
//! Files that end in `.gz`, as older logs do, are looked through unpacked as well. What is otherwise compressed or encrypted
//! is not opened; and a value is found only where it stands in one piece: SQLite cuts
//! rows that are longer than a page, about 4000 bytes.

use std::collections::{BTreeSet, HashMap};
use std::fmt::{self, Display};
use std::fs::{self, DirEntry, File};
use std::io::{self, BufRead, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use aho_corasick::AhoCorasick;
use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};

use crate::Server;

/// A shorter value is found everywhere.
const SHORTEST: usize = 6;
/// How much of a file is read at once, in bytes.
const BLOCK: usize = 1 << 20;
/// How long a token of 256 bits is in base64.
pub const TOKEN: usize = 43;

/// Fails where any of these values stands anywhere in what the server has written, in any form.
#[track_caller]
pub fn nowhere(server: &Server, secrets: &[&str]) {
    let mut finds = in_folder(server.data(), secrets);
    finds.extend(in_bytes("stdout", server.stdout().as_bytes(), secrets));
    finds.extend(in_bytes("stderr", server.log().as_bytes(), secrets));
    assert!(finds.is_empty(), "secrets were written down: {finds:#?}");
}

/// Where these values stand in the files below a folder and in their names: a sentence for each file and form.
pub fn in_folder(folder: &Path, secrets: &[&str]) -> Vec<String> {
    let search = Search::new(secrets);
    let mut finds = Vec::new();
    for entry in below(folder) {
        let named = search.in_bytes(entry.file_name().as_encoded_bytes());
        finds.extend(told("a file's name", &named, secrets));
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let (inside, _) = search.in_file(&entry.path());
            finds.extend(told(&entry.path().display().to_string(), &inside, secrets));
        }
    }
    finds
}

/// Where these values stand in some bytes: a sentence for each form.
pub fn in_bytes(name: &str, bytes: &[u8], secrets: &[&str]) -> Vec<String> {
    told(name, &Search::new(secrets).in_bytes(bytes), secrets)
}

/// All that lies below a folder, folders too, in the order of their names. Links are not followed.
pub fn below(folder: &Path) -> Vec<DirEntry> {
    let mut entries: Vec<DirEntry> = match fs::read_dir(folder) {
        Ok(entries) => entries.flatten().collect(),
        // What is of the moment may be gone again.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => panic!("{} cannot be read: {error}", folder.display()),
    };
    entries.sort_by_key(DirEntry::file_name);
    let mut all = Vec::new();
    for entry in entries {
        let inside = if entry.file_type().is_ok_and(|kind| kind.is_dir()) { below(&entry.path()) } else { Vec::new() };
        all.push(entry);
        all.extend(inside);
    }
    all
}

fn told(name: &str, finds: &BTreeSet<Find>, secrets: &[&str]) -> Vec<String> {
    finds.iter().map(|find| format!("`{}`, {find}, in {name}", secrets[find.secret])).collect()
}

/// A value that stands somewhere, in one of its forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Find {
    /// Which of the values that are looked for, by its place among them.
    pub secret: usize,
    form: &'static str,
    behind_percents: bool,
}

impl Display for Find {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percents = if self.behind_percents { " behind percent-encoding" } else { "" };
        write!(formatter, "{}{percents}", self.form)
    }
}

/// Values in all their forms, ready to be looked for together.
#[derive(Debug)]
pub struct Search {
    automaton: AhoCorasick,
    /// For each of the automaton's patterns: the value's place and the form.
    patterns: Vec<(usize, &'static str)>,
    /// How many bytes of a block may be the beginning of what ends in the next one.
    overlap: usize,
}

impl Search {
    /// Fails where a value is shorter than 6 bytes, which would be found everywhere.
    pub fn new(secrets: &[impl AsRef<[u8]>]) -> Self {
        let mut known = HashMap::new();
        for (index, secret) in secrets.iter().enumerate() {
            for (form, bytes) in forms(secret.as_ref()) {
                known.entry(bytes).or_insert((index, form));
            }
        }
        let longest = known.keys().map(Vec::len).max().unwrap_or(0);
        let (bytes, patterns): (Vec<_>, Vec<_>) = known.into_iter().unzip();
        let automaton = AhoCorasick::new(bytes).expect("so many values fit into an automaton");
        Self { automaton, patterns, overlap: 3 * longest }
    }

    /// What stands in some bytes.
    pub fn in_bytes(&self, bytes: &[u8]) -> BTreeSet<Find> {
        let mut finds = BTreeSet::new();
        self.look_into(bytes, &mut finds);
        finds
    }

    /// What stands in a file of any size, and its size in bytes. Nothing, where it is gone again.
    pub fn in_file(&self, path: &Path) -> (BTreeSet<Find>, u64) {
        match File::open(path).and_then(|file| self.in_stream(file)) {
            Ok((mut finds, size)) => {
                if path.extension().is_some_and(|end| end == "gz") {
                    finds.extend(self.in_packed(path));
                }
                (finds, size)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Default::default(),
            Err(error) => panic!("{} cannot be read: {error}", path.display()),
        }
    }

    /// What stands in a file that gzip unpacks; of a damaged one, what it has up to there.
    fn in_packed(&self, path: &Path) -> BTreeSet<Find> {
        let mut gzip = Command::new("gzip");
        gzip.arg("-dc").arg(path).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut gzip = gzip.spawn().expect("gzip is installed");
        let text = gzip.stdout.take().expect("its output is a pipe");
        let (finds, _) = self.in_stream(text).expect("a pipe can be read");
        gzip.wait().expect("gzip ends");
        finds
    }

    fn in_stream(&self, mut stream: impl Read) -> io::Result<(BTreeSet<Find>, u64)> {
        let (mut finds, mut size, mut held) = (BTreeSet::new(), 0, Vec::new());
        loop {
            let read = (&mut stream).take(BLOCK as u64).read_to_end(&mut held)?;
            if read == 0 {
                return Ok((finds, size));
            }
            size += read as u64;
            self.look_into(&held, &mut finds);
            held.drain(..held.len().saturating_sub(self.overlap));
        }
    }

    fn look_into(&self, bytes: &[u8], finds: &mut BTreeSet<Find>) {
        let plain = self.matches(bytes, false);
        if let Some(decoded) = without_percents(bytes) {
            // What stands there anyway is behind nothing.
            let is_plain = |find: &Find| plain.contains(&Find { behind_percents: false, ..*find });
            finds.extend(self.matches(&decoded, true).into_iter().filter(|find| !is_plain(find)));
        }
        finds.extend(plain);
    }

    fn matches(&self, bytes: &[u8], behind_percents: bool) -> BTreeSet<Find> {
        let matches =
            self.automaton.find_overlapping_iter(bytes).map(|found| self.patterns[found.pattern().as_usize()]);
        matches.map(|(secret, form)| Find { secret, form, behind_percents }).collect()
    }
}

/// The ways in which a value can be written.
fn forms(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let shown = String::from_utf8_lossy(secret);
    assert!(secret.len() >= SHORTEST, "a shorter value is found everywhere: {shown}");
    let hexadecimal = |bytes: &[u8]| [HEXLOWER, HEXUPPER].map(|encoding| encoding.encode(bytes).into_bytes());
    let mut forms = vec![("as it is", secret.to_vec())];
    forms.extend(hexadecimal(secret).map(|bytes| ("in hexadecimal", bytes)));
    if let Ok(text) = str::from_utf8(secret) {
        let json = serde_json::to_string(text).expect("text is JSON");
        forms.push(("in JSON", json.as_bytes()[1..json.len() - 1].to_vec()));
        forms.push(("as forms write it", text.replace(' ', "+").into_bytes()));
    }
    for encoding in [BASE64_NOPAD, BASE64URL_NOPAD] {
        forms.extend((0..3).map(|offset| {
            let encoded = encoding.encode(&[&b"xx"[..offset], secret].concat());
            // The characters at both ends are partly of what stands before and after.
            let (first, last) = ([0, 2, 3][offset], (offset + secret.len()) * 8 / 6);
            ("in base64", encoded.as_bytes()[first..last].to_vec())
        }));
    }
    // A token may have a word before it.
    let token = secret.len().checked_sub(TOKEN).and_then(|start| BASE64URL_NOPAD.decode(&secret[start..]).ok());
    if let Some(bytes) = token {
        forms.extend(hexadecimal(&bytes).map(|bytes| ("as bytes, in hexadecimal", bytes)));
        forms.push(("as bytes", bytes));
    }
    forms
}

/// What is percent-encoded there, decoded; nothing where nothing is.
fn without_percents(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let (mut decoded, mut any) = (Vec::with_capacity(bytes.len()), false);
    while bytes.read_until(b'%', &mut decoded).expect("bytes can be read") > 0 {
        if let (Some(high), Some(low), Some(b'%')) = (digit(bytes.first()), digit(bytes.get(1)), decoded.last()) {
            decoded.pop();
            decoded.push(u8::try_from(high * 16 + low).expect("two digits are a byte"));
            (bytes, any) = (&bytes[2..], true);
        }
    }
    any.then_some(decoded)
}

#[cfg(test)]
mod tests {
    use data_encoding::{BASE64, BASE64URL};

    use super::*;

    const SECRET: &str = "s3cret \"wörd\" + more";

    fn is_found(bytes: &[u8]) -> bool {
        !in_bytes("here", bytes, &[SECRET]).is_empty()
    }

    fn percent(encode: fn(u8) -> bool) -> String {
        let one = |byte: u8| if encode(byte) { format!("%{byte:02X}") } else { char::from(byte).to_string() };
        SECRET.bytes().map(one).collect()
    }

    #[test]
    fn a_value_is_found_in_every_form_and_nothing_else_is() {
        for form in [
            SECRET.to_owned(),
            SECRET.replace(' ', "+"),
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
        assert!(!is_found(b"%") && !is_found(b"%4") && !is_found(b"100%25"));
    }

    #[test]
    fn a_token_is_found_as_the_bytes_that_it_stands_for() {
        let bytes: Vec<u8> = (100..132).collect();
        let token = format!("word_{}", BASE64URL_NOPAD.encode(&bytes));
        for form in [bytes.clone(), HEXLOWER.encode(&bytes).into_bytes(), token.clone().into_bytes()] {
            assert_eq!(in_bytes("here", &[b"x", &form[..], b"y"].concat(), &[&token]).len(), 1, "{form:?}");
        }
    }

    #[test]
    fn a_value_is_found_wherever_a_block_ends() {
        let search = Search::new(&["another value", SECRET]);
        for form in [SECRET.to_owned(), percent(|_| true)] {
            for cut in [0, 1, form.len() / 2, form.len() - 1, form.len()] {
                let bytes = [&vec![b'.'; BLOCK - cut], form.as_bytes(), &vec![b'.'; BLOCK]].concat();
                let (finds, size) = search.in_stream(&bytes[..]).unwrap();
                assert_eq!(finds.iter().map(|find| find.secret).collect::<Vec<_>>(), [1], "{form} cut at {cut}");
                assert_eq!(size, bytes.len() as u64);
            }
        }
    }

    #[test]
    fn what_is_packed_is_looked_through_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.log.2");
        fs::write(&path, [&vec![b'.'; 3 * BLOCK], SECRET.as_bytes(), b"\n"].concat()).unwrap();
        assert!(Command::new("gzip").arg(&path).status().unwrap().success());
        let finds = in_folder(folder.path(), &["other value", SECRET]);
        assert!(finds.len() == 1 && finds[0].contains("access.log.2.gz"), "{finds:?}");
        fs::write(folder.path().join("no.gz"), "no gzip at all").unwrap();
        assert_eq!(in_folder(folder.path(), &[SECRET]).len(), 1);
    }

    #[test]
    fn files_are_looked_through_with_all_that_lies_below() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/b/c"), [&[0; 5000], SECRET.as_bytes(), &[255; 10]].concat()).unwrap();
        let finds = in_folder(folder.path(), &["other value", SECRET]);
        assert_eq!(finds.len(), 1, "{finds:?}");
        assert!(finds[0].contains("a/b/c"));
        assert!(in_folder(folder.path(), &["other value", "a third value"]).is_empty());
    }
}
