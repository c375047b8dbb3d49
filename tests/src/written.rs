//! Everything that the servers of a test run have written, searched for every secret that the tests have used.
//!
//! All that lies in `target/system` is looked into, once where it has several names: data directories, output, and what tests
//! have laid beside them.
//! Where a value may stand is said in a table, each place with its reason. It is looked for there too, and what those
//! places hold - the server's key, links in mails - is itself looked for everywhere else.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::grep::{Find, Search, below};
use crate::keeper::has_ended;
use crate::used::{self, Used};
use crate::wait_for;

/// A place where values may stand.
struct Exception {
    /// Below `target/system`; `*` stands for any characters, also `/`.
    file: &'static str,
    /// Of these kinds alone, where any are said.
    kinds: &'static [&'static str],
    /// Why they may.
    because: &'static str,
}

/// File systems may keep what is in a smaller file beside its name, in no block of its own. In bytes.
const SMALL: u64 = 4096;
const KEY: &str = "key";
/// In bytes. A test may have cut one off.
const KEY_LENGTH: usize = 32;
const KEY_FILE: &str = "*/data/server.key";
const MAILS: &str = "*/data/outbox/*.eml";

const EXCEPTIONS: &[Exception] = &[
    Exception {
        file: MAILS,
        kinds: &["/account/address/", "/account/invitation/", "/account/reset/"],
        because: "without a mail server mails lie there in clear, for who looks after the machine",
    },
    Exception { file: KEY_FILE, kinds: &[KEY], because: "it lies outside the database, readable to the server alone" },
    Exception {
        file: "*/stdout",
        kinds: &["/setup/"],
        because: "whoever starts the server for the first time is told the link there",
    },
    Exception { file: "mail-*/password", kinds: &[], because: "a test lays it there for the configuration to name" },
    Exception {
        file: "secrets-guessed.*/stderr",
        kinds: &["secret"],
        because: "a test guesses in addresses, and the access log holds what somebody asked for",
    },
    Exception {
        file: "secrets-guessed.*/data/logs/*/access.log",
        kinds: &["secret"],
        because: "it is that log again, as a file",
    },
    Exception { file: "browser.*", kinds: &[], because: "it is a browser that keeps its cookies there" },
];

/// What came of a search.
#[derive(Debug, Default)]
pub struct Report {
    pub values: usize,
    pub files: usize,
    pub bytes: u64,
    pub took: Duration,
    /// Places where values may stand, why they may, and how many do.
    pub excepted: Vec<(&'static str, &'static str, usize)>,
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
    let mut known = BTreeSet::new();
    let files: Vec<(PathBuf, String)> = entries
        .iter()
        .filter(|entry| entry.metadata().is_ok_and(|found| found.is_file() && is_new(&found, &mut known)))
        .map(|entry| (entry.path(), place(&entry.path())))
        .collect();
    let mut used = used::read(recorded);
    assert!(!used.is_empty() || files.is_empty(), "servers have run, and no test has recorded a secret");
    used.extend(files.iter().flat_map(|(path, place)| held_by(path, place)));
    let values: Vec<&[u8]> = used.iter().map(|used| used.value.as_slice()).collect();
    let search = Search::new(&values);

    let excepted = EXCEPTIONS.iter().map(|exception| (exception.file, exception.because, 0)).collect();
    let mut report = Report { values: values.len(), files: files.len(), excepted, ..Report::default() };
    for entry in &entries {
        let named = search.in_bytes(entry.file_name().as_encoded_bytes());
        report.note(&used, &named, &format!("the name {}", place(&entry.path())));
    }
    for (path, place) in &files {
        let (finds, size) = search.in_file(path);
        report.bytes += size;
        report.note(&used, &finds, place);
    }
    report.took = began.elapsed();
    report
}

/// Whether there is something in a file, and it has not been met under another name.
fn is_new(found: &Metadata, known: &mut BTreeSet<(u64, u64)>) -> bool {
    let is_all_hole = found.blocks() == 0 && found.len() > SMALL;
    !is_all_hole && known.insert((found.dev(), found.ino()))
}

