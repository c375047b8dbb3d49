//! Secrets, for who looks after them: what there is, from where, and which plugins ask for it. They are set and deleted
//! here; nobody can read one, not even how long it is.
//!
//! The page is the host's own: no plugin sees what is typed. Setting and deleting ask for the password again where it
//! was given over five minutes ago, and so are not for tokens, which can read the list.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use vestry_capabilities::{Capability, MANAGE, SecretError, SecretSource, SecretView};
use vestry_contract::registration::Capability as Wish;
use vestry_contract::ui::Level;
use vestry_identity::{Actor, Caller, CallerKind, IdentityError};
use vestry_phrases::{Words, phrase, words};
use vestry_storage::StorageError;
use vestry_vault::{Origin, SecretName, SecretValue};

use crate::web::app::App;
use crate::web::body::{self, Fields};
use crate::web::dispatch::blocking;
use crate::web::notice;
use crate::web::problem::Problem;
use crate::web::times::iso;
use crate::web::visit::Visit;

const PAGE: &str = "/account/secrets";

/// What the page is opened for.
#[derive(Debug, Default, Deserialize)]
pub struct Purpose {
    /// A name to begin the form with.
    #[serde(default)]
    set: String,
    /// A name to ask about whether it should go.
    #[serde(default)]
    delete: String,
}

#[derive(Serialize)]
struct Context<'a> {
    secrets: &'a [Row],
    form: Form,
    /// The secret that is about to be deleted.
    deleting: Option<&'a Row>,
    /// Whether the password is due.
    password: bool,
}

/// What stands in the form. Never a value.
#[derive(Serialize, Default)]
struct Form {
    name: String,
    origin: String,
    /// Of `name`, `origin`, `value`, `password`.
    errors: BTreeMap<&'static str, String>,
}

/// A secret, or a name that a plugin asks for and that nothing is set for.
#[derive(Serialize)]
struct Row {
    name: String,
    origin: Option<String>,
    /// `environment`, `file`, `stored`; `missing` for what is asked for alone.
    source: &'static str,
    /// The variable or the file.
    at: Option<String>,
    updated: Option<String>,
    by: Option<String>,
    hides_stored: bool,
    problem: Option<String>,
    asked_by: Vec<Asking>,
}

#[derive(Serialize)]
struct Asking {
    plugin: String,
    title: String,
    granted: bool,
}

/// `GET /account/secrets`.
pub async fn page(State(app): State<App>, visit: Visit, Query(purpose): Query<Purpose>) -> Response {
    let caller = match allowed(&visit) {
        Ok(caller) => caller,
        Err(response) => return response,
    };
    let rows = match rows(&app, &visit) {
        Ok(rows) => rows,
        Err(error) => return Problem::internal(&error).to_response(&visit),
    };
    if visit.wants_data() {
        return axum::Json(serde_json::json!({ "secrets": rows })).into_response();
    }
    let known = |name: &str| rows.iter().find(|row| row.name == name);
    let origin = known(&purpose.set).and_then(|row| row.origin.clone()).unwrap_or_default();
    let form = Form { name: purpose.set.chars().take(64).collect(), origin, ..Form::default() };
    let deleting = known(&purpose.delete).filter(|row| row.source == "stored" || row.hides_stored);
    draw(&app, &visit, caller, StatusCode::OK, &rows, form, deleting)
}

/// `POST /account/secrets`, fields `name`, `origin`, `value`; `password` where the last sign-in is over five minutes ago.
pub async fn set(State(app): State<App>, visit: Visit, request: Request) -> Response {
    let done = async |caller: &Caller, fields: &Fields| {
        let (name, origin, value) = parse(fields)?;
        again(&app, caller, fields).await?;
        let (secrets, actor) = (app.services().secrets.clone(), Actor::of(caller).in_request(visit.request_id()));
        let (now, said) = (app.identity().clock().now(), words!("The secret {name} was set.", name));
        run(move || secrets.set(&actor, &name, origin.as_ref(), &value, now)).await.map(|()| said)
    };
    act(&app, &visit, request, "set", done).await
}

