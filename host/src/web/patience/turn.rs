//! Whose turn it is on a connection: the client's, which has a time for it, or the server's.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// How long a connection waits for its client.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For a request's head to be whole, from the connection or its first byte on.
    pub head: Duration,
    /// For the next request to begin.
    pub idle: Duration,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// A head is on its way, and has to be whole by then.
    Head(Instant),
    /// The last answer is made; the next request has to begin by then.
    Idle(Instant),
    /// What came is read, worked on and answered, each with limits of its own.
    Answering,
}

/// Whose turn it is on one connection.
#[derive(Debug)]
pub struct Turn {
    limits: Limits,
    phase: Mutex<Phase>,
}

impl Turn {
    /// Of a new connection: it was made to ask for something.
    pub fn new(limits: Limits) -> Self {
        Self { limits, phase: Mutex::new(Phase::Head(Instant::now() + limits.head)) }
    }

    /// By when the client has to be heard; none where the server has the turn.
    pub fn deadline(&self) -> Option<Instant> {
        match *self.phase.lock() {
            Phase::Head(deadline) | Phase::Idle(deadline) => Some(deadline),
            Phase::Answering => None,
        }
    }

    /// Something has come. Further bytes of a head do not move its deadline.
    pub fn heard(&self) {
        let mut phase = self.phase.lock();
        if let Phase::Idle(_) = *phase {
            *phase = Phase::Head(Instant::now() + self.limits.head);
        }
    }

    /// Some of an answer was taken: who still reads is not idle.
    pub fn taken(&self) {
        let mut phase = self.phase.lock();
        if let Phase::Idle(deadline) = &mut *phase {
            *deadline = Instant::now() + self.limits.idle;
        }
    }

    /// A request's head is whole.
    pub fn begin(&self) {
        *self.phase.lock() = Phase::Answering;
    }

    /// Its answer is made, or given up.
    pub fn end(&self) {
        *self.phase.lock() = Phase::Idle(Instant::now() + self.limits.idle);
    }
}
