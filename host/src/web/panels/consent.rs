//! `consent:DIGEST`: what a package asks for, each with a tick box that shows whether it is granted, for those who may
//! grant. What is ticked comes to the host alone, and asks for a password that was given within five minutes.

use std::collections::BTreeSet;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;
use vestry_capabilities::{Capability, Grants, SecretView};
use vestry_contract::registration::PluginInfo;
use vestry_contract::ui::Level;
use vestry_events::Event;
use vestry_identity::{Actor, Caller, CallerKind, IdentityError};
use vestry_screen::Html;

use crate::installer::grants::{self, GRANT, GrantError, Ticked};
use crate::installer::store::Digest;
use crate::registry::plugin::State as PluginState;
use crate::web::app::App;
use crate::web::asking::Asking;
use crate::web::body::{self, Fields};
use crate::web::dispatch::blocking;
use crate::web::next::Next;
use crate::web::notice;
use crate::web::panels::render;
use crate::web::panels::words::{self, Known};
use crate::web::problem::Problem;
use crate::web::visit::Visit;

/// A package of the store, with what it asks for.
struct Asked {
    info: PluginInfo,
    digest: String,
    /// Each with the plugin's own reason; interfaces have none.
    asks: Vec<(Capability, String)>,
}

#[derive(Serialize)]
struct Context<'a> {
    plugin: PluginView<'a>,
    mount: String,
    groups: Vec<Group>,
    back: &'a str,
    password: bool,
    error: Option<String>,
}

#[derive(Serialize)]
struct PluginView<'a> {
    id: &'a str,
    title: String,
    version: &'a str,
    digest: &'a str,
}

#[derive(Serialize)]
struct Group {
    heading: &'static str,
    asks: Vec<Ask>,
}

#[derive(Serialize)]
struct Ask {
    number: usize,
    /// What is sent where it is ticked, and what it is called exactly.
    value: String,
    name: String,
    words: String,
    reason: String,
    grave: bool,
    granted: bool,
    /// Why this person cannot tick it; empty where they can.
    locked: String,
}

/// The panel; none for whoever may not grant, and for a package that is not known.
pub async fn draw(asking: &Asking, digest: &str) -> Option<Html> {
    let visit = &asking.visit;
    let caller = visit.caller().filter(|caller| may_grant(caller))?;
    let asked = asked(&asking.app, digest).await.ok()??;
    let context = context(&asking.app, visit, caller, &asked, visit.path_and_query(), None).ok()?;
    render(visit, "panels/consent.html", &context)
}

/// `GET /account/consent/DIGEST`: the same on a page of its own.
pub async fn page(State(app): State<App>, visit: Visit, Path(digest): Path<String>) -> Response {
    let shown = async {
        let caller = allowed(&visit)?;
        let asked = asked(&app, &digest).await?.ok_or_else(Problem::not_found)?;
        let context = context(&app, &visit, caller, &asked, visit.path(), None)?;
        Ok::<_, Problem>(visit.host_page(StatusCode::OK, "account/consent.html", &context))
    };
    shown.await.unwrap_or_else(|problem| problem.to_response(&visit))
}

/// `POST /account/consent/DIGEST`, fields `grant`.., `shown`.. (what stood there as granted), `back`, and `password` where the last sign-in is over five minutes ago.
pub async fn answer(State(app): State<App>, visit: Visit, Path(digest): Path<String>, request: Request) -> Response {
    let done = async {
        let caller = allowed(&visit)?;
        let asked = asked(&app, &digest).await?.ok_or_else(Problem::not_found)?;
        let fields = body::fields(request.into_body()).await?;
        decide(&app, &visit, caller, &asked, &fields).await
    };
    done.await.unwrap_or_else(|problem: Problem| problem.to_response(&visit))
}

async fn decide(
    app: &App,
    visit: &Visit,
    caller: &Caller,
    asked: &Asked,
    fields: &Fields,
) -> Result<Response, Problem> {
    let back = Next::parse(fields.value("back"));
    let now = app.identity().clock().now();
    if !caller.is_fresh(now) {
        match app.identity().reauthenticate(caller, fields.value("password")).await {
            Ok(()) => {}
            Err(error @ IdentityError::WrongPassword { .. }) => {
                let context = context(app, visit, caller, asked, back.as_str(), Some(error.to_string()))?;
                return Ok(visit.host_page(StatusCode::UNPROCESSABLE_ENTITY, "account/consent.html", &context));
            }
            Err(error) => return Err(Problem::internal(&error)),
        }
    }
    let asks: Vec<Capability> = asked.asks.iter().map(|(capability, _)| capability.clone()).collect();
    let named = |field: &str| -> BTreeSet<Capability> {
        let names: BTreeSet<&str> = fields.all(field).collect();
        asks.iter().filter(|ask| names.contains(ask.to_string().as_str())).cloned().collect()
    };
    let ticked = Ticked { shown: named("shown"), wanted: named("grant") };
    let (actor, database) = (Actor::of(caller).in_request(visit.request_id()), app.database().clone());
    let (id, digest) = (asked.info.id.clone(), asked.digest.clone());
    let decided = blocking(move || grants::decide(&database, &actor, &id, &digest, &asks, &ticked, now)).await?;
    if let Err(error @ GrantError::Stale) = &decided {
        let context = context(app, visit, caller, asked, back.as_str(), Some(error.to_string()))?;
        return Ok(visit.host_page(StatusCode::CONFLICT, "account/consent.html", &context));
    }
    let decided = decided.map_err(|error| match error {
        GrantError::Forbidden | GrantError::NotHeld(_) | GrantError::Secret => Problem::forbidden(error.to_string()),
        GrantError::Stale | GrantError::Storage(_) => Problem::internal(&error),
    })?;
    app.services().events.publish(&Event::Authority);
    let said = match (decided.given, decided.taken) {
        (0, 0) => "Nothing was changed.".to_owned(),
        (given, taken) => format!("Granted: {given}. Taken back: {taken}. It counts at once."),
    };
    let mut response = Redirect::to(back.as_str()).into_response();
    notice::put(app, &mut response, Level::Success, &said);
    Ok(response)
}

