//! A download that the plugin makes piece by piece.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use tokio::time::Instant;
use vestry_contract::streaming::Chunk;
use vestry_sandbox::CallError;

use super::{Wanted, broken_off};
use crate::web::asking::{Asking, NoAnswer};
use crate::web::dispatch;
use crate::web::problem::Problem;

/// Pieces with nothing in them that may follow one another: a plugin that looks for a rare word in some GB answers
/// hundreds.
const MOST_EMPTY: u32 = 5_000;
/// How long a piece waits while the plugin is busy, or while its data changes its shape.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it looks whether it still has to.
const LOOK: Duration = Duration::from_millis(20);

/// The first piece, and the others as the browser takes them. The first is asked for before the answer begins, so that a
/// plugin that has none can say why; whether it has anything in it is not waited for.
pub async fn response(asking: &Asking, wanted: &Wanted, name: String) -> Result<Response, Problem> {
    if wanted.head {
        return Ok(Body::empty().into_response());
    }
    let mut asked = Asked { asking: asking.without_body(), name, next: Next::First, empty: 0 };
    let first = match asked.step().await {
        Ok(piece) => piece,
        Err(Off::NoAnswer(reason)) => return Err(dispatch::no_answer(asking, reason)),
        Err(Off::Other(reason)) => return Err(Problem::internal(&reason)),
    };
    let others = stream::try_unfold(asked, Asked::more);
    let first = (!first.is_empty()).then_some(Ok::<_, std::io::Error>(first));
    let all = stream::iter(first).chain(others);
    Ok(Body::from_stream(all).into_response())
}

/// A download on its way out.
struct Asked {
    asking: Asking,
    name: String,
    next: Next,
    /// Pieces in a row that had nothing in them.
    empty: u32,
}

/// What is asked for next.
enum Next {
    First,
    Cursor(String),
    End,
}

/// Why there is no further piece.
enum Off {
    NoAnswer(NoAnswer),
    Other(String),
}

impl Asked {
    async fn more(mut self) -> std::io::Result<Option<(Bytes, Self)>> {
        match self.piece().await {
            Ok(Some(piece)) => Ok(Some((piece, self))),
            Ok(None) => Ok(None),
            Err(off) => {
                if let Off::NoAnswer(NoAnswer::Broken(error)) = &off {
                    self.asking.count_broken(error);
                }
                let reason = match off {
                    Off::NoAnswer(NoAnswer::Failure(failure)) => format!("{failure:?}"),
                    Off::NoAnswer(NoAnswer::Broken(error)) => error.to_string(),
                    Off::NoAnswer(NoAnswer::Internal(problem)) => problem.detail().english(),
                    Off::Other(reason) => reason,
                };
                Err(broken_off(&self.asking, &reason))
            }
        }
    }

    /// The next piece that has something in it; none at the end.
    async fn piece(&mut self) -> Result<Option<Bytes>, Off> {
        while !matches!(self.next, Next::End) {
            let content = self.step().await?;
            if !content.is_empty() {
                return Ok(Some(content));
            }
            if self.empty > MOST_EMPTY {
                return Err(Off::Other(format!("it answered with more than {MOST_EMPTY} empty pieces in a row")));
            }
        }
        Ok(None)
    }

    /// What the plugin answers next; nothing behind the end.
    async fn step(&mut self) -> Result<Bytes, Off> {
        let cursor = match &self.next {
            Next::First => None,
            Next::Cursor(cursor) => Some(cursor.clone()),
            Next::End => return Ok(Bytes::new()),
        };
        let Chunk { content, next } = self.ask(cursor).await?;
        self.next = next.map_or(Next::End, Next::Cursor);
        self.empty = if content.is_empty() { self.empty + 1 } else { 0 };
        Ok(Bytes::from(content))
    }

    /// Asks, as soon as it can be asked, for who still may.
    async fn ask(&mut self, cursor: Option<String>) -> Result<Chunk, Off> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.asking.renew().map_err(|ended| Off::Other(ended.to_string()))?;
            let held = self.asking.matching.plugin.is_held(self.asking.app.identity().clock().now());
            if !held {
                match self.asking.chunk(&self.name, cursor.clone()).await {
                    Ok(chunk) => return Ok(chunk),
                    Err(NoAnswer::Broken(CallError::Busy)) if Instant::now() < deadline => {}
                    Err(reason) => return Err(Off::NoAnswer(reason)),
                }
            } else if Instant::now() >= deadline {
                return Err(Off::Other("its data changes its shape, for too long".into()));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
