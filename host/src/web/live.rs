//! Pages that stay up to date: the page's own route, asked for as `text/event-stream`.
//!
//! The connection is the host's; a plugin keeps nothing of it, and an instance exists only while it is asked what is new.
//! By the time a request comes here, the route was found and access checked, as for the page itself. A stream ends when
//! access does. Deliberately not here: a queue of updates. What a follower has not seen follows from its cursor.

mod follower;
mod followers;
pub mod job;
mod word;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use vestry_identity::CallerKind;
use vestry_phrases::words;

use crate::web::asking::Asking;
use crate::web::follow::{FIELD, Follow, Refused};
use crate::web::live::follower::Follower;
pub use crate::web::live::followers::Followers;
use crate::web::live::followers::{Full, Whose};
use crate::web::problem::Problem;

const EVENT_STREAM: &str = "text/event-stream";
/// Where the browser says which event it saw last (HTML Living Standard, section 9.2).
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells proxies of the nginx kind to pass on what comes as it comes.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");
/// Seconds after which somebody who found no place may try again.
const AGAIN: u64 = 30;

/// Whether a request asks to follow a page rather than for the page.
#[must_use]
pub fn is_asked(parts: &Parts) -> bool {
    let accept = parts.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    parts.method == Method::GET
        && accept.split(',').any(|range| range.split(';').next().is_some_and(|kind| kind.trim() == EVENT_STREAM))
}

/// The stream of a page.
///
/// # Errors
///
/// Where the token is missing, somebody else's, too old, or of an older build of the plugin, or too many pages are
/// followed.
pub fn answer(mut asking: Asking, headers: &HeaderMap) -> Result<Response, Problem> {
    let mut sent = None;
    asking.request.query.retain(|(name, value)| {
        if name == FIELD {
            sent = Some(value.clone());
        }
        name != FIELD
    });
    let latest = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()).filter(|id| !id.is_empty());
    let token = latest.map(str::to_owned).or(sent).ok_or_else(|| {
        Problem::bad_request(words!("Ask for the page first: its answer says where its stream is, as `follow.stream`."))
    })?;
    let follow = Follow::open(&token, &asking).map_err(|refused| match refused {
        Refused::Foreign => Problem::forbidden(words!("This stream is not of this page, or was not given to you.")),
        Refused::Replaced => Problem::gone(words!("The feature was updated. Ask for the page again.")),
        Refused::Old => Problem::gone(words!("This stream was left long ago. Ask for the page again.")),
    })?;
    let whose = match asking.visit.caller() {
        Some(caller) => Whose::Account(caller.account.as_str().to_owned()),
        None => Whose::Visitor(asking.request.visitor.clone()),
    };
    let seat = asking.app.followers().take(whose).map_err(|full| match full {
        Full::Own(most) => {
            Problem::too_many(words!("You follow {count} pages already. Close some of them.", count = most), AGAIN)
        }
        Full::All => Problem::busy(words!("So many pages are followed that no more can be."), AGAIN),
    })?;
    let is_program = asking.visit.caller().is_some_and(|caller| caller.kind == CallerKind::Token);
    let data = is_program || asking.visit.wants_data();
    let events = futures_util::stream::unfold(Box::new(Follower::new(asking, follow, seat, data)), Follower::next);
    let headers =
        [(header::CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM)), (UNBUFFERED, HeaderValue::from_static("no"))];
    Ok((headers, Body::from_stream(events)).into_response())
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[test]
    fn a_stream_is_what_is_asked_for_as_one() {
        let asked = |method: Method, accept: &str| {
            let request = Request::builder().method(method).header(header::ACCEPT, accept).body(()).unwrap();
            is_asked(&request.into_parts().0)
        };
        assert!(asked(Method::GET, "text/event-stream"));
        assert!(asked(Method::GET, "application/json, text/event-stream;q=0.9"));
        assert!(!asked(Method::HEAD, "text/event-stream"));
        assert!(!asked(Method::POST, "text/event-stream"));
        assert!(!asked(Method::GET, "text/html"));
    }
}
