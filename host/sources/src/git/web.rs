//! Git over HTTP: what Git's client calls with, on top of our own calls.
//!
//! Git asks with one GET and then with POSTs, and where the GET was redirected, the POSTs go to where it led.

use std::any::Any;
use std::cell::RefCell;
use std::io::{self, BufRead, Cursor, Read, Write};
use std::rc::Rc;

use gix_transport::client::blocking_io::http::{GetResponse, Http, PostBodyDataKind, PostResponse};
use vestry_outbound::{Incoming, Verb};

use crate::git::calls::{Calls, not_git};

/// What Git's client calls with.
pub(super) struct Web {
    calls: Rc<Calls>,
    /// Where the first call was redirected to.
    redirected: Option<String>,
}

impl Web {
    pub(super) fn new(calls: &Rc<Calls>) -> Self {
        Self { calls: Rc::clone(calls), redirected: None }
    }

    /// The answer to the first call, where it is one of Git.
    fn advertised(&mut self, url: &str, base: &str, lines: &[String]) -> io::Result<Incoming> {
        let incoming = self.calls.send(Verb::Get, url, lines, Vec::new())?;
        self.rebase(url, base, &incoming)?;
        if incoming.header("content-type").is_some_and(|kind| kind.starts_with("application/x-git-")) {
            return Ok(incoming);
        }
        Err(self.calls.fail(not_git(&incoming.origin)))
    }

    /// What a redirect leaves of the address of the repository.
    fn rebase(&mut self, url: &str, base: &str, incoming: &Incoming) -> io::Result<()> {
        let led_to = incoming.url.as_str();
        if led_to == url {
            return Ok(());
        }
        let tail = url.strip_prefix(base).unwrap_or(url);
        let Some(rebased) = led_to.strip_suffix(tail) else {
            return Err(self.calls.fail(not_git(&incoming.origin)));
        };
        self.redirected = Some(rebased.to_owned());
        Ok(())
    }
}

impl Http for Web {
    type Headers = Head;
    type ResponseBody = Body;
    type PostBody = Sending;

    fn get(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> gix::Result<GetResponse<Head, Body>> {
        let lines: Vec<_> = headers.into_iter().map(|line| line.as_ref().to_owned()).collect();
        let incoming = self.advertised(url, base_url, &lines).map_err(gix::Error::from_error)?;
        let exchange = Exchange::new(&self.calls, Stage::Reading(Box::new(incoming)));
        Ok(GetResponse { headers: Head::new(&exchange), body: Body::new(&exchange) })
    }

    fn post(
        &mut self,
        url: &str,
        _base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _body: PostBodyDataKind,
    ) -> gix::Result<PostResponse<Head, Body, Sending>> {
        let lines = headers.into_iter().map(|line| line.as_ref().to_owned()).collect();
        let exchange = Exchange::new(&self.calls, Stage::Writing { url: url.to_owned(), lines, body: Vec::new() });
        let post_body = Sending(Rc::clone(&exchange));
        Ok(PostResponse { post_body, headers: Head::new(&exchange), body: Body::new(&exchange) })
    }

    /// There is nothing to configure.
    fn configure(&mut self, _config: &dyn Any) -> gix::Result<()> {
        Ok(())
    }

    fn redirected_base_url(&self) -> Option<String> {
        self.redirected.clone()
    }
}

/// One request and its answer, shared by what writes the one and reads the other.
struct Exchange {
    calls: Rc<Calls>,
    stage: RefCell<Stage>,
}

enum Stage {
    /// What is asked is still being written. It is sent when the answer is first looked at.
    Writing {
        url: String,
        lines: Vec<String>,
        body: Vec<u8>,
    },
    Reading(Box<Incoming>),
    Over,
}

impl Exchange {
    fn new(calls: &Rc<Calls>, stage: Stage) -> Rc<Self> {
        Rc::new(Self { calls: Rc::clone(calls), stage: RefCell::new(stage) })
    }

    /// Asks the answer something, sending for it first where that was not done.
    fn answer<T>(&self, ask: impl FnOnce(&mut Incoming) -> io::Result<T>) -> io::Result<Option<T>> {
        let mut stage = self.stage.borrow_mut();
        if let Stage::Writing { url, lines, body } = &mut *stage {
            let sent = self.calls.send(Verb::Post, url, lines, std::mem::take(body));
            *stage = Stage::Over;
            *stage = Stage::Reading(Box::new(sent?));
        }
        let Stage::Reading(incoming) = &mut *stage else { return Ok(None) };
        let asked = ask(incoming);
        if asked.is_err() {
            *stage = Stage::Over;
        }
        asked.map(Some)
    }
}

/// What is sent.
pub(super) struct Sending(Rc<Exchange>);

impl Write for Sending {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        match &mut *self.0.stage.borrow_mut() {
            Stage::Writing { body, .. } => body.extend_from_slice(piece),
            Stage::Reading(_) | Stage::Over => return Err(io::ErrorKind::BrokenPipe.into()),
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The head of an answer, a line for each header.
pub(super) struct Head {
    exchange: Rc<Exchange>,
    lines: Option<Cursor<Vec<u8>>>,
}

impl Head {
    fn new(exchange: &Rc<Exchange>) -> Self {
        Self { exchange: Rc::clone(exchange), lines: None }
    }

    fn lines(&mut self) -> io::Result<&mut Cursor<Vec<u8>>> {
        let lines = match self.lines.take() {
            Some(lines) => lines,
            None => {
                let line = |(name, value): &(String, String)| format!("{name}: {value}\n");
                let lines =
                    self.exchange.answer(|incoming| Ok(incoming.headers.iter().map(line).collect::<String>()))?;
                Cursor::new(lines.unwrap_or_default().into_bytes())
            }
        };
        Ok(self.lines.insert(lines))
    }
}

impl Read for Head {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.lines()?.read(buffer)
    }
}

impl BufRead for Head {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.lines()?.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Some(lines) = &mut self.lines {
            lines.consume(amount);
        }
    }
}

/// The body of an answer.
pub(super) struct Body {
    exchange: Rc<Exchange>,
    piece: Cursor<Vec<u8>>,
    has_ended: bool,
}

impl Body {
    fn new(exchange: &Rc<Exchange>) -> Self {
        Self { exchange: Rc::clone(exchange), piece: Cursor::default(), has_ended: false }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.fill_buf()?;
        self.piece.read(buffer)
    }
}

impl BufRead for Body {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if !self.has_ended && self.piece.position() == self.piece.get_ref().len() as u64 {
            let piece = self.exchange.answer(|incoming| self.exchange.calls.piece(incoming))?.unwrap_or_default();
            self.has_ended = piece.is_empty();
            self.piece = Cursor::new(piece);
        }
        self.piece.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.piece.consume(amount);
    }
}
