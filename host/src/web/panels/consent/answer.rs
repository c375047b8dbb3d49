//! What was ticked and ordered, written down together.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use vestry_catalog::order::{Choice, Placing, Replaced};
use vestry_catalog::{Capability, CatalogError, Digest, Known};
use vestry_contract::ui::Level;
use vestry_events::Event;
use vestry_identity::{Actor, Caller, IdentityError};
use vestry_phrases::{Words, words};

use crate::installer::grants::{self, Decided, Done, GRANT, GrantError, Ordered, Ticked};
use crate::web::app::App;
use crate::web::body::Fields;
use crate::web::dispatch::blocking;
use crate::web::next::Next;
use crate::web::notice;
use crate::web::panels::consent::order::{mount_wrong, other_at};
use crate::web::panels::consent::view::{Context, Said, Sent};
use crate::web::problem::Problem;
use crate::web::visit::Visit;

/// Carries out what was sent.
///
/// # Errors
///
/// Where this person may not, or nothing could be written.
pub async fn answer(
    app: &App,
    visit: &Visit,
    caller: &Caller,
    package: &Known,
    fields: &Fields,
) -> Result<Response, Problem> {
    let request = Request::read(app, package, fields)?;
    let may_grant = caller.permissions.holds_name(GRANT);
    if request.placing.is_none() && !may_grant {
        return Err(problem(&GrantError::Forbidden));
    }
    let shown = |status, error: Words, sent: Option<Sent>| {
        let said = Said { sent, error: Some(visit.words(&error)), ..request.said.clone() };
        let context = Context::of(visit, caller, package, &said)?;
        Ok(visit.host_page(status, "account/consent.html", &context))
    };
    let again = |status, error: Words| shown(status, error, Some(request.sent.clone()));
    let now = app.identity().clock().now();
    if !caller.is_fresh(now) {
        match app.identity().reauthenticate(caller, fields.value("password")).await {
            Ok(()) => {}
            Err(error @ IdentityError::WrongPassword { .. }) => {
                return again(StatusCode::UNPROCESSABLE_ENTITY, error.words());
            }
            Err(error) => return Err(Problem::internal(&error)),
        }
    }
    let order = match &request.placing {
        None => None,
        Some(expected) => match request.ordered(app, package, expected.clone())? {
            // Who may not grant has said nothing of what it gets.
            Ok(order) => Some(Ordered { placing: Placing { decided: may_grant, ..order.placing }, ..order }),
            Err(Amiss { status, words }) => return again(status, words),
        },
    };
    let ticked = may_grant.then(|| request.ticked.clone());
    let (actor, database) = (Actor::of(caller).in_request(visit.request_id()), app.database().clone());
    let (id, digest, asks) = (package.row.id.clone(), package.row.digest.clone(), request.asks.clone());
    let decided = blocking(move || {
        let package = Decided { plugin: &id, digest: &digest, asks: &asks };
        grants::decide(&database, &actor, &package, ticked.as_ref(), order.as_ref(), now)
    });
    let done = match decided.await? {
        Ok(done) => done,
        // What was ticked was an answer to something else.
        Err(error @ GrantError::Stale) => return shown(StatusCode::CONFLICT, error.words(), None),
        Err(error @ (GrantError::InTheWay(_) | GrantError::Wider(_))) => {
            return again(StatusCode::CONFLICT, error.words());
        }
        Err(error) => return Err(problem(&error)),
    };
    publish(app, &done);
    let mut response = Redirect::to(&request.said.back).into_response();
    notice::put(app, &mut response, Level::Success, &visit.words(&said(&done, package)));
    Ok(response)
}

fn problem(error: &GrantError) -> Problem {
    match error {
        GrantError::Forbidden
        | GrantError::MayNotPlace
        | GrantError::NotHeld(_)
        | GrantError::NotHeldOf(_)
        | GrantError::Directory
        | GrantError::Secret => Problem::forbidden(error.words()),
        GrantError::Stale
        | GrantError::Wider(_)
        | GrantError::InTheWay(_)
        | GrantError::Order(_)
        | GrantError::Random(_)
        | GrantError::Storage(_) => Problem::internal(error),
    }
}

fn publish(app: &App, done: &Done) {
    let events = &app.services().events;
    events.publish(&Event::Authority);
    if let Some(job) = &done.job {
        events.publish(&Event::Job(job.clone()));
        events.publish(&Event::Work);
    }
}

fn said(done: &Done, package: &Known) -> Words {
    match (&done.job, done.given, done.taken) {
        (Some(_), ..) => words!("{package} is being installed.", package = package.called()),
        (None, 0, 0) => words!("Nothing was changed."),
        (None, given, taken) => words!("Granted: {given}. Taken back: {taken}. It counts at once.", given, taken),
    }
}

