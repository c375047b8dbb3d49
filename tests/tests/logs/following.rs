//! Following logs: what is added comes once, whatever happens to the connection and to the file, and what happened to the
//! file is said.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use vestry_tests::logs::{add, compress, folder, line, looked, numbered, seconds, texts};
use vestry_tests::{Client, House, Stream};

static HOUSE: LazyLock<House> = LazyLock::new(|| House::open("logs-following"));

/// What an update may take on a machine that is busy with other tests.
const SOON: Duration = Duration::from_secs(15);

/// A follow as a program has it, over as many connections as it takes.
struct Follow {
    client: Client,
    address: String,
    stream: Stream,
    last: Option<String>,
    newest_first: bool,
    /// What came, in the order in which it was written.
    seconds: Vec<u32>,
    /// All that came.
    texts: Vec<String>,
}

impl Follow {
    fn of(query: &str) -> Self {
        let client = HOUSE.as_admin();
        let page = looked(&client, &format!("{query}&follow=1"));
        let address =
            page["follow"]["stream"].as_str().unwrap_or_else(|| panic!("it is followed: {page:#}")).to_owned();
        let newest_first = page["blocks"]["lines"]["newest-first"] == true;
        let stream = connected(&client, &address, None);
        Self { client, address, stream, last: None, newest_first, seconds: Vec::new(), texts: Vec::new() }
    }

    /// Ends the connection wherever it is, and makes another.
    fn breaks(&mut self) {
        self.stream = connected(&self.client, &self.address, self.last.as_deref());
    }

    /// Takes one event, if one comes.
    fn take(&mut self, within: Duration) -> bool {
        let Some(event) = self.stream.next(within) else { return false };
        assert_eq!(event.gone(), None);
        for update in event.updates() {
            assert_eq!((&update["block"], &update["how"]), (&"lines".into(), &"append".into()), "{update:#}");
            let mut block: Value = update["data"].clone();
            if self.newest_first {
                block["lines"].as_array_mut().expect("lines").reverse();
            }
            self.seconds.extend(seconds(&block));
            self.texts.extend(texts(&block));
        }
        self.last = event.id.or(self.last.take());
        true
    }

    /// Waits for this second.
    #[track_caller]
    fn until(&mut self, second: u32) {
        let until = Instant::now() + SOON;
        while !self.seconds.contains(&second) {
            assert!(Instant::now() < until, "{second} does not come, but {:?}", self.texts);
            self.take(Duration::from_millis(100));
        }
    }

    /// Waits for words.
    #[track_caller]
    fn until_said(&mut self, words: &str) {
        let until = Instant::now() + SOON;
        while !self.texts.iter().any(|text| text.contains(words)) {
            assert!(Instant::now() < until, "`{words}` is not said, but {:?}", self.texts);
            self.take(Duration::from_millis(100));
        }
    }
}

fn connected(client: &Client, address: &str, last: Option<&str>) -> Stream {
    let call = client.call("GET", address).header("accept", "application/json, text/event-stream");
    let stream = Stream::open(match last {
        Some(last) => call.header("last-event-id", last),
        None => call,
    });
    assert_eq!(stream.status, 200);
    stream
}

/// A log of its own with these seconds in it.
fn log(node: &str, seconds: std::ops::Range<u32>) -> PathBuf {
    let path = folder(&HOUSE.server, node).join("app.log");
    add(&path, &numbered(seconds));
    path
}

fn turn(path: &Path) {
    let numbered = |number: u32| path.with_extension(format!("log.{number}"));
    if numbered(1).exists() {
        fs::rename(numbered(1), numbered(2)).expect("it can be renamed");
        compress(&numbered(2));
        let oldest = path.with_extension("log.2.gz");
        // One name for each, so that nothing is overwritten.
        let free = (3..).map(|number| path.with_extension(format!("log.{number}.gz"))).find(|path| !path.exists());
        fs::rename(oldest, free.expect("there is one")).expect("it can be renamed");
    }
    fs::rename(path, numbered(1)).expect("it can be renamed");
}

#[test]
fn what_is_added_comes_once_in_order_either_way() {
    for (node, order) in [("first-up", "first"), ("last-down", "last")] {
        let path = log(node, 0..10);
        let mut follow = Follow::of(&format!("node={node}&order={order}"));
        assert_eq!(follow.newest_first, order == "first");
        for begin in (10..500).step_by(70) {
            add(&path, &numbered(begin..begin + 70));
            follow.until(begin + 69);
        }
        assert_eq!(follow.seconds, (10..500).collect::<Vec<_>>());
        follow.breaks();
        assert!(!follow.take(Duration::from_secs(3)) || follow.seconds.len() == 490, "nothing comes behind the last");
    }
}

#[test]
fn only_what_was_asked_for_comes() {
    let path = log("narrowed", 0..10);
    let mut follow = Follow::of("node=narrowed&level=error");
    let _others = log("narrowed-not", 0..300);
    add(&path, &numbered(10..301));
    follow.until(300);
    assert_eq!(follow.seconds, [100, 200, 300]);
}

#[test]
fn half_a_line_waits_for_its_end() {
    let path = log("half", 0..1);
    let mut follow = Follow::of("node=half");
    let whole = line(1, "info", "whole");
    let (one, other) = whole.split_at(60);
    add(&path, one);
    while follow.take(Duration::from_secs(3)) {}
    assert!(follow.texts.is_empty(), "{:?}", follow.texts);
    add(&path, other);
    follow.until(1);
    assert_eq!(follow.seconds, [1]);
}

