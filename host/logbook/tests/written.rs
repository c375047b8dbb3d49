//! What is logged stands in the files, once and whole, whatever happens to them.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use tracing_subscriber::layer::SubscriberExt;
use vestry_logbook::{Directory, Keeping, Logbook};

fn open(logs: &Path, keeping: Keeping) -> Logbook {
    Logbook::open(Directory::take(logs, "one").unwrap(), keeping).unwrap()
}

/// Every line of one log, the oldest first, through all its files.
fn lines(logs: &Path, name: &str) -> Vec<Value> {
    let mut files: Vec<(u32, String)> = fs::read_dir(logs.join("one"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|file| {
            let rest = file.strip_prefix(name)?;
            let number = rest.trim_start_matches('.').trim_end_matches(".gz");
            (!rest.ends_with(".part"))
                .then(|| (if number.is_empty() { 0 } else { number.parse().unwrap() }, file.clone()))
        })
        .collect();
    files.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    let mut text = String::new();
    for (_, file) in files {
        let bytes = fs::read(logs.join("one").join(&file)).unwrap();
        match file.ends_with(".gz") {
            true => MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap(),
            false => (&bytes[..]).read_to_string(&mut text).unwrap(),
        };
    }
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

fn waits_until(what: impl Fn() -> bool) {
    let began = Instant::now();
    while !what() {
        assert!(began.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_line_says_what_it_is_about() {
    let logs = tempfile::tempdir().unwrap();
    let book = open(logs.path(), Keeping::default());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(book.layer()), || {
        let span = tracing::info_span!("request", request = "r1", actor = tracing::field::Empty, route = "home");
        let _entered = span.enter();
        span.record("actor", "a1");
        tracing::info!(target: "access", status = 200_u16, micros = 17_u64, actor = "");
        tracing::warn!(target: "plugin", plugin = "p", fields = %"{\"n\":1}", "line\nbreak \u{1b}[31m \"quoted\"");
        tracing::error!(target: "unanswered", error = ?"why", "a request failed");
    });
    drop(book);
    let access = &lines(logs.path(), "access.log")[0];
    assert_eq!(access["node"], "one");
    assert_eq!((&access["request"], &access["actor"], &access["route"]), (&"r1".into(), &"a1".into(), &"home".into()));
    assert_eq!(access["fields"], serde_json::json!({"status": 200, "micros": 17}));
    let plugin = &lines(logs.path(), "vestry.log")[0];
    assert_eq!((&plugin["level"], &plugin["plugin"]), (&"warn".into(), &"p".into()));
    assert_eq!(plugin["fields"], serde_json::json!({"n": 1}));
    assert_eq!(plugin["message"], "line\nbreak \u{1b}[31m \"quoted\"");
    assert_eq!(lines(logs.path(), "error.log")[0]["request"], "r1");
}

#[test]
fn nothing_is_lost_or_doubled_while_files_change() {
    const EACH: u64 = 10_000;
    let logs = tempfile::tempdir().unwrap();
    let keeping = Keeping { size: 128 << 10, files: 10_000, ..Keeping::default() };
    let book = open(logs.path(), keeping);
    let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(book.layer()));
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let dispatch = dispatch.clone();
            scope.spawn(move || {
                tracing::dispatcher::with_default(&dispatch, || {
                    for number in 0..EACH {
                        tracing::info!(target: "access", thread, number);
                        if number % 100 == 0 {
                            std::thread::sleep(Duration::from_millis(2));
                        }
                    }
                });
            });
        }
    });
    drop((dispatch, book));
    let mut next = [0; 4];
    for line in lines(logs.path(), "access.log") {
        let thread = usize::try_from(line["fields"]["thread"].as_u64().unwrap()).unwrap();
        assert_eq!(line["fields"]["number"], next[thread]);
        next[thread] += 1;
    }
    assert_eq!(next, [EACH; 4]);
    assert!(logs.path().join("one/access.log.3.gz").exists());
}

