//! `consent:DIGEST`: what a package asks for, each with a tick box, for those who may grant; and for a package that does not
//! run, the order to put it in its place, for those who may. What is ticked comes to the host alone, and asks for a password
//! that was given within five minutes.
//!
//! A plugin that administers packages names the panel and never sees inside: so whatever is mounted as Package Management,
//! what somebody says yes to is what the host says will happen. Other plugins have no business with it: it is not drawn on
//! their pages, nor on any page that changes by itself.

mod answer;
mod asks;
mod order;
mod view;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use vestry_catalog::Known;
use vestry_identity::{Caller, CallerKind};
use vestry_phrases::words;
use vestry_screen::Html;

use crate::installer::grants::{GRANT, PLACE};
use crate::installer::package;
use crate::installer::package_error::PackageError;
use crate::web::app::App;
use crate::web::asking::Asking;
use crate::web::body;
use crate::web::panels::consent::view::{Context, Said};
use crate::web::panels::{notice, render};
use crate::web::problem::Problem;
use crate::web::visit::Visit;

/// What a plugin has to be granted on whose page it stands.
const PACKAGES: &str = "vestry:admin/packages";

/// The panel; none for whoever may neither grant nor place, for a package that is not known, and on the page of a plugin that
/// may not administer packages. `followed`: the page changes by itself, so that it could put one panel, and its button,
/// where another one was a moment ago; nothing can be said yes to there.
pub async fn draw(asking: &Asking, digest: &str, followed: bool) -> Option<Html> {
    let visit = &asking.visit;
    let caller = visit.caller().filter(|caller| may_look(caller))?;
    if !administers(asking) {
        return None;
    }
    if followed {
        let words = words!("What it may do can be decided once this page no longer updates itself.");
        return notice(visit, "neutral", &words, None);
    }
    let package = known(&asking.app, digest).await.ok()??;
    let said = Said {
        back: visit.path_and_query().to_owned(),
        through: asking.matching.plugin.subject.id.clone(),
        ..Said::default()
    };
    let context = Context::of(visit, caller, &package, &said).ok()?;
    render(visit, "panels/consent.html", &context)
}

/// `GET /account/consent/DIGEST`: the same on a page of its own.
pub async fn page(State(app): State<App>, visit: Visit, Path(digest): Path<String>) -> Response {
    let shown = async {
        let caller = allowed(&visit)?;
        let package = known(&app, &digest).await?.ok_or_else(Problem::not_found)?;
        let said = Said { back: visit.path().to_owned(), ..Said::default() };
        let context = Context::of(&visit, caller, &package, &said)?;
        Ok::<_, Problem>(visit.host_page(StatusCode::OK, "account/consent.html", &context))
    };
    shown.await.unwrap_or_else(|problem| problem.to_response(&visit))
}

/// `POST /account/consent/DIGEST`: fields `act`, `grants` or `place`; `grant`.. and `shown`.. (what stood there as granted);
/// `back`; `password` where the last sign-in is over five minutes ago. To place also `mount`, `expected` (the digest that ran),
/// `replaces` and `replaces-digest` (the plugin that goes away, and its version), `take-over`, `data`, `proposal`.., `through`.
pub async fn answer(State(app): State<App>, visit: Visit, Path(digest): Path<String>, request: Request) -> Response {
    let done = async {
        let caller = allowed(&visit)?;
        let package = known(&app, &digest).await?.ok_or_else(Problem::not_found)?;
        let fields = body::fields(request.into_body()).await?;
        answer::answer(&app, &visit, caller, &package, &fields).await
    };
    done.await.unwrap_or_else(|problem: Problem| problem.to_response(&visit)).into_response()
}

/// Whether the plugin on whose page this is was granted what administers packages.
fn administers(asking: &Asking) -> bool {
    let subject = &asking.matching.plugin.subject;
    match asking.app.services().grants(&subject.id, &subject.digest) {
        Ok(grants) => grants.holds_interface(PACKAGES),
        Err(error) => {
            tracing::error!(%error, "what a plugin was granted cannot be read");
            false
        }
    }
}

fn allowed(visit: &Visit) -> Result<&Caller, Problem> {
    match visit.caller() {
        None => Err(Problem::unauthenticated()),
        Some(caller) if may_look(caller) => Ok(caller),
        Some(caller) if caller.kind != CallerKind::Person => {
            Err(Problem::forbidden(words!("A token cannot grant anything; a person can.")))
        }
        Some(_) => {
            Err(Problem::forbidden(words!("It needs the permission {one} or {other}.", one = GRANT, other = PLACE)))
        }
    }
}

fn may_look(caller: &Caller) -> bool {
    caller.kind == CallerKind::Person
        && [GRANT, PLACE].iter().any(|permission| caller.permissions.holds_name(permission))
}

/// A package that is here, with what it asks for.
async fn known(app: &App, digest: &str) -> Result<Option<Known>, Problem> {
    match package::known(&app.installer(), digest).await {
        Ok(known) => Ok(Some(known)),
        Err(PackageError::NotHere(_)) => Ok(None),
        Err(error) => Err(Problem::internal(&error)),
    }
}
