//! A file of a directory that the plugin was granted.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use vestry_capabilities::OpenFile;

use super::range::{Part, part};
use super::{Wanted, broken_off};
use crate::web::asking::Asking;
use crate::web::problem::Problem;

/// Of one piece, in bytes.
const PIECE: u32 = 256 << 10;

/// The file, or the part of it that is wanted. What is added to it meanwhile is not sent.
pub async fn response(asking: &Asking, wanted: &Wanted, directory: String, path: String) -> Result<Response, Problem> {
    let subject = &asking.matching.plugin.subject;
    let caller = asking.visit.caller().map(AsRef::as_ref);
    let opened = asking.app.services().open_file(subject, caller, &directory, &path).await;
    let file = opened.map_err(|failure| Problem::of_failure(failure, subject))?;
    let (size, tag) = (file.size(), format!("\"{}\"", file.tag()));
    let range = wanted.range.as_deref().filter(|_| wanted.if_range.as_ref().is_none_or(|known| *known == tag));
    let (status, first, count) = match range.map_or(Part::Whole, |range| part(range, size)) {
        Part::Whole => (StatusCode::OK, 0, size),
        Part::Bytes(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Part::Nothing => (StatusCode::RANGE_NOT_SATISFIABLE, 0, 0),
    };
    let reading = Reading { asking: asking.without_body(), directory, file, offset: first, left: count };
    let body = if wanted.head { Body::empty() } else { Body::from_stream(stream::try_unfold(reading, Reading::next)) };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(count));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    put(headers, header::ETAG, &tag);
    match status {
        StatusCode::PARTIAL_CONTENT => {
            put(headers, header::CONTENT_RANGE, &format!("bytes {first}-{}/{size}", first + count - 1));
        }
        StatusCode::RANGE_NOT_SATISFIABLE => put(headers, header::CONTENT_RANGE, &format!("bytes */{size}")),
        _ => {}
    }
    Ok(response)
}

fn put(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// A file on its way out.
struct Reading {
    asking: Asking,
    directory: String,
    file: OpenFile,
    offset: u64,
    left: u64,
}

impl Reading {
    async fn next(mut self) -> std::io::Result<Option<(Bytes, Self)>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.still_holds().map_err(|reason| broken_off(&self.asking, &reason))?;
        let length = u32::try_from(self.left).unwrap_or(PIECE).min(PIECE);
        let piece = match self.file.piece(self.offset, length).await {
            Ok(piece) if !piece.is_empty() => piece,
            Ok(_) => return Err(broken_off(&self.asking, "the file was cut while it was sent")),
            Err(error) => return Err(broken_off(&self.asking, &error.to_string())),
        };
        self.offset += piece.len() as u64;
        self.left -= piece.len() as u64;
        Ok(Some((Bytes::from(piece), self)))
    }

    /// Whether who asked still may, and the plugin still has the directory; where not, why.
    fn still_holds(&self) -> Result<(), String> {
        self.asking.access_still_holds().map_err(|ended| ended.to_string())?;
        let (subject, caller) = (&self.asking.matching.plugin.subject, self.asking.visit.caller().map(AsRef::as_ref));
        let held = self.asking.app.services().has_directory(subject, caller, &self.directory);
        match held {
            Ok(true) => Ok(()),
            Ok(false) => Err("the grant of its directory was taken away".into()),
            Err(failure) => Err(format!("{failure:?}")),
        }
    }
}
