//! The secrets that tests have used, written down as they are born: `everything-written` looks for all of them after a
//! run, in what all servers have left.
//!
//! The harness does that by itself with passwords, cookies, tokens and the links that carry one, wherever a test
//! types, gets or sees them. What else must be found nowhere, a test hands to [`secret`].
//!
//! Each process has a file of its own, `target/secrets-used/PROCESS.jsonl`, with a line for each value.

use std::collections::HashSet;
use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::grep::TOKEN;
use crate::target;

/// A value that must not be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    pub value: Vec<u8>,
    /// `secret`, `cookie`, or for a token in a link what stands before it, such as `/account/reset/`.
    pub kind: String,
    /// The test that used it, or the file that holds it.
    pub by: String,
}

/// Paths with a token of 256 bits behind them that opens something for whoever holds it. The ticket of a link that is
/// handed over is none: plugins say it in their paths, and it opens nothing but to the account that asked.
pub const LINKS: &[&str] =
    &["/setup/", "/account/address/", "/account/confirm/", "/account/invitation/", "/account/reset/"];

/// The cookie with a sentence for the next page.
const NOTICE: &str = "vestry_notice";

/// A shorter value may stand anywhere by chance, or is a word such as `password`. In bytes.
const SHORTEST: usize = 10;

/// Records a value that no server may write down.
#[track_caller]
pub fn secret(value: &str) {
    assert!(value.len() >= SHORTEST, "a shorter value may stand anywhere by chance: {value}");
    record("secret", value);
}

/// Records what somebody typed where a secret belongs, where it is long enough to be told from other words.
pub fn typed(value: &str) {
    if value.len() >= SHORTEST {
        record("secret", value);
    }
}

/// Records what a browser was given to keep. A sentence for the next page is no secret: it opens nothing, and stands
/// wherever its words do.
pub fn cookie(name: &str, value: &str) {
    if name != NOTICE && value.len() >= TOKEN {
        record("cookie", value);
    }
}

/// Records the tokens of all links that stand in a text.
pub fn links(text: &str) {
    for (path, token) in tokens(text) {
        record(path, token);
    }
}

/// The tokens of all links in a text, each with the path before it.
pub fn tokens(text: &str) -> impl Iterator<Item = (&'static str, &str)> {
    LINKS.iter().flat_map(move |path| text.split(path).skip(1).filter_map(move |rest| Some((*path, token(rest)?))))
}

/// The token at the start of a text. One that a test has made up, a letter again and again, is none.
fn token(text: &str) -> Option<&str> {
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '-' | '_'));
    let word = &text[..end.unwrap_or(text.len())];
    let letters: HashSet<char> = word.chars().collect();
    (word.len() == TOKEN && letters.len() > 8).then_some(word)
}

/// Where the files lie.
pub fn folder() -> PathBuf {
    target().join("secrets-used")
}

/// All that is recorded in the files of a folder, each value once.
pub fn read(folder: &Path) -> Vec<Used> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
    files.sort();
    let mut known = HashSet::new();
    let mut used = Vec::new();
    for file in files {
        // A line that is being written has no end yet.
        for line in
            fs::read_to_string(file).unwrap_or_default().split_inclusive('\n').filter(|line| line.ends_with('\n'))
        {
            let line: Value = serde_json::from_str(line).expect("each line is JSON");
            let text = |name: &str| line[name].as_str().expect("it says value, kind and test").to_owned();
            let one = Used { value: text("value").into_bytes(), kind: text("kind"), by: text("test") };
            if known.insert(one.value.clone()) {
                used.push(one);
            }
        }
    }
    used
}

/// The file of this process, and what stands in it.
struct Record {
    file: File,
    known: HashSet<String>,
}

fn record(kind: &str, value: &str) {
    static RECORD: LazyLock<Mutex<Record>> = LazyLock::new(|| {
        fs::create_dir_all(folder()).expect("a folder below target can be made");
        let path = folder().join(format!("{}.jsonl", std::process::id()));
        let file = File::options().create(true).append(true).open(path).expect("a file below target can be made");
        Mutex::new(Record { file, known: HashSet::new() })
    });
    let mut record = RECORD.lock().expect("no test panicked here");
    if record.known.insert(value.to_owned()) {
        let line = json!({ "test": this_test(), "kind": kind, "value": value });
        record.file.write_all(format!("{line}\n").as_bytes()).expect("a file below target can be written");
    }
}

/// The program of tests and the test in it: `sign_in::a_password_is_never_sent_back`.
fn this_test() -> String {
    let program = env::current_exe().expect("a test knows its own file");
    let program = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = program.rsplit_once('-').map_or(program.as_str(), |(name, _)| name);
    format!("{name}::{}", thread::current().name().unwrap_or("a thread without a name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_seen_in_links_alone() {
        let token = "6mPT3OkRTD_dXNKWDAsDsacCWpl_TpVNn7bO3kIPWEI";
        let text = format!(
            "at http://127.0.0.1:1/setup/{token} (valid), <a href=\"/account/reset/{token}?next=%2F\">, {token}, \
             /account/confirm/{token}x, /setup/{}, /account/confirm/ö",
            "A".repeat(TOKEN)
        );
        assert_eq!(tokens(&text).collect::<Vec<_>>(), [("/setup/", token), ("/account/reset/", token)]);
        assert_eq!(tokens(token).count(), 0);
    }
}
