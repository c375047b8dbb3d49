//! A person's own account: signing in and out, password, sessions, tokens.

use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vestry_capabilities::MANAGE;
use vestry_contract::ui::Level;
use vestry_identity::{Actor, Caller, CallerKind, IdentityError, MIN_PASSWORD, NewSession, SignInError, What};
use vestry_phrases::{phrase, words};

use crate::web::app::App;
use crate::web::body::{self, Fields};
use crate::web::dispatch::blocking;
use crate::web::next::Next;
use crate::web::problem::Problem;
use crate::web::times::iso;
use crate::web::visit::Visit;
use crate::web::{cookies, notice};

#[derive(Debug, Default, Deserialize)]
pub struct Where {
    #[serde(default)]
    next: String,
}

#[derive(Serialize, Default)]
struct SignIn<'a> {
    next: &'a str,
    email: &'a str,
    error: Option<String>,
    wait: Option<u64>,
}

/// `GET /account/sign-in`.
pub async fn sign_in_page(visit: Visit, Query(to): Query<Where>) -> Response {
    let next = Next::parse(&to.next);
    if visit.caller().is_some() {
        return Redirect::to(next.as_str()).into_response();
    }
    let context = SignIn { next: next.as_str(), ..SignIn::default() };
    visit.focused_page(StatusCode::OK, "account/sign-in.html", &context)
}

/// `POST /account/sign-in`, fields `email`, `password`, `next`.
pub async fn sign_in(State(app): State<App>, visit: Visit, request: Request) -> Response {
    let fields = match body::fields(request.into_body()).await {
        Ok(fields) => fields,
        Err(problem) => return problem.to_response(&visit),
    };
    let (email, next) = (fields.value("email"), Next::parse(fields.value("next")));
    match app.identity().sign_in(email, fields.value("password"), Some(visit.address()), visit.agent()).await {
        Ok(session) => {
            let mut response = Redirect::to(next.as_str()).into_response();
            begin(&app, &mut response, &session);
            response
        }
        Err(SignInError::Refused { retry_after }) => refused(&visit, email, &next, retry_after),
        Err(SignInError::Failed(error)) => Problem::internal(&error).to_response(&visit),
    }
}

