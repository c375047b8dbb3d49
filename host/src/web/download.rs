//! Files on their way out: bytes of an answer, a file of a directory, or pieces that the plugin is asked for.
//!
//! What is sent piece by piece is held in memory one piece at a time, and the next one is fetched when the browser has
//! taken the one before. Before each, it is looked whether who asked still may; where not, or where anything fails, the
//! transfer breaks off where it is, so that nobody takes a part for the whole.

mod file;
mod pieces;
mod range;
mod under_way;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use vestry_capabilities::Holder;
use vestry_contract::exchange::{Content, Download};
use vestry_phrases::words;

use crate::web::answer::Answering;
use crate::web::asking::Asking;
use crate::web::client::Client;
pub use crate::web::download::under_way::Downloads;
use crate::web::download::under_way::MOST_OF_ONE;
use crate::web::guarded::guarded;
use crate::web::problem::Problem;
use crate::web::{body, headers};

/// Seconds after which somebody who fetches too much may try again.
const AGAIN: u64 = 30;

/// What a browser may show in place; everything else is kept as a file.
const INLINE: &[&str] = &["image/png", "image/jpeg", "image/webp", "application/pdf"];

/// What a request says about the part of a file that it wants.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Headers alone.
    head: bool,
    /// `Range`, of a GET (RFC 9110, section 14.2).
    range: Option<String>,
    if_range: Option<String>,
}

impl Wanted {
    #[must_use]
    pub fn of(parts: &Parts) -> Self {
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self {
            head: parts.method == Method::HEAD,
            range: text(header::RANGE).filter(|_| parts.method == Method::GET),
            if_range: text(header::IF_RANGE),
        }
    }
}

/// Sends a file.
///
/// # Errors
///
/// Where it is not there, was not granted, or where the plugin does not make its first piece; and where this account or
/// network of visitors has as many downloads under way as it may have.
pub async fn download(answering: &Answering<'_>, download: Download) -> Result<Response, Problem> {
    let Answering { asking, wanted } = answering;
    let under_way = asking.app.downloads().begin(Client::of(&asking.visit)).ok_or_else(|| {
        let detail =
            words!("{count} downloads are on their way to you already. Let some of them end.", count = MOST_OF_ONE);
        Problem::busy(detail, AGAIN)
    })?;
    let mut response = match download.content {
        Content::Bytes(bytes) => Body::from(bytes).into_response(),
        Content::File((directory, path)) => file::response(asking, wanted, directory, path).await?,
        Content::Chunks(name) => pieces::response(asking, wanted, name).await?,
    };
    let known = INLINE.iter().find(|kind| **kind == download.content_type);
    let kind = match known {
        Some(kind) => HeaderValue::from_static(kind),
        None => HeaderValue::from_str(&download.content_type)
            .unwrap_or(HeaderValue::from_static("application/octet-stream")),
    };
    let way = if download.inline && known.is_some() { "inline" } else { "attachment" };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(headers::SANDBOXED));
    if let Ok(disposition) = HeaderValue::from_str(&disposition(way, &download.file_name)) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(guarded(response, under_way))
}

/// Breaks a transfer off. The browser sees that it is not whole; why is in the log.
fn broken_off(asking: &Asking, reason: &str) -> std::io::Error {
    let subject = &asking.matching.plugin.subject;
    let reason = asking.app.services().secrets.words_of(Holder::Plugin(&subject.id)).redact(reason);
    tracing::warn!(
        plugin = subject.id,
        version = subject.version,
        request = asking.visit.request_id(),
        %reason,
        "a download was broken off"
    );
    std::io::Error::other("the download was broken off")
}

/// `Content-Disposition` with the name in UTF-8 (RFC 6266, section 4.3; RFC 8187).
fn disposition(way: &str, name: &str) -> String {
    let name = body::plain_file_name(name);
    let plain: String = name
        .chars()
        .filter(|character| character.is_ascii_graphic() || *character == ' ')
        .filter(|character| !"\"\\/".contains(*character))
        .collect();
    let encoded = percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC);
    format!("{way}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_break_out_of_its_header() {
        let text = disposition("attachment", "../../a\"\r\nSet-Cookie: x=ä");
        assert_eq!(text, "attachment; filename=\"aSet-Cookie: x=\"; filename*=UTF-8''a%22Set%2DCookie%3A%20x%3D%C3%A4");
        assert!(HeaderValue::from_str(&text).is_ok());
    }
}
