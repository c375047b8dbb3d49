//! Other servers, for plugins to call: small ones on ports of this machine, in the test's own process.
//!
//! What they answer is said by the path that they are asked for, so a test needs nothing but an address. Each request is
//! kept as it came, head and body, to be looked at afterwards. Nothing of it is served well: a thread for each
//! connection, one answer, closed.
//!
//! | path | answers |
//! |---|---|
//! | `/to?ADDRESS` | a redirect (302) to that address, which stands there as it is |
//! | `/status?CODE` | that status, without a body |
//! | `/echo` | the request as it came, headers and all |
//! | `/cookie` | a page that sets a cookie |
//! | `/slow` | nothing, for as long as the caller waits |
//! | `/drip` | a body that comes byte by byte, and never ends |
//! | `/endless` | a body that comes as fast as it is read |
//! | `/broken` | the beginning of a longer body, and then nothing more: the connection is closed |
//! | anything else | `Hello from PORT.` |

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::wait_for;

/// The ports that the probe asks for in its wishes, which are fixed for that reason.
pub const PORTS: [u16; 3] = [47001, 47002, 47003];

/// The servers on those ports, which all tests of one program share. A test tells its requests by their paths.
pub static REMOTES: LazyLock<[Remote; 3]> = LazyLock::new(|| PORTS.map(Remote::on));

/// No answer goes on for longer, and none is longer.
const LONGEST: Duration = Duration::from_secs(40);
const LARGEST: usize = 256 << 20;
/// Somebody else on this machine may have a port for a moment: another run of these tests, or a call going out.
const PATIENCE: Duration = Duration::from_secs(60);

/// One server. It ends with the program.
#[derive(Debug)]
pub struct Remote {
    port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub verb: String,
    /// With its query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Seen {
    /// A header that came once, or not at all.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let value = values.next()?;
        assert!(values.next().is_none(), "{name} came more than once: {:?}", self.headers);
        Some(&value.1)
    }
}

impl Remote {
    fn on(port: u16) -> Self {
        let bound = wait_for(PATIENCE, || TcpListener::bind(("127.0.0.1", port)).ok());
        let listener = bound.unwrap_or_else(|| panic!("port {port} of this machine is taken by another program"));
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let kept = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                // Whoever called may be gone by now.
                thread::spawn(move || serve(stream, port, &kept).ok());
            }
        });
        Self { port, seen }
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A whole address there.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// The requests so far in whose path this stands.
    pub fn seen(&self, path: &str) -> Vec<Seen> {
        let seen = self.seen.lock().expect("no test panicked here");
        seen.iter().filter(|seen| seen.path.contains(path)).cloned().collect()
    }

    /// The one request in whose path this stands.
    #[track_caller]
    pub fn only(&self, path: &str) -> Seen {
        let mut seen = self.seen(path);
        assert_eq!(seen.len(), 1, "requests for {path} at {}: {seen:?}", self.origin());
        seen.remove(0)
    }
}

fn serve(mut stream: TcpStream, port: u16, kept: &Mutex<Vec<Seen>>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(LONGEST))?;
    stream.set_write_timeout(Some(LONGEST))?;
    let (seen, raw) = read(&mut stream)?;
    let (path, query) = seen.path.split_once('?').unwrap_or((&seen.path, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    kept.lock().expect("no test panicked here").push(seen);
    match path.as_str() {
        "/to" => answer(&mut stream, "302 Found", &format!("location: {query}\r\n"), "Elsewhere."),
        "/status" => answer(&mut stream, &format!("{query} As asked"), "", ""),
        "/echo" => answer(&mut stream, "200 OK", "", &raw),
        "/cookie" => {
            answer(&mut stream, "200 OK", "set-cookie: visit=1; Path=/\r\nx-other: kept\r\n", "With a cookie.")
        }
        "/slow" => wait_until_left(&mut stream),
        "/drip" => pour(&mut stream, b".", Duration::from_millis(50)),
        "/endless" => pour(&mut stream, &[b'e'; 1 << 16], Duration::ZERO),
        "/broken" => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nOnly this."),
        _ => answer(&mut stream, "200 OK", "content-type: text/plain\r\n", &format!("Hello from {port}.")),
    }
}

/// Head and body, and both as they came.
pub(crate) fn read(stream: &mut TcpStream) -> std::io::Result<(Seen, String)> {
    let mut raw = Vec::new();
    let end = loop {
        if let Some(end) = raw.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        more(stream, &mut raw)?;
    };
    let head = String::from_utf8_lossy(&raw[..end]).into_owned();
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let (verb, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: Vec<(String, String)> = lines.filter_map(header).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    while raw.len() < end + length.unwrap_or(0) {
        more(stream, &mut raw)?;
    }
    let body = String::from_utf8_lossy(&raw[end..]).into_owned();
    Ok((Seen { verb, path, headers, body }, String::from_utf8_lossy(&raw).into_owned()))
}

fn more(stream: &mut TcpStream, raw: &mut Vec<u8>) -> std::io::Result<()> {
    let mut buffer = [0; 16 << 10];
    match stream.read(&mut buffer)? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        count => {
            raw.extend_from_slice(&buffer[..count]);
            Ok(())
        }
    }
}

/// Status with its words, further headers with their line ends, and a body.
pub(crate) fn answer(stream: &mut TcpStream, status: &str, headers: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(format!("{head}{body}").as_bytes())
}

/// Says nothing until the caller hangs up.
fn wait_until_left(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.read(&mut [0]).map(drop)
}

/// A body without an end.
fn pour(stream: &mut TcpStream, piece: &[u8], pause: Duration) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")?;
    let began = Instant::now();
    for _ in 0..LARGEST / piece.len() {
        if began.elapsed() > LONGEST {
            break;
        }
        stream.write_all(piece)?;
        thread::sleep(pause);
    }
    Ok(())
}
