//! Pages that are followed: what those cost on which nothing happens, and whether those on which much happens get all of
//! it, once each, though their connections break again and again.
//!
//! What is said travels the whole way: a form is sent, the plugin stores the line and publishes the topic, the host asks
//! for what is new, and the line arrives with the time at which it was sent in it. A page is asked about every 100 ms at
//! the most, so half of that is what a line waits at least.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Failure;
use crate::fixture::Fixture;
use crate::foreign::{Watch, cpu_of, resident};
use crate::load::Connection;
use crate::server::Running;
use crate::stream::{Event, Reader};

/// Pages on which nothing happens, and how many of them one person follows.
const IDLE: usize = 2_000;
const OF_ONE_PERSON: usize = 50;
/// Topics on which something happens, how often, and for how long.
const BUSY: usize = 10;
const EVERY: Duration = Duration::from_millis(10);
const LASTS: Duration = Duration::from_secs(10);
/// A reader's connection breaks so often.
const BREAKS: Duration = Duration::from_millis(700);
/// How long what nothing happens on is watched.
const QUIET: Duration = Duration::from_secs(10);
/// What losing a session may take until the last follower feels it.
const CUT: Duration = Duration::from_secs(1);
/// What the last line may take.
const PATIENCE: Duration = Duration::from_secs(30);

pub async fn measure(fixture: &Fixture) -> Result<(), Failure> {
    let server = Running::start(fixture.data())?;
    let process = server.process();
    let sessions = fixture.people(IDLE / OF_ONE_PERSON).await?;
    // One page of each kind, so that what is made once is made already.
    for topic in 0..BUSY {
        address_of(&server, &sessions[0], &format!("/worker/quiet/{topic}")).await?;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = resident(process);
    let watch = Watch::start(&[process]);
    let connected = Arc::new(AtomicUsize::new(0));
    let idle = follow_idly(&server, &sessions, &connected).await?;
    let used = cpu_of(process);
    tokio::time::sleep(QUIET).await;
    let idle_cpu = (cpu_of(process) - used) / QUIET.as_secs_f64();
    let each = resident(process).saturating_sub(before) as f64 / IDLE as f64;
    println!("\n{} followers of pages on which nothing happens", connected.load(Ordering::Relaxed));
    println!("  {each:.1} KiB of the server's memory each, {:.2} % of a core for all", idle_cpu * 100.0);

    let used = cpu_of(process);
    let began = Instant::now();
    let report = busy(&server, &fixture.cookie).await?;
    let cpu = (cpu_of(process) - used) / began.elapsed().as_secs_f64();
    println!(
        "{BUSY} busy topics beside them, each with a reader whose connection breaks every {} ms",
        BREAKS.as_millis()
    );
    println!(
        "  {} lines said, {:.0} a second in {:.0} requests a second; {} seen over {} connections, {} lost, {} doubled or \
         out of order",
        report.said,
        report.said as f64 / report.took.as_secs_f64(),
        report.requests as f64 / report.took.as_secs_f64(),
        report.seen,
        report.connections,
        report.lost,
        report.doubled
    );
    println!(
        "  from being said to being read: p50 {:.0} ms, p99 {:.0} ms; {:.0} % of a core; others used {:.2} cores",
        report.p50.as_secs_f64() * 1e3,
        report.p99.as_secs_f64() * 1e3,
        cpu * 100.0,
        watch.foreign()
    );
    if report.lost + report.doubled > 0 || connected.load(Ordering::Relaxed) != IDLE {
        return Err("an update was lost or doubled, or a follower was cut off".into());
    }
    let took = cut(&server, &sessions, &connected).await?;
    println!("  all of them signed out: the last follower was cut off after {:.0} ms", took.as_secs_f64() * 1e3);
    drop(idle);
    if took > CUT { Err("losing a session has to cut a follower off within a second".into()) } else { Ok(()) }
}

/// Signs everybody out, and waits until nobody follows any more.
async fn cut(server: &Running, sessions: &[String], connected: &AtomicUsize) -> Result<Duration, Failure> {
    let address = server.address;
    let began = Instant::now();
    for cookie in sessions {
        let request = format!(
            "POST /account/sign-out HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nOrigin: http://{address}\r\n\
             Sec-Fetch-Site: same-origin\r\nContent-Length: 0\r\n\r\n"
        );
        let status = Connection::open(address).await?.answer(request.as_bytes()).await?;
        if status != 303 {
            return Err(format!("signing out was answered {status}").into());
        }
    }
    while connected.load(Ordering::Relaxed) > 0 && began.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(began.elapsed())
}

/// The address of a page's stream.
async fn address_of(server: &Running, cookie: &str, path: &str) -> Result<String, Failure> {
    let address = server.address;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
    );
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let page: serde_json::Value = serde_json::from_str(body).map_err(|_| format!("{path} is no page: {answer}"))?;
    Ok(page["follow"]["stream"].as_str().ok_or("the page is not followed")?.to_owned())
}

