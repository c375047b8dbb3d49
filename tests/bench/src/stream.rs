//! What a page that is followed is told: events over a connection that stays open.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Failure;

/// One event of a stream.
pub struct Event {
    pub id: Option<String>,
    pub data: String,
}

/// A connection on which a page is followed.
pub struct Reader {
    stream: TcpStream,
    wire: Vec<u8>,
    text: String,
    is_over: bool,
}

impl Reader {
    /// For a program. `who` is the header that says who asks; `last` the event that was seen last.
    pub async fn open(address: SocketAddr, path: &str, who: &str, last: Option<&str>) -> Result<Self, Failure> {
        Self::open_as("application/json, text/event-stream", address, path, who, last).await
    }

    /// For who takes what `accept` says.
    pub async fn open_as(
        accept: &str,
        address: SocketAddr,
        path: &str,
        who: &str,
        last: Option<&str>,
    ) -> Result<Self, Failure> {
        let last = last.map(|last| format!("Last-Event-ID: {last}\r\n")).unwrap_or_default();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{who}\r\nAccept: {accept}\r\n{last}\r\n");
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut reader = Self { stream, wire: Vec::new(), text: String::new(), is_over: false };
        loop {
            if let Some(end) = reader.wire.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&reader.wire[..end]).into_owned();
                if !head.starts_with("HTTP/1.1 200") {
                    return Err(format!("a stream was answered: {head}").into());
                }
                reader.wire.drain(..end + 4);
                return Ok(reader);
            }
            if reader.stream.read_buf(&mut reader.wire).await? == 0 {
                return Err("a stream was not answered".into());
            }
        }
    }

    /// The next event; none at the end. What was read stays where this is broken off.
    pub async fn event(&mut self) -> Result<Option<Event>, Failure> {
        loop {
            self.unwrap_chunks()?;
            if let Some(end) = self.text.find("\n\n") {
                let part: String = self.text.drain(..end + 2).collect();
                let field = |name: &str| part.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                return Ok(Some(Event { id: field("id: "), data: field("data: ").unwrap_or_default() }));
            }
            if self.is_over || self.stream.read_buf(&mut self.wire).await? == 0 {
                return Ok(None);
            }
        }
    }

    fn unwrap_chunks(&mut self) -> Result<(), Failure> {
        while let Some(end) = self.wire.windows(2).position(|window| window == b"\r\n") {
            let size = usize::from_str_radix(std::str::from_utf8(&self.wire[..end])?, 16)?;
            if self.wire.len() < end + 2 + size + 2 {
                break;
            }
            self.text += std::str::from_utf8(&self.wire[end + 2..end + 2 + size])?;
            self.wire.drain(..end + 2 + size + 2);
            self.is_over |= size == 0;
        }
        Ok(())
    }
}