/// `POST /account/secrets/delete`, field `name`; `password` as above.
pub async fn delete(State(app): State<App>, visit: Visit, request: Request) -> Response {
    let done = async |caller: &Caller, fields: &Fields| {
        let name = SecretName::parse(fields.value("name")).map_err(|_| Stop::Problem(Problem::not_found()))?;
        again(&app, caller, fields).await?;
        let (secrets, actor) = (app.services().secrets.clone(), Actor::of(caller).in_request(visit.request_id()));
        let (now, said) = (app.identity().clock().now(), words!("The secret {name} was deleted.", name));
        match run(move || secrets.delete(&actor, &name, now)).await? {
            true => Ok(said),
            false => Err(Stop::Problem(Problem::not_found())),
        }
    };
    act(&app, &visit, request, "delete", done).await
}

/// Why nothing was set or deleted.
enum Stop {
    /// The form is shown again, with a sentence at one of its fields.
    Field(&'static str, Words),
    Problem(Problem),
}

impl From<SecretError> for Stop {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::Configured(name) => {
                let words = words!(
                    "The secret `{name}` stands in the server's configuration, which goes first; change it there.",
                    name
                );
                Self::Field("name", words)
            }
            SecretError::Forbidden => Self::Problem(Problem::forbidden(words!(
                "Setting and deleting secrets needs the permission {permission}.",
                permission = MANAGE
            ))),
            _ => Self::Problem(Problem::internal(&error)),
        }
    }
}

/// Reads a form, does what it asks, and leads back to the list with what came of it.
async fn act(
    app: &App,
    visit: &Visit,
    request: Request,
    what: &str,
    work: impl AsyncFnOnce(&Caller, &Fields) -> Result<Words, Stop>,
) -> Response {
    let caller = match allowed(visit) {
        Ok(caller) if caller.kind == CallerKind::Person => caller,
        Ok(_) => {
            let detail = match what {
                "delete" => words!("A token cannot delete secrets; a person can, or `vestry secret delete`."),
                _ => words!("A token cannot set secrets; a person can, or `vestry secret set`."),
            };
            return Problem::forbidden(detail).to_response(visit);
        }
        Err(response) => return response,
    };
    let fields = match body::fields(request.into_body()).await {
        Ok(fields) => fields,
        Err(problem) => return problem.to_response(visit),
    };
    match work(caller, &fields).await {
        Ok(done) => {
            let mut response = Redirect::to(PAGE).into_response();
            notice::put(app, &mut response, Level::Success, &visit.words(&done));
            response
        }
        Err(Stop::Problem(problem)) => problem.to_response(visit),
        Err(Stop::Field(field, words)) => refused(app, visit, caller, &fields, what, field, &words),
    }
}

/// The page again, with what was typed - but for the value and the password, which are typed anew.
fn refused(
    app: &App,
    visit: &Visit,
    caller: &Caller,
    fields: &Fields,
    what: &str,
    field: &'static str,
    words: &Words,
) -> Response {
    let rows = match rows(app, visit) {
        Ok(rows) => rows,
        Err(error) => return Problem::internal(&error).to_response(visit),
    };
    let short = |name: &str| fields.value(name).chars().take(300).collect();
    let errors = BTreeMap::from([(field, visit.words(words))]);
    let form = match what {
        "delete" => Form { errors, ..Form::default() },
        _ => Form { name: short("name"), origin: short("origin"), errors },
    };
    let deleting = rows.iter().find(|row| what == "delete" && row.name == fields.value("name"));
    draw(app, visit, caller, StatusCode::UNPROCESSABLE_ENTITY, &rows, form, deleting)
}

fn parse(fields: &Fields) -> Result<(SecretName, Option<Origin>, SecretValue), Stop> {
    let wrong = |field| move |invalid: vestry_vault::Invalid| Stop::Field(field, invalid.words());
    let name = SecretName::parse(fields.value("name").trim()).map_err(wrong("name"))?;
    let origin = match fields.value("origin").trim() {
        "" => None,
        text => Some(Origin::parse(text).map_err(wrong("origin"))?),
    };
    let value = SecretValue::parse(fields.value("value")).map_err(wrong("value"))?;
    Ok((name, origin, value))
}

/// The password again, where it was given too long ago.
async fn again(app: &App, caller: &Caller, fields: &Fields) -> Result<(), Stop> {
    if caller.is_fresh(app.identity().clock().now()) {
        return Ok(());
    }
    match app.identity().reauthenticate(caller, fields.value("password")).await {
        Ok(()) => Ok(()),
        Err(error @ IdentityError::WrongPassword { .. }) => Err(Stop::Field("password", error.words())),
        Err(error) => Err(Stop::Problem(Problem::internal(&error))),
    }
}

