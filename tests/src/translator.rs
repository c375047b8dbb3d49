//! Who translates, for the tests: a server in the test's own process that understands the calls of DeepL and of Google,
//! and goes wrong when it is told to. Every text comes back with the language before it, and with its markup.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::remote;

/// What goes wrong with one call.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This status, without translations.
    Status(u16),
    /// This body, as if all were well.
    Body(String),
    /// Nothing is said for that long; then all is well.
    Wait(Duration),
    /// What was marked to stay comes back otherwise, in every text.
    Losing,
}

/// A call as it came.
#[derive(Debug, Clone)]
pub struct Call {
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Call {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The texts that it asks for, with their markup.
    pub fn texts(&self) -> Vec<String> {
        let texts = self.body["text"].as_array().or(self.body["q"].as_array()).expect("it has texts");
        texts.iter().map(|text| text.as_str().expect("a text").to_owned()).collect()
    }
}

#[derive(Debug, Default)]
struct Inner {
    calls: Vec<Call>,
    faults: VecDeque<Fault>,
    slow: Duration,
}

/// The server. It ends with the program.
#[derive(Debug, Clone)]
pub struct Translator {
    port: u16,
    inner: Arc<Mutex<Inner>>,
}

impl Translator {
    /// Starts one on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
        let port = listener.local_addr().expect("it has an address").port();
        let translator = Self { port, inner: Arc::default() };
        let serving = translator.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                // Whoever called may be gone by now.
                thread::spawn(move || serving.serve(stream).ok());
            }
        });
        translator
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What goes wrong with the next calls, in their order.
    pub fn go_wrong(&self, faults: &[Fault]) {
        self.inner().faults.extend(faults.iter().cloned());
    }

    /// How long each call takes from now on.
    pub fn be_slow(&self, each: Duration) {
        self.inner().slow = each;
    }

    /// The calls that were answered since the last time.
    pub fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.inner().calls)
    }

    /// How many there are of them.
    pub fn count(&self) -> usize {
        self.inner().calls.len()
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().expect("no test panicked here")
    }

    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let call = call(&mut stream)?;
        let (fault, slow) = {
            let mut inner = self.inner();
            inner.calls.push(call.clone());
            (inner.faults.pop_front(), inner.slow)
        };
        thread::sleep(slow);
        match fault {
            None => answer(&mut stream, 200, &translated(&call, false)),
            Some(Fault::Losing) => answer(&mut stream, 200, &translated(&call, true)),
            Some(Fault::Status(status)) => answer(&mut stream, status, r#"{"message":"As asked"}"#),
            Some(Fault::Body(body)) => answer(&mut stream, 200, &body),
            Some(Fault::Wait(long)) => {
                thread::sleep(long);
                answer(&mut stream, 200, &translated(&call, false))
            }
        }
    }
}

/// The answer, in the form of who was asked.
fn translated(call: &Call, losing: bool) -> String {
    let target = call.body["target_lang"].as_str().or(call.body["target"].as_str()).expect("it says the language");
    let texts = call.texts().into_iter().map(|text| {
        let text = if losing { text.replace('{', "(") } else { text };
        format!("{target}: {text}")
    });
    let answer = match call.path.as_str() {
        "/v2/translate" => {
            json!({ "translations": texts.map(|text| json!({ "text": text })).collect::<Vec<_>>() })
        }
        "/language/translate/v2" => {
            let texts: Vec<Value> =
                texts.map(|text| json!({ "translatedText": text.replace('\'', "&#39;") })).collect();
            json!({ "data": { "translations": texts } })
        }
        other => panic!("nobody asks for {other}"),
    };
    answer.to_string()
}

fn call(stream: &mut TcpStream) -> std::io::Result<Call> {
    let (seen, _) = remote::read(stream)?;
    let body = serde_json::from_str(&seen.body).map_err(|_| ErrorKind::InvalidData)?;
    Ok(Call { path: seen.path, headers: seen.headers, body })
}

fn answer(stream: &mut TcpStream, status: u16, body: &str) -> std::io::Result<()> {
    remote::answer(stream, &format!("{status} As asked"), "content-type: application/json\r\n", body)
}
