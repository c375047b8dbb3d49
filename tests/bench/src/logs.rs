//! Logs: how soon something of 2 GB is seen, how quickly all of it is looked through, and what that holds of memory.
//!
//! What is looked for is looked for twice: as a person does who asks for one page after the other, and as a job that goes
//! on by itself and is followed. Beside it, what somebody with a shell would do with the same files.

mod live;
mod written;

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Failure;
use crate::fixture::Fixture;
use crate::foreign::{Watch, forget_most_resident, judge, most_resident, resident};
use crate::load::Connection;
use crate::server::Running;
use crate::stream::Reader;
use written::{EVERY_NEEDLE, Logs, NEEDLES};

const PERMISSIONS: &[&str] = &["logs.read", "packages.read"];
/// The newest lines are asked for so often.
const PAINTS: usize = 9;
/// Everything is looked through so often, each time in turn with the shell.
const SCANS: usize = 2;
/// How often it is asked whether a job is done.
const LOOK: Duration = Duration::from_millis(50);
/// No search takes longer.
const PATIENCE: Duration = Duration::from_secs(120);
/// How a text is looked for, as the form says it, and as it is told here.
const KINDS: [(&str, &str); 2] = [("exact", "exactly"), ("plain", "whatever the case")];
const MIB: f64 = 1_048_576.0;

pub async fn measure(fixture: &Fixture) -> Result<(), Failure> {
    let logs = Logs::write(fixture.data())?;
    let server = Running::start(fixture.data())?;
    let mut reader = Asking::open(&server, fixture).await?;
    let watch = Watch::start(&[server.process()]);
    let paint = reader.paint().await?;
    let before = resident(server.process());
    forget_most_resident(server.process())?;
    let (files, stored) = logs.stored()?;
    println!("\nLogs: {:.0} MB in {files} files, {:.0} MB as they are stored", mega(logs.bytes), mega(stored));
    println!("  the newest lines: {}", shown(paint));
    for needle in &NEEDLES {
        let text = needle.text();
        let (pages, by_pages) = reader.page_by_page(&text).await?;
        let job = reader.first_of_job(&text).await?;
        println!("  the {} place: {} in {pages} pages, {} by a job", needle.name, shown(by_pages), shown(job));
    }
    let scans = reader.scans(&logs).await?;
    let risen = most_resident(server.process()).saturating_sub(before);
    let plugin = reader.most_memory().await? / MIB;
    let host = (risen as f64 / 1_024.0 - plugin).max(0.0);
    let foreign = watch.foreign();
    println!("  all of it: {:.0} MB/s with zcat and grep in a shell", scans.shell);
    for ((_, told), speed) in KINDS.iter().zip(&scans.jobs) {
        println!("    {speed:.0} MB/s by a job, {told}: {:.2} of it", speed / scans.shell);
    }
    let share = scans.jobs[0] / scans.shell;
    println!(
        "  aim: half of what the shell does: {share:.2}, {}; others used {foreign:.2} cores",
        judge(share >= 0.5, foreign)
    );
    println!("  aim: under 64 MiB of the plugin: {plugin:.1} MiB, {}", judge(plugin < 64.0, 0.0));
    println!("  aim: at most 16 MiB more of the host: {host:.1} MiB, {}", judge(host <= 16.0, 0.0));
    drop(logs);
    live::measure(fixture, &server).await
}

fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn shown(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}

/// MB of text in a second: the best of the rounds.
struct Scans {
    shell: f64,
    /// As in [`KINDS`].
    jobs: [f64; KINDS.len()],
}

/// Somebody with a token who reads logs.
struct Asking {
    connection: Connection,
    address: SocketAddr,
    token: String,
}

impl Asking {
    async fn open(server: &Running, fixture: &Fixture) -> Result<Self, Failure> {
        let connection = Connection::open(server.address).await?;
        Ok(Self { connection, address: server.address, token: fixture.token(PERMISSIONS)? })
    }

    /// The page as a browser gets it; the median.
    async fn paint(&mut self) -> Result<Duration, Failure> {
        let mut times = Vec::new();
        for _ in 0..PAINTS {
            let began = Instant::now();
            let request = format!("GET /logs?order=first HTTP/1.1\r\n{}Accept: text/html\r\n\r\n", self.headers());
            match self.connection.answer(request.as_bytes()).await? {
                200 => times.push(began.elapsed()),
                status => return Err(format!("the logs are answered {status}").into()),
            }
        }
        times.sort_unstable();
        Ok(times[PAINTS / 2])
    }

    /// How many pages it takes, and how long, until a line is there.
    async fn page_by_page(&mut self, text: &str) -> Result<(u32, Duration), Failure> {
        let began = Instant::now();
        let (mut path, mut pages) = (format!("/logs?text={text}"), 1);
        loop {
            let page = self.get(&path).await?;
            if has_lines(&page["blocks"]["lines"]) {
                return Ok((pages, began.elapsed()));
            }
            let fields = page["blocks"]["further"][0]["fields"].as_array().into_iter().flatten();
            let cursor = fields.filter(|field| field[0] == "cursor").find_map(|field| field[1].as_str());
            path = format!("/logs?text={text}&cursor={}", cursor.ok_or_else(|| format!("{text} is not found"))?);
            pages += 1;
        }
    }