/// Opens all the idle ones and keeps them open; `connected` counts those that are.
async fn follow_idly(
    server: &Running,
    sessions: &[String],
    connected: &Arc<AtomicUsize>,
) -> Result<JoinSet<Result<(), Failure>>, Failure> {
    let mut all = JoinSet::new();
    for (number, cookie) in sessions.iter().enumerate() {
        let path = address_of(server, cookie, &format!("/worker/quiet/{}", number % BUSY)).await?;
        for _ in 0..OF_ONE_PERSON {
            let (address, path, cookie, connected) =
                (server.address, path.clone(), cookie.clone(), Arc::clone(connected));
            all.spawn(async move {
                let mut reader = Reader::open(address, &path, &signed_in(&cookie), None).await?;
                connected.fetch_add(1, Ordering::Relaxed);
                while reader.event().await?.is_some() {}
                connected.fetch_sub(1, Ordering::Relaxed);
                Ok(())
            });
        }
    }
    let until = Instant::now() + PATIENCE;
    while connected.load(Ordering::Relaxed) < IDLE && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Each is asked about once as it connects.
    tokio::time::sleep(Duration::from_secs(2)).await;
    Ok(all)
}

struct Report {
    said: u64,
    requests: u64,
    seen: usize,
    lost: usize,
    doubled: usize,
    connections: usize,
    took: Duration,
    p50: Duration,
    p99: Duration,
}

/// What one reader got: number and age of each line.
#[derive(Default)]
struct Got {
    lines: Vec<(u64, Duration)>,
    connections: usize,
}

async fn busy(server: &Running, cookie: &str) -> Result<Report, Failure> {
    let (began, done) = (Instant::now(), Arc::new(AtomicBool::new(false)));
    let (mut readers, mut speakers) = (JoinSet::new(), JoinSet::new());
    for topic in 0..BUSY {
        let path = address_of(server, cookie, &format!("/worker/busy/{topic}")).await?;
        let (done, cookie) = (Arc::clone(&done), cookie.to_owned());
        readers.spawn(read(server.address, path, cookie.clone(), began, topic, done));
        speakers.spawn(speak(server.address, cookie, topic, began));
    }
    let (mut said, mut requests) = (BTreeMap::new(), 0);
    while let Some(speaker) = speakers.join_next().await {
        let (topic, last, more) = speaker??;
        said.insert(topic, last);
        requests += more;
    }
    let took = began.elapsed();
    tokio::time::sleep(Duration::from_secs(2)).await;
    done.store(true, Ordering::Relaxed);
    let mut report = Report {
        said: said.values().sum(),
        requests,
        seen: 0,
        lost: 0,
        doubled: 0,
        connections: 0,
        took,
        p50: Duration::ZERO,
        p99: Duration::ZERO,
    };
    let mut ages = Vec::new();
    while let Some(reader) = readers.join_next().await {
        let (topic, got) = reader??;
        let last = said.get(&topic).copied().unwrap_or(0);
        let numbers: Vec<u64> = got.lines.iter().map(|(number, _)| *number).collect();
        report.seen += numbers.len();
        report.lost += (1..=last).filter(|number| !numbers.contains(number)).count();
        report.doubled += numbers.windows(2).filter(|two| two[1] <= two[0]).count();
        report.connections += got.connections;
        ages.extend(got.lines.into_iter().map(|(_, age)| age));
    }
    ages.sort_unstable();
    let part = |part: f64| ages.get(((ages.len() as f64 * part) as usize).min(ages.len().saturating_sub(1)));
    (report.p50, report.p99) = (part(0.5).copied().unwrap_or_default(), part(0.99).copied().unwrap_or_default());
    Ok(report)
}

