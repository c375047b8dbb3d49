//! Connections whose other end says nothing any more, or takes nothing.
//!
//! An answer waits for the browser, and a browser that neither reads nor hangs up would keep connection, piece and file
//! for ever. So a write that cannot move a single byte for a minute ends the connection. How slowly somebody reads is
//! their business.
//!
//! A server waits for its clients as well: half a head would stand open for ever. So a head has thirty seconds until it is
//! whole, and a connection on which nothing is asked stays open for three minutes. While the server has the turn, nothing is
//! counted here: what comes then is a body, which has limits of its own, and an answer may be made for hours.

mod turn;

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;

use crate::web::guarded::guarded;
use crate::web::patience::turn::{Limits, Turn};

/// How long nothing may be taken.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long nothing, or half a head, may come.
const LIMITS: Limits = Limits { head: Duration::from_secs(30), idle: Duration::from_secs(180) };

/// Listens like the listener in it.
#[derive(Debug)]
pub struct Patient {
    listener: TcpListener,
    patience: Duration,
    limits: Limits,
}

impl Patient {
    #[must_use]
    pub fn new(listener: TcpListener) -> Self {
        Self { listener, patience: PATIENCE, limits: LIMITS }
    }
}

impl Listener for Patient {
    type Io = PatientStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (PatientStream, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let turn = Arc::new(Turn::new(self.limits));
        (PatientStream { stream, patience: self.patience, stuck: None, turn, silent: None }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// Who is at the other end of a connection, and whose turn it is there.
#[derive(Debug, Clone)]
pub struct Peer {
    address: SocketAddr,
    turn: Arc<Turn>,
}

impl Connected<IncomingStream<'_, Patient>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Patient>) -> Self {
        Self { address: *stream.remote_addr(), turn: Arc::clone(&stream.io().turn) }
    }
}

/// Around everything that answers: from a whole head to the end of its answer, the server has the turn. What is inside
/// knows the address alone.
pub async fn answered(ConnectInfo(peer): ConnectInfo<Peer>, mut request: Request, next: Next) -> Response {
    let answering = Answering::new(peer.turn);
    request.extensions_mut().insert(ConnectInfo(peer.address));
    guarded(next.run(request).await, answering)
}

/// The server's turn; the client's begins when it is dropped.
struct Answering(Arc<Turn>);

impl Answering {
    fn new(turn: Arc<Turn>) -> Self {
        turn.begin();
        Self(turn)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// A connection that is given up when nothing is taken from it, or nothing said on it.
#[derive(Debug)]
pub struct PatientStream {
    stream: TcpStream,
    patience: Duration,
    /// Since a write could move nothing.
    stuck: Option<Pin<Box<Sleep>>>,
    turn: Arc<Turn>,
    /// Until the client's turn is over. One that the server's turn overtakes is used for the next.
    silent: Option<Pin<Box<Sleep>>>,
}

impl PatientStream {
    /// What a write comes to, after how long.
    fn judged<T>(&mut self, polled: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.stuck = None;
            self.turn.taken();
            return polled;
        }
        let patience = self.patience;
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        stuck.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Waits for more, as long as the client's turn lasts.
    fn waited(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(deadline) = self.turn.deadline() else { return Poll::Pending };
        let silent = self.silent.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if silent.deadline() != deadline {
            silent.as_mut().reset(deadline);
        }
        silent.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for PatientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if polled.is_pending() {
            return self.waited(context);
        }
        if buffer.filled().len() > before {
            self.turn.heard();
        }
        polled
    }
}

impl AsyncWrite for PatientStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judged(polled, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.judged(polled, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
