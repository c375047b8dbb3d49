//! The host's own question before something grave, and the request that is made again after a yes.
//!
//! The plugin does not see this page, and cannot word it: the sentences come from the gate's table. A yes counts for
//! one function with these arguments, for this plugin and digest, in this session, once. The request that led here is
//! kept with the question and made again as it was, by the same person, with their rights of then.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use vestry_capabilities::{Approval, Asked};
use vestry_contract::registration::Verb;
use vestry_identity::{IdentityError, LinkToken};
use vestry_phrases::{phrase, words};
use vestry_storage::{Confirmation, Entry};

use crate::web::app::App;
use crate::web::asking::Asking;
use crate::web::body::{self, Incoming};
use crate::web::dispatch::{self, Stop, blocking};
use crate::web::download::Wanted;
use crate::web::problem::Problem;
use crate::web::visit::Visit;

/// How long a question stands, in milliseconds.
const STANDS: u64 = 10 * 60 * 1000;
/// What is kept of a request, in bytes. Files are not kept: a grave action that comes with one is asked for again.
const LARGEST: usize = 1 << 20;

/// A request that waits for a yes.
#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    verb: Verb,
    path: String,
    query: Vec<(String, String)>,
    form: Vec<(String, String)>,
    content_type: String,
    body: Vec<u8>,
    /// What was said yes to before, in the same request.
    approvals: Vec<(String, [u8; 32])>,
    /// The version that asked, so that it gets the answer where it is replaced while the question stands.
    #[serde(default)]
    drawn_by: Option<String>,
}

#[derive(Serialize)]
struct Context<'a> {
    action: &'a str,
    sentences: Vec<String>,
    plugin: ByWhom<'a>,
    person: &'a str,
    /// Whether the password is due.
    password: bool,
    error: Option<String>,
}

/// The plugin on whose page it began.
#[derive(Serialize)]
struct ByWhom<'a> {
    id: &'a str,
    title: &'a str,
    version: &'a str,
    digest: &'a str,
}