/// Says a line every ten milliseconds, with the time in it; where the one before took longer, as many at once as are due.
/// Answers the number of the last and of the requests.
async fn speak(
    address: SocketAddr,
    cookie: String,
    topic: usize,
    began: Instant,
) -> Result<(usize, u64, u64), Failure> {
    let mut connection = Connection::open(address).await?;
    let mut ticks = tokio::time::interval(EVERY);
    let (started, mut said, mut requests) = (Instant::now(), 0, 0);
    let all = LASTS.div_duration_f64(EVERY) as u64;
    while said < all {
        ticks.tick().await;
        let due = (started.elapsed().div_duration_f64(EVERY) as u64 + 1).min(all) - said;
        if due == 0 {
            continue;
        }
        let body = format!("topic=busy-{topic}&times={due}&text={}", began.elapsed().as_micros());
        let request = format!(
            "POST /worker/say HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nOrigin: http://{address}\r\n\
             Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        match connection.answer(request.as_bytes()).await? {
            200 => (said, requests) = (said + due, requests + 1),
            status => return Err(format!("a line was answered {status}").into()),
        }
    }
    Ok((topic, said, requests))
}

/// Reads until nothing more can come, over connections that it breaks off.
async fn read(
    address: SocketAddr,
    path: String,
    cookie: String,
    began: Instant,
    topic: usize,
    done: Arc<AtomicBool>,
) -> Result<(usize, Got), Failure> {
    let mut got = Got::default();
    let mut last: Option<String> = None;
    while !done.load(Ordering::Relaxed) {
        let mut reader = Reader::open(address, &path, &signed_in(&cookie), last.as_deref()).await?;
        got.connections += 1;
        // Not all at once, and at different moments of what is on its way.
        let breaks = tokio::time::sleep(BREAKS + Duration::from_millis(37 * topic as u64));
        tokio::pin!(breaks);
        loop {
            let event = tokio::select! {
                () = &mut breaks => break,
                event = reader.event() => event?,
            };
            let Some(Event { id, data }) = event else { break };
            got.lines.extend(lines(&data, began)?);
            last = id.or(last);
        }
    }
    Ok((topic, got))
}

/// Number and age of the lines that an event brings.
fn lines(data: &str, began: Instant) -> Result<Vec<(u64, Duration)>, Failure> {
    if data.is_empty() {
        return Ok(Vec::new());
    }
    let said: serde_json::Value = serde_json::from_str(data)?;
    let updates = said["updates"].as_array().into_iter().flatten();
    let lines = updates.flat_map(|update| update["data"]["lines"].as_array().into_iter().flatten());
    lines
        .map(|line| {
            let number = line["source"].as_str().unwrap_or("").parse()?;
            let sent =
                Duration::from_micros(line["text"].as_str().unwrap_or("").split(' ').next().unwrap_or("").parse()?);
            Ok((number, began.elapsed().saturating_sub(sent)))
        })
        .collect()
}

/// The header that a browser says who it is with.
fn signed_in(cookie: &str) -> String {
    format!("Cookie: {cookie}")
}
