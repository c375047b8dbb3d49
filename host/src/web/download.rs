//! Files on their way out: bytes of an answer, a file of a directory, or pieces that the plugin is asked for.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use vestry_contract::exchange::{Content, Download};

use crate::web::answer::{Answering, wrong};
use crate::web::problem::Problem;
use crate::web::{body, headers};

/// What a browser may show in place; everything else is kept as a file.
const INLINE: &[&str] = &["image/png", "image/jpeg", "image/webp", "application/pdf"];

/// What a request says about the part of a file that it wants.
#[derive(Debug, Clone, Default)]
pub struct Wanted {}

impl Wanted {
    #[must_use]
    pub fn of(_parts: &Parts) -> Self {
        Self {}
    }
}

pub async fn download(answering: &Answering<'_>, download: Download) -> Result<Response, Problem> {
    let bytes = match download.content {
        Content::Bytes(bytes) => bytes,
        Content::File(_) => {
            return Err(wrong(answering, "it answers with a file of a directory, and was granted none"));
        }
        Content::Chunks(_) => {
            return Err(wrong(answering, "it answers piece by piece, which this version of Vestry does not do"));
        }
    };
    let known = INLINE.iter().find(|kind| **kind == download.content_type);
    let kind = match known {
        Some(kind) => HeaderValue::from_static(kind),
        None => HeaderValue::from_str(&download.content_type)
            .unwrap_or(HeaderValue::from_static("application/octet-stream")),
    };
    let way = if download.inline && known.is_some() { "inline" } else { "attachment" };
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(headers::SANDBOXED));
    if let Ok(disposition) = HeaderValue::from_str(&disposition(way, &download.file_name)) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
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
