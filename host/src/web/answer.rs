//! From a plugin's answer to an HTTP answer: a page, data, a redirect, a download.

use axum::Json;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use vestry_contract::exchange::{self, Content, Download};
use vestry_contract::types::Failure;
use vestry_contract::ui::Page;
use vestry_screen::ScreenError;

use crate::web::app::App;
use crate::web::body;
use crate::web::dispatch::Matching;
use crate::web::headers;
use crate::web::notice;
use crate::web::place::PluginPlace;
use crate::web::problem::Problem;
use crate::web::visit::Visit;

/// What a browser may show in place; everything else is kept as a file.
const INLINE: &[&str] = &["image/png", "image/jpeg", "image/webp", "application/pdf"];

/// An answer on its way out.
#[derive(Clone, Copy)]
pub struct Answering<'a> {
    pub app: &'a App,
    pub visit: &'a Visit,
    pub matching: &'a Matching,
    pub query: &'a [(String, String)],
}

/// Turns a plugin's answer into one of ours.
///
/// # Errors
///
/// Where it contradicts itself, or holds what this server does not know.
pub fn response(answering: &Answering<'_>, response: exchange::Response) -> Result<Response, Problem> {
    match response {
        exchange::Response::Page(page) => self::page(answering, StatusCode::OK, &page),
        exchange::Response::Invalid(page) => self::page(answering, StatusCode::UNPROCESSABLE_ENTITY, &page),
        exchange::Response::Redirect(redirect) => self::redirect(answering, &redirect),
        exchange::Response::Download(download) => self::download(answering, download),
        exchange::Response::Json(document) => json(answering, &document),
        exchange::Response::Other((kind, _)) => {
            Err(wrong(answering, &format!("it answers with `{kind}`, which this server does not know")))
        }
    }
}

fn page(answering: &Answering<'_>, status: StatusCode, page: &Page) -> Result<Response, Problem> {
    let place = place(answering);
    let visit = answering.visit;
    if visit.wants_data() {
        let data = vestry_screen::data(page, &place).map_err(|error| screen(answering, &error))?;
        return Ok((status, Json(data)).into_response());
    }
    let html = answering.app.screens().page(&visit.frame(), page, &place).map_err(|error| screen(answering, &error))?;
    let mut response = visit.shown((status, Html(html)).into_response());
    if page.focus
        && let Ok(policy) = HeaderValue::from_str(&headers::focused(visit.nonce()))
    {
        // A page without the shell may stand in a frame of this server's own pages.
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        response.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    }
    Ok(response)
}

/// See Other (RFC 9110, section 15.4.4), with the notice in a sealed cookie for the next page. An API client is told
/// where to look and what is to be said.
fn redirect(answering: &Answering<'_>, redirect: &exchange::Redirect) -> Result<Response, Problem> {
    let place = place(answering);
    let href = vestry_screen::route_href(&redirect.to, &place).ok_or_else(|| {
        wrong(answering, &format!("it leads to `{}`, which is no page of its own that you may open", redirect.to.route))
    })?;
    let notice = redirect.notice.as_ref().map(|notice| (notice.level, answering.visit.text(&notice.text).into_owned()));
    if answering.visit.wants_data() {
        let said = notice.map(|(_, text)| text);
        let body = Json(serde_json::json!({ "location": href, "notice": said }));
        return Ok((StatusCode::OK, [(header::CONTENT_LOCATION, href)], body).into_response());
    }
    let mut response = Redirect::to(&href).into_response();
    if let Some((level, text)) = notice {
        notice::put(answering.app, &mut response, level, &text);
    }
    Ok(response)
}

fn download(answering: &Answering<'_>, download: Download) -> Result<Response, Problem> {
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

fn json(answering: &Answering<'_>, document: &str) -> Result<Response, Problem> {
    if serde_json::from_str::<serde::de::IgnoredAny>(document).is_err() {
        return Err(wrong(answering, "what it calls JSON is none"));
    }
    Ok(([(header::CONTENT_TYPE, "application/json")], document.to_owned()).into_response())
}

fn place<'a>(answering: &Answering<'a>) -> PluginPlace<'a> {
    PluginPlace {
        visit: answering.visit,
        snapshot: &answering.matching.snapshot,
        plugin: &answering.matching.plugin,
        query: answering.query,
        public: answering.matching.public,
    }
}

/// A page that cannot be drawn: the plugin's fault, or a template's.
fn screen(answering: &Answering<'_>, error: &ScreenError) -> Problem {
    match error {
        ScreenError::Invalid { .. } => wrong(answering, &error.to_string()),
        ScreenError::Template { .. } => Problem::internal(error),
    }
}

fn wrong(answering: &Answering<'_>, reason: &str) -> Problem {
    let subject = &answering.matching.plugin.subject;
    tracing::warn!(
        plugin = subject.id,
        version = subject.version,
        request = answering.visit.request_id(),
        reason,
        "a plugin's answer cannot be shown"
    );
    Problem::of_failure(Failure::Internal(format!("What it answered cannot be shown: {reason}.")), subject)
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
