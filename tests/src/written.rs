//! Everything that the servers of a test run have written, searched for every secret that the tests have used.
//!
//! All that lies in `target/system` is looked into: data directories, output, and what tests have laid beside them.
//! Where a value may stand is said in a table, each place with its reason. It is looked for there too, and what those
//! places hold - the server's key, links in mails - is itself looked for everywhere else.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::grep::{Search, below};
use crate::keeper::has_ended;
use crate::used::{self, Used};
use crate::wait_for;

/// A place where values may stand.
struct Exception {
    /// Below `target/system`; `*` stands for any characters, also `/`.
    file: &'static str,
    /// Of this kind alone, where one is said.
    kind: Option<&'static str>,
    /// Why they may.
    #[allow(dead_code, reason = "it is said for whoever reads the table")]
    because: &'static str,
}

const KEY: &str = "key";
const KEY_FILE: &str = "*/data/server.key";
const MAILS: &str = "*/data/outbox/*.eml";

const EXCEPTIONS: &[Exception] = &[
    Exception {
        file: MAILS,
        kind: None,
        because: "without a mail server mails lie there in clear, for who looks after the machine",
    },
    Exception { file: KEY_FILE, kind: Some(KEY), because: "it lies outside the database, readable to the server alone" },
    Exception {
        file: "*/stdout",
        kind: Some("/setup/"),
        because: "whoever starts the server for the first time is told the link there",
    },
    Exception { file: "mail-*/password", kind: None, because: "a test lays it there for the configuration to name" },
    Exception { file: "browser.*", kind: None, because: "it is a browser that keeps its cookies there" },
];

/// What came of a search.
#[derive(Debug, Default)]
pub struct Report {
    pub values: usize,
    pub files: usize,
    pub bytes: u64,
    pub took: Duration,
    /// How many values stand in files where they may.
    pub excepted: usize,
    /// A sentence for each value that stands where it may not.
    pub finds: Vec<String>,
}

/// Searches everything below a folder such as `target/system` for what is recorded in another.
///
/// Fails where servers have run and nothing was recorded: then nothing was searched for.
pub fn search(system: &Path, recorded: &Path) -> Report {
    let began = Instant::now();
    wait_for_servers(system);
    let entries = below(system);
    let place = |path: &Path| path.strip_prefix(system).expect("it lies below").to_string_lossy().into_owned();
    let files: Vec<(PathBuf, String)> = entries
        .iter()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .map(|entry| (entry.path(), place(&entry.path())))
        .collect();
    let mut used = used::read(recorded);
    assert!(!used.is_empty() || files.is_empty(), "servers have run, and no test has recorded a secret");
    used.extend(files.iter().flat_map(|(path, place)| held_by(path, place)));
    let values: Vec<&[u8]> = used.iter().map(|used| used.value.as_slice()).collect();
    let search = Search::new(&values);

    let mut report = Report { values: values.len(), files: files.len(), ..Report::default() };
    for entry in &entries {
        for find in search.in_bytes(entry.file_name().as_encoded_bytes()) {
            report.finds.push(told(&used[find.secret], &find.to_string(), &format!("the name {}", place(&entry.path()))));
        }
    }
    for (path, place) in &files {
        let (finds, size) = search.in_file(path);
        report.bytes += size;
        for find in finds {
            let one = &used[find.secret];
            if EXCEPTIONS.iter().any(|exception| exception.covers(place, &one.kind)) {
                report.excepted += 1;
            } else {
                report.finds.push(told(one, &find.to_string(), place));
            }
        }
    }
    report.took = began.elapsed();
    report
}

/// Takes away what earlier runs have left in these folders, named after processes that have ended.
pub fn forget(folders: &[PathBuf]) {
    for entry in folders.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten()) {
        // NAME.PROCESS.NUMBER or PROCESS.jsonl.
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.split('.').find(|part| part.parse::<u32>().is_ok());
        if process.is_none_or(has_ended) {
            fs::remove_dir_all(entry.path()).or_else(|_| fs::remove_file(entry.path())).ok();
        }
    }
}

impl Exception {
    fn covers(&self, place: &str, kind: &str) -> bool {
        self.kind.is_none_or(|only| only == kind) && fits(self.file, place)
    }
}

/// Secrets that a server has made and keeps in a file of its own, which perhaps no test has seen.
fn held_by(path: &Path, place: &str) -> Vec<Used> {
    let bytes = || fs::read(path).unwrap_or_default();
    let held = |value: &[u8], kind: &str| Used { value: value.to_vec(), kind: kind.to_owned(), by: place.to_owned() };
    if fits(KEY_FILE, place) {
        vec![held(&bytes(), KEY)]
    } else if fits(MAILS, place) {
        // Lines of a mail are short: a long one is broken, and says so at its end.
        let mail = String::from_utf8_lossy(&bytes()).replace("=\r\n", "");
        used::tokens(&mail).map(|(path, token)| held(token.as_bytes(), path)).collect()
    } else {
        Vec::new()
    }
}

fn told(used: &Used, form: &str, place: &str) -> String {
    let value = str::from_utf8(&used.value).unwrap_or("bytes");
    format!("`{value}` ({}, of {}) stands {form} in {place}", used.kind, used.by)
}

/// Whether a path is of this form, in which `*` stands for any characters.
fn fits(form: &str, path: &str) -> bool {
    match form.split_once('*') {
        None => form == path,
        Some((start, rest)) => path.strip_prefix(start).is_some_and(|path| {
            let ends = path.char_indices().map(|(index, _)| index).chain([path.len()]);
            ends.into_iter().any(|index| fits(rest, &path[index..]))
        }),
    }
}

/// The last servers may be ending: what a file of tests shares is told to end when its process has.
fn wait_for_servers(system: &Path) {
    let folders = || fs::read_dir(system).into_iter().flatten().flatten();
    let of_test = |name: &str| name.split('.').nth(1).is_none_or(has_ended);
    let ended = |folder: &fs::DirEntry| {
        let server = fs::read_to_string(folder.path().join("pid")).unwrap_or_default();
        !of_test(&folder.file_name().to_string_lossy()) || has_ended(server.trim())
    };
    wait_for(Duration::from_secs(15), || folders().all(|folder| ended(&folder)).then_some(()));
}
