//! Many people at once, who ask one thing after another on connections that they keep open, until they are told to stop.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::Client;

/// No answer may take longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection of somebody who is signed in. It is never opened twice: one that ends is a fault.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    /// What comes before the path's own headers are said.
    host: String,
    cookie: String,
    buffer: Vec<u8>,
    requests: u64,
    slowest: Duration,
}

/// What a running load has done.
#[derive(Debug, Default)]
pub struct Report {
    pub requests: u64,
    pub slowest: Duration,
    /// What went wrong, in words; a connection stops at its first fault.
    pub faults: Vec<String>,
}

/// Connections at work.
#[derive(Debug)]
pub struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<(Connection, Option<String>)>>,
}

impl Load {
    /// Opens so many connections with the cookies of this client. Each does its round again and again; `round` is made
    /// once for each of them, by its number.
    pub fn start<R>(client: &Client, connections: usize, mut round: impl FnMut(usize) -> R) -> Self
    where
        R: FnMut(&mut Connection) -> Result<(), String> + Send + 'static,
    {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = (0..connections).map(|number| {
            let (stop, mut round, mut connection) = (Arc::clone(&stop), round(number), Connection::open(client));
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    if let Err(fault) = round(&mut connection) {
                        return (connection, Some(format!("connection {number}: {fault}")));
                    }
                }
                (connection, None)
            })
        });
        let threads = threads.collect();
        Self { stop, threads }
    }

    /// Whether none has met a fault so far.
    pub fn goes_on(&self) -> bool {
        self.threads.iter().all(|thread| !thread.is_finished())
    }

    /// Lets each connection end its round, and adds up what they have done.
    pub fn stop(self) -> Report {
        self.stop.store(true, Ordering::Relaxed);
        let mut report = Report::default();
        for thread in self.threads {
            let (connection, fault) = thread.join().expect("a connection ends in words");
            report.requests += connection.requests;
            report.slowest = report.slowest.max(connection.slowest);
            report.faults.extend(fault);
        }
        report
    }
}

impl Connection {
    /// With the cookies that the client has at this moment.
    pub fn open(client: &Client) -> Self {
        let host = client.origin().trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&host).expect("the server listens");
        stream.set_nodelay(true).expect("a socket can be set");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit can be set");
        let cookies: Vec<String> = client.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let buffer = Vec::with_capacity(64 << 10);
        Self { stream, host, cookie: cookies.join("; "), buffer, requests: 0, slowest: Duration::ZERO }
    }

    /// The page at a path, as a browser asks for it.
    ///
    /// # Errors
    ///
    /// Where the answer is not 200, or none comes whole; in words.
    pub fn get(&mut self, path: &str) -> Result<String, String> {
        let head = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n", self.host);
        self.ask(path, &format!("{head}accept: text/html\r\ncookie: {}\r\n\r\n", self.cookie))
    }

    /// The same for a form.
    ///
    /// # Errors
    ///
    /// See [`Self::get`].
    pub fn post(&mut self, action: &str, form: &str) -> Result<String, String> {
        let request = format!(
            "POST {action} HTTP/1.1\r\nhost: {0}\r\naccept: text/html\r\ncookie: {1}\r\norigin: http://{0}\r\n\
             sec-fetch-site: same-origin\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {2}\r\n\r\n{form}",
            self.host,
            self.cookie,
            form.len()
        );
        self.ask(action, &request)
    }

    fn ask(&mut self, path: &str, request: &str) -> Result<String, String> {
        let began = Instant::now();
        let said = |error: std::io::Error| format!("{path}: {error}");
        self.stream.write_all(request.as_bytes()).map_err(said)?;
        loop {
            if let Some((status, start, end)) = whole(&self.buffer)? {
                let body = String::from_utf8_lossy(&self.buffer[start..end]).into_owned();
                self.buffer.drain(..end);
                self.requests += 1;
                self.slowest = self.slowest.max(began.elapsed());
                return if status == 200 { Ok(body) } else { Err(format!("{path} answers {status}: {body}")) };
            }
            let mut some = [0; 16 << 10];
            match self.stream.read(&mut some).map_err(said)? {
                0 => return Err(format!("{path}: the server closed the connection")),
                count => self.buffer.extend_from_slice(&some[..count]),
            }
        }
    }
}

/// Status, start and end of the body at the start of the buffer, once it is whole. Answers say how long they are.
fn whole(buffer: &[u8]) -> Result<Option<(u16, usize, usize)>, String> {
    let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    let (Some(status), Some(length)) = (status, length) else { return Err(format!("an answer begins with {head}")) };
    let total = end + 4 + length;
    Ok((buffer.len() >= total).then_some((status, end + 4, total)))
}
