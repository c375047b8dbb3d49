//! Cookies: read from a request, written into an answer (RFC 6265).

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

/// A sentence for the next page, sealed.
pub const NOTICE: &str = "vestry_notice";
/// The browser of a visitor.
pub const VISITOR: &str = "vestry_visitor";

/// Name of the session's cookie. With TLS in front it is one that only this host can set, for all of its paths
/// (`__Host-`); without, browsers refuse that prefix.
#[must_use]
pub fn session(secure: bool) -> &'static str {
    if secure { "__Host-vestry" } else { "vestry" }
}

/// The value of a cookie.
#[must_use]
pub fn value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .find_map(|pair| pair.trim().split_once('=').filter(|(found, _)| *found == name).map(|(_, value)| value))
}

/// A cookie that scripts cannot read and other sites do not send along.
#[must_use]
pub fn set(name: &str, value: &str, secure: bool, max_age: Option<u64>) -> String {
    let mut cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax");
    if secure {
        cookie.push_str("; Secure");
    }
    if let Some(seconds) = max_age {
        cookie.push_str(&format!("; Max-Age={seconds}"));
    }
    cookie
}

/// Takes a cookie away.
#[must_use]
pub fn removed(name: &str, secure: bool) -> String {
    set(name, "", secure, Some(0))
}

/// Adds a cookie to an answer.
pub fn add(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("xvestry=1; vestry=2"));
        headers.append(header::COOKIE, HeaderValue::from_static("other=3"));
        assert_eq!(value(&headers, "vestry"), Some("2"));
        assert_eq!(value(&headers, "other"), Some("3"));
        assert_eq!(value(&headers, "estry"), None);
    }

    #[test]
    fn a_session_behind_tls_is_bound_to_its_host() {
        let cookie = set(session(true), "x", true, None);
        assert!(cookie.starts_with("__Host-vestry=x; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
        assert!(!set(session(false), "x", false, None).contains("Secure"));
    }
}