async fn run<T: Send + 'static>(work: impl FnOnce() -> Result<T, SecretError> + Send + 'static) -> Result<T, Stop> {
    Ok(blocking(work).await.map_err(Stop::Problem)??)
}

fn draw(
    app: &App,
    visit: &Visit,
    caller: &Caller,
    status: StatusCode,
    secrets: &[Row],
    form: Form,
    deleting: Option<&Row>,
) -> Response {
    let password = !caller.is_fresh(app.identity().clock().now());
    visit.host_page(status, "account/secrets.html", &Context { secrets, form, deleting, password })
}

/// All secrets, and all names that plugins ask for, in order.
fn rows(app: &App, visit: &Visit) -> Result<Vec<Row>, StorageError> {
    let mut asked = asked(app, visit)?;
    let views = app.services().secrets.list()?;
    let known: BTreeSet<String> = views.iter().map(|view| view.name.clone()).collect();
    let mut rows = Vec::new();
    for view in views {
        let asked_by = asked.remove(&view.name).unwrap_or_default();
        rows.push(row(app, visit, view, asked_by)?);
    }
    let missing = asked.into_iter().filter(|(name, _)| !known.contains(name));
    rows.extend(missing.map(|(name, asked_by)| Row {
        name,
        origin: None,
        source: "missing",
        at: None,
        updated: None,
        by: None,
        hides_stored: false,
        problem: None,
        asked_by,
    }));
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(rows)
}

fn row(app: &App, visit: &Visit, view: SecretView, asked_by: Vec<Asking>) -> Result<Row, StorageError> {
    let (source, at, updated, by) = match view.source {
        SecretSource::Environment(variable) => ("environment", Some(variable), None, None),
        SecretSource::File(file) => ("file", Some(file.display().to_string()), None, None),
        SecretSource::Stored { updated, by } => ("stored", None, Some(iso(updated)), Some(name_of(app, visit, &by)?)),
    };
    Ok(Row {
        name: view.name,
        origin: view.origin,
        source,
        at,
        updated,
        by,
        hides_stored: view.hides_stored,
        problem: view.problem.as_deref().map(sentence),
        asked_by,
    })
}

/// A part of a sentence as a sentence.
fn sentence(part: &str) -> String {
    let mut characters = part.chars();
    let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", characters.as_str())
}

/// What an account is called; who is gone keeps the id that the audit has.
fn name_of(app: &App, visit: &Visit, account: &str) -> Result<String, StorageError> {
    if account.is_empty() {
        return Ok(visit.phrase(phrase!("command line")).to_owned());
    }
    let row = app.database().read(|reader| reader.account(account))?;
    Ok(row.map_or_else(|| account.to_owned(), |row| row.name))
}

/// Which plugins ask for which names, as they registered.
fn asked(app: &App, visit: &Visit) -> Result<BTreeMap<String, Vec<Asking>>, StorageError> {
    let mut asked: BTreeMap<String, Vec<Asking>> = BTreeMap::new();
    for plugin in app.registry().snapshot().plugins() {
        let grants = app.services().grants(&plugin.subject.id, &plugin.subject.digest)?;
        for wish in &plugin.info.wishes {
            let Wish::Secret(name) = &wish.capability else { continue };
            asked.entry(name.clone()).or_default().push(Asking {
                plugin: plugin.subject.id.clone(),
                title: visit.text(&plugin.subject.id, &plugin.info.title).into_owned(),
                granted: grants.holds(&Capability::Secret(name.clone())),
            });
        }
    }
    Ok(asked)
}

fn allowed(visit: &Visit) -> Result<&Caller, Response> {
    match visit.caller() {
        None if visit.wants_data() => Err(Problem::unauthenticated().to_response(visit)),
        None => Err(Redirect::to("/account/sign-in?next=%2Faccount%2Fsecrets").into_response()),
        Some(caller) if caller.permissions.holds_name(MANAGE) => Ok(caller),
        Some(_) => Err(Problem::needs(MANAGE).to_response(visit)),
    }
}