    /// From asking for a job until the page of it that is followed has a line. The job has ended then.
    async fn first_of_job(&mut self, text: &str) -> Result<Duration, Failure> {
        let began = Instant::now();
        let found = self.search(text, "plain").await?;
        self.first_line(&found).await?;
        let took = began.elapsed();
        self.ended(&found).await?;
        Ok(took)
    }

    async fn first_line(&mut self, found: &str) -> Result<(), Failure> {
        loop {
            let page = self.get(found).await?;
            if has_lines(&page["blocks"]["lines"]) {
                return Ok(());
            }
            let stream = page["follow"]["stream"].as_str().ok_or("a job has found nothing")?;
            let who = format!("Authorization: Bearer {}", self.token);
            let mut events = Reader::open(self.address, stream, &who, None).await?;
            while let Some(event) = events.event().await? {
                let said: Value = serde_json::from_str(&event.data).unwrap_or_default();
                let updates = || said["updates"].as_array().into_iter().flatten();
                if updates().any(|update| has_lines(&update["data"])) {
                    return Ok(());
                }
                if updates().any(|update| update["how"] == "reload") {
                    break;
                }
            }
        }
    }

    /// Looks through everything, in turn with the shell.
    async fn scans(&mut self, logs: &Logs) -> Result<Scans, Failure> {
        let mut best = Scans { shell: 0.0, jobs: [0.0; KINDS.len()] };
        let speed = |began: Instant| mega(logs.bytes) / began.elapsed().as_secs_f64();
        for _ in 0..SCANS {
            let began = Instant::now();
            let counted = Command::new("sh").args(["-c", &logs.grep(EVERY_NEEDLE)]).output()?;
            best.shell = best.shell.max(speed(began));
            if String::from_utf8_lossy(&counted.stdout).trim() != NEEDLES.len().to_string() {
                return Err("the shell has counted others".into());
            }
            for ((kind, _), best) in KINDS.iter().zip(&mut best.jobs) {
                let began = Instant::now();
                let job = self.search(EVERY_NEEDLE, kind).await?;
                let found = self.ended(&job).await?;
                *best = best.max(speed(began));
                if found != NEEDLES.len() {
                    return Err(format!("a job has found {found}").into());
                }
            }
        }
        Ok(best)
    }

    /// Waits for the end of a job; how many lines it has found.
    async fn ended(&mut self, found: &str) -> Result<usize, Failure> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let page = self.get(found).await?;
            match page["blocks"]["job"]["state"].as_str() {
                Some("queued" | "running") => tokio::time::sleep(LOOK).await,
                Some("done") => return Ok(page["blocks"]["lines"]["lines"].as_array().map_or(0, Vec::len)),
                _ => return Err(format!("a search ends so: {}", page["blocks"]["job"]).into()),
            }
        }
        Err("a search comes to no end".into())
    }

    /// Starts a job; where its page is.
    async fn search(&mut self, text: &str, kind: &str) -> Result<String, Failure> {
        let body = format!("text={text}&as={kind}");
        let head = format!(
            "POST /logs/search HTTP/1.1\r\n{}Accept: application/json\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n",
            self.headers(),
            body.len()
        );
        let answer = self.data(&(head + &body)).await?;
        answer["location"].as_str().map(str::to_owned).ok_or_else(|| format!("no search: {answer}").into())
    }

    /// Bytes of the most memory that one call of the plugin had.
    async fn most_memory(&mut self) -> Result<f64, Failure> {
        let page = self.get("/packages/plugin/org.vestry.logs").await?;
        let rows = page["sections"].as_array().into_iter().flatten();
        let rows = rows.chain([&page]).flat_map(|part| part["blocks"]["used"]["rows"].as_array().into_iter().flatten());
        let most = rows.filter(|row| row["key"] == "memory").find_map(|row| row["start"].as_f64());
        most.ok_or_else(|| "the plugin's page does not say what it uses".into())
    }

    async fn get(&mut self, path: &str) -> Result<Value, Failure> {
        let request = format!("GET {path} HTTP/1.1\r\n{}Accept: application/json\r\n\r\n", self.headers());
        self.data(&request).await
    }

    async fn data(&mut self, request: &str) -> Result<Value, Failure> {
        let (_, body) = self.connection.ask(request.as_bytes()).await?;
        Ok(serde_json::from_slice(&body)?)
    }

    fn headers(&self) -> String {
        format!("Host: {}\r\nAuthorization: Bearer {}\r\n", self.address, self.token)
    }
}

fn has_lines(log: &Value) -> bool {
    log["lines"].as_array().is_some_and(|lines| !lines.is_empty())
}
