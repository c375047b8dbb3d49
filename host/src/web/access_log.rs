//! One line for each request: what was asked, what came of it, how long it took. No query, no cookie, no token.
//!
//! What is said anywhere while a request is answered carries its number, who asked, and which route of which plugin it
//! was: they are a span around all of it.

use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use percent_encoding::percent_decode_str;
use tracing::Instrument;
use tracing::field::Empty;

use crate::web::visit::Visit;

/// Bytes of a path that are kept: who asks for long ones must not push out what others asked for.
const LONGEST: usize = 512;

/// Logs under the target `access`: at `info`, and at `error` what failed on the server's side, so that a filter can leave
/// out what went well.
pub async fn access_log(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let visit = request.extensions().get::<Visit>().cloned();
    let Some(visit) = visit else { return next.run(request).await };
    let actor = visit.caller().map_or("", |caller| caller.account.as_str());
    // At the level of what is always logged: a filter for lines must not take their numbers away.
    let span = tracing::error_span!("request", request = visit.request_id(), actor, plugin = Empty, route = Empty);
    let response = next.run(request).instrument(span.clone()).await;
    let (status, path) = (response.status(), shown(visit.path()));
    let address = visit.app().settings().logs.addresses.kept(visit.address());
    let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    // A macro, for a level is part of what is compiled.
    macro_rules! say {
        ($level:ident) => {
            tracing::$level!(target: "access", %method, path, status = status.as_u16(), address, micros)
        };
    }
    span.in_scope(|| if status.is_server_error() { say!(error) } else { say!(info) });
    response
}

/// As much of a path as is written down.
fn shown(path: &str) -> &str {
    let path = without_secret(path);
    &path[..path.floor_char_boundary(LONGEST)]
}

/// The host's own paths that end in a secret. What stands before it is enough to know what was asked.
const SECRET_AFTER: &[(&str, &[&str])] = &[
    ("/setup/", &["setup"]),
    ("/account/confirm/", &["account", "confirm"]),
    ("/account/invitation/", &["account", "invitation"]),
    ("/account/reset/", &["account", "reset"]),
    ("/account/address/", &["account", "address"]),
];

/// Also where it is written otherwise, and so leads nowhere: who mistypes a link still has a secret that opens something.
fn without_secret(path: &str) -> &str {
    let decoded = percent_decode_str(path).decode_utf8_lossy().to_lowercase();
    let parts: Vec<&str> = decoded.split('/').filter(|part| !part.is_empty() && *part != ".").take(3).collect();
    let found = SECRET_AFTER.iter().find(|(_, before)| parts.len() > before.len() && parts.starts_with(before));
    found.map_or(path, |(shown, _)| shown)
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, shown, without_secret};

    #[test]
    fn no_secret_of_a_path_is_logged() {
        assert_eq!(without_secret("/setup/abc"), "/setup/");
        assert_eq!(without_secret("/account/confirm/abc"), "/account/confirm/");
        assert_eq!(without_secret("/account/invitation/abc"), "/account/invitation/");
        assert_eq!(without_secret("/account/reset/abc"), "/account/reset/");
        assert_eq!(without_secret("/account/address/abc"), "/account/address/");
        for other in ["/users/accounts/abc", "/", "", "/account", "/account/reset", "/accounts/reset/abc", "/a%ff/b"] {
            assert_eq!(without_secret(other), other);
        }
    }

    #[test]
    fn nor_of_one_that_was_mistyped() {
        for mistyped in [
            "//account/reset/abc",
            "/account//reset/abc",
            "/account/%72eset/abc",
            "/Account/Reset/abc",
            "/account%2Freset/abc",
            "/./account/reset//abc/",
        ] {
            assert_eq!(without_secret(mistyped), "/account/reset/", "{mistyped}");
        }
    }

    #[test]
    fn a_long_path_is_cut() {
        assert_eq!(shown(&format!("/{}", "x".repeat(9_000))).len(), LONGEST);
        assert_eq!(shown(&format!("/{}", "é".repeat(9_000))).len(), LONGEST - 1);
    }
}
