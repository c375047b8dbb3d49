//! A page that is followed, seen from outside: its stream read event by event (HTML Living Standard, section 9.2), with
//! the connection in the test's own hands, to be dropped at any moment.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::Call;

/// One connection.
#[derive(Debug)]
pub struct Stream {
    socket: TcpStream,
    /// As it came, in the chunks of HTTP/1.1.
    wire: Vec<u8>,
    text: String,
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The server has closed it.
    pub is_over: bool,
}

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    pub id: Option<String>,
    pub name: String,
    pub data: String,
}

impl Event {
    /// What the event carries; null where it is only a place.
    pub fn json(&self) -> Value {
        if self.data.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&self.data).expect("an event carries JSON")
        }
    }

    /// The changes of the page.
    pub fn updates(&self) -> Vec<Value> {
        self.json()["updates"].as_array().cloned().unwrap_or_default()
    }

    /// Why nothing more comes, where it says that.
    pub fn gone(&self) -> Option<String> {
        (self.name == "gone").then(|| self.json()["reason"].as_str().unwrap_or_default().to_owned())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut event = Self::default();
        let mut says = false;
        for (field, value) in text.lines().filter_map(|line| line.split_once(": ")) {
            match field {
                "id" => event.id = Some(value.to_owned()),
                "event" => event.name = value.to_owned(),
                "data" => event.data += value,
                _ => continue,
            }
            says = true;
        }
        says.then_some(event)
    }
}

impl Stream {
    /// Asks for a stream and reads the head of the answer.
    #[track_caller]
    pub fn open(call: Call<'_>) -> Self {
        let socket = call.open();
        socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a time limit can be set");
        let mut stream =
            Self { socket, wire: Vec::new(), text: String::new(), status: 0, headers: Vec::new(), is_over: false };
        let end = loop {
            if let Some(end) = stream.wire.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            assert!(stream.read() > 0, "no answer: {}", String::from_utf8_lossy(&stream.wire));
        };
        let head = String::from_utf8_lossy(&stream.wire[..end]).into_owned();
        stream.wire.drain(..end + 4);
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
        stream.status = status.expect("an answer has a status");
        let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        stream.headers = lines.filter_map(header).collect();
        stream
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The next event; none where none came within this time, or the server closed the connection.
    pub fn next(&mut self, within: Duration) -> Option<Event> {
        let until = Instant::now() + within;
        loop {
            self.unwrap_chunks();
            while let Some(end) = self.text.find("\n\n") {
                let part: String = self.text.drain(..end + 2).collect();
                if let Some(event) = Event::parse(&part) {
                    return Some(event);
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.is_over {
                return None;
            }
            self.socket.set_read_timeout(Some(left)).expect("a time limit can be set");
            self.read();
        }
    }

    /// Reads until the connection ends, and answers why the server says that it does, and after how long.
    #[track_caller]
    pub fn cut(&mut self, within: Duration) -> (String, Duration) {
        let began = Instant::now();
        while let Some(event) = self.next(within.saturating_sub(began.elapsed())) {
            if let Some(reason) = event.gone() {
                return (reason, began.elapsed());
            }
        }
        panic!("the stream went on for {:?}", began.elapsed());
    }

    fn read(&mut self) -> usize {
        let mut buffer = [0; 16 << 10];
        match self.socket.read(&mut buffer) {
            Ok(0) => {
                self.is_over = true;
                0
            }
            Ok(count) => {
                self.wire.extend_from_slice(&buffer[..count]);
                count
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => 0,
            Err(_) => {
                self.is_over = true;
                0
            }
        }
    }

    /// Takes whole chunks (RFC 9112, section 7.1) out of what came.
    fn unwrap_chunks(&mut self) {
        while let Some(end) = self.wire.windows(2).position(|window| window == b"\r\n") {
            let size = std::str::from_utf8(&self.wire[..end]).expect("a size is ASCII");
            let size = usize::from_str_radix(size, 16).expect("a chunk has a size");
            if self.wire.len() < end + 2 + size + 2 {
                return;
            }
            self.text += std::str::from_utf8(&self.wire[end + 2..end + 2 + size]).expect("events are sent whole");
            self.wire.drain(..end + 2 + size + 2);
            if size == 0 {
                self.is_over = true;
                return;
            }
        }
    }
}
