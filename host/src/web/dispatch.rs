//! From a request to a plugin's answer: mount, route, access, body, call, commit, answer.
//!
//! What can be refused is refused before an instance exists: an unknown mount or path, a verb that the path does not
//! have, an actor who may not, a body that is too large. A call that conflicts with another as its writes take effect
//! runs again, twice at the most.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use vestry_capabilities::{Approval, CommitError, Holder};
use vestry_contract::registration::{Access, Route, Verb};
use vestry_contract::types::Failure;
use vestry_phrases::words;
use vestry_sandbox::{Loaded, Outcome};

use crate::registry::plugin::{Plugin, State as PluginState, may_use};
use crate::registry::routes::Matched;
use crate::registry::snapshot::{Snapshot, Version};
use crate::web::answer::{self, Answering};
use crate::web::app::App;
use crate::web::asking::{Asking, Ended, NoAnswer};
use crate::web::body::{self, Arrival};
use crate::web::client::Client;
use crate::web::download::Wanted;
use crate::web::problem::Problem;
use crate::web::visit::Visit;
use crate::web::{confirm, hold, live, menu, visitor};

/// How often a call may run because of conflicts, the first time included.
const TURNS: u32 = 3;

/// A route that this visit may use, and what is needed to ask it.
#[derive(Debug, Clone)]
pub struct Matching {
    pub snapshot: Arc<Snapshot>,
    pub plugin: Arc<Plugin>,
    pub loaded: Loaded,
    pub route: Route,
    pub params: Vec<(String, String)>,
    /// The plugin was granted to have routes that everyone may open.
    pub public: bool,
    /// The plugin was replaced, and answers what it drew before that.
    pub former: bool,
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
    let verb = verb(&parts.method).ok_or_else(Problem::method_not_allowed)?;
    let uploads = app.uploads();
    let arrival = Arrival::new(&parts, body, &uploads, app.bodies(), Client::of(visit));
    let (matching, incoming) = if verb == Verb::Post && arrival.is_form() {
        // HTML forms know two verbs; the others come as a field of the form, so it has to be read first. Nobody has
        // it read who may use none of the routes that it could be meant for.
        let limit = form_limit(app, visit, parts.uri.path())?;
        let (incoming, verb) = arrival.read(limit).await?.unfolded();
        let matching = find(app, visit, verb.unwrap_or(Verb::Post), parts.uri.path())?;
        let limit = body::limit(&matching.route);
        (matching, incoming.within(limit)?)
    } else {
        let matching = find(app, visit, verb, parts.uri.path())?;
        let limit = body::limit(&matching.route);
        (matching, arrival.read(limit).await?)
    };
    let browser = visitor::browser(&parts.headers, visit, &matching.route);
    let asking = Asking::new(app, visit, Arc::new(matching), incoming, browser.id())?;
    let lines = tracing::Span::current();
    lines.record("plugin", asking.matching.plugin.subject.id.as_str());
    lines.record("route", asking.matching.route.name.as_str());
    match asking.access_still_holds() {
        // A body can be hours on its way.
        Err(Ended::SignedOut) => return Err(Stop::SignIn),
        Err(Ended::Forbidden) => {
            return Err(Problem::forbidden(words!("The permission for it was taken from you.")).into());
        }
        Ok(()) | Err(Ended::Replaced | Ended::Unknown) => {}
    }
    if live::is_asked(&parts) {
        return Ok(live::answer(asking.without_body(), &parts.headers)?);
    }
    let mut response = run(asking, Vec::new(), &Wanted::of(&parts)).await?;
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
    let meant = meant(&snapshot, visit, Verb::Post, mount);
    let verbs = meant.map(|meant| meant.plugin.routes.at(&inside)).unwrap_or_default();
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

/// The version that answers: for a form, the one that drew it, where that was replaced a short time ago; else the one that
/// is mounted.
pub fn meant<'s>(snapshot: &'s Snapshot, visit: &Visit, verb: Verb, mount: &str) -> Option<Version<'s>> {
    let drawn_by = visit.drawn_by().filter(|_| verb != Verb::Get);
    let former = drawn_by.and_then(|drawn_by| snapshot.former(mount, drawn_by, Instant::now()));
    match former {
        Some(plugin) => Some(Version { plugin, former: true }),
        None => snapshot.at(mount).map(|plugin| Version { plugin, former: false }),
    }
}

