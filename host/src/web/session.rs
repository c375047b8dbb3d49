//! Who is it: a person with a session's cookie, or a program with a bearer token.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use vestry_identity::{BearerToken, Caller, SessionToken};

use crate::web::app::App;
use crate::web::cookies;
use crate::web::problem::Problem;
use crate::web::visit::Visit;

/// Gathers the facts of each request, who makes it first of all.
pub async fn session(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(address)| address.ip());
    let visit = Visit::gather(&app, &request, peer);
    // A token that does not hold must not fall back to being nobody: its program would take public pages for its own.
    if bearer(request.headers()).is_some() && visit.caller().is_none() {
        return Problem::unauthenticated().to_response(&visit).into_response();
    }
    request.extensions_mut().insert(visit);
    next.run(request).await
}

/// The caller of a request; a token goes before a cookie.
#[must_use]
pub fn caller(app: &App, headers: &HeaderMap) -> Option<Arc<Caller>> {
    let found = match bearer(headers) {
        Some(token) => app.identity().authenticate_bearer(&BearerToken::parse(token)?),
        None => {
            let cookie = cookies::value(headers, cookies::session(app.settings().is_secure()))?;
            app.identity().authenticate_session(&SessionToken::parse(cookie)?)
        }
    };
    found.unwrap_or_else(|error| {
        tracing::error!(%error, "sessions cannot be looked up");
        None
    })
}

/// The bearer token of a request (RFC 6750, section 2.1).
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
