//! Requests over connections that are kept open, one after another on each, for a bounded time.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Failure;

/// How long each request took.
pub struct Load {
    pub latencies: Vec<Duration>,
    pub elapsed: Duration,
}

impl Load {
    pub fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    pub fn percentile(&self, part: f64) -> Duration {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let index = (sorted.len() as f64 * part) as usize;
        sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

/// Asks for `path` on so many connections for so long; each answer must have the status 200.
pub async fn ask(
    address: SocketAddr,
    path: &str,
    cookie: &str,
    connections: usize,
    lasts: Duration,
) -> Result<Load, Failure> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nAccept: text/html\r\n\r\n");
    let began = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let request = request.clone();
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut latencies = Vec::new();
            while began.elapsed() < lasts {
                let asked = Instant::now();
                let status = connection.answer(request.as_bytes()).await?;
                latencies.push(asked.elapsed());
                if status != 200 {
                    return Err(format!("an answer has the status {status}").into());
                }
            }
            Ok::<_, Failure>(latencies)
        }));
    }
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    Ok(Load { latencies, elapsed: began.elapsed() })
}

/// One connection, with what was read of the next answer already.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 << 10) })
    }

    /// Sends a request and reads the whole answer; its status.
    pub async fn answer(&mut self, request: &[u8]) -> Result<u16, Failure> {
        let (status, length) = self.exchange(request).await?;
        self.buffer.drain(..length);
        Ok(status)
    }

    /// The same with the body.
    pub async fn ask(&mut self, request: &[u8]) -> Result<(u16, Vec<u8>), Failure> {
        let (status, length) = self.exchange(request).await?;
        let answer: Vec<u8> = self.buffer.drain(..length).collect();
        let head = answer.windows(4).position(|window| window == b"\r\n\r\n").ok_or("an answer has no head")?;
        Ok((status, answer[head + 4..].to_vec()))
    }

    /// Sends a request, and reads until the whole answer is at the start of the buffer; its status and length.
    async fn exchange(&mut self, request: &[u8]) -> Result<(u16, usize), Failure> {
        self.stream.write_all(request).await?;
        loop {
            if let Some(whole) = whole(&self.buffer)? {
                return Ok(whole);
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
        }
    }
}

/// Status and length of the answer at the start of the buffer, once it is whole. Answers say how long they are.
fn whole(buffer: &[u8]) -> Result<Option<(u16, usize)>, Failure> {
    let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&buffer[..end])?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("an answer has no status")?;
    let length: usize = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(|value| value.trim().to_owned()))
        .ok_or("an answer does not say how long it is")?
        .parse()?;
    let total = end + 4 + length;
    Ok((buffer.len() >= total).then_some((status, total)))
}
