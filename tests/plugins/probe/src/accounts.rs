//! The accounts of the server, as far as the host lets it.

use vestry_sdk::prelude::*;
use vestry_sdk::users::{self, BulkChange, Change, Mode, Query};

use crate::show;

pub fn routes(plugin: Plugin) -> Plugin {
    plugin
        .route(get("users-find", "/users/find").for_signed_in().to(|request| show(users::find(&query(request)))))
        .route(
            get("users-find-columns", "/users/find-columns")
                .for_signed_in()
                .to(|request| show(users::find_columns(&query(request)))),
        )
        .route(
            get("users-get", "/users/get")
                .for_signed_in()
                .to(|request| show(users::get(&[request.query("id").text().to_owned()]))),
        )
        .route(get("users-privileges", "/users/privileges").for_signed_in().to(|_| show(users::privileges())))
        .route(
            get("users-apply-in-get", "/users/apply")
                .for_signed_in()
                .to(|request| show(users::apply(&[change(request)?], mode(request)))),
        )
        .route(
            post("users-apply", "/users/apply")
                .for_signed_in()
                .to(|request| show(users::apply(&[change(request)?], mode(request)))),
        )
        .route(post("users-apply-strict", "/users/apply-strict").for_signed_in().to(apply_strict))
        .route(post("users-apply-found", "/users/apply-found").for_signed_in().to(apply_found))
        .route(get("users-visitor", "/everyone/users").for_everyone().to(|request| show(users::find(&query(request)))))
}

/// The first value of that name in the form, else in the query.
fn value<'a>(request: &'a Request, name: &'a str) -> &'a str {
    request.form(name).optional().or_else(|| request.query(name).optional()).unwrap_or_default()
}

fn query(request: &Request) -> Query {
    let optional = |name| Some(value(request, name).to_owned()).filter(|value| !value.is_empty());
    Query {
        text: value(request, "text").to_owned(),
        privilege: optional("privilege"),
        active: optional("active").map(|active| active == "1"),
        order: optional("order").unwrap_or_else(|| "name".to_owned()),
        descending: value(request, "descending") == "1",
        cursor: optional("cursor"),
        limit: value(request, "limit").parse().unwrap_or(10),
    }
}

/// `change`: create, rename, activate, deactivate, give, take, delete; of `id`, with `value`.
fn change(request: &Request) -> Result<Change> {
    let (id, given) = (value(request, "id").to_owned(), value(request, "value").to_owned());
    match value(request, "change") {
        "create" => Ok(Change::Create((given, value(request, "name").to_owned(), vec![]))),
        "rename" => Ok(Change::Rename((id, given))),
        "activate" => Ok(Change::SetActive((id, true))),
        "deactivate" => Ok(Change::SetActive((id, false))),
        "give" => Ok(Change::Give((id, given))),
        "take" => Ok(Change::Take((id, given))),
        "delete" => Ok(Change::Delete(id)),
        _ => Err(invalid("change", "No such change.")),
    }
}

fn mode(request: &Request) -> Mode {
    match value(request, "mode") {
        "rehearse" => Mode::Rehearse,
        "skip-refused" => Mode::SkipRefused,
        _ => Mode::AllOrNothing,
    }
}

fn apply_strict(request: &Request) -> Result<Page> {
    let outcome = users::apply(&[change(request)?], mode(request))?;
    show(Ok::<_, Failure>(outcome))
}

fn apply_found(request: &Request) -> Result<Page> {
    let change = match change(request)? {
        Change::SetActive((_, active)) => BulkChange::SetActive(active),
        Change::Give((_, privilege)) => BulkChange::Give(privilege),
        Change::Take((_, privilege)) => BulkChange::Take(privilege),
        _ => return Err(invalid("change", "Not of many accounts at once.")),
    };
    show(Ok::<_, Failure>(users::apply_found(&query(request), &change, mode(request))?))
}