#[test]
fn a_full_disk_is_survived_and_said() {
    let logs = tempfile::tempdir().unwrap();
    fs::create_dir(logs.path().join("one")).unwrap();
    let file = logs.path().join("one/access.log");
    std::os::unix::fs::symlink("/dev/full", &file).unwrap();
    let book = open(logs.path(), Keeping::default());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(book.layer()), || {
        let long = "x".repeat(1_000);
        let began = Instant::now();
        let mut longest = Duration::ZERO;
        for number in 0..20_000_u64 {
            let one = Instant::now();
            tracing::info!(target: "access", number, long);
            longest = longest.max(one.elapsed());
        }
        assert!(longest < Duration::from_millis(200), "{longest:?} in {:?}", began.elapsed());
        fs::remove_file(&file).unwrap();
        waits_until(|| file.metadata().is_ok_and(|about| about.len() > 0));
        book.flush();
        tracing::info!(target: "access", number = 20_000_u64);
    });
    drop(book);
    let all = lines(logs.path(), "access.log");
    let kept = all.iter().filter(|line| line["fields"]["number"].is_u64()).count() as u64;
    let gaps = all.iter().filter_map(|line| line["message"].as_str()?.split(' ').next()?.parse::<u64>().ok());
    assert_eq!(kept + gaps.sum::<u64>(), 20_001);
    assert!(kept > 3_000, "{kept}");
    assert_eq!(all.last().unwrap()["fields"]["number"], 20_000);
}

#[test]
fn a_file_that_was_taken_away_is_made_anew() {
    let logs = tempfile::tempdir().unwrap();
    let book = open(logs.path(), Keeping::default());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(book.layer()), || {
        tracing::info!(target: "access", number = 1_u64);
        book.flush();
        fs::remove_file(logs.path().join("one/access.log")).unwrap();
        tracing::info!(target: "access", number = 2_u64);
    });
    drop(book);
    assert_eq!(lines(logs.path(), "access.log")[0]["fields"]["number"], 2);
}

/// Says so many things, each with its number.
fn say(book: &Logbook, numbers: std::ops::Range<u64>) {
    tracing::subscriber::with_default(tracing_subscriber::registry().with(book.layer()), || {
        for number in numbers {
            tracing::info!(target: "access", number);
        }
    });
}

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A file whose last line was written so many days ago.
fn aged(file: &Path, days: u32) {
    fs::write(file, "{}\n").unwrap();
    fs::File::options().write(true).open(file).unwrap().set_modified(SystemTime::now() - DAY * days).unwrap();
}

