//! `/outbox`: what became of mails, for who looks after the server.
//!
//! Where a directory stands in for a mail server, what a mail says is shown too, because it goes no further and somebody
//! has to carry it. A mail of the host's own can hold a link that opens an account: it is shown to those alone who hold
//! every permission there is, since its reader could become anybody.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use vestry_contract::ui::Level;
use vestry_identity::{Act, Actor, Caller, audit};
use vestry_phrases::{Words, phrase, words};
use vestry_screen::DrawnMail;
use vestry_storage::{Database, MailCursor, MailRow, MailState, StorageError};

use crate::web::app::App;
use crate::web::dispatch::blocking;
use crate::web::problem::Problem;
use crate::web::times::iso;
use crate::web::visit::Visit;
use crate::web::{headers, notice};

/// What the pages need.
const PERMISSION: &str = "mail.read";
/// Mails of one page.
const PAGE: u32 = 50;
/// What the host's own mails are called in the list; their subjects are in what they say.
const OWN: &[(&str, &str)] = &[
    ("invitation", phrase!("Invitation to an account")),
    ("reset", phrase!("Link for a new password")),
    ("address", phrase!("Link that confirms an address")),
];

/// Which page of the list.
#[derive(Debug, Default, Deserialize)]
pub struct Which {
    #[serde(default)]
    cursor: String,
}

#[derive(Serialize)]
struct List {
    mails: Vec<Row>,
    /// What to ask with for the page behind this one.
    next: Option<String>,
    /// Whether mails become files here.
    directory: bool,
}

/// A mail as the list has it.
#[derive(Serialize)]
struct Row {
    id: String,
    /// `queued`, `sent` or `failed`.
    state: &'static str,
    /// Id of the plugin; empty for the server's own.
    plugin: String,
    /// The plugin's title, or its id where it is not mounted; empty for the server's own.
    plugin_title: String,
    message: String,
    recipient: String,
    address: String,
    subject: String,
    attempts: u32,
    error: String,
    queued: String,
    /// When it is tried next.
    due: Option<String>,
    ended: Option<String>,
}

#[derive(Serialize)]
struct One<'v> {
    mail: Row,
    directory: bool,
    text: Option<String>,
    /// Why there is no text, in a sentence.
    hidden: Option<&'v str>,
    can_retry: bool,
}

/// `GET /outbox`, with `cursor`.
pub async fn list(State(app): State<App>, visit: Visit, Query(which): Query<Which>) -> Response {
    if let Err(response) = allowed(&visit) {
        return response;
    }
    let behind = parse_cursor(&which.cursor);
    let found = app.database().read(|reader| reader.mails(behind.as_ref(), PAGE + 1));
    let mut mails = match found {
        Ok(mails) => mails,
        Err(error) => return Problem::internal(&error).to_response(&visit),
    };
    let more = mails.len() > PAGE as usize;
    mails.truncate(PAGE as usize);
    let next = mails.last().filter(|_| more).map(|last| format!("{}.{}", last.queued, last.id));
    let mails = mails.iter().map(|mail| row(&visit, mail)).collect();
    let list = List { mails, next, directory: app.settings().mail.smtp.is_none() };
    if visit.wants_data() {
        return axum::Json(list).into_response();
    }
    visit.host_page(StatusCode::OK, "outbox.html", &list)
}

