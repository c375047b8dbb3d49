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
use vestry_identity::{Caller, CallerKind};
use vestry_screen::{JobView, plain_text};
use vestry_storage::{Entry, JobRow};

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
    let app = visit.app();
    let row = app.database().read(|reader| reader.job(id)).ok().flatten()?;
    (row.plugin == plugin.subject.id || shows_all(visit, plugin)).then(|| {
        let message = match &row.failure {
            Some(failure) => sentence(failure),
            None => plain_text(&serde_json::from_str(&row.message).unwrap_or(Text::Data(String::new()))).into_owned(),
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

fn shows_all(visit: &Visit, plugin: &Plugin) -> bool {
    let subject = &plugin.subject;
    visit.caller().is_some_and(|caller| caller.permissions.holds_name(READ))
        && visit.app().services().grants(&subject.id, &subject.digest).is_ok_and(|grants| grants.holds_interface(QUEUE))
}

/// Who started it may, where a program did, that program; and whoever may manage jobs.
fn may_cancel(caller: &Caller, row: &JobRow) -> bool {
    let own = row.account.as_deref() == Some(caller.account.as_str())
        && (caller.kind == CallerKind::Person || caller.token == row.token);
    own || caller.permissions.holds_name(MANAGE)
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
    let caller = visit.caller().ok_or_else(Problem::unauthenticated)?;
    let row = app.database().read(|reader| reader.job(id)).map_err(|error| Problem::internal(&error))?;
    let row = row.filter(|row| may_cancel(caller, row)).ok_or_else(Problem::not_found)?;
    let (database, now, request) =
        (app.database().clone(), app.identity().clock().now(), visit.request_id().to_owned());
    let (caller, plugin, id) = (caller.clone(), row.plugin, id.to_owned());
    let event = Event::Job(id.clone());
    let work = move || {
        database.write(|tx| {
            tx.cancel_job(&id, now)?;
            tx.audit(&Entry {
                time: now,
                actor: caller.account.as_str(),
                actor_kind: if caller.kind == CallerKind::Person { "person" } else { "token" },
                plugin: &plugin,
                action: "jobs.cancel",
                subject: &id,
                outcome: "done",
                request: &request,
                ..Entry::default()
            })
        })
    };
    blocking(work).await?.map_err(|error| Problem::internal(&error))?;
    app.services().events.publish(&event);
    app.services().events.publish(&Event::Work);
    Ok(())
}

fn done(app: &App, visit: &Visit, pressed: &Pressed) -> Response {
    let next = Next::parse(&pressed.next);
    if visit.wants_data() {
        return (StatusCode::OK, Json(serde_json::json!({ "location": next.as_str(), "notice": null })))
            .into_response();
    }
    let mut response = Redirect::to(next.as_str()).into_response();
    notice::put(app, &mut response, Level::Success, "The job is being cancelled.");
    response
}
