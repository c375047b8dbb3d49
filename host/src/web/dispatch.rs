//! From a request to a plugin's answer: mount, route, access, body, call, commit, answer.
//!
//! What can be refused is refused before an instance exists: an unknown mount or path, a verb that the path does not
//! have, an actor who may not, a body that is too large. A call that conflicts with another as its writes take effect
//! runs again, twice at the most.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Redirect, Response};
use vestry_capabilities::{Actor, Approval, Call, CallFacts, CallSettings, CommitError, audit_refusals};
use vestry_contract::exchange;
use vestry_contract::registration::{Access, Route, Verb};
use vestry_contract::types::Failure;
use vestry_identity::CallerKind;
use vestry_sandbox::{Loaded, Outcome};

use crate::registry::plugin::{Plugin, State as PluginState, may_use};
use crate::registry::routes::Matched;
use crate::registry::snapshot::Snapshot;
use crate::web::answer::{self, Answering};
use crate::web::app::App;
use crate::web::body::{self, Incoming};
use crate::web::problem::Problem;
use crate::web::surroundings::RequestSurroundings;
use crate::web::visit::Visit;
use crate::web::{confirm, menu, visitor};

/// How often a call may run because of conflicts, the first time included.
const TURNS: u32 = 3;

/// A route that this visit may use, and what is needed to ask it.
pub struct Matching {
    pub snapshot: Arc<Snapshot>,
    pub plugin: Arc<Plugin>,
    pub loaded: Loaded,
    pub route: Route,
    pub params: Vec<(String, String)>,
    /// The plugin was granted to have routes that everyone may open.
    pub public: bool,
}

/// Everything that is under a plugin's mount.
pub async fn dispatch(State(app): State<App>, visit: Visit, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match answer_to(&app, &visit, parts, body).await {
        Ok(response) => response,
        Err(Stop::Problem(problem)) => problem.to_response(&visit),
        Err(Stop::SignIn) => sign_in(&visit),
    }
}

