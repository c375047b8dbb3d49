//! From a plugin's answer to an HTTP answer: a page, data, a redirect, a download.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use vestry_capabilities::Holder;
use vestry_contract::exchange;
use vestry_contract::registration::Verb;
use vestry_contract::ui::{Page, RouteRef};
use vestry_screen::ScreenError;

use crate::web::asking::Asking;
use crate::web::download::{self, Wanted};
use crate::web::follow::Follow;
use crate::web::headers;
use crate::web::notice;
use crate::web::panels::{self, Panels};
use crate::web::place::PluginPlace;
use crate::web::problem::Problem;

/// An answer on its way out.
#[derive(Clone, Copy)]
pub struct Answering<'a> {
    pub asking: &'a Asking,
    pub wanted: &'a Wanted,
}

/// Turns a plugin's answer into one of ours.
///
/// # Errors
///
/// Where it contradicts itself, or holds what this server does not know.
pub async fn response(answering: &Answering<'_>, response: exchange::Response) -> Result<Response, Problem> {
    match response {
        exchange::Response::Page(page) => self::page(answering, StatusCode::OK, &page).await,
        exchange::Response::Invalid(page) => self::page(answering, StatusCode::UNPROCESSABLE_ENTITY, &page).await,
        exchange::Response::Redirect(redirect) => self::redirect(answering, &redirect),
        exchange::Response::Download(download) => download::download(answering, download).await,
        exchange::Response::Json(document) => json(answering, &document),
        exchange::Response::Other((kind, _)) => {
            Err(wrong(answering, &format!("it answers with `{kind}`, which this server does not know")))
        }
    }
}

async fn page(answering: &Answering<'_>, status: StatusCode, page: &Page) -> Result<Response, Problem> {
    let asking = answering.asking;
    // First of all: what is on it costs more to look up than to refuse.
    vestry_screen::check(page).map_err(|error| screen(answering, &error))?;
    // What answers to a form has no address of its own that could be followed.
    let follow = match asking.matching.route.verb {
        Verb::Get => Follow::of(asking, page).map_err(|reason| wrong(answering, &reason))?,
        _ => None,
    };
    let stream = follow.map(|follow| follow.address(asking));
    let visit = &asking.visit;
    // Data hold the names of panels alone, and what is shown once is not for an answer without a body.
    let panels = match visit.wants_data() || visit.is_head() {
        true => Panels::default(),
        false => {
            let blocks = page.sections.iter().flat_map(|section| &section.blocks);
            panels::prepare(asking, blocks, page.follow.is_some()).await
        }
    };
    let place = PluginPlace { stream, panels, ..place(answering) };
    if visit.wants_data() {
        let data = vestry_screen::data(page, &place).map_err(|error| screen(answering, &error))?;
        return Ok((status, Json(data)).into_response());
    }
    let html = answering
        .asking
        .visit
        .screens()
        .page(&visit.frame(), page, &place)
        .map_err(|error| screen(answering, &error))?;
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
    let href = if answering.asking.matching.former { now(answering, &redirect.to) } else { href };
    let notice = redirect.notice.as_ref().map(|notice| {
        (
            notice.level,
            answering.asking.visit.text(&answering.asking.matching.plugin.subject.id, &notice.text).into_owned(),
        )
    });
    if answering.asking.visit.wants_data() {
        let said = notice.map(|(_, text)| text);
        let body = Json(serde_json::json!({ "location": href, "notice": said }));
        return Ok((StatusCode::OK, [(header::CONTENT_LOCATION, href)], body).into_response());
    }
    let mut response = Redirect::to(&href).into_response();
    if let Some((level, text)) = notice {
        notice::put(&answering.asking.app, &mut response, level, &text);
    }
    Ok(response)
}

/// Where a version that was replaced leads: to what is mounted in its place by now, to the route of the same name if that
/// has one, or else to its first page.
fn now(answering: &Answering<'_>, to: &RouteRef) -> String {
    let Asking { app, visit, matching, .. } = answering.asking;
    let mount = matching.plugin.mount.as_str();
    let snapshot = app.registry().snapshot();
    let plugin = snapshot.at(mount).filter(|plugin| plugin.subject.id == matching.plugin.subject.id);
    let href = plugin.and_then(|plugin| {
        let place = PluginPlace { visit, snapshot: &snapshot, plugin, ..place(answering) };
        vestry_screen::route_href(to, &place)
    });
    href.unwrap_or_else(|| format!("/{mount}"))
}

fn json(answering: &Answering<'_>, document: &str) -> Result<Response, Problem> {
    if serde_json::from_str::<serde::de::IgnoredAny>(document).is_err() {
        return Err(wrong(answering, "what it calls JSON is none"));
    }
    Ok(([(header::CONTENT_TYPE, "application/json")], document.to_owned()).into_response())
}

fn place<'a>(answering: &Answering<'a>) -> PluginPlace<'a> {
    let Asking { visit, matching, request, .. } = answering.asking;
    PluginPlace {
        visit,
        snapshot: &matching.snapshot,
        plugin: &matching.plugin,
        asked: &matching.route,
        query: &request.query,
        public: matching.public,
        stream: None,
        panels: Panels::default(),
        data: visit.wants_data(),
    }
}

/// A page that cannot be drawn: the plugin's fault, or a template's.
fn screen(answering: &Answering<'_>, error: &ScreenError) -> Problem {
    match error {
        ScreenError::Invalid { .. } => {
            answering.asking.count_failure(error);
            wrong(answering, &error.to_string())
        }
        ScreenError::Template { .. } => Problem::internal(error),
    }
}

pub fn wrong(answering: &Answering<'_>, reason: &str) -> Problem {
    let subject = &answering.asking.matching.plugin.subject;
    let secrets = &answering.asking.app.services().secrets;
    let words = secrets.words_of(Holder::Plugin(&subject.id));
    tracing::warn!(
        plugin = subject.id,
        version = subject.version,
        request = answering.asking.visit.request_id(),
        reason = &*words.redact(reason),
        "a plugin's answer cannot be shown"
    );
    Problem::cannot_be_shown(reason, subject).without_secrets(secrets)
}
