//! A mail server made for the test, on this machine: it takes mails, or refuses them, or says nothing.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::BASE64;

/// What it does with mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Takes,
    /// Answers a recipient with this.
    Refuses(&'static str),
    /// Takes connections and says nothing.
    Silent,
}

/// It listens until the test ends.
#[derive(Debug, Clone)]
pub struct MailServer {
    pub port: u16,
    mood: Arc<Mutex<Mood>>,
    mails: Arc<Mutex<Vec<Mail>>>,
    connections: Arc<Mutex<u32>>,
}

/// A mail that was taken.
#[derive(Debug, Clone, Default)]
pub struct Mail {
    pub to: String,
    /// As it came, with the dots undone.
    pub data: String,
}

impl Mail {
    /// The value of a header; lines that go on are joined.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.data.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        let prefix = format!("{}: ", name.to_ascii_lowercase());
        head.split("\r\n")
            .find(|line| line.to_ascii_lowercase().starts_with(&prefix))
            .map(|line| line[prefix.len()..].to_owned())
    }
}

impl MailServer {
    /// `password`: what `vestry` has to sign in with, where it is to.
    pub fn start(mood: Mood, password: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let server =
            Self { port, mood: Arc::new(Mutex::new(mood)), mails: Arc::default(), connections: Arc::default() };
        let this = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let this = this.clone();
                *this.connections.lock().expect("no thread panicked") += 1;
                // A client that goes away in the middle ends its thread, nothing else.
                std::thread::spawn(move || this.converse(&stream, password).ok());
            }
        });
        server
    }

    pub fn set(&self, mood: Mood) {
        *self.mood.lock().expect("no thread panicked") = mood;
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().expect("no thread panicked").clone()
    }

    pub fn connections(&self) -> u32 {
        *self.connections.lock().expect("no thread panicked")
    }

    fn converse(&self, stream: &TcpStream, password: Option<&str>) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mood = *self.mood.lock().expect("no thread panicked");
        if mood == Mood::Silent {
            std::thread::sleep(Duration::from_secs(60));
            return Ok(());
        }
        let mut out = stream;
        let mut mail = Mail::default();
        let mut lines = BufReader::new(stream).lines();
        out.write_all(b"220 test\r\n")?;
        while let Some(line) = lines.next().transpose()? {
            let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            let answer = match (verb.as_str(), mood) {
                ("EHLO", _) => "250-test\r\n250 AUTH PLAIN",
                ("AUTH", _) => signed_in(&line, password),
                ("MAIL", _) => "250 ok",
                ("RCPT", Mood::Refuses(answer)) => answer,
                ("RCPT", _) => {
                    mail.to = line.trim_start_matches("RCPT TO:").trim_matches(['<', '>', ' ']).to_owned();
                    "250 ok"
                }
                ("DATA", _) => {
                    out.write_all(b"354 go on\r\n")?;
                    for line in lines.by_ref() {
                        let line = line?;
                        if line == "." {
                            break;
                        }
                        mail.data.push_str(line.strip_prefix('.').unwrap_or(&line));
                        mail.data.push_str("\r\n");
                    }
                    self.mails.lock().expect("no thread panicked").push(std::mem::take(&mut mail));
                    "250 taken"
                }
                ("QUIT", _) => "221 bye",
                _ => "502 what?",
            };
            out.write_all(format!("{answer}\r\n").as_bytes())?;
        }
        Ok(())
    }
}

fn signed_in(line: &str, password: Option<&str>) -> &'static str {
    let expected = password.map(|password| BASE64.encode(format!("\0vestry\0{password}").as_bytes()));
    let given = line.strip_prefix("AUTH PLAIN ");
    if expected.is_some() && given == expected.as_deref() { "235 welcome" } else { "535 wrong" }
}