impl Report {
    fn note(&mut self, used: &[Used], finds: &BTreeSet<Find>, place: &str) {
        for find in finds {
            let Used { value, kind, by } = &used[find.secret];
            match EXCEPTIONS.iter().position(|exception| exception.covers(place, kind)) {
                Some(exception) => self.excepted[exception].2 += 1,
                None => {
                    let value = str::from_utf8(value).unwrap_or("bytes");
                    self.finds.push(format!("`{value}` ({kind}, of {by}) stands {find} in {place}"));
                }
            }
        }
    }
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
        (self.kinds.is_empty() || self.kinds.contains(&kind)) && fits(self.file, place)
    }
}

/// Secrets that a server has made and keeps in a file of its own, which perhaps no test has seen.
fn held_by(path: &Path, place: &str) -> Vec<Used> {
    let bytes = || fs::read(path).unwrap_or_default();
    let held = |value: &[u8], kind: &str| Used { value: value.to_vec(), kind: kind.to_owned(), by: place.to_owned() };
    if fits(KEY_FILE, place) {
        Some(bytes()).filter(|key| key.len() >= KEY_LENGTH).map(|key| held(&key, KEY)).into_iter().collect()
    } else if fits(MAILS, place) {
        // Lines of a mail are short: a long one is broken, and says so at its end.
        let mail = String::from_utf8_lossy(&bytes()).replace("=\r\n", "");
        used::tokens(&mail).map(|(path, token)| held(token.as_bytes(), path)).collect()
    } else {
        Vec::new()
    }
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
    let is_ending = |folder: fs::DirEntry| {
        let name = folder.file_name().to_string_lossy().into_owned();
        let server = fs::read_to_string(folder.path().join("pid")).unwrap_or_default();
        // Another program may have the number by now.
        let program = fs::read_to_string(Path::new("/proc").join(server.trim()).join("comm")).unwrap_or_default();
        program.trim() == "vestry" && name.split('.').nth(1).is_none_or(has_ended)
    };
    let folders = || fs::read_dir(system).into_iter().flatten().flatten();
    wait_for(Duration::from_secs(15), || (!folders().any(is_ending)).then_some(()));
}

#[cfg(test)]
mod tests {
    use data_encoding::{BASE64, HEXLOWER};
    use tempfile::TempDir;

    use super::*;

    const COOKIE: &str = "Fty4h6Nmqw6-ptIz9fuaoSxMuymzT5obo5Um-ZIqj04";
    const LINK: &str = "vejFgzfOI7HPLGRrwiDMIe3AvcoPrDByDdicaQZtlCw";
    const MAILED: &str = "zhPa4KQFt1yOsLN5eBqmBPT-_qufqTByv24CJ5DnJT4";
    const KEY: [u8; KEY_LENGTH] = [200; KEY_LENGTH];

