//! Headers of every answer: what browsers may do with it.
//!
//! Scripts run by nonce only, without `strict-dynamic`: measured in Chromium, that keyword lets an inline script run
//! that htmx has put into the page, and without it nothing un-nonced does. Pages are `no-store`, because a nonce must
//! not come back from a cache. ASVS 5.0, sections 3.2 and 3.4.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::web::app::App;
use crate::web::nonce::Nonce;

/// Sent with every answer, unless its route has said otherwise.
const ALWAYS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("x-permitted-cross-domain-policies", "none"),
    ("cache-control", "no-store"),
];

/// A year, with subdomains (RFC 6797), where TLS is in front.
const HSTS: &str = "max-age=31536000; includeSubDomains";

/// Gives each request a nonce, and each answer its headers.
pub async fn headers(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let Ok(nonce) = Nonce::new() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    request.extensions_mut().insert(nonce.clone());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.entry(*name).or_insert(HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY)
        && let Ok(policy) = HeaderValue::from_str(&policy(&nonce))
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if app.settings().is_secure() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    response
}

fn policy(nonce: &Nonce) -> String {
    let nonce = nonce.as_str();
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; frame-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types htmx"
    )
}

/// For what a plugin sends to be kept or shown by itself: no script, no style, no frame, an origin of its own.
pub const SANDBOXED: &str =
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

/// For a page without the shell, which may stand in a frame of this server's own pages.
#[must_use]
pub fn focused(nonce: &Nonce) -> String {
    policy(nonce).replace("frame-ancestors 'none'", "frame-ancestors 'self'")
}
