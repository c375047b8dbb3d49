//! A job as a page shows it, and the address where it is cancelled. The host draws it from the queue's rows; the plugin
//! that names it on its page is not asked.

use axum::Json;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use vestry_capabilities::sentence;
use vestry_contract::types::Text;
use vestry_contract::ui::Level;
use vestry_events::Event;
use vestry_identity::{Act, Actor, Caller, CallerKind, audit};
use vestry_phrases::phrase;
use vestry_screen::JobView;
use vestry_storage::{Database, JobRow, StorageError};

use crate::registry::plugin::Plugin;
use crate::web::app::App;
use crate::web::dispatch::blocking;
use crate::web::next::Next;
use crate::web::notice;
use crate::web::problem::Problem;
use crate::web::visit::Visit;

/// What shows jobs of other plugins has to be granted this, and its reader to hold that.
const QUEUE: &str = "vestry:admin/queue";
const READ: &str = "jobs.read";
/// What ends jobs that somebody else started.
const MANAGE: &str = "jobs.manage";

/// A job for a page of this plugin; none where there is none that the page may show.
#[must_use]
pub fn view(visit: &Visit, plugin: &Plugin, id: &str) -> Option<JobView> {
    found(visit, plugin, id).ok().flatten().map(|row| {
        let message = match &row.failure {
            Some(failure) => sentence(failure),
            None => {
                let said = serde_json::from_str(&row.message).unwrap_or(Text::Data(String::new()));
                visit.text(&row.plugin, &said).into_owned()
            }
        };
        let waits = row.started.is_some() && row.ended.is_none() && row.lease.is_none();
        JobView {
            state: row.state.name(),
            percent: row.percent,
            message,
            attempt: row.attempt,
            queued: row.queued,
            started: row.started,
            ended: row.ended,
            due: waits.then_some(row.due),
            cancel: visit
                .caller()
                .filter(|caller| !row.state.has_ended() && !row.cancel && may_cancel(caller, &row))
                .map(|_| format!("/account/jobs/{}/cancel", row.id)),
            name: row.name,
        }
    })
}

/// Its row; none where there is none that the page may show, of which nothing must be told, not even that it changed.
///
/// # Errors
///
/// Where the database cannot be read.
pub fn found(visit: &Visit, plugin: &Plugin, id: &str) -> Result<Option<JobRow>, StorageError> {
    let row = visit.app().database().read(|reader| reader.job(id))?;
    let id = &plugin.subject.id;
    Ok(row.filter(|row| row.plugin == *id || row.through == *id || shows_all(visit, plugin)))
}

fn shows_all(visit: &Visit, plugin: &Plugin) -> bool {
    let subject = &plugin.subject;
    visit.caller().is_some_and(|caller| caller.permissions.holds_name(READ))
        && visit.app().services().grants(&subject.id, &subject.digest).is_ok_and(|grants| grants.holds_interface(QUEUE))
}

/// Who started it may, where a program did, that program; and whoever may manage jobs.
fn may_cancel(caller: &Caller, row: &JobRow) -> bool {
    is_own(caller, row) || caller.permissions.holds_name(MANAGE)
}

fn is_own(caller: &Caller, row: &JobRow) -> bool {
    row.account.as_deref() == Some(caller.account.as_str())
        && (caller.kind == CallerKind::Person || caller.token == row.token)
}

/// The page that the button stood on.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Pressed {
    #[serde(default)]
    next: String,
}

/// Ends a job where it is. One that nobody may cancel who asks is not there for them.
pub async fn cancel(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Response {
    match end(&app, &visit, &id).await {
        Ok(()) => done(&app, &visit, &pressed),
        Err(problem) => problem.to_response(&visit),
    }
}

async fn end(app: &App, visit: &Visit, id: &str) -> Result<(), Problem> {
    let caller = visit.caller().ok_or_else(Problem::unauthenticated)?.clone();
    let (database, now, request) =
        (app.database().clone(), app.identity().clock().now(), visit.request_id().to_owned());
    let (event, id) = (Event::Job(id.to_owned()), id.to_owned());
    let ended = blocking(move || cancel_now(&database, &caller, &id, &request, now)).await?;
    if !ended.map_err(|error| Problem::internal(&error))? {
        return Err(Problem::not_found());
    }
    app.services().events.publish(&event);
    app.services().events.publish(&Event::Work);
    Ok(())
}

/// Cancels a job, if the caller may do so at this moment; answers whether. Waits for the disk.
fn cancel_now(database: &Database, caller: &Caller, id: &str, request: &str, now: u64) -> Result<bool, StorageError> {
    database.write(|tx| {
        let Some(row) = tx.job(id)? else { return Ok(false) };
        let actor = Actor::of(caller).through(&row.plugin, "").in_request(request);
        let own = is_own(caller, &row) && tx.account(actor.id())?.is_some_and(|account| account.active);
        if !own && !actor.holds_now(tx)?.holds_name(MANAGE) {
            return Ok(false);
        }
        tx.cancel_job(id, now)?;
        audit(tx, &actor, &Act { action: "jobs.cancel", subject: id, detail: "" }, now)?;
        Ok(true)
    })
}

fn done(app: &App, visit: &Visit, pressed: &Pressed) -> Response {
    let next = Next::parse(&pressed.next);
    if visit.wants_data() {
        return (StatusCode::OK, Json(serde_json::json!({ "location": next.as_str(), "notice": null })))
            .into_response();
    }
    let mut response = Redirect::to(next.as_str()).into_response();
    notice::put(app, &mut response, Level::Success, visit.phrase(phrase!("The job is being cancelled.")));
    response
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vestry_identity::{ADMIN, AccountId, PermissionSet};
    use vestry_storage::{JobState, NewAccount, NewJob};

    use super::*;

    #[test]
    fn who_has_lost_the_right_since_the_request_began_cancels_nothing() {
        let (database, id) = (Database::temporary().unwrap(), AccountId::generate().unwrap());
        let job = |id, account| NewJob {
            id,
            plugin: "org.example.worker",
            name: "work",
            input: "{}",
            account,
            token: None,
            schedule: None,
            through: "",
        };
        database
            .write(|tx| {
                tx.insert_account(&NewAccount { id: id.as_str(), email: None, name: "A", created: 1 })?;
                tx.insert_job(&job("own", Some(id.as_str())), 1)?;
                tx.insert_job(&job("other", None), 1)?;
                tx.set_account_active(id.as_str(), false)
            })
            .unwrap();
        let caller = Caller {
            account: id.clone(),
            name: "A".into(),
            email: None,
            kind: CallerKind::Person,
            hash: [1; 32],
            session: None,
            token: None,
            privileges: String::new(),
            permissions: Arc::new(PermissionSet::all()),
            scopes: None,
            authenticated_at: 0,
            language: None,
        };
        let cancelled = |job: &str| cancel_now(&database, &caller, job, "r", 2).unwrap();
        let state = |job: &str| database.read(|reader| reader.job(job)).unwrap().unwrap().state;
        assert!(!cancelled("own") && !cancelled("other") && !cancelled("unknown"), "the account is not active");
        database.write(|tx| tx.set_account_active(id.as_str(), true)).unwrap();
        assert!(cancelled("own") && !cancelled("other"), "nor may it manage jobs");
        assert_eq!((state("own"), state("other")), (JobState::Cancelled, JobState::Queued));
        database.write(|tx| tx.give_privilege(id.as_str(), ADMIN)).unwrap();
        assert!(cancelled("other"));
        assert_eq!(state("other"), JobState::Cancelled);
    }
}