/// Why no plugin was asked, or its answer is not shown.
pub enum Stop {
    Problem(Problem),
    /// Nobody is signed in, and the route wants somebody.
    SignIn,
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

async fn answer_to(app: &App, visit: &Visit, parts: Parts, body: Body) -> Result<Response, Stop> {
    let content_type =
        parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let verb = verb(&parts.method).ok_or_else(Problem::method_not_allowed)?;
    let query = parts.uri.query().unwrap_or("");
    let (matching, incoming) = if verb == Verb::Post && body::is_form(&content_type) {
        // HTML forms know two verbs; the others come as a field of the form, so it has to be read first. Nobody has
        // it read who may use none of the routes that it could be meant for.
        let limit = form_limit(app, visit, parts.uri.path())?;
        let (incoming, verb) = body::read(query, &content_type, body, limit).await?.unfolded();
        (find(app, visit, verb.unwrap_or(Verb::Post), parts.uri.path())?, incoming)
    } else {
        let matching = find(app, visit, verb, parts.uri.path())?;
        let limit = body::limit(&matching.route);
        (matching, body::read(query, &content_type, body, limit).await?)
    };
    let browser = visitor::browser(&parts.headers, visit, &matching.route);
    let mut response = run(app, visit, &matching, incoming, browser.id(), Vec::new()).await?;
    browser.remember(&mut response, app);
    if parts.method == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    Ok(response)
}

/// The most that a form sent to a path may hold: of the routes there that this visit may use.
fn form_limit(app: &App, visit: &Visit, path: &str) -> Result<u64, Stop> {
    let snapshot = app.registry().snapshot();
    let (mount, inside) = split(path);
    let verbs = snapshot.at(mount).map(|plugin| plugin.routes.at(&inside)).unwrap_or_default();
    let mut refused = None;
    let mut limit = None;
    for (verb, _) in verbs.iter().filter(|(verb, _)| *verb != Verb::Get) {
        match find(app, visit, *verb, path) {
            Ok(matching) => limit = limit.max(Some(body::limit(&matching.route))),
            Err(stop) => refused = Some(stop),
        }
    }
    match (limit, refused) {
        (Some(limit), _) => Ok(limit),
        (None, Some(stop)) => Err(stop),
        (None, None) => find(app, visit, Verb::Post, path).map(|matching| body::limit(&matching.route)),
    }
}

/// The mount of a path, and the path inside it.
fn split(path: &str) -> (&str, String) {
    match path.trim_start_matches('/').split_once('/') {
        Some((mount, inside)) => (mount, format!("/{inside}")),
        None => (menu::mount(path), "/".to_owned()),
    }
}

fn verb(method: &Method) -> Option<Verb> {
    Some(match *method {
        Method::GET | Method::HEAD => Verb::Get,
        Method::POST => Verb::Post,
        Method::PUT => Verb::Put,
        Method::PATCH => Verb::Patch,
        Method::DELETE => Verb::Delete,
        _ => return None,
    })
}

/// Mount, route and access; no instance is made for what ends here.
pub fn find(app: &App, visit: &Visit, verb: Verb, path: &str) -> Result<Matching, Stop> {
    let snapshot = app.registry().snapshot();
    let (mount, inside) = split(path);
    let plugin = Arc::clone(snapshot.at(mount).ok_or_else(Problem::not_found)?);
    let (route, params) = match plugin.routes.find(verb, &inside) {
        Matched::Route { index, params } => (plugin.route(index).cloned().ok_or_else(Problem::not_found)?, params),
        Matched::OtherVerbs(verbs) => return Err(hidden_unless_allowed(visit, Problem::other_methods(&verbs))),
        Matched::Nothing => return Err(hidden_unless_allowed(visit, Problem::not_found())),
    };
    let public = is_public(app, &plugin, &route)?;
    if !may_use(&route.access, visit.caller().map(AsRef::as_ref), public) {
        return Err(match (visit.caller(), &route.access) {
            (None, _) => Stop::SignIn,
            (Some(_), Access::Permission(permission)) => Problem::forbidden(format!(
                "It needs the permission {permission}. An administrator can give you a privilege that has it."
            ))
            .into(),
            (Some(_), _) => Problem::forbidden("This is not open to you.").into(),
        });
    }
    match &plugin.state {
        PluginState::Ready(loaded) => {
            let loaded = loaded.clone();
            Ok(Matching { snapshot, plugin, loaded, route, params, public })
        }
        PluginState::Disabled | PluginState::Broken(_) => {
            Err(Problem::unavailable(&plugin.subject, plugin.unavailable().unwrap_or_default()).into())
        }
    }
}

/// Somebody who is not signed in learns nothing of what lies under a mount.
fn hidden_unless_allowed(visit: &Visit, problem: Problem) -> Stop {
    if visit.caller().is_some() { problem.into() } else { Stop::SignIn }
}

fn is_public(app: &App, plugin: &Plugin, route: &Route) -> Result<bool, Problem> {
    if !matches!(route.access, Access::Everyone) {
        return Ok(false);
    }
    let grants =
        app.services().grants(&plugin.subject.id, &plugin.subject.digest).map_err(|error| Problem::internal(&error))?;
    Ok(grants.holds(&vestry_capabilities::Capability::Public))
}

/// Asks the plugin, makes what it wrote take effect, and turns its answer into one of ours.
///
/// # Errors
///
/// The problem to be shown in place of the plugin's answer.
pub async fn run(
    app: &App,
    visit: &Visit,
    matching: &Matching,
    incoming: Incoming,
    browser: Option<&str>,
    approvals: Vec<Approval>,
) -> Result<Response, Problem> {
    let request = exchange_request(app, visit, matching, &incoming, browser)?;
    for turn in 1..=TURNS {
        let settings = call_settings(app, visit, matching, &incoming, approvals.clone());
        let facts = facts(&settings);
        let call = Call::new(settings);
        let refusals = call.refusals();
        let plugin = &matching.plugin;
        let outcome = app
            .sandbox()
            .handle(&matching.loaded, &plugin.limits, &plugin.permits, &plugin.usage, call, request.clone())
            .await;
        let noted = std::mem::take(&mut *refusals.lock());
        if !noted.is_empty() {
            blocking(move || audit_refusals(&facts, &noted)).await?.map_err(|error| Problem::internal(&error))?;
        }
        let outcome = outcome.map_err(|error| {
            tracing::warn!(
                plugin = plugin.subject.id,
                version = plugin.subject.version,
                request = visit.request_id(),
                ?error,
                "a plugin gave no answer"
            );
            Problem::of_call(&error, &plugin.subject)
        })?;
        match settle(app, visit, matching, &incoming, outcome, &approvals).await? {
            Settled::Answer(response) => return Ok(response),
            Settled::Again(reason) if turn == TURNS => {
                return Err(Problem::of_failure(Failure::Conflict(reason), &plugin.subject));
            }
            Settled::Again(_) => {}
        }
    }
    Err(Problem::internal(&"a call was never settled"))
}

enum Settled {
    Answer(Response),
    Again(String),
}

async fn settle(
    app: &App,
    visit: &Visit,
    matching: &Matching,
    incoming: &Incoming,
    outcome: Outcome,
    approvals: &[Approval],
) -> Result<Settled, Problem> {
    let Outcome { answer, call, .. } = outcome;
    let subject = &matching.plugin.subject;
    match answer {
        Ok(response) => {
            if call.has_written() {
                match blocking(move || call.commit()).await? {
                    Ok(()) => {}
                    Err(CommitError::Conflict(reason)) => return Ok(Settled::Again(reason)),
                    Err(CommitError::Exhausted(reason)) => {
                        return Err(Problem::of_failure(Failure::Exhausted(reason), subject));
                    }
                    Err(CommitError::Storage(error)) => return Err(Problem::internal(&error)),
                }
            }
            let answering = Answering { app, visit, matching, query: &incoming.query };
            answer::response(&answering, response).map(Settled::Answer)
        }
        Err(Failure::Confirm(id)) => match call.asked().filter(|asked| asked.id == id) {
            Some(asked) => confirm::ask(app, visit, matching, incoming, asked, approvals).await.map(Settled::Answer),
            None => Err(Problem::of_failure(Failure::Confirm(id), subject)),
        },
        // What the plugin read was changed before it could write: with what is there now it may go well.
        Err(Failure::Conflict(reason)) => Ok(Settled::Again(reason)),
        Err(failure) => Err(Problem::of_failure(failure, subject)),
    }
}

fn call_settings(
    app: &App,
    visit: &Visit,
    matching: &Matching,
    incoming: &Incoming,
    approvals: Vec<Approval>,
) -> CallSettings {
    CallSettings {
        services: app.services().clone(),
        subject: Arc::clone(&matching.plugin.subject),
        actor: actor(visit),
        reading: matching.route.verb == Verb::Get,
        request: visit.request_id().to_owned(),
        bytes: matching.plugin.limits.bytes,
        uploads: incoming.uploads.iter().map(|upload| Arc::clone(&upload.content)).collect(),
        surroundings: Arc::new(RequestSurroundings {
            snapshot: Arc::clone(&matching.snapshot),
            origin: visit.origin(),
        }),
        approvals,
    }
}

fn facts(settings: &CallSettings) -> CallFacts {
    CallFacts {
        database: settings.services.database.clone(),
        plugin: settings.subject.id.clone(),
        digest: settings.subject.digest.clone(),
        request: settings.request.clone(),
        actor: settings.actor.clone(),
        time: settings.services.identity.clock().now(),
    }
}

/// On whose behalf a visit's calls are made.
#[must_use]
pub fn actor(visit: &Visit) -> Actor {
    match visit.caller() {
        None => Actor::Visitor,
        Some(caller) => match caller.kind {
            CallerKind::Person => Actor::Person(Arc::clone(caller)),
            CallerKind::Token => Actor::Token(Arc::clone(caller)),
        },
    }
}

/// The request as the plugin sees it: no cookie, no token, no header but what stands here.
fn exchange_request(
    app: &App,
    visit: &Visit,
    matching: &Matching,
    incoming: &Incoming,
    browser: Option<&str>,
) -> Result<exchange::Request, Problem> {
    let subject = &matching.plugin.subject;
    let visitor = match (visit.caller(), browser) {
        (Some(caller), _) => app.keys().visitor(&subject.id, caller.account.as_str()),
        (None, Some(browser)) => app.keys().visitor(&subject.id, browser),
        (None, None) => String::new(),
    };
    Ok(exchange::Request {
        id: visit.request_id().to_owned(),
        route: matching.route.name.clone(),
        params: matching.params.clone(),
        query: incoming.query.clone(),
        form: incoming.form.clone(),
        content_type: incoming.content_type.clone(),
        body: incoming.body.clone(),
        uploads: incoming.uploads.iter().map(|upload| upload.facts.clone()).collect(),
        actor: contract_actor(app, visit, matching)?,
        visitor,
        language: visit.language().to_owned(),
        time_zone: "UTC".into(),
        extra: Vec::new(),
    })
}

/// The actor with just the permissions that concern this plugin: those it declared, and those of the interfaces it
/// was granted.
fn contract_actor(
    app: &App,
    visit: &Visit,
    matching: &Matching,
) -> Result<Option<vestry_contract::types::Actor>, Problem> {
    let Some(caller) = visit.caller() else { return Ok(None) };
    let subject = &matching.plugin.subject;
    let grants = app.services().grants(&subject.id, &subject.digest).map_err(|error| Problem::internal(&error))?;
    let declared = matching.plugin.info.permissions.iter().map(|permission| permission.name.as_str());
    let of_interfaces = vestry_capabilities::TABLE
        .iter()
        .filter(|row| grants.holds_interface(row.interface))
        .filter_map(|row| row.permission);
    let mut permissions: Vec<String> =
        declared.chain(of_interfaces).filter(|name| caller.permissions.holds_name(name)).map(str::to_owned).collect();
    permissions.sort_unstable();
    permissions.dedup();
    let identity = grants.holds(&vestry_capabilities::Capability::Identity);
    Ok(Some(vestry_contract::types::Actor {
        id: caller.account.as_str().to_owned(),
        kind: match caller.kind {
            CallerKind::Person => "person".into(),
            CallerKind::Token => "token".into(),
        },
        name: if identity { caller.name.clone() } else { String::new() },
        email: caller.email.clone().filter(|_| identity),
        permissions,
        extra: Vec::new(),
    }))
}

/// Where somebody who is not signed in is sent.
fn sign_in(visit: &Visit) -> Response {
    if visit.wants_data() {
        return Problem::unauthenticated().to_response(visit);
    }
    let next: String = url::form_urlencoded::byte_serialize(visit.path_and_query().as_bytes()).collect();
    Redirect::to(&format!("/account/sign-in?next={next}")).into_response()
}

/// Runs what waits for the disk or another writer where that holds up nobody.
///
/// # Errors
///
/// Where the work was broken off.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Problem::internal(&error))
}
