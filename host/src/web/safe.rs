//! Recovery: what is mounted, switched off and on or unmounted, with no plugin taking part.

use std::collections::HashSet;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;
use vestry_catalog::switching::{self, Switch, SwitchError};
use vestry_contract::ui::Level;
use vestry_identity::Actor;
use vestry_phrases::phrase;

use crate::registry::plugin::State as PluginState;
use crate::web::app::App;
use crate::web::body;
use crate::web::dispatch::blocking;
use crate::web::notice;
use crate::web::problem::Problem;
use crate::web::visit::Visit;

#[derive(Serialize)]
struct Context {
    plugins: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: String,
    title: String,
    version: String,
    mount: String,
    /// A phrase, too.
    state: &'static str,
    reason: Option<String>,
}

/// `GET /safe`.
pub async fn page(State(app): State<App>, visit: Visit) -> Response {
    if let Err(response) = allowed(&visit) {
        return response;
    }
    let stopped: HashSet<String> = app
        .database()
        .read(|reader| reader.plugins())
        .unwrap_or_default()
        .into_iter()
        .filter(|plugin| plugin.quarantined.is_some())
        .map(|plugin| plugin.id)
        .collect();
    let plugins = app
        .registry()
        .snapshot()
        .plugins()
        .map(|plugin| Row {
            id: plugin.subject.id.clone(),
            title: visit.text(&plugin.subject.id, &plugin.info.title).into_owned(),
            version: plugin.subject.version.clone(),
            mount: plugin.mount.to_string(),
            state: match plugin.state {
                PluginState::Ready(_) => phrase!("running"),
                PluginState::Disabled => phrase!("disabled"),
                PluginState::Broken(_) if stopped.contains(&plugin.subject.id) => phrase!("quarantined"),
                PluginState::Broken(_) => phrase!("broken"),
            },
            reason: match &plugin.state {
                PluginState::Broken(reason) => Some(visit.words(reason)),
                PluginState::Ready(_) | PluginState::Disabled => None,
            },
        })
        .collect();
    visit.host_page(StatusCode::OK, "safe.html", &Context { plugins })
}

/// `POST /safe`, fields `id` and `do`: `disable`, `enable`, `retry` or `unmount`.
pub async fn act(State(app): State<App>, visit: Visit, request: Request) -> Response {
    if let Err(response) = allowed(&visit) {
        return response;
    }
    match carry_out(&app, &visit, request).await {
        Ok(response) => response,
        Err(problem) => problem.to_response(&visit),
    }
}

async fn carry_out(app: &App, visit: &Visit, request: Request) -> Result<Response, Problem> {
    let caller = visit.caller().ok_or_else(Problem::unauthenticated)?;
    let fields = body::fields(request.into_body()).await?;
    let id = fields.value("id").to_owned();
    let (what, done) = match fields.value("do") {
        "disable" => (Switch::Disable, phrase!("It is switched off.")),
        "enable" => (Switch::Enable, phrase!("It is switched on.")),
        "retry" => (Switch::Retry, phrase!("It was tried again.")),
        "unmount" => (
            Switch::Unmount { data: false },
            phrase!("It is unmounted. What it stored is kept; `vestry package mount` brings it back."),
        ),
        other => return Err(Problem::no_such_act(other)),
    };
    let (database, actor) = (app.database().clone(), Actor::of(caller).in_request(visit.request_id()));
    let now = app.identity().clock().now();
    // The way out of trouble is barred by nobody who needs what makes it.
    let work = move || database.write(|tx| switching::switch(tx, &actor, &id, what, true, now));
    match blocking(work).await? {
        Ok(()) => {}
        Err(SwitchError::Unknown(_)) => return Err(Problem::not_found()),
        Err(error @ (SwitchError::Storage(_) | SwitchError::Catalog(_))) => return Err(Problem::internal(&error)),
        Err(error) => return Err(Problem::bad_request(error.to_string())),
    }
    app.serving().reload().await;
    let mut response = Redirect::to("/safe").into_response();
    notice::put(app, &mut response, Level::Success, visit.phrase(done));
    Ok(response)
}

fn allowed(visit: &Visit) -> Result<(), Response> {
    match visit.caller() {
        None if visit.wants_data() => Err(Problem::unauthenticated().to_response(visit)),
        None => Err(Redirect::to("/account/sign-in?next=%2Fsafe").into_response()),
        Some(caller) if caller.permissions.holds_name("server.manage") => Ok(()),
        Some(_) => Err(Problem::needs("server.manage").to_response(visit)),
    }
}
