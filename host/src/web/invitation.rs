//! Pages under links that work once: an invited person sets a first password, somebody who lost theirs a new one. And the
//! page where a person asks for such a link of their own.
//!
//! The link itself is what lets in, as with `/setup`, so nobody need be signed in. Who asks for a link learns nothing: the
//! answer is the same, and comes as quickly, whether there is an account or not, and what is done for an account is done at
//! a time that nobody can tell.

use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;
use vestry_capabilities::send_forgotten;
use vestry_contract::ui::Level;
use vestry_events::Event;
use vestry_identity::invitations::Request as Asked;
use vestry_identity::{AcceptError, Email, IdentityError, LinkPurpose, LinkToken, MIN_PASSWORD};
use vestry_phrases::{phrase, words};
use vestry_storage::AccountRow;

use crate::web::app::App;
use crate::web::body;
use crate::web::dispatch::blocking;
use crate::web::problem::Problem;
use crate::web::visit::Visit;
use crate::web::{account, notice};

/// Seconds after which somebody who asked too often is heard again.
const LATER: u64 = 3_600;
/// How long it takes at most until a link is made that was asked for, in milliseconds.
const LONGEST_DELAY: u32 = 2_000;

#[derive(Serialize)]
struct Context<'a> {
    action: &'a str,
    reset: bool,
    name: &'a str,
    email: &'a str,
    min_length: usize,
    error: Option<String>,
}

#[derive(Serialize, Default)]
struct Forgotten<'a> {
    sent: bool,
    off: bool,
    email: &'a str,
    error: Option<String>,
}

/// `GET /account/invitation/TOKEN`.
pub async fn invitation(State(app): State<App>, visit: Visit, Path(token): Path<String>) -> Response {
    page(&app, &visit, LinkPurpose::Invitation, &token)
}

/// `GET /account/reset/TOKEN`.
pub async fn reset(State(app): State<App>, visit: Visit, Path(token): Path<String>) -> Response {
    page(&app, &visit, LinkPurpose::Reset, &token)
}

/// `POST /account/invitation/TOKEN`, field `password`.
pub async fn accept_invitation(
    State(app): State<App>,
    visit: Visit,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    accept(&app, &visit, LinkPurpose::Invitation, &token, request).await
}

/// `POST /account/reset/TOKEN`, field `password`.
pub async fn accept_reset(
    State(app): State<App>,
    visit: Visit,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    accept(&app, &visit, LinkPurpose::Reset, &token, request).await
}

fn page(app: &App, visit: &Visit, purpose: LinkPurpose, token: &str) -> Response {
    match opens(app, purpose, token) {
        Ok((_, account)) => draw(visit, StatusCode::OK, purpose, &account, None),
        Err(problem) => problem.to_response(visit),
    }
}

async fn accept(app: &App, visit: &Visit, purpose: LinkPurpose, token: &str, request: Request) -> Response {
    let done = async {
        let fields = body::fields(request.into_body()).await?;
        let token = LinkToken::parse(token).ok_or_else(over)?;
        let (password, address) = (fields.value("password"), visit.address());
        match app.identity().accept_link(purpose, &token, password, Some(address), visit.agent()).await {
            Ok(session) => {
                // The account's other sessions have ended.
                app.services().events.publish(&Event::Authority);
                let mut response = Redirect::to("/").into_response();
                account::begin(app, &mut response, &session);
                let done = visit.phrase(phrase!("Your password is set, and you are signed in."));
                notice::put(app, &mut response, Level::Success, done);
                Ok(response)
            }
            Err(AcceptError::Void) => Err(over()),
            Err(AcceptError::TooMany { retry_after }) => Err(Problem::too_many(AcceptError::too_many(), retry_after)),
            Err(AcceptError::Failed(IdentityError::Invalid(invalid))) => {
                let (_, account) = opens(app, purpose, &token.expose())?;
                let error = visit.words(&invalid.words());
                Ok(draw(visit, StatusCode::UNPROCESSABLE_ENTITY, purpose, &account, Some(error)))
            }
            Err(AcceptError::Failed(error)) => Err(Problem::internal(&error)),
        }
    };
    done.await.unwrap_or_else(|problem: Problem| problem.to_response(visit))
}

