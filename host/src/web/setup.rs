//! The first administrator, made through a link that the server prints and that works once, for an hour.

use std::collections::BTreeMap;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;
use vestry_identity::{IdentityError, LinkToken, MIN_PASSWORD, SignInError, What};
use vestry_phrases::words;

use crate::web::account;
use crate::web::app::App;
use crate::web::body::{self, Fields};
use crate::web::problem::Problem;
use crate::web::visit::Visit;

#[derive(Serialize)]
struct Context<'a> {
    action: &'a str,
    name: &'a str,
    email: &'a str,
    min_length: usize,
    errors: BTreeMap<&'static str, String>,
}

/// `GET /setup/TOKEN`.
pub async fn page(State(app): State<App>, visit: Visit, Path(token): Path<String>) -> Response {
    match counts(&app, &token) {
        Ok(_) => draw(&visit, StatusCode::OK, "", "", BTreeMap::new()),
        Err(problem) => problem.to_response(&visit),
    }
}

/// `POST /setup/TOKEN`, fields `name`, `email`, `password`.
pub async fn complete(State(app): State<App>, visit: Visit, Path(token): Path<String>, request: Request) -> Response {
    let done = async {
        let token = counts(&app, &token)?;
        let fields = body::fields(request.into_body()).await?;
        make(&app, &visit, &token, &fields).await
    };
    done.await.unwrap_or_else(|problem: Problem| problem.to_response(&visit))
}

async fn make(app: &App, visit: &Visit, token: &LinkToken, fields: &Fields) -> Result<Response, Problem> {
    let (name, email, password) = (fields.value("name"), fields.value("email"), fields.value("password"));
    match app.identity().complete_setup(token, name, email, password).await {
        Ok(_) => {}
        Err(IdentityError::Invalid(invalid)) => {
            let field = match invalid.what {
                What::Password => "password",
                What::Email => "email",
                _ => "name",
            };
            let errors = BTreeMap::from([(field, visit.words(&invalid.words()))]);
            return Ok(draw(visit, StatusCode::UNPROCESSABLE_ENTITY, name, email, errors));
        }
        Err(IdentityError::Refused(reason)) => return Err(Problem::gone(reason)),
        Err(error) => return Err(Problem::internal(&error)),
    }
    match app.identity().sign_in(email, password, Some(visit.address()), visit.agent()).await {
        Ok(session) => {
            let mut response = Redirect::to("/").into_response();
            account::begin(app, &mut response, &session);
            Ok(response)
        }
        // The account is made; the person signs in by hand.
        Err(SignInError::Refused { .. }) => Ok(Redirect::to("/account/sign-in").into_response()),
        Err(SignInError::Failed(error)) => Err(Problem::internal(&error)),
    }
}

fn counts(app: &App, token: &str) -> Result<LinkToken, Problem> {
    let token = LinkToken::parse(token).ok_or_else(over)?;
    match app.identity().is_setup_link(&token) {
        Ok(true) => Ok(token),
        Ok(false) => Err(over()),
        Err(error) => Err(Problem::internal(&error)),
    }
}

fn over() -> Problem {
    Problem::gone(words!(
        "This set-up link was used, is over an hour old, or a newer one was printed. Start the server again for a new one; if there is an administrator already, ask them."
    ))
}

fn draw(
    visit: &Visit,
    status: StatusCode,
    name: &str,
    email: &str,
    errors: BTreeMap<&'static str, String>,
) -> Response {
    let context = Context { action: visit.path(), name, email, min_length: MIN_PASSWORD, errors };
    visit.focused_page(status, "account/setup.html", &context)
}