/// The same words for a wrong password, an unknown account and one that was deactivated.
fn refused(visit: &Visit, email: &str, next: &Next, wait: u64) -> Response {
    let refusal = SignInError::refusal();
    if visit.wants_data() {
        return Problem::refused_sign_in(refusal, wait).to_response(visit);
    }
    let status = if wait > 0 { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNPROCESSABLE_ENTITY };
    let error = Some(visit.words(&refusal));
    let context = SignIn { next: next.as_str(), email, error, wait: (wait > 0).then_some(wait) };
    let mut response = visit.focused_page(status, "account/sign-in.html", &context);
    if wait > 0
        && let Ok(seconds) = wait.to_string().parse()
    {
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

/// Gives the browser its session.
pub fn begin(app: &App, response: &mut Response, session: &NewSession) {
    let secure = app.settings().is_secure();
    let lasts = app.settings().sessions.absolute().as_secs();
    cookies::add(response, &cookies::set(cookies::session(secure), &session.token.expose(), secure, Some(lasts)));
}

/// `POST /account/sign-out`.
pub async fn sign_out(State(app): State<App>, visit: Visit) -> Response {
    if let Some(caller) = visit.caller()
        && let Err(error) = app.identity().sign_out(caller).await
    {
        return Problem::internal(&error).to_response(&visit);
    }
    let secure = app.settings().is_secure();
    let mut response = Redirect::to("/account/signed-out").into_response();
    cookies::add(&mut response, &cookies::removed(cookies::session(secure), secure));
    response.headers_mut().insert("clear-site-data", axum::http::HeaderValue::from_static("\"cache\""));
    response
}

/// `GET /account/signed-out`.
pub async fn signed_out(visit: Visit) -> Response {
    visit.focused_page(StatusCode::OK, "account/signed-out.html", &())
}

/// Pages about the server itself, for those who hold what they need: permission, address, title, icon, what is there.
const SERVER_PAGES: &[(&str, &str, &str, &str, &str)] = &[
    (MANAGE, "/account/secrets", phrase!("Secrets"), "key", phrase!("Passwords and keys for other programs.")),
    (
        "mail.read",
        "/outbox",
        phrase!("Outbox"),
        "mail",
        phrase!("Mails that were sent, and those that wait or failed."),
    ),
];

#[derive(Serialize)]
struct ServerPage {
    href: &'static str,
    title: &'static str,
    icon: &'static str,
    summary: &'static str,
}

#[derive(Serialize)]
struct Account<'a> {
    name: &'a str,
    email: &'a str,
    privileges: Vec<&'a str>,
    min_length: usize,
    errors: BTreeMap<&'static str, String>,
    sessions: Vec<Session>,
    tokens: Vec<Token>,
    server: Vec<ServerPage>,
    /// Empty where there is nothing to choose.
    languages: Vec<Language>,
    /// Its tag; empty for what the browser asks for.
    language: &'a str,
}

#[derive(Serialize)]
struct Language {
    tag: String,
    name: String,
}

#[derive(Serialize)]
struct Session {
    id: String,
    agent: String,
    address: String,
    created: String,
    seen: String,
    current: bool,
}

#[derive(Serialize)]
struct Token {
    id: String,
    name: String,
    permissions: Vec<String>,
    created: String,
    expires: Option<String>,
    seen: Option<String>,
}

/// `GET /account`.
pub async fn page(State(app): State<App>, visit: Visit) -> Response {
    match person(&visit) {
        Ok(caller) => draw(&app, &visit, caller, StatusCode::OK, BTreeMap::new()),
        Err(response) => response,
    }
}

/// The person whose account it is; a token has no business here.
fn person(visit: &Visit) -> Result<&Caller, Response> {
    match visit.caller() {
        Some(caller) if caller.kind == CallerKind::Person => Ok(caller),
        Some(_) => {
            Err(Problem::forbidden(words!("A token cannot look after the account that it belongs to."))
                .to_response(visit))
        }
        None if visit.wants_data() => Err(Problem::unauthenticated().to_response(visit)),
        None => Err(Redirect::to("/account/sign-in?next=%2Faccount").into_response()),
    }
}

fn draw(
    app: &App,
    visit: &Visit,
    caller: &Caller,
    status: StatusCode,
    errors: BTreeMap<&'static str, String>,
) -> Response {
    let id = caller.account.as_str();
    let (sessions, tokens) = match (app.identity().sessions(id), app.identity().tokens(id)) {
        (Ok(sessions), Ok(tokens)) => (sessions, tokens),
        (Err(error), _) => return Problem::internal(&error).to_response(visit),
        (_, Err(error)) => return Problem::internal(&error).to_response(visit),
    };
    let context = Account {
        name: &caller.name,
        email: caller.email.as_deref().unwrap_or_default(),
        privileges: caller.privileges.split_ascii_whitespace().collect(),
        min_length: MIN_PASSWORD,
        errors,
        sessions: sessions
            .into_iter()
            .map(|session| Session {
                id: data_encoding::HEXLOWER.encode(&session.hash),
                current: caller.session == Some(session.hash),
                agent: session.agent,
                address: session.address,
                created: iso(session.created),
                seen: iso(session.seen),
            })
            .collect(),
        tokens: tokens
            .into_iter()
            .map(|token| Token {
                id: token.id,
                name: token.name,
                permissions: token.scopes.split_ascii_whitespace().map(str::to_owned).collect(),
                created: iso(token.created),
                expires: token.expires.map(iso),
                seen: token.last_used.map(iso),
            })
            .collect(),
        server: SERVER_PAGES
            .iter()
            .filter(|(permission, ..)| caller.permissions.holds_name(permission))
            .map(|&(_, href, title, icon, summary)| ServerPage { href, title, icon, summary })
            .collect(),
        languages: languages(app),
        language: caller.language.as_deref().unwrap_or_default(),
    };
    visit.host_page(status, "account/account.html", &context)
}

/// Those that can be chosen.
fn languages(app: &App) -> Vec<Language> {
    let offered = app.languages().offered();
    if offered.len() < 2 {
        return Vec::new();
    }
    offered.iter().map(|one| Language { tag: one.tag().to_owned(), name: one.name().to_owned() }).collect()
}

/// `POST /account/language`, field `language`: a tag, or nothing for what the browser asks for.
pub async fn choose_language(State(app): State<App>, visit: Visit, request: Request) -> Response {
    act(app, visit, request, async |app: &App, caller: &Caller, fields: &Fields| {
        let tag = fields.value("language").to_owned();
        if !tag.is_empty() && app.languages().offered().iter().all(|offered| offered.tag() != tag) {
            return Err(IdentityError::Refused(words!("This language is not offered here.")));
        }
        let (identity, caller) = (app.identity().clone(), caller.clone());
        run(move || identity.choose_language(&caller, &tag)).await.map(|()| phrase!("Your language was saved."))
    })
    .await
}

/// `POST /account/password`, fields `current`, `password`.
pub async fn change_password(State(app): State<App>, visit: Visit, request: Request) -> Response {
    act(app, visit, request, async |app: &App, caller: &Caller, fields: &Fields| {
        app.identity()
            .change_password(caller, fields.value("current"), fields.value("password"))
            .await
            .map(|()| phrase!("Your password was changed. Your other sessions have ended."))
    })
    .await
}

/// `POST /account/profile`, field `name`.
pub async fn change_profile(State(app): State<App>, visit: Visit, request: Request) -> Response {
    act(app, visit, request, async |app: &App, caller: &Caller, fields: &Fields| {
        let (identity, caller, name) = (app.identity().clone(), caller.clone(), fields.value("name").to_owned());
        run(move || identity.rename_oneself(&caller, &name)).await.map(|()| phrase!("Your name was saved."))
    })
    .await
}

/// `POST /account/sessions/end`, field `id`, or `all` for all others.
pub async fn end_sessions(State(app): State<App>, visit: Visit, request: Request) -> Response {
    act(app, visit, request, async |app: &App, caller: &Caller, fields: &Fields| {
        let (identity, caller) = (app.identity().clone(), caller.clone());
        if fields.value("all") == "1" {
            let work =
                move || identity.end_sessions(&Actor::of(&caller), caller.account.as_str(), caller.session.as_ref());
            return run(work).await.map(|_| phrase!("Your other sessions have ended."));
        }
        let hash =
            data_encoding::HEXLOWER.decode(fields.value("id").as_bytes()).ok().and_then(|hash| hash.try_into().ok());
        let Some(hash) = hash else { return Err(IdentityError::Refused(words!("There is no such session."))) };
        run(move || identity.end_session(&Actor::of(&caller), caller.account.as_str(), &hash))
            .await
            .map(|_| phrase!("The session has ended."))
    })
    .await
}

/// `POST /account/tokens/end`, field `id`.
pub async fn end_token(State(app): State<App>, visit: Visit, request: Request) -> Response {
    act(app, visit, request, async |app: &App, caller: &Caller, fields: &Fields| {
        let (identity, caller, id) = (app.identity().clone(), caller.clone(), fields.value("id").to_owned());
        run(move || identity.revoke_token(&Actor::of(&caller), caller.account.as_str(), &id))
            .await
            .map(|_| phrase!("The token was revoked."))
    })
    .await
}

async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IdentityError> + Send + 'static,
) -> Result<T, IdentityError> {
    blocking(work).await.unwrap_or(Err(IdentityError::Interrupted))
}

