//! An SMTP server made for the test: it takes mails, or misbehaves at one point.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use vestry_mail::{Smtp, Tls};

/// What it does. Points are `greeting`, a command, or `.` for the end of the data.
#[derive(Debug, Clone, Copy)]
pub enum Behaviour {
    Takes,
    WantsPassword(&'static str, &'static str),
    At(&'static str, &'static str),
    HangsUpAt(&'static str),
    SilentAt(&'static str),
}

/// A mail that was taken.
#[derive(Debug, Clone, Default)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    /// With the dots undone.
    pub data: String,
}

#[derive(Debug)]
pub struct Server {
    pub port: u16,
    received: Arc<Mutex<Vec<Received>>>,
    heard: Arc<Mutex<Vec<String>>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Server {
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (received, heard) = (Arc::default(), Arc::default());
        let (taken, said) = (Arc::clone(&received), Arc::clone(&heard));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let session = Session {
                    behaviour,
                    received: Arc::clone(&taken),
                    heard: Arc::clone(&said),
                    mail: Received::default(),
                };
                tokio::spawn(session.run(stream));
            }
        });
        Self { port, received, heard, serving }
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    pub fn smtp_like(&self) -> Smtp {
        Smtp {
            host: "127.0.0.1".into(),
            port: self.port,
            tls: Tls::None,
            credentials: None,
            deadline: Duration::from_secs(5),
        }
    }
}

struct Session {
    behaviour: Behaviour,
    received: Arc<Mutex<Vec<Received>>>,
    heard: Arc<Mutex<Vec<String>>>,
    mail: Received,
}

impl Session {
    async fn run(mut self, stream: TcpStream) {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let mut answer = self.answer("greeting", "");
        let mut in_data = false;
        loop {
            let Some(reply) = answer else { return };
            if write.write_all(reply.as_bytes()).await.is_err() {
                return;
            }
            let Ok(Some(line)) = lines.next_line().await else { return };
            if in_data && line != "." {
                let line = line.strip_prefix('.').unwrap_or(&line);
                self.mail.data.push_str(&format!("{line}\r\n"));
                answer = Some(String::new());
                continue;
            }
            self.heard.lock().unwrap().push(line.clone());
            let command = line.split_ascii_whitespace().next().unwrap_or("").to_owned();
            answer = self.answer(&command, &line);
            if matches!(self.behaviour, Behaviour::SilentAt(at) if at == command) {
                tokio::time::sleep(Duration::from_secs(10)).await;
                return;
            }
            in_data = command == "DATA" && answer.as_deref().is_some_and(|answer| answer.starts_with("354"));
        }
    }

    /// What it says at a point; none: it hangs up.
    fn answer(&mut self, point: &str, line: &str) -> Option<String> {
        match self.behaviour {
            Behaviour::At(at, reply) if at == point => return Some(format!("{reply}\r\n")),
            Behaviour::HangsUpAt(at) if at == point => return None,
            Behaviour::SilentAt(at) if at == point => return Some(String::new()),
            _ => {}
        }
        let reply = match point {
            "greeting" => "220 test",
            "EHLO" => "250-test\r\n250 AUTH PLAIN",
            "AUTH" => self.sign_in(line),
            "MAIL" => {
                self.mail = Received { from: address(line), ..Received::default() };
                "250 ok"
            }
            "RCPT" => {
                self.mail.to.push(address(line));
                "250 ok"
            }
            "DATA" => "354 go on",
            "." => {
                self.received.lock().unwrap().push(self.mail.clone());
                "250 queued"
            }
            "QUIT" => "221 bye",
            _ => "502 what?",
        };
        Some(format!("{reply}\r\n"))
    }

    fn sign_in(&self, line: &str) -> &'static str {
        let Behaviour::WantsPassword(user, password) = self.behaviour else { return "535 no" };
        let expected = base64(&format!("\0{user}\0{password}"));
        if line == format!("AUTH PLAIN {expected}") { "235 welcome" } else { "535 5.7.8 wrong" }
    }
}

fn address(line: &str) -> String {
    line.split_once(':').map(|(_, rest)| rest.split(' ').next().unwrap_or("").to_owned()).unwrap_or_default()
}

/// Base64 (RFC 4648, section 4).
fn base64(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in text.as_bytes().chunks(3) {
        let bits = group.iter().fold(0u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = char::from(ALPHABET[((bits >> (18 - 6 * place)) & 63) as usize]);
            out.push(if place <= group.len() { digit } else { '=' });
        }
    }
    out
}
