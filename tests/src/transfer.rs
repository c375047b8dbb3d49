//! An answer of any size, read as it comes: how much came, what its hash is, and whether it was whole.

use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::net::TcpStream;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::Client;

/// An answer that is read as it comes.
#[derive(Debug)]
pub struct Transfer {
    reader: BufReader<TcpStream>,
    pub status: u16,
    /// Of this chunk, or of the whole where it was said.
    left: u64,
    chunked: bool,
    /// Whether all of it came, where it has ended.
    end: Option<bool>,
}

impl Transfer {
    /// Reads the head of an answer.
    pub fn of(socket: TcpStream) -> Self {
        socket.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit can be set");
        let mut reader = BufReader::with_capacity(64 << 10, socket);
        let mut line = || {
            let mut line = String::new();
            reader.read_line(&mut line).expect("an answer has a head");
            line.trim_end().to_owned()
        };
        let status = line().split(' ').nth(1).and_then(|status| status.parse().ok()).expect("an answer has a status");
        let headers: Vec<(String, String)> = std::iter::from_fn(|| Some(line()).filter(|line| !line.is_empty()))
            .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())))
            .collect();
        let header = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let chunked = header("transfer-encoding").is_some();
        let left = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let end = (!chunked && left == 0).then_some(true);
        Self { reader, status, left, chunked, end }
    }

    /// Asks for it as it is, without a content coding.
    pub fn get(client: &Client, path: &str) -> Self {
        Self::of(client.call("GET", path).header("accept-encoding", "identity").open())
    }

    /// What has come, at least a byte; nothing at the end.
    pub fn some(&mut self, buffer: &mut [u8]) -> usize {
        while self.end.is_none() {
            if self.left == 0 && !self.next_chunk() {
                break;
            }
            let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
            match self.reader.read(&mut buffer[..most]) {
                Ok(0) => self.end = Some(false),
                Ok(read) => {
                    self.left -= read as u64;
                    let over = self.left == 0 && !self.chunked;
                    self.end = over.then_some(true);
                    return read;
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    panic!("nothing came for a minute")
                }
                Err(_) => self.end = Some(false),
            }
        }
        0
    }

    /// Goes on to the next chunk (RFC 9112, section 7.1).
    fn next_chunk(&mut self) -> bool {
        let mut line = String::new();
        loop {
            line.clear();
            match self.reader.read_line(&mut line) {
                Ok(read) if read > 0 && line.ends_with('\n') => {}
                _ => {
                    self.end = Some(false);
                    return false;
                }
            }
            if !line.trim().is_empty() {
                break;
            }
        }
        self.left = u64::from_str_radix(line.trim(), 16).expect("a chunk has a size");
        if self.left == 0 {
            self.end = Some(true);
        }
        self.left > 0
    }

    /// Reads to the end; answers how much came, its SHA-256, and whether it was whole.
    pub fn finish(mut self) -> (u64, [u8; 32], bool) {
        let (mut hash, mut count, mut buffer) = (Sha256::new(), 0, vec![0; 256 << 10]);
        loop {
            match self.some(&mut buffer) {
                0 => return (count, hash.finalize().into(), self.end == Some(true)),
                read => {
                    hash.update(&buffer[..read]);
                    count += read as u64;
                }
            }
        }
    }

    pub fn text(mut self) -> String {
        let (mut text, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
        loop {
            match self.some(&mut buffer) {
                0 => return String::from_utf8_lossy(&text).into_owned(),
                read => text.extend_from_slice(&buffer[..read]),
            }
        }
    }
}