/// Keeps the request and leads the person to the question.
///
/// # Errors
///
/// Where the request cannot be kept.
pub async fn ask(asking: &Asking, asked: &Asked, approvals: &[Approval]) -> Result<Response, Problem> {
    let Asking { app, visit, matching, request, .. } = asking;
    let caller = visit.caller().ok_or_else(Problem::unauthenticated)?;
    let session =
        caller.session.ok_or_else(|| Problem::forbidden(words!("Only a person who is signed in can be asked.")))?;
    if !request.uploads.is_empty() {
        return Err(Problem::invalid(words!(
            "This has to be confirmed, and files cannot be kept meanwhile. Send the files by themselves first, then do the rest."
        )));
    }
    let pending = Pending {
        verb: matching.route.verb,
        path: visit.path().to_owned(),
        query: request.query.clone(),
        form: request.form.clone(),
        content_type: request.content_type.clone(),
        body: request.body.clone(),
        approvals: approvals.iter().map(|approval| (approval.function.clone(), approval.arguments)).collect(),
        drawn_by: Some(matching.plugin.drawn_by().to_owned()),
    };
    let request = serde_json::to_string(&pending).map_err(|error| Problem::internal(&error))?;
    if request.len() > LARGEST {
        return Err(Problem::too_large(LARGEST as u64));
    }
    let token = LinkToken::generate().map_err(|error| Problem::internal(&error))?;
    let now = app.identity().clock().now();
    let subject = &matching.plugin.subject;
    let confirmation = Confirmation {
        hash: token.hash(),
        session_hash: session,
        account: caller.account.as_str().to_owned(),
        plugin: subject.id.clone(),
        digest: subject.digest.clone(),
        function: asked.function.clone(),
        arguments_hash: asked.arguments,
        sentence: serde_json::to_string(&asked.sentences).map_err(|error| Problem::internal(&error))?,
        request,
        created: now,
        expires: now + STANDS,
    };
    let database = app.database().clone();
    blocking(move || database.write(|tx| tx.insert_confirmation(&confirmation)))
        .await?
        .map_err(|error| Problem::internal(&error))?;
    let address = format!("/account/confirm/{}", token.expose());
    if visit.wants_data() {
        let body = axum::Json(serde_json::json!({
            "type": "about:blank", "title": visit.phrase(phrase!("This has to be confirmed")), "status": 409,
            "detail": visit.phrase(phrase!("The person has to say yes to it on the server's own page.")),
            "request": visit.request_id(), "confirm": address, "sentences": asked.sentences,
        }));
        return Ok((StatusCode::CONFLICT, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response());
    }
    Ok(Redirect::to(&address).into_response())
}

/// `GET /account/confirm/TOKEN`: the question.
pub async fn page(State(app): State<App>, visit: Visit, Path(token): Path<String>) -> Response {
    match question(&app, &visit, &token) {
        Ok((_, confirmation)) => draw(&app, &visit, &confirmation, StatusCode::OK, None),
        Err(problem) => problem.to_response(&visit),
    }
}

/// `POST /account/confirm/TOKEN`: yes or no. Field `answer`: `approve`, or `cancel`, which withdraws the question; `password` where the last
/// sign-in is over five minutes ago.
pub async fn answer(State(app): State<App>, visit: Visit, Path(token): Path<String>, request: Request) -> Response {
    match decide(&app, &visit, &token, request).await {
        Ok(response) => response,
        Err(problem) => problem.to_response(&visit),
    }
}

async fn decide(app: &App, visit: &Visit, token: &str, request: Request) -> Result<Response, Problem> {
    let (token, confirmation) = question(app, visit, token)?;
    let fields = body::fields(request.into_body()).await?;
    let pending: Pending = serde_json::from_str(&confirmation.request).map_err(|error| Problem::internal(&error))?;
    let (hash, session) = (token.hash(), confirmation.session_hash);
    let withdraw = {
        let database = app.database().clone();
        move || database.write(|tx| tx.delete_confirmation(&hash, &session))
    };
    if !matches!(fields.value("answer"), "approve" | "cancel") {
        return Err(Problem::bad_request(words!("The answer is `approve` or `cancel`.")));
    }
    if fields.value("answer") == "cancel" {
        blocking(withdraw).await?.map_err(|error| Problem::internal(&error))?;
        note(app, visit, &confirmation, "refused").await?;
        let mount = crate::web::menu::mount(&pending.path).to_owned();
        return Ok(Redirect::to(&format!("/{mount}")).into_response());
    }
    let caller = visit.caller().ok_or_else(Problem::unauthenticated)?;
    if !caller.is_fresh(app.identity().clock().now()) {
        match app.identity().reauthenticate(caller, fields.value("password")).await {
            Ok(()) => {}
            Err(error @ IdentityError::WrongPassword { .. }) => {
                let error = visit.words(&error.words());
                return Ok(draw(app, visit, &confirmation, StatusCode::UNPROCESSABLE_ENTITY, Some(error)));
            }
            Err(error) => return Err(Problem::internal(&error)),
        }
    }
    // Only one of two answers at the same moment finds the question still there.
    if !blocking(withdraw).await?.map_err(|error| Problem::internal(&error))? {
        return Err(over());
    }
    note(app, visit, &confirmation, "done").await?;
    again(app, visit, &confirmation, pending).await
}

/// Makes the request again, with the yes.
async fn again(app: &App, visit: &Visit, confirmation: &Confirmation, pending: Pending) -> Result<Response, Problem> {
    let visit = visit.at(&pending.path, &pending.query).with_drawn_by(pending.drawn_by);
    let matching = match dispatch::find(app, &visit, pending.verb, &pending.path) {
        Ok(matching) => matching,
        Err(Stop::Problem(problem)) => return Err(problem),
        Err(Stop::SignIn) => return Err(Problem::unauthenticated()),
    };
    if matching.plugin.subject.digest != confirmation.digest {
        return Err(Problem::gone(words!(
            "The feature was updated in the meantime, and your yes was for the version before. Do it again."
        )));
    }
    let mut approvals: Vec<Approval> =
        pending.approvals.into_iter().map(|(function, arguments)| Approval { function, arguments }).collect();
    approvals.push(Approval { function: confirmation.function.clone(), arguments: confirmation.arguments_hash });
    let incoming = Incoming {
        query: pending.query,
        form: pending.form,
        content_type: pending.content_type,
        body: pending.body,
        ..Incoming::default()
    };
    let asking = Asking::new(app, &visit, Arc::new(matching), incoming, None)?;
    dispatch::run(asking, approvals, &Wanted::default()).await
}

/// The question behind a token, if it is this session's and still stands.
fn question(app: &App, visit: &Visit, token: &str) -> Result<(LinkToken, Confirmation), Problem> {
    let session = visit.caller().and_then(|caller| caller.session).ok_or_else(Problem::unauthenticated)?;
    let token = LinkToken::parse(token).ok_or_else(over)?;
    let found =
        app.database().read(|reader| reader.confirmation(&token.hash())).map_err(|error| Problem::internal(&error))?;
    let now = app.identity().clock().now();
    found
        .filter(|question| question.session_hash == session && question.expires > now)
        .map(|question| (token, question))
        .ok_or_else(over)
}

fn over() -> Problem {
    Problem::gone(words!("This question was answered already, or stood too long. Go back and do it again."))
}

fn draw(app: &App, visit: &Visit, confirmation: &Confirmation, status: StatusCode, error: Option<String>) -> Response {
    let snapshot = app.registry().snapshot();
    let plugin = snapshot.by_id(&confirmation.plugin);
    let context = Context {
        action: visit.path(),
        sentences: serde_json::from_str(&confirmation.sentence).unwrap_or_default(),
        plugin: ByWhom {
            id: &confirmation.plugin,
            // As it calls itself, in no other language: nobody gives it another name where it asks.
            title: plugin.map_or("", |plugin| &plugin.subject.title),
            version: plugin.map_or("", |plugin| &plugin.subject.version),
            digest: &confirmation.digest,
        },
        person: visit.caller().map_or("", |caller| &caller.name),
        password: !visit.caller().is_some_and(|caller| caller.is_fresh(app.identity().clock().now())),
        error,
    };
    visit.focused_page(status, "account/confirm.html", &context)
}

/// What was answered, for the audit.
async fn note(app: &App, visit: &Visit, confirmation: &Confirmation, outcome: &'static str) -> Result<(), Problem> {
    let database = app.database().clone();
    let (confirmation, request, time) =
        (confirmation.clone(), visit.request_id().to_owned(), app.identity().clock().now());
    let work = move || {
        database.write(|tx| {
            tx.audit(&Entry {
                time,
                actor: &confirmation.account,
                actor_kind: "person",
                plugin: &confirmation.plugin,
                digest: &confirmation.digest,
                action: "confirm",
                subject: &confirmation.function,
                outcome,
                detail: &confirmation.sentence,
                request: &request,
            })
        })
    };
    blocking(work).await?.map_err(|error| Problem::internal(&error))
}
