//! Connections whose other end takes nothing any more.
//!
//! An answer waits for the browser, and a browser that neither reads nor hangs up would keep connection, piece and file
//! for ever. So a write that cannot move a single byte for a minute ends the connection. How slowly somebody reads is
//! their business.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;

/// How long nothing may be taken.
const PATIENCE: Duration = Duration::from_secs(60);

/// Listens like the listener in it.
#[derive(Debug)]
pub struct Patient {
    listener: TcpListener,
    patience: Duration,
}

impl Patient {
    #[must_use]
    pub fn new(listener: TcpListener) -> Self {
        Self { listener, patience: PATIENCE }
    }
}

impl Listener for Patient {
    type Io = PatientStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (PatientStream, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        (PatientStream { stream, patience: self.patience, stuck: None }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that is given up when nothing is taken from it.
#[derive(Debug)]
pub struct PatientStream {
    stream: TcpStream,
    patience: Duration,
    /// Since a write could move nothing.
    stuck: Option<Pin<Box<Sleep>>>,
}

impl PatientStream {
    /// What a write comes to, after how long.
    fn judged<T>(&mut self, polled: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.stuck = None;
            return polled;
        }
        let patience = self.patience;
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        stuck.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for PatientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
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
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn connected(patience: Duration) -> (PatientStream, TcpStream) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = Patient { listener, patience }.accept().await;
        (server, client)
    }

    #[tokio::test]
    async fn who_takes_nothing_is_given_up() {
        let (mut server, _client) = connected(Duration::from_millis(100)).await;
        let ended = tokio::time::timeout(Duration::from_secs(10), async {
            loop {
                if let Err(error) = server.write_all(&[0; 1 << 20]).await {
                    return error.kind();
                }
            }
        });
        assert_eq!(ended.await.unwrap(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn who_takes_a_little_now_and_then_is_not() {
        let (mut server, mut client) = connected(Duration::from_millis(400)).await;
        let taking = tokio::spawn(async move {
            let mut taken = vec![0; 1 << 20];
            let mut all = 0;
            while all < 24 << 20 {
                tokio::time::sleep(Duration::from_millis(50)).await;
                match client.read(&mut taken).await.unwrap() {
                    0 => break,
                    read => all += read,
                }
            }
            all
        });
        for _ in 0..24 {
            server.write_all(&[0; 1 << 20]).await.unwrap();
        }
        assert_eq!(taking.await.unwrap(), 24 << 20);
    }
}