/// `GET /outbox/ID`.
pub async fn page(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Response {
    let (caller, mail) = match one(&app, &visit, &id) {
        Ok(found) => found,
        Err(response) => return response,
    };
    let (text, hidden) = match shown(&app, caller, &mail) {
        Ok(drawn) => (Some(drawn.text), None),
        Err(hidden) => (None, Some(visit.phrase(hidden.sentence()))),
    };
    let can_retry = mail.state == MailState::Failed && mail.sealed.is_some();
    let directory = app.settings().mail.smtp.is_none();
    let one = One { mail: row(&visit, &mail), directory, text, hidden, can_retry };
    if visit.wants_data() {
        return axum::Json(one).into_response();
    }
    visit.host_page(StatusCode::OK, "outbox/mail.html", &one)
}

/// `GET /outbox/ID/html`: the mail as HTML by itself, for a frame in which no script runs.
pub async fn html(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Response {
    let (caller, mail) = match one(&app, &visit, &id) {
        Ok(found) => found,
        Err(response) => return response,
    };
    let drawn = match shown(&app, caller, &mail) {
        Ok(drawn) => drawn,
        Err(Hidden::Yours) => return Problem::forbidden(Words::plain(Hidden::Yours.sentence())).to_response(&visit),
        Err(_) => return Problem::not_found().to_response(&visit),
    };
    let mut response = Html(drawn.html).into_response();
    let headers = response.headers_mut();
    let policy = headers::SANDBOXED.replace("frame-ancestors 'none'", "frame-ancestors 'self'");
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    }
    response
}

/// `POST /outbox/ID/retry`: a mail that failed is tried again, as if it were new.
pub async fn retry(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Response {
    let caller = match allowed(&visit) {
        Ok(caller) => caller,
        Err(response) => return response,
    };
    let (database, actor) = (app.database().clone(), Actor::of(caller).in_request(visit.request_id()));
    let (now, mail) = (app.identity().clock().now(), id.clone());
    let problem = match blocking(move || queue_again(&database, &actor, &mail, now)).await {
        Ok(Ok(())) => None,
        Ok(Err(RetryError::Forbidden)) => Some(Problem::needs(PERMISSION)),
        Ok(Err(RetryError::NotFailed)) => {
            Some(Problem::gone(words!("This mail has not failed, or is no longer kept.")))
        }
        Ok(Err(RetryError::Storage(error))) => Some(Problem::internal(&error)),
        Err(problem) => Some(problem),
    };
    if let Some(problem) = problem {
        return problem.to_response(&visit);
    }
    app.services().events.publish(&vestry_events::Event::Work);
    let mut response = Redirect::to(&format!("/outbox/{id}")).into_response();
    notice::put(&app, &mut response, Level::Success, visit.phrase(phrase!("It is in the queue again.")));
    response
}

/// Why a mail is not tried again.
#[derive(Debug, thiserror::Error)]
enum RetryError {
    #[error("it needs the permission {PERMISSION}")]
    Forbidden,
    #[error("it has not failed, or nothing is left of it")]
    NotFailed,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Puts a mail that failed into the queue, if the actor may do so at this moment. Waits for the disk.
fn queue_again(database: &Database, actor: &Actor, mail: &str, now: u64) -> Result<(), RetryError> {
    database.write(|tx| {
        if !actor.holds_now(tx)?.holds_name(PERMISSION) {
            return Err(RetryError::Forbidden);
        }
        if !tx.retry_mail(mail, now)? {
            return Err(RetryError::NotFailed);
        }
        Ok(audit(tx, actor, &Act { action: "mail.retry", subject: mail, detail: "" }, now)?)
    })
}

/// Why what a mail says is not shown.
enum Hidden {
    /// A mail server has it, or will; here nothing of it is shown.
    Elsewhere,
    /// It could open an account, and this person may not do all that could be done with it.
    Yours,
    /// It cannot be opened or drawn; the log says why.
    Broken,
}

impl Hidden {
    /// A phrase.
    fn sentence(&self) -> &'static str {
        match self {
            Self::Elsewhere => phrase!("What it says is between the server and who gets it."),
            Self::Yours => {
                phrase!("It holds a link that could open an account. Only who may do everything can read it here.")
            }
            Self::Broken => phrase!("What it says cannot be shown. The server's log says why."),
        }
    }
}

fn shown(app: &App, caller: &Caller, mail: &MailRow) -> Result<DrawnMail, Hidden> {
    if app.settings().mail.smtp.is_some() {
        return Err(Hidden::Elsewhere);
    }
    if mail.plugin.is_empty() && !caller.permissions.is_all() {
        return Err(Hidden::Yours);
    }
    app.post().draw(mail).map_err(|error| {
        tracing::warn!(%error, mail = mail.id, "a mail cannot be shown");
        Hidden::Broken
    })
}

fn one<'v>(app: &App, visit: &'v Visit, id: &str) -> Result<(&'v Caller, MailRow), Response> {
    let caller = allowed(visit)?;
    match app.database().read(|reader| reader.mail(id)) {
        Ok(Some(mail)) => Ok((caller, mail)),
        Ok(None) => Err(Problem::not_found().to_response(visit)),
        Err(error) => Err(Problem::internal(&error).to_response(visit)),
    }
}

fn row(visit: &Visit, mail: &MailRow) -> Row {
    let snapshot = visit.app().registry().snapshot();
    let title = snapshot.by_id(&mail.plugin).map(|plugin| visit.text(&mail.plugin, &plugin.info.title).into_owned());
    let own = OWN.iter().find(|(message, _)| mail.plugin.is_empty() && *message == mail.message);
    Row {
        id: mail.id.clone(),
        state: mail.state.name(),
        plugin: mail.plugin.clone(),
        plugin_title: title.unwrap_or_else(|| mail.plugin.clone()),
        message: mail.message.clone(),
        recipient: mail.recipient.clone(),
        address: mail.address.clone(),
        subject: own.map_or_else(|| mail.subject.clone(), |(_, subject)| visit.phrase(subject).to_owned()),
        attempts: mail.attempts,
        error: mail.error.clone(),
        queued: iso(mail.queued),
        due: (mail.state == MailState::Queued).then(|| iso(mail.due)),
        ended: mail.ended.map(iso),
    }
}

/// One that was not handed out begins at the start.
fn parse_cursor(text: &str) -> Option<MailCursor> {
    let (queued, id) = text.split_once('.')?;
    Some(MailCursor { queued: queued.parse().ok()?, id: id.to_owned() })
}

fn allowed(visit: &Visit) -> Result<&Caller, Response> {
    match visit.caller() {
        None if visit.wants_data() => Err(Problem::unauthenticated().to_response(visit)),
        None => {
            let next: String = url::form_urlencoded::byte_serialize(visit.path().as_bytes()).collect();
            Err(Redirect::to(&format!("/account/sign-in?next={next}")).into_response())
        }
        Some(caller) if caller.permissions.holds_name(PERMISSION) => Ok(caller),
        Some(_) => Err(Problem::needs(PERMISSION).to_response(visit)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vestry_identity::{ADMIN, AccountId, ActorKind, PermissionSet};
    use vestry_storage::{NewAccount, NewMail};

    use super::*;

    #[test]
    fn who_has_lost_the_permission_since_the_request_began_tries_nothing_again() {
        let (database, id) = (Database::temporary().unwrap(), AccountId::generate().unwrap());
        let mail = NewMail {
            id: "m",
            plugin: "",
            message: "reset",
            recipient: "one",
            address: "anna@example.org",
            subject: "",
            sealed: &[1],
            queued: 1,
        };
        database
            .write(|tx| {
                tx.insert_account(&NewAccount { id: id.as_str(), email: None, name: "A", created: 1 })?;
                tx.queue_mail(&mail)?;
                tx.claim_mails(1, 2, 1)?;
                tx.mail_not_sent("m", 1, "no", None, 2)
            })
            .unwrap();
        let permissions = Arc::new(PermissionSet::all());
        let actor = Actor { account: Some(id.clone()), kind: ActorKind::Person, permissions, ..Actor::nobody() };
        let state = || database.read(|reader| reader.mail("m")).unwrap().unwrap().state;
        assert!(matches!(queue_again(&database, &actor, "m", 3), Err(RetryError::Forbidden)));
        assert_eq!(state(), MailState::Failed);
        database.write(|tx| tx.give_privilege(id.as_str(), ADMIN)).unwrap();
        queue_again(&database, &actor, "m", 3).unwrap();
        assert_eq!(state(), MailState::Queued);
        assert!(matches!(queue_again(&database, &actor, "m", 3), Err(RetryError::NotFailed)));
    }
}
