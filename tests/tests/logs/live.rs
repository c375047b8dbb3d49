//! Thousands of lines a second, written by another program and followed by nine programs and a browser at once: what is
//! shown has each line once and in its order, also behind a pause.
//!
//! `VESTRY_SECONDS` is how long they are written: a few seconds where it is not set.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use vestry_tests::logs::{add, folder, line, looked, texts};
use vestry_tests::{Browser, Client, House, Stream, wait_for};

/// Lines of a second, and in how large heaps they are written.
const LINES: u32 = 5_000;
const HEAP: u32 = 100;
const PROGRAMS: usize = 9;
/// How long somebody looks away.
const PAUSE: Duration = Duration::from_secs(2);
/// What the last line may take on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(240);

struct Writer {
    log: PathBuf,
    written: AtomicU32,
    lasts: Duration,
}

impl Writer {
    fn write(&self, count: u32) {
        let first = self.written.load(Ordering::Relaxed);
        let text: String = (first..first + count).map(|number| line(1, "info", &format!("<{number}>"))).collect();
        add(&self.log, &text);
        self.written.store(first + count, Ordering::Relaxed);
    }

    /// Keeps to the rate as far as the machine does; half-way, it begins a new file.
    fn go_on(&self) {
        let (began, all) = (Instant::now(), u32::try_from(self.lasts.as_secs()).expect("seconds") * LINES);
        let mut written = 0;
        while written < all {
            let due = (began.elapsed().as_secs_f64() * f64::from(LINES)) as u32;
            if written + HEAP > due {
                thread::sleep(Duration::from_millis(2));
                continue;
            }
            self.write(HEAP);
            written += HEAP;
            if written == all / 2 {
                fs::rename(&self.log, self.log.with_added_extension("1")).expect("it can be renamed");
            }
        }
    }
}

#[test]
fn each_of_five_thousand_lines_a_second_is_shown_once_and_in_its_order() {
    let lasts = std::env::var("VESTRY_SECONDS").map_or(8, |seconds| seconds.parse().expect("a number of seconds"));
    let house = House::open("logs-live");
    let log = folder(&house.server, "live").join("app.log");
    let writer = Writer { log, written: AtomicU32::new(0), lasts: Duration::from_secs(lasts) };
    writer.write(HEAP);
    let mut page = Page::open(&house);
    let (first, done, began) = (writer.written.load(Ordering::Relaxed), AtomicBool::new(false), Instant::now());
    let used = house.server.processor_time();
    thread::scope(|scope| {
        // Each has its page before more is written.
        let pages: Vec<_> = (0..PROGRAMS).map(|_| stream_of(house.as_admin())).collect();
        let readers: Vec<_> = pages
            .into_iter()
            .enumerate()
            .map(|(number, (client, address))| {
                let (writer, done) = (&writer, &done);
                scope.spawn(move || follows(&client, &address, first, writer, done, number))
            })
            .collect();
        let writing = scope.spawn(|| {
            writer.go_on();
            done.store(true, Ordering::Relaxed);
        });
        while !writing.is_finished() {
            page.looks_away_and_back(&done);
            page.pauses_and_goes_on();
        }
        page.shows(writer.written.load(Ordering::Relaxed) - 1);
        let connections: usize = readers.into_iter().map(|reader| reader.join().expect("it got all")).sum();
        println!(
            "{} lines in {:.0} s to {PROGRAMS} programs over {connections} connections, and to a browser that looked away \
             {} times; the server used {:.1} s of a core",
            writer.written.load(Ordering::Relaxed),
            began.elapsed().as_secs_f64(),
            page.looks,
            (house.server.processor_time() - used).as_secs_f64()
        );
    });
    assert!(page.looks > 1);
    page.browser.check_console();
}

/// Somebody with a page, and where that page's stream is.
fn stream_of(client: Client) -> (Client, String) {
    let page = looked(&client, "node=live&order=last&follow=1");
    let address = page["follow"]["stream"].as_str().expect("it is followed").to_owned();
    (client, address)
}