/// The account behind a link that counts.
fn opens(app: &App, purpose: LinkPurpose, token: &str) -> Result<(LinkToken, AccountRow), Problem> {
    let token = LinkToken::parse(token).ok_or_else(over)?;
    let account = app.identity().link_opens(purpose, &token).map_err(|error| Problem::internal(&error))?;
    account.map(|account| (token, account)).ok_or_else(over)
}

fn over() -> Problem {
    Problem::gone(words!(
        "This link was used, is over its time, or a newer one took its place. Ask for a new one: at “Forgotten your password?” where you sign in, or from an administrator."
    ))
}

fn draw(
    visit: &Visit,
    status: StatusCode,
    purpose: LinkPurpose,
    account: &AccountRow,
    error: Option<String>,
) -> Response {
    let context = Context {
        action: visit.path(),
        reset: purpose == LinkPurpose::Reset,
        name: &account.name,
        email: account.email.as_deref().unwrap_or_default(),
        min_length: MIN_PASSWORD,
        error,
    };
    visit.focused_page(status, "account/invitation.html", &context)
}

/// `GET /account/forgot`.
pub async fn forgot_page(visit: Visit) -> Response {
    let context = Forgotten { off: visit.mailed_origin().is_none(), ..Forgotten::default() };
    visit.focused_page(StatusCode::OK, "account/forgot.html", &context)
}

/// `POST /account/forgot`, field `email`.
pub async fn forgot(State(app): State<App>, visit: Visit, request: Request) -> Response {
    match ask(&app, &visit, request).await {
        Ok(response) => response,
        Err(problem) => problem.to_response(&visit),
    }
}

async fn ask(app: &App, visit: &Visit, request: Request) -> Result<Response, Problem> {
    let fields = body::fields(request.into_body()).await?;
    let Some(origin) = visit.mailed_origin() else {
        let context = Forgotten { off: true, ..Forgotten::default() };
        return Ok(visit.focused_page(StatusCode::SERVICE_UNAVAILABLE, "account/forgot.html", &context));
    };
    let typed = fields.value("email");
    let email = match Email::parse(typed) {
        Ok(email) => email,
        Err(invalid) => {
            let error = Some(visit.words(&invalid.words()));
            let context = Forgotten { email: typed, error, ..Forgotten::default() };
            return Ok(visit.focused_page(StatusCode::UNPROCESSABLE_ENTITY, "account/forgot.html", &context));
        }
    };
    match app.identity().hear_request(&email, visit.address()).await {
        Ok(Asked::Heard) => send_behind(app, email.clone(), origin),
        Ok(Asked::Ignored) => {}
        Ok(Asked::TooMany) => {
            return Err(Problem::too_many(
                words!("Links were asked for too often from where you are. Try again in an hour."),
                LATER,
            ));
        }
        Err(error) => return Err(Problem::internal(&error)),
    }
    let context = Forgotten { sent: true, email: email.as_str(), ..Forgotten::default() };
    Ok(visit.focused_page(StatusCode::OK, "account/forgot.html", &context))
}

/// Beside the answer, which must not take longer where there is an account. And some time after it: an account keeps the
/// one writer busy for longer, and a write right behind the question would show that. A server that stops meanwhile
/// forgets it; who gets no mail asks again.
fn send_behind(app: &App, email: Email, origin: String) {
    let services = app.services().clone();
    tokio::spawn(async move {
        tokio::time::sleep(delay()).await;
        if let Ok(Err(error)) = blocking(move || send_forgotten(&services, &email, &origin)).await {
            tracing::error!(%error, "a link for a forgotten password could not be sent");
        }
    });
}

/// Any time up to two seconds.
fn delay() -> Duration {
    let random = getrandom::u32().unwrap_or(LONGEST_DELAY);
    Duration::from_millis(u64::from(random % (LONGEST_DELAY + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_knows_when_a_link_is_made() {
        let delays: Vec<Duration> = (0..1_000).map(|_| delay()).collect();
        let within = |from, to| delays.iter().filter(|delay| (from..to).contains(&delay.as_millis())).count();
        assert_eq!(within(0, 2_001), 1_000);
        for start in (0..2_000).step_by(500) {
            assert!(within(start, start + 500) > 100, "about a quarter each: {}", within(start, start + 500));
        }
    }
}
