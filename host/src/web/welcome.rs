//! The first page after signing in: what the menu offers, and for administrators what comes next.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;
use vestry_phrases::phrase;

use crate::web::app::App;
use crate::web::menu;
use crate::web::visit::Visit;

#[derive(Serialize)]
struct Context<'a> {
    name: &'a str,
    entries: Vec<Tile>,
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct Tile {
    label: String,
    href: String,
    icon: String,
    summary: String,
    unavailable: Option<String>,
}

#[derive(Serialize)]
struct Step {
    /// A phrase, as the summary is.
    label: &'static str,
    href: &'static str,
    summary: &'static str,
}

/// `GET /`.
pub async fn page(State(app): State<App>, visit: Visit) -> Response {
    let Some(caller) = visit.caller() else {
        return Redirect::to("/account/sign-in").into_response();
    };
    let snapshot = app.registry().snapshot();
    let entries = menu::entries(&visit)
        .into_iter()
        .map(|entry| Tile {
            summary: snapshot
                .at(menu::mount(&entry.href))
                .map(|plugin| visit.text(&plugin.subject.id, &plugin.info.summary).into_owned())
                .unwrap_or_default(),
            label: entry.label,
            href: entry.href,
            icon: entry.icon,
            unavailable: entry.unavailable,
        })
        .collect();
    let steps = if caller.permissions.holds_name("server.manage") {
        vec![Step {
            label: phrase!("Recovery"),
            href: "/safe",
            summary: phrase!("Switch plugins off and on, without any plugin taking part."),
        }]
    } else {
        Vec::new()
    };
    visit.host_page(StatusCode::OK, "welcome.html", &Context { name: &caller.name, entries, steps })
}