/// Mount, route and access; no instance is made for what ends here.
pub fn find(app: &App, visit: &Visit, verb: Verb, path: &str) -> Result<Matching, Stop> {
    let snapshot = app.registry().snapshot();
    let (mount, inside) = split(path);
    let Version { plugin, former } = meant(&snapshot, visit, verb, mount).ok_or_else(Problem::not_found)?;
    let plugin = Arc::clone(plugin);
    let (route, params) = match plugin.routes.find(verb, &inside) {
        Matched::Route { index, params } => (plugin.route(index).cloned().ok_or_else(Problem::not_found)?, params),
        Matched::OtherVerbs(verbs) => return Err(hidden_unless_allowed(visit, Problem::other_methods(&verbs))),
        Matched::Nothing => return Err(hidden_unless_allowed(visit, Problem::not_found())),
    };
    let public = is_public(app, &plugin, &route)?;
    if !may_use(&route.access, visit.caller().map(AsRef::as_ref), public) {
        return Err(match (visit.caller(), &route.access) {
            (None, _) => Stop::SignIn,
            (Some(_), Access::Permission(permission)) => Problem::forbidden(words!(
                "It needs the permission {permission}. An administrator can give you a privilege that has it.",
                permission
            ))
            .into(),
            (Some(_), _) => Problem::forbidden(words!("This is not open to you.")).into(),
        });
    }
    match &plugin.state {
        PluginState::Ready(loaded) => {
            let loaded = loaded.clone();
            let snapshot = if former { Arc::new(snapshot.as_before(&plugin)) } else { snapshot };
            Ok(Matching { snapshot, plugin, loaded, route, params, public, former })
        }
        PluginState::Disabled | PluginState::Broken(_) => {
            let reason = plugin.unavailable().unwrap_or_else(|| String::new().into());
            Err(Problem::unavailable(&plugin.subject, reason).into())
        }
    }
}

/// Somebody who is not signed in learns nothing of what lies under a mount.
fn hidden_unless_allowed(visit: &Visit, problem: Problem) -> Stop {
    if visit.caller().is_some() { problem.into() } else { Stop::SignIn }
}

/// Whether a route that is meant for everyone may be: the plugin was granted to have such routes.
///
/// # Errors
///
/// Where grants cannot be read.
pub fn is_public(app: &App, plugin: &Plugin, route: &Route) -> Result<bool, Problem> {
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
pub async fn run(mut asking: Asking, mut approvals: Vec<Approval>, wanted: &Wanted) -> Result<Response, Problem> {
    let secrets = asking.app.services().secrets.clone();
    let mut turn = 1;
    loop {
        hold::wait(&mut asking, &mut approvals).await?;
        let outcome = asking.handle(approvals.clone()).await.map_err(|reason| no_answer(&asking, reason))?;
        match settle(&asking, outcome, &approvals, wanted).await? {
            Settled::Answer(response) => return Ok(response),
            Settled::Again(_) if hold::has_moved(&mut asking, &mut approvals).await? => {}
            Settled::Again(reason) if turn == TURNS => {
                let problem = Problem::of_failure(Failure::Conflict(reason), &asking.matching.plugin.subject);
                return Err(problem.without_secrets(&secrets));
            }
            Settled::Again(_) => turn += 1,
        }
    }
}

/// What is shown where a plugin gave no answer.
pub fn no_answer(asking: &Asking, reason: NoAnswer) -> Problem {
    let subject = &asking.matching.plugin.subject;
    let secrets = &asking.app.services().secrets;
    match reason {
        NoAnswer::Internal(problem) => problem,
        NoAnswer::Failure(failure) => Problem::of_failure(failure, subject).without_secrets(secrets),
        NoAnswer::Broken(error) => {
            tracing::warn!(
                plugin = subject.id,
                version = subject.version,
                request = asking.visit.request_id(),
                error = secrets.words_of(Holder::Plugin(&subject.id)).redact_debug(&error),
                "a plugin gave no answer"
            );
            asking.count_broken(&error);
            Problem::of_call(&error, subject)
        }
    }
}

enum Settled {
    Answer(Response),
    Again(String),
}

async fn settle(
    asking: &Asking,
    outcome: Outcome,
    approvals: &[Approval],
    wanted: &Wanted,
) -> Result<Settled, Problem> {
    let Outcome { answer, call, .. } = outcome;
    let subject = &asking.matching.plugin.subject;
    match answer {
        Ok(response) => {
            if call.has_written() {
                match blocking(move || call.commit()).await? {
                    // What it switched off, limited or took away is so as soon as it is told.
                    Ok(()) => asking.app.serving().catch_up().await,
                    Err(CommitError::Conflict(reason)) => return Ok(Settled::Again(reason)),
                    Err(CommitError::Exhausted(reason)) => {
                        return Err(Problem::of_failure(Failure::Exhausted(reason), subject));
                    }
                    Err(CommitError::Storage(error)) => return Err(Problem::internal(&error)),
                }
            }
            answer::response(&Answering { asking, wanted }, response).await.map(Settled::Answer)
        }
        Err(Failure::Confirm(id)) => match call.asked().filter(|asked| asked.id == id) {
            Some(asked) => confirm::ask(asking, asked, approvals).await.map(Settled::Answer),
            None => Err(Problem::of_failure(Failure::Confirm(id), subject)),
        },
        // What the plugin read was changed before it could write: with what is there now it may go well.
        Err(Failure::Conflict(reason)) => Ok(Settled::Again(reason)),
        Err(failure) => {
            let secrets = &asking.app.services().secrets;
            Err(Problem::of_failure(failure, subject).without_secrets(secrets))
        }
    }
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