/// Reads a form, does what it asks, and leads back to the account with what came of it: a phrase.
async fn act(
    app: App,
    visit: Visit,
    request: Request,
    work: impl AsyncFnOnce(&App, &Caller, &Fields) -> Result<&'static str, IdentityError>,
) -> Response {
    let caller = match person(&visit) {
        Ok(caller) => caller,
        Err(response) => return response,
    };
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE).cloned();
    let fields = match body::fields(request.into_body()).await {
        Ok(fields) => fields,
        Err(problem) => return problem.to_response(&visit),
    };
    match work(&app, caller, &fields).await {
        Ok(done) => {
            // In the language that may just have been chosen.
            let language = app.identity().current(caller).ok().flatten().and_then(|now| now.language.clone());
            let accepted = accepted.as_ref().and_then(|value| value.to_str().ok()).unwrap_or("");
            let speech = app.languages().of_reader(language.as_deref(), accepted);
            let mut response = Redirect::to("/account").into_response();
            notice::put(&app, &mut response, Level::Success, speech.phrase(done));
            response
        }
        Err(error @ IdentityError::WrongPassword { .. }) => again(&app, &visit, caller, "current", &error),
        Err(error @ IdentityError::Invalid(invalid)) => {
            let field = if invalid.what == What::Password { "password" } else { "name" };
            again(&app, &visit, caller, field, &error)
        }
        Err(IdentityError::Refused(reason)) => Problem::forbidden(reason).to_response(&visit),
        Err(error) => Problem::internal(&error).to_response(&visit),
    }
}

fn again(app: &App, visit: &Visit, caller: &Caller, field: &'static str, error: &IdentityError) -> Response {
    draw(app, visit, caller, StatusCode::UNPROCESSABLE_ENTITY, BTreeMap::from([(field, visit.words(&error.words()))]))
}