#[test]
fn a_line_that_was_broken_off_takes_none_with_it() {
    let logs = tempfile::tempdir().unwrap();
    fs::create_dir(logs.path().join("one")).unwrap();
    fs::write(logs.path().join("one/access.log"), "{\"whole\":1}\n{\"time\":\"2026-11-22T0").unwrap();
    let book = open(logs.path(), Keeping::default());
    say(&book, 0..2);
    drop(book);
    let text = fs::read_to_string(logs.path().join("one/access.log")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!((lines.len(), lines[1]), (4, "{\"time\":\"2026-11-22T0"));
    assert!(lines[2..].iter().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{text}");
    // And one that ends as it should stays as it is.
    let book = open(logs.path(), Keeping::default());
    say(&book, 2..3);
    drop(book);
    assert_eq!(fs::read_to_string(logs.path().join("one/access.log")).unwrap().lines().count(), 5);
}

#[test]
fn files_without_new_lines_are_changed_and_go() {
    let logs = tempfile::tempdir().unwrap();
    let own = logs.path().join("one");
    drop(Directory::take(logs.path(), "one").unwrap());
    for (name, days) in [("error.log.1", 200), ("worker.log", 1), ("vestry.log", 0)] {
        aged(&own.join(name), days);
    }
    std::thread::sleep(Duration::from_millis(300));
    let book = open(logs.path(), Keeping { age: Duration::from_millis(200), ..Keeping::default() });
    waits_until(|| ["worker.log.1", "vestry.log.1"].iter().all(|name| own.join(name).exists()));
    waits_until(|| !own.join("error.log.1").exists());
    assert!(!own.join("worker.log").exists() && !own.join("vestry.log").exists());
    drop(book);
}

#[test]
fn names_that_nobody_has_any_more_are_removed_at_the_start() {
    let logs = tempfile::tempdir().unwrap();
    for (name, days) in [("old", 100), ("new", 10)] {
        drop(Directory::take(logs.path(), name).unwrap());
        aged(&logs.path().join(name).join("access.log"), days);
    }
    // The newest of all: that is what age is counted against.
    drop(Directory::take(logs.path(), "one").unwrap());
    aged(&logs.path().join("one/access.log"), 0);
    let book = open(logs.path(), Keeping::default());
    waits_until(|| !logs.path().join("old").exists());
    assert!(logs.path().join("new/access.log").exists());
    drop(book);
}

#[test]
fn a_clock_that_is_far_ahead_removes_nothing_at_the_start() {
    let logs = tempfile::tempdir().unwrap();
    for name in ["one", "other"] {
        drop(Directory::take(logs.path(), name).unwrap());
        // As old as all that is there, by a clock that is a year ahead.
        for (number, days) in [(1, 365), (2, 370), (3, 500)] {
            aged(&logs.path().join(name).join(format!("access.log.{number}")), days);
        }
    }
    let book = open(logs.path(), Keeping { size: 1, ..Keeping::default() });
    waits_until(|| !logs.path().join("other/access.log.3").exists());
    // And when what it says is written down.
    say(&book, 0..1);
    book.flush();
    waits_until(|| {
        logs.path().join("one/access.log.2.gz").exists() && logs.path().join("one/access.log.3.gz").exists()
    });
    drop(book);
    assert!(logs.path().join("other/access.log.1").exists() && logs.path().join("other/access.log.2").exists());
}

#[test]
fn the_end_does_not_wait_for_what_is_compressed() {
    let logs = tempfile::tempdir().unwrap();
    drop(Directory::take(logs.path(), "one").unwrap());
    let large = fs::File::create(logs.path().join("one/access.log.2")).unwrap();
    large.set_len(8 << 30).unwrap();
    let book = open(logs.path(), Keeping::default());
    waits_until(|| logs.path().join("one/access.log.part").exists());
    say(&book, 0..1);
    let began = Instant::now();
    drop(book);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert_eq!(fs::read_to_string(logs.path().join("one/access.log")).unwrap().lines().count(), 1);
    // Whoever comes next does not work on the same files meanwhile.
    assert_eq!(Directory::take(logs.path(), "one").unwrap().node(), "one-2");
}

#[test]
fn nobody_else_on_the_machine_reads_it() {
    let logs = tempfile::tempdir().unwrap();
    let book = open(logs.path(), Keeping { size: 1, ..Keeping::default() });
    for number in 0..3 {
        say(&book, number..number + 1);
        let kept = logs.path().join("one/access.log.1");
        waits_until(|| fs::read_to_string(&kept).is_ok_and(|text| text.contains(&format!("\"number\":{number}"))));
    }
    waits_until(|| logs.path().join("one/access.log.3.gz").exists());
    drop(book);
    for entry in fs::read_dir(logs.path().join("one")).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
    }
}

#[test]
fn a_pipe_in_the_way_holds_nobody_up() {
    let logs = tempfile::tempdir().unwrap();
    drop(Directory::take(logs.path(), "one").unwrap());
    let pipe = logs.path().join("one/access.log");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let book = open(logs.path(), Keeping::default());
    say(&book, 0..1);
    std::thread::sleep(Duration::from_millis(300));
    fs::remove_file(&pipe).unwrap();
    waits_until(|| pipe.is_file());
    drop(book);
    assert_eq!(lines(logs.path(), "access.log").len(), 1);
}
