//! Small web servers of the test's own, with or without TLS, whose answers a closure gives: whole, broken off, or never.
//!
//! A thread for each connection, one answer, closed. Each request is kept as it came.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Nobody waits for longer for the other side.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server. It ends with the program.
#[derive(Clone)]
pub struct Web {
    scheme: &'static str,
    port: u16,
    seen: Arc<Mutex<Vec<Asked>>>,
}

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub verb: String,
    pub path: String,
    /// Without its question mark.
    pub query: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Said {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub end: End,
}

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Whole,
    /// Half of it comes.
    BrokenOff,
    /// Half of it comes, and the connection stays.
    Stalled,
    /// Not even a beginning comes, and the connection stays.
    Silent,
}

impl Debug for Web {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.address())
    }
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl Said {
    pub fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), kind.to_owned())];
        Self { status, headers, body: body.into(), end: End::Whole }
    }

    pub fn not_found() -> Self {
        Self::new(404, "text/plain", "There is nothing.")
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn ending(mut self, end: End) -> Self {
        self.end = end;
        self
    }
}

impl Web {
    pub fn start(answer: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> Self {
        Self::listen(None, Arc::new(answer))
    }

    /// With TLS; see [`crate::authority::Authority::server`].
    pub fn start_tls(config: Arc<ServerConfig>, answer: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> Self {
        Self::listen(Some(config), Arc::new(answer))
    }

    /// `http://127.0.0.1:PORT` or `https://..`, without a slash at the end.
    pub fn address(&self) -> String {
        format!("{}://{}", self.scheme, self.host())
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Asked> {
        self.seen.lock().expect("no test panicked here").clone()
    }

    fn listen(tls: Option<Arc<ServerConfig>>, answer: Arc<dyn Fn(&Asked) -> Said + Send + Sync>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let web = Self { scheme: if tls.is_some() { "https" } else { "http" }, port, seen: Arc::default() };
        let seen = Arc::clone(&web.seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, answer, seen) = (tls.clone(), Arc::clone(&answer), Arc::clone(&seen));
                // Whoever called may be gone by now, or not believe the certificate.
                thread::spawn(move || {
                    stream.set_read_timeout(Some(PATIENCE))?;
                    stream.set_write_timeout(Some(PATIENCE))?;
                    match tls {
                        None => serve(stream, &seen, &*answer),
                        Some(config) => serve(secured(config, stream)?, &seen, &*answer),
                    }
                });
            }
        });
        web
    }
}

fn secured(config: Arc<ServerConfig>, stream: TcpStream) -> std::io::Result<StreamOwned<ServerConnection, TcpStream>> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    Ok(StreamOwned::new(connection, stream))
}

fn serve(
    stream: impl Read + Write,
    seen: &Mutex<Vec<Asked>>,
    answer: &(dyn Fn(&Asked) -> Said + Send + Sync),
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let asked = read(&mut reader)?;
    seen.lock().expect("no test panicked here").push(asked.clone());
    let said = answer(&asked);
    let mut stream = reader.into_inner();
    if said.end != End::Silent {
        let length = said.body.len();
        let sent = if said.end == End::Whole { length } else { length / 2 };
        let mut head = format!("HTTP/1.1 {} As said\r\nconnection: close\r\ncontent-length: {length}\r\n", said.status);
        for (name, value) in &said.headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n").as_bytes())?;
        if asked.verb != "HEAD" {
            stream.write_all(&said.body[..sent])?;
        }
        stream.flush()?;
    }
    if matches!(said.end, End::Silent | End::Stalled) {
        // Until the caller hangs up.
        stream.read(&mut [0]).map(drop)?;
    }
    Ok(())
}

fn read(reader: &mut impl BufRead) -> std::io::Result<Asked> {
    let mut asked = Asked::default();
    let first = line(reader)?;
    let mut words = first.split(' ').map(str::to_owned);
    let (verb, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    (asked.verb, asked.path, asked.query) = (verb, path.to_owned(), query.to_owned());
    loop {
        let line = line(reader)?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            asked.headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
    }
    if asked.header("transfer-encoding") == "chunked" {
        while let size @ 1.. = usize::from_str_radix(&line(reader)?, 16).map_err(std::io::Error::other)? {
            take(reader, size, &mut asked.body)?;
            line(reader)?;
        }
        line(reader)?;
    } else {
        let length = asked.header("content-length").parse().unwrap_or(0);
        take(reader, length, &mut asked.body)?;
    }
    Ok(asked)
}

fn take(reader: &mut impl Read, size: usize, body: &mut Vec<u8>) -> std::io::Result<()> {
    let start = body.len();
    body.resize(start + size, 0);
    reader.read_exact(&mut body[start..])
}

fn line(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}