fn allowed(visit: &Visit) -> Result<&Caller, Problem> {
    match visit.caller() {
        None => Err(Problem::unauthenticated()),
        Some(caller) if may_grant(caller) => Ok(caller),
        Some(caller) if caller.kind != CallerKind::Person => {
            Err(Problem::forbidden("A token cannot grant anything; a person can."))
        }
        Some(_) => Err(Problem::forbidden(format!("It needs the permission {GRANT}."))),
    }
}

fn may_grant(caller: &Caller) -> bool {
    caller.kind == CallerKind::Person && caller.permissions.holds_name(GRANT)
}

/// What a package asks for: what it registered, and the interfaces that it imports.
async fn asked(app: &App, digest: &str) -> Result<Option<Asked>, Problem> {
    let Some(digest) = Digest::parse(digest) else { return Ok(None) };
    let row =
        app.database().read(|reader| reader.package(digest.as_str())).map_err(|error| Problem::internal(&error))?;
    let Some(row) = row else { return Ok(None) };
    let info: PluginInfo = serde_json::from_str(&row.registration).map_err(|error| Problem::internal(&error))?;
    let snapshot = app.registry().snapshot();
    let running = snapshot.by_id(&info.id).filter(|plugin| plugin.subject.digest == digest.as_str());
    let loaded = match running.map(|plugin| &plugin.state) {
        Some(PluginState::Ready(loaded)) => loaded.clone(),
        _ => {
            let file = app.store().file(&digest);
            app.sandbox().load(digest.as_str(), &file).await.map_err(|error| Problem::internal(&error))?
        }
    };
    let interfaces = loaded.interfaces().map(|name| (Capability::imported(name), String::new()));
    let wishes = info
        .wishes
        .iter()
        .map(|wish| (Capability::wished(&wish.capability), vestry_screen::plain_text(&wish.reason).into_owned()));
    let asks = interfaces.chain(wishes).collect();
    Ok(Some(Asked { digest: row.digest, asks, info }))
}

fn context<'a>(
    app: &App,
    visit: &Visit,
    caller: &Caller,
    asked: &'a Asked,
    back: &'a str,
    error: Option<String>,
) -> Result<Context<'a>, Problem> {
    let info = &asked.info;
    let granted = app.services().grants(&info.id, &asked.digest).map_err(|error| Problem::internal(&error))?;
    let secrets = app.services().secrets.list().map_err(|error| Problem::internal(&error))?;
    let snapshot = app.registry().snapshot();
    let running = snapshot.by_id(&info.id).filter(|plugin| plugin.subject.digest == asked.digest);
    Ok(Context {
        plugin: PluginView {
            id: &info.id,
            title: visit.text(&info.title).into_owned(),
            version: &info.version,
            digest: &asked.digest,
        },
        mount: running.map(|plugin| plugin.mount.to_string()).unwrap_or_default(),
        groups: groups(caller, asked, &granted, &secrets),
        back,
        password: !caller.is_fresh(app.identity().clock().now()),
        error,
    })
}

/// All that is asked for, under its headings, what is dangerous first.
fn groups(caller: &Caller, asked: &Asked, granted: &Grants, secrets: &[SecretView]) -> Vec<Group> {
    let known = |name: &str| match secrets.iter().find(|secret| secret.name == name) {
        None => Known::Missing,
        Some(secret) => secret.origin.as_deref().map_or(Known::Unbound, Known::Bound),
    };
    let mut groups: Vec<Group> = words::HEADINGS.iter().map(|heading| Group { heading, asks: Vec::new() }).collect();
    for (number, (capability, reason)) in asked.asks.iter().enumerate() {
        let said = words::of(capability, known);
        let ask = ask(number, caller, capability, reason, said.words, said.grave, granted.holds(capability));
        if let Some(group) = groups.iter_mut().find(|group| group.heading == said.heading) {
            group.asks.push(ask);
        }
    }
    groups.retain(|group| !group.asks.is_empty());
    for group in &mut groups {
        group.asks.sort_by_key(|ask| !ask.grave);
    }
    groups
}

fn ask(
    number: usize,
    caller: &Caller,
    capability: &Capability,
    reason: &str,
    words: String,
    grave: bool,
    granted: bool,
) -> Ask {
    let refusal = if granted { None } else { grants::refusal(capability, &caller.permissions) };
    let locked = refusal.map(|refusal| refusal.to_string()).unwrap_or_default();
    let value = capability.to_string();
    Ask { number, name: value.clone(), value, words, reason: reason.to_owned(), grave, granted, locked }
}