/// Follows as a program does, with breaks, until all is there; how many connections it took.
fn follows(client: &Client, address: &str, first: u32, writer: &Writer, done: &AtomicBool, number: usize) -> usize {
    let (mut next, mut last, mut connections) = (first, None::<String>, 0);
    let until = Instant::now() + writer.lasts + PATIENCE;
    loop {
        let call = client.call("GET", address).header("accept", "application/json, text/event-stream");
        let mut stream = Stream::open(match &last {
            Some(last) => call.header("last-event-id", last),
            None => call,
        });
        assert_eq!(stream.status, 200);
        connections += 1;
        let breaks = Instant::now() + Duration::from_millis(2_500 + 300 * number as u64);
        while Instant::now() < breaks {
            let Some(event) = stream.next(Duration::from_millis(200)) else { continue };
            let texts = event.updates().into_iter().flat_map(|update| texts(&update["data"]));
            for number in texts.map(|text| number_in(&text).expect("a line has a number")) {
                assert_eq!(number, next, "each line once, behind the one before");
                next += 1;
            }
            last = event.id.or(last);
        }
        if done.load(Ordering::Relaxed) && next == writer.written.load(Ordering::Relaxed) {
            return connections;
        }
        assert!(Instant::now() < until, "line {next} does not come");
        thread::sleep(Duration::from_millis(100 * number as u64));
    }
}

/// The number of a line.
fn number_in(text: &str) -> Option<u32> {
    text.split_once('<')?.1.split('>').next()?.parse().ok()
}

/// The page in a browser.
struct Page {
    browser: Browser,
    looks: usize,
}

impl Page {
    fn open(house: &House) -> Self {
        let browser = house.in_browser(&house.admin);
        browser.visit("/logs?node=live&order=last&follow=1");
        browser.wait_for_text("<0>");
        Self { browser, looks: 0 }
    }

    /// Scrolls up, where the page stands still while it counts what is new; then back to the end.
    fn looks_away_and_back(&mut self, done: &AtomicBool) {
        self.browser.script("document.querySelector('[data-rows]').scrollTop = 0;");
        let counts = "const button = document.querySelector('[data-rows-more]');
            return button.hidden ? 0 : Number(button.dataset.count);";
        let counted = wait_for(PATIENCE, || match self.browser.script(counts).as_u64() {
            Some(count) if count > 0 => Some(true),
            // Nothing more comes that could be counted.
            _ => done.load(Ordering::Relaxed).then_some(false),
        });
        if counted != Some(true) {
            return;
        }
        thread::sleep(PAUSE);
        self.is_whole();
        self.browser.script("document.querySelector('[data-rows-more]').click();");
        self.looks += 1;
    }

    /// Stops following, and follows again.
    fn pauses_and_goes_on(&mut self) {
        self.browser.follow("Pause");
        thread::sleep(PAUSE);
        self.is_whole();
        self.browser.follow("Follow");
        thread::sleep(PAUSE);
        self.is_whole();
        self.looks += 1;
    }

    /// Waits until this line is shown.
    fn shows(&self, last: u32) {
        let shown = wait_for(PATIENCE, || (self.is_whole() == last).then_some(()));
        assert!(shown.is_some(), "{last} is not shown, but {}", self.is_whole());
    }

    /// Each line that is shown is the one behind the one before; the last of them.
    #[track_caller]
    fn is_whole(&self) -> u32 {
        let texts = "return [...document.querySelectorAll('.log li')].map(line => line.textContent);";
        let texts: Vec<String> = serde_json::from_value(self.browser.script(texts)).expect("texts");
        let numbers: Vec<u32> = texts.iter().filter_map(|text| number_in(text)).collect();
        assert_eq!(numbers.len(), texts.len());
        for two in numbers.windows(2) {
            assert_eq!(two[0] + 1, two[1], "each line once, behind the one before");
        }
        numbers.last().copied().expect("there are lines")
    }
}