/// What was sent, read.
struct Request {
    said: Said,
    sent: Sent,
    asks: Vec<Capability>,
    ticked: Ticked,
    /// Where the package is to be put in its place: the digest that ran as this was drawn.
    placing: Option<Option<Digest>>,
    /// What goes away for it, as it was said on the panel.
    replaces: Option<Replaced>,
}

/// Why the panel is shown once more.
struct Amiss {
    status: StatusCode,
    words: Words,
}

impl Amiss {
    fn incomplete(words: Words) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, words }
    }
}

impl Request {
    fn read(app: &App, package: &Known, fields: &Fields) -> Result<Self, Problem> {
        let asks: Vec<Capability> = package.asks().into_iter().map(|ask| ask.capability).collect();
        let named = |field: &str| -> BTreeSet<Capability> {
            let names: BTreeSet<&str> = fields.all(field).collect();
            asks.iter().filter(|ask| names.contains(ask.to_string().as_str())).cloned().collect()
        };
        let ticked = Ticked { shown: named("shown"), wanted: named("grant") };
        let placing = match fields.value("act") {
            "place" => Some(expected(fields.value("expected"))?),
            "" | "grants" => None,
            other => return Err(Problem::no_such_act(other)),
        };
        let replaces = Digest::parse(fields.value("replaces-digest"))
            .map(|digest| Replaced { id: fields.value("replaces").to_owned(), digest });
        let sent = Sent {
            wanted: ticked.wanted.clone(),
            mount: fields.value("mount").trim().trim_start_matches('/').to_owned(),
            take_over: fields.value("take-over") == "yes",
            data: Choice::parse(fields.value("data")),
            proposals: fields.all("proposal").map(str::to_owned).collect(),
        };
        let back = Next::parse(fields.value("back")).as_str().to_owned();
        // A job is seen by the plugin that it was ordered on, which must be one.
        let through = fields.value("through");
        let through = app.registry().snapshot().by_id(through).map(|plugin| plugin.subject.id.clone());
        let said = Said { back, through: through.unwrap_or_default(), ..Said::default() };
        Ok(Self { said, sent, asks, ticked, placing, replaces })
    }

    /// Whether the panel said that just this goes away.
    fn is_known_to_go(&self, other: &Known) -> bool {
        let Some(said) = &self.replaces else { return false };
        (said.id.as_str(), said.digest.as_str()) == (&*other.row.id, &*other.row.digest)
    }

    /// The order, where all was said that has to be.
    fn ordered(&self, app: &App, package: &Known, expected: Option<Digest>) -> Result<Result<Ordered, Amiss>, Problem> {
        let Sent { mount, take_over, data, proposals, .. } = &self.sent;
        let id = &package.row.id;
        if mount_wrong(mount).is_some() {
            return Ok(Err(Amiss::incomplete(words!("It cannot be mounted there. Look at its address again."))));
        }
        let found = app.database().read(|reader| {
            let other = other_at(reader, mount, id)?;
            let stranger = reader.owner(id)?.is_some_and(|owner| owner.source != package.row.source);
            Ok::<_, CatalogError>((other, stranger))
        });
        let (other, stranger) = found.map_err(|error| Problem::internal(&error))?;
        if let Some(other) = other.as_ref().filter(|other| !self.is_known_to_go(other)) {
            let (id, version) = (&other.row.id, &other.row.version);
            let words = words!(
                "{id} {version} is at /{mount}. Say once more that it goes away, or choose another place.",
                id,
                version,
                mount
            );
            return Ok(Err(Amiss { status: StatusCode::CONFLICT, words }));
        }
        if stranger && !take_over {
            return Ok(Err(Amiss::incomplete(words!(
                "It comes from elsewhere. Tick that it takes over what is there, or leave it."
            ))));
        }
        let Some(digest) = Digest::parse(&package.row.digest) else { return Err(Problem::not_found()) };
        let placing = Placing {
            digest,
            mount: Some(mount.clone()),
            swap: other.is_some(),
            take_over: *take_over && stranger,
            data: *data,
            expected,
            replaces: self.replaces.clone().filter(|_| other.is_some()),
            proposals: offered(package, proposals),
            decided: false,
        };
        Ok(Ok(Ordered { placing, through: self.said.through.clone() }))
    }
}

/// The digest that ran as the panel was drawn; none for none.
fn expected(field: &str) -> Result<Option<Digest>, Problem> {
    match field {
        "" => Ok(None),
        field => Digest::parse(field).map(Some).ok_or_else(|| Problem::bad_request(words!("`expected` is a digest."))),
    }
}

/// Of what was ticked, what the package suggests.
fn offered(package: &Known, ticked: &[String]) -> Vec<String> {
    let all = package.info.permissions.iter().flat_map(|permission| {
        permission.suggested.iter().map(move |privilege| format!("{} {privilege}", permission.name))
    });
    all.filter(|proposal| ticked.contains(proposal)).collect()
}
