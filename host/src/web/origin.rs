//! Is an unsafe request really ours?
//!
//! A browser says where a request comes from: `Sec-Fetch-Site` (Fetch Metadata), or `Origin` (RFC 6454). An unsafe
//! request must come from this very origin, and must say so: one that says nothing could be from a browser too old to
//! tell, with a cookie that it sends by itself. Requests with a bearer token need nothing of this, because no browser
//! adds a token by itself; so scripts use tokens. `tower-http` has such a layer, but it lets requests through that say
//! nothing.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use vestry_phrases::words;

use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::session::bearer;
use crate::web::visit::Visit;

/// Turns away unsafe requests that do not come from this server's own pages.
pub async fn origin(State(app): State<App>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let ours = safe
        || bearer(request.headers()).is_some()
        || is_ours(request.headers(), app.settings().public_url.as_ref().map(|url| url.origin().ascii_serialization()));
    if ours {
        return next.run(request).await;
    }
    let visit = Visit::of(&app, &request);
    Problem::forbidden(words!(
        "This request does not come from a page of this server. Open the page again and repeat what you did."
    ))
    .to_response(&visit)
    .into_response()
}

fn is_ours(headers: &HeaderMap, public: Option<String>) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // The word of the browser, where it gives one. `none` is a person's own doing, such as a reload; it is no page's.
    if let Some(site) = text("sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return false;
    }
    match text(header::ORIGIN.as_str()) {
        Some(origin) => match (public, text(header::HOST.as_str())) {
            (Some(public), _) => origin == public,
            (None, Some(host)) => origin.split_once("://").is_some_and(|(scheme, authority)| {
                matches!(scheme, "http" | "https") && authority.eq_ignore_ascii_case(host)
            }),
            (None, None) => false,
        },
        None => text("sec-fetch-site") == Some("same-origin"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(pairs: &[(&'static str, &'static str)], public: Option<&str>) -> bool {
        let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        is_ours(&headers, public.map(str::to_owned))
    }

    #[test]
    fn only_this_origin_may_change_anything() {
        let host = ("host", "127.0.0.1:8080");
        assert!(ours(&[host, ("origin", "http://127.0.0.1:8080")], None));
        assert!(ours(&[host, ("sec-fetch-site", "same-origin")], None));
        assert!(ours(&[host, ("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "same-origin")], None));
        for foreign in [
            vec![host],
            vec![host, ("origin", "http://127.0.0.1:8081")],
            vec![host, ("origin", "http://evil.example")],
            vec![host, ("origin", "null")],
            vec![host, ("sec-fetch-site", "same-site")],
            vec![host, ("sec-fetch-site", "cross-site")],
            vec![host, ("sec-fetch-site", "none")],
            vec![host, ("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "cross-site")],
            vec![("origin", "http://127.0.0.1:8080")],
        ] {
            assert!(!ours(&foreign, None), "{foreign:?}");
        }
    }

    #[test]
    fn a_public_url_is_the_only_origin_where_one_is_set() {
        let host = ("host", "inner:8080");
        assert!(ours(&[host, ("origin", "https://vestry.example.org")], Some("https://vestry.example.org")));
        assert!(!ours(&[host, ("origin", "http://inner:8080")], Some("https://vestry.example.org")));
        assert!(!ours(&[host, ("origin", "http://vestry.example.org")], Some("https://vestry.example.org")));
    }
}
