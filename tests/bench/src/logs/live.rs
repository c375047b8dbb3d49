//! Somebody else writes thousands of lines a second, and ten people follow: nine programs and a browser's page. Each
//! pauses once, and the file is changed for a new one in the middle of it all.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::task::JoinSet;
use vestry::settings::LOGS;

use crate::Failure;
use crate::fixture::Fixture;
use crate::foreign::{Watch, cpu_of, resident};
use crate::load::Connection;
use crate::server::Running;
use crate::stream::Reader;

/// Lines of a second, how long they come, and in how large heaps.
const LINES: u64 = 5_000;
const LASTS: Duration = Duration::from_secs(60);
const HEAP: u64 = 50;
/// Who follows as a program does; one more does so as a browser.
const PROGRAMS: usize = 9;
/// How long each looks away, once.
const PAUSE: Duration = Duration::from_secs(4);
/// What the last line may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// What stands in each line, and its number behind it.
const MARK: &str = "line-number-";

pub async fn measure(fixture: &Fixture, server: &Running) -> Result<(), Failure> {
    let directory = fixture.data().join(LOGS).join("live");
    fs::create_dir_all(&directory)?;
    let log = directory.join("app.log");
    // Something is there before anybody looks.
    let mut writer = Writer { log: log.clone(), written: 0 };
    writer.write(HEAP)?;
    let followers = (0..=PROGRAMS).map(|number| Follower::new(server.address, fixture, number));
    let mut reading = JoinSet::new();
    for follower in followers {
        reading.spawn(follower.read(writer.written, LINES * LASTS.as_secs()));
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let process = server.process();
    let (watch, used, before, began) = (Watch::start(&[process]), cpu_of(process), resident(process), Instant::now());
    tokio::task::spawn_blocking(move || writer.go_on(began)).await??;
    let (took, cpu) = (began.elapsed().as_secs_f64(), cpu_of(process) - used);
    let rate = (LINES * LASTS.as_secs()) as f64 / took;
    let (mut seen, mut late, mut connections) = (0, Duration::ZERO, 0);
    while let Some(got) = reading.join_next().await {
        let got = got??;
        seen += got.seen;
        connections += got.connections;
        late = late.max(got.ended.saturating_duration_since(began + LASTS));
    }
    let (all, followers) = (cpu_of(process) - used, PROGRAMS + 1);
    println!("\nLive: {rate:.0} lines a second for {took:.0} s, followed by {PROGRAMS} programs and a browser's page");
    println!(
        "  {seen} lines came over {connections} connections, none lost, doubled or out of order; the last {:.1} s after it \
         was written",
        late.as_secs_f64()
    );
    println!(
        "  {:.0} % of a core while they were written, {all:.1} s in all: {:.0} us a line and follower; {:.1} MiB more; \
         others used {:.2} cores",
        cpu / took * 100.0,
        all * 1e6 / (followers as f64 * (LINES * LASTS.as_secs()) as f64),
        resident(process).saturating_sub(before) as f64 / 1_024.0,
        watch.foreign()
    );
    fs::remove_dir_all(directory)?;
    Ok(())
}

/// Another program, which writes and now and then begins a new file.
struct Writer {
    log: PathBuf,
    written: u64,
}

impl Writer {
    fn write(&mut self, lines: u64) -> Result<(), Failure> {
        let mut text = String::new();
        for number in self.written..self.written + lines {
            let time = jiff::Timestamp::now();
            text.push_str(&format!(
                "{{\"time\":\"{time:.6}\",\"level\":\"info\",\"node\":\"live\",\"plugin\":\"org.example.app\",\
                 \"request\":\"{number:016x}\",\"message\":\"{MARK}{number} of a program that has much to say\",\
                 \"fields\":{{\"micros\":{}}}}}\n",
                number % 9_000
            ));
        }
        OpenOptions::new().create(true).append(true).open(&self.log)?.write_all(text.as_bytes())?;
        self.written += lines;
        Ok(())
    }

    fn go_on(mut self, began: Instant) -> Result<(), Failure> {
        let (first, all) = (self.written, LINES * LASTS.as_secs());
        while self.written - first < all {
            let due = (began.elapsed().as_secs_f64() * LINES as f64) as u64;
            if self.written - first + HEAP > due {
                std::thread::sleep(Duration::from_millis(2));
                continue;
            }
            self.write(HEAP)?;
            if self.written - first == all / 2 {
                fs::rename(&self.log, self.log.with_added_extension("1"))?;
            }
        }
        Ok(())
    }
}

/// Somebody who follows.
struct Follower {
    address: SocketAddr,
    /// The header that says who it is.
    who: String,
    is_browser: bool,
    /// After so many lines it looks away.
    pauses: u64,
}

/// What came to one of them.
struct Got {
    seen: u64,
    connections: usize,
    ended: Instant,
}

impl Follower {
    fn new(address: SocketAddr, fixture: &Fixture, number: usize) -> Self {
        let is_browser = number == PROGRAMS;
        Self {
            address,
            who: format!("Cookie: {}", fixture.cookie),
            is_browser,
            pauses: LINES * (5 + 4 * number as u64),
        }
    }

    /// Until so many lines have come, from this number on; each has to be the one behind the one before.
    async fn read(self, first: u64, lines: u64) -> Result<Got, Failure> {
        let path = self.stream().await?;
        let accept = if self.is_browser { "text/event-stream" } else { "application/json, text/event-stream" };
        let mut next = first;
        let mut last: Option<String> = None;
        let mut connections = 0;
        let mut reader = None;
        let until = Instant::now() + LASTS + PATIENCE;
        while next < first + lines {
            let from = match &mut reader {
                Some(reader) => reader,
                None => {
                    connections += 1;
                    reader.insert(Reader::open_as(accept, self.address, &path, &self.who, last.as_deref()).await?)
                }
            };
            let event = tokio::time::timeout_at(until.into(), from.event()).await;
            let Ok(event) = event else { return Err(format!("line {next} does not come").into()) };
            let event = event?.ok_or("a stream has ended")?;
            for number in numbers(&event.data)? {
                if number != next {
                    return Err(format!("line {number} comes where {next} should").into());
                }
                next += 1;
            }
            last = event.id.or(last);
            if connections == 1 && next - first >= self.pauses {
                reader = None;
                tokio::time::sleep(PAUSE).await;
            }
        }
        Ok(Got { seen: next - first, connections, ended: Instant::now() })
    }

    /// Where the page says that its stream is.
    async fn stream(&self) -> Result<String, Failure> {
        let accept = if self.is_browser { "text/html" } else { "application/json" };
        let request = format!(
            "GET /logs?node=live&order=last&follow=1 HTTP/1.1\r\nHost: {}\r\n{}\r\nAccept: {accept}\r\n\r\n",
            self.address, self.who
        );
        let (_, body) = Connection::open(self.address).await?.ask(request.as_bytes()).await?;
        let page = String::from_utf8(body)?;
        let path = match self.is_browser {
            true => page.split_once("data-stream=\"").and_then(|(_, rest)| rest.split('"').next()).map(plain),
            false => serde_json::from_str::<Value>(&page)?["follow"]["stream"].as_str().map(str::to_owned),
        };
        path.ok_or_else(|| format!("the page is not followed: {page}").into())
    }
}

/// An attribute's value without its escapes.
fn plain(value: &str) -> String {
    value.replace("&#x2f;", "/").replace("&#x3d;", "=").replace("&amp;", "&")
}

/// The numbers of the lines that an event brings, in their order, as it shows them: as data or as markup.
fn numbers(data: &str) -> Result<Vec<u64>, Failure> {
    let number = |rest: &str| rest.split(|it: char| !it.is_ascii_digit()).next().and_then(|it| it.parse().ok());
    let found = data.split(MARK).skip(1).map(number);
    found.map(|number| number.ok_or_else(|| "a line has no number".into())).collect()
}