#[test]
fn nothing_is_lost_or_doubled_over_broken_connections_and_changed_files() {
    const LINES: u32 = 6_000;
    let path = log("busy", 0..10);
    let mut follow = Follow::of("node=busy&order=last");
    let done = AtomicBool::new(false);
    let (mut connections, mut chance) = (1, 20_261_122_u64);
    thread::scope(|scope| {
        scope.spawn(|| {
            for begin in (10..LINES).step_by(10) {
                add(&path, &numbered(begin..begin + 10));
                // Four times it is changed for a new file, in the middle of it all.
                if begin % 1_200 == 610 {
                    turn(&path);
                }
                thread::sleep(Duration::from_millis(20));
            }
            done.store(true, Ordering::Relaxed);
        });
        let until = Instant::now() + Duration::from_secs(90);
        while follow.seconds.len() < LINES as usize - 10 && Instant::now() < until {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let breaks = Instant::now() + Duration::from_millis((chance >> 33) % 2_500);
            while Instant::now() < breaks {
                follow.take(breaks.saturating_duration_since(Instant::now()));
            }
            follow.breaks();
            connections += 1;
        }
    });
    println!("{LINES} lines over {connections} connections and five files");
    assert!(done.load(Ordering::Relaxed));
    follow.take(Duration::from_secs(2));
    let expected: Vec<u32> = (10..LINES).collect();
    let missing: Vec<_> = expected.iter().filter(|second| !follow.seconds.contains(second)).collect();
    assert!(follow.seconds == expected, "{} came, {missing:?} did not", follow.seconds.len());
    assert!(connections > 5 && path.with_extension("log.1").exists());
}

#[test]
fn a_file_that_is_cut_off_is_read_anew_and_that_is_said() {
    let path = log("cut", 0..100);
    let mut follow = Follow::of("node=cut");
    add(&path, &numbered(100..110));
    follow.until(109);
    OpenOptions::new().write(true).truncate(true).open(&path).expect("it can be opened");
    add(&path, &numbered(200..205));
    follow.until(204);
    follow.until_said("was cut off");
    assert_eq!(follow.seconds, [(100..110).collect::<Vec<_>>(), (200..205).collect()].concat());
    assert_eq!(follow.texts.iter().filter(|text| text.contains("was cut off")).count(), 1, "{:?}", follow.texts);
    assert!(follow.texts.iter().any(|text| text.contains("cut/app.log")), "it says which: {:?}", follow.texts);
}

#[test]
fn a_file_that_is_taken_away_and_comes_again_is_followed_on() {
    let path = log("gone", 0..100);
    let mut follow = Follow::of("node=gone");
    add(&path, &numbered(100..110));
    follow.until(109);
    fs::remove_file(&path).expect("it can be removed");
    follow.until_said("was removed");
    add(&path, &numbered(200..205));
    follow.until(204);
    assert_eq!(follow.seconds, [(100..110).collect::<Vec<_>>(), (200..205).collect()].concat());
}

#[test]
fn a_log_that_begins_while_somebody_follows_is_seen_from_its_first_line() {
    log("early", 0..1);
    let mut follow = Follow::of("node=early&node=late");
    log("late", 10..20);
    follow.until(19);
    assert_eq!(follow.seconds, (10..20).collect::<Vec<_>>());
}

#[test]
fn the_servers_own_files_are_changed_while_they_are_followed() {
    const LINES: u32 = 600;
    let house = House::prepared("logs-changed", |_| "logs: {node: small, size-mib: 1}\n".to_owned());
    house.install("probe");
    let client = house.as_admin();
    let page = looked(&client, "file=vestry.log&text=marked&order=last&follow=1");
    let address = page["follow"]["stream"].as_str().expect("it is followed").to_owned();
    let mut stream = connected(&client, &address, None);
    let mut got: Vec<u32> = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            let writer = house.as_admin();
            for number in 0..LINES {
                let message = format!("marked {number} {}", "x".repeat(5_000));
                writer.get(&format!("/probe/log?message={}", message.replace(' ', "+"))).expect(200);
            }
        });
        let until = Instant::now() + Duration::from_secs(60);
        while got.len() < LINES as usize && Instant::now() < until {
            let Some(event) = stream.next(Duration::from_secs(1)) else { continue };
            for update in event.updates() {
                let number = |text: &String| text.split_once("marked ")?.1.split(' ').next()?.parse::<u32>().ok();
                got.extend(texts(&update["data"]).iter().filter_map(number));
            }
        }
    });
    assert_eq!(got, (0..LINES).collect::<Vec<_>>());
    let files = fs::read_dir(folder(&house.server, "small")).expect("it is there").flatten();
    let files: Vec<String> = files.map(|file| file.file_name().to_string_lossy().into_owned()).collect();
    assert!(files.contains(&"vestry.log.1".to_owned()) && files.contains(&"vestry.log.2.gz".to_owned()), "{files:?}");
    // All of it is there to be downloaded, through what the server compressed, and is found in it.
    let text = client.get("/logs/export?file=vestry.log&text=marked").expect(200).text();
    assert_eq!(text.lines().count(), LINES as usize);
    let found = looked(&client, "file=vestry.log&text=marked+0+");
    assert_eq!(texts(&found["blocks"]["lines"]).len(), 1);
}