    /// What a run leaves that is as it should be; and a file more.
    fn run_with(file: &str, words: &[u8]) -> (TempDir, Report) {
        let target = tempfile::tempdir().unwrap();
        let recorded = format!(
            "{{\"test\": \"first::one\", \"kind\": \"cookie\", \"value\": \"{COOKIE}\"}}\n\
             {{\"test\": \"first::two\", \"kind\": \"/setup/\", \"value\": \"{LINK}\"}}\n{{\"test\": "
        );
        let mail = format!("To: a@example.org\r\n\r\nhttp://a/account/reset/{}=\r\n{}\r\n", &MAILED[..9], &MAILED[9..]);
        for (file, bytes) in [
            ("used/0.jsonl", recorded.as_bytes()),
            ("system/house.0.0/stdout", format!("Begin at http://a/setup/{LINK} now").as_bytes()),
            ("system/house.0.0/stderr", b"GET /account/reset/{token} 200"),
            ("system/house.0.0/data/server.key", &KEY),
            ("system/house.0.0/data/outbox/1.eml", mail.as_bytes()),
            ("system/house.0.0/data/vestry.db", b"SQLite format 3"),
            (file, words),
        ] {
            let path = target.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let report = search(&target.path().join("system"), &target.path().join("used"));
        (target, report)
    }

    #[test]
    fn nothing_is_found_where_nothing_is_wrong_and_it_is_said_what_was_searched() {
        let (_target, report) = run_with("system/house.0.0/data/nothing", b"");
        assert_eq!(report.finds, Vec::<String>::new());
        assert_eq!((report.values, report.files), (4, 6), "two recorded, a key and a link of a mail");
        let met = report.excepted.iter().filter(|(_, _, count)| *count > 0);
        let met: Vec<(&str, usize)> = met.map(|(file, _, count)| (*file, *count)).collect();
        assert_eq!(met, [(KEY_FILE, 1), ("*/stdout", 1)], "a mail breaks its lines: its link is read and not found");
    }

    #[test]
    fn what_has_two_names_is_read_once_and_what_is_all_hole_is_not() {
        let (target, _) = run_with("system/house.0.0/data/first", COOKIE.as_bytes());
        let data = target.path().join("system/house.0.0/data");
        fs::hard_link(data.join("first"), data.join("second")).unwrap();
        fs::File::create(data.join("hole")).unwrap().set_len(1 << 40).unwrap();
        let report = search(&target.path().join("system"), &target.path().join("used"));
        assert_eq!((report.files, report.finds.len()), (6, 1), "{:?}", report.finds);
        assert!(report.finds[0].ends_with("house.0.0/data/first"), "{:?}", report.finds);
    }

    #[test]
    fn whatever_stands_where_it_may_not_is_found_with_its_place_and_test() {
        for (file, words, told) in [
            (
                "data/vestry.db-wal",
                format!("\0{COOKIE}\0"),
                "`Fty4h6Nmqw6-ptIz9fuaoSxMuymzT5obo5Um-ZIqj04` (cookie, of first::one)",
            ),
            ("data/vestry.db", HEXLOWER.encode(COOKIE.as_bytes()), "in hexadecimal"),
            ("stdout", COOKIE.to_owned(), "as it is in house.0.0/stdout"),
            ("stderr", format!("GET /setup/{LINK}"), "/setup/, of first::two"),
            (
                "data/packages/a/b/c",
                BASE64.encode(format!("a{LINK}").as_bytes()),
                "in base64 in house.0.0/data/packages/a/b/c",
            ),
            ("stderr", format!("/account/reset/{MAILED}"), "of house.0.0/data/outbox/1.eml"),
            ("data/vestry.db", HEXLOWER.encode(&KEY), "`bytes` (key, of house.0.0/data/server.key)"),
            ("data/outbox/1.txt", MAILED.to_owned(), "outbox/1.txt"),
            ("data/outbox/2.eml", COOKIE.to_owned(), "outbox/2.eml"),
            ("data/logs/one/access.log", format!("{{\"path\":\"/setup/{LINK}\"}}"), "data/logs/one/access.log"),
            ("data/logs/two/vestry.log.1", COOKIE.to_owned(), "data/logs/two/vestry.log.1"),
            (&format!("data/{LINK}"), String::new(), "stands as it is in the name house.0.0/data/"),
        ] {
            let (_target, report) = run_with(&format!("system/house.0.0/{file}"), words.as_bytes());
            assert!(report.finds.len() == 1 && report.finds[0].contains(told), "{file}: {:#?}", report.finds);
        }
    }

    #[test]
    #[should_panic(expected = "no test has recorded a secret")]
    fn servers_without_secrets_are_not_believed() {
        let target = tempfile::tempdir().unwrap();
        fs::create_dir_all(target.path().join("house.0.0")).unwrap();
        fs::write(target.path().join("house.0.0/stdout"), "ready").unwrap();
        search(target.path(), &target.path().join("used"));
    }

    #[test]
    fn what_running_tests_write_is_not_forgotten() {
        let (target, _) = run_with("system/house.0.0/data/nothing", b"");
        let (system, used) = (target.path().join("system"), target.path().join("used"));
        let own = std::process::id();
        fs::create_dir_all(system.join(format!("house.{own}.1/data"))).unwrap();
        fs::write(used.join(format!("{own}.jsonl")), "").unwrap();
        forget(&[system.clone(), used.clone(), target.path().join("nowhere")]);
        let left: Vec<_> = below(target.path()).iter().map(|entry| entry.file_name()).collect();
        assert_eq!(left, ["system", &format!("house.{own}.1"), "data", "used", &format!("{own}.jsonl")]);
    }

    #[test]
    fn a_form_of_paths_has_any_characters_at_its_stars() {
        assert!(
            fits("*/data/outbox/*.eml", "house.0.0/data/outbox/a.eml") && fits("browser.*", "browser.1.0/profile/x")
        );
        assert!(
            !fits("*/data/outbox/*.eml", "house.0.0/data/outbox/a.eml.txt") && !fits("*/stdout", "house.0.0/stdouts")
        );
    }
}
