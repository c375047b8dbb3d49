//! What several screens need: one account, the privileges a person may give, and the host's refusals as errors.

use vestry_sdk::prelude::*;
use vestry_sdk::users::{self, Outcome, Privilege, User};

/// The account that the path names.
pub fn account(request: &Request) -> Result<User> {
    let id = request.param("key");
    let found = users::get(&[id.to_owned()])?.pop().flatten();
    found.ok_or_else(|| Failure::not_found(id))
}

/// A check box for each privilege that this person may give.
pub fn privilege_boxes(privileges: &[Privilege]) -> Field {
    let may_give = privileges.iter().filter(|privilege| privilege.may_give);
    Field::checkboxes(
        "privileges",
        "Privileges",
        may_give.map(|privilege| Choice::new(&privilege.name, &privilege.title)),
    )
}

/// How a privilege is called, by its name.
pub fn title_of<'a>(privileges: &'a [Privilege], name: &'a str) -> &'a str {
    privileges.iter().find(|privilege| privilege.name == name).map_or(name, |privilege| &privilege.title)
}

/// Goes on where nothing was refused; else the host's reasons stand at `field`.
pub fn all_done(outcome: Outcome, field: &str) -> Result<Outcome> {
    let mut errors = Errors::default();
    for refusal in &outcome.refusals {
        errors.add(field, &refusal.reason);
    }
    errors.none().map(|()| outcome)
}

/// What a person is called; for one without a name, the address.
pub fn name_of(user: &User) -> &str {
    match user.name.is_empty() {
        true => user.email.as_deref().unwrap_or(&user.id),
        false => &user.name,
    }
}
