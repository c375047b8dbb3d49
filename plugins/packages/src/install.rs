//! The ways to a package: a file, a Git repository, a registry. Each is a form on the home page and a page of its own, for
//! when something was wrong with what was typed.

pub mod git;
pub mod registry;
pub mod upload;

use vestry_sdk::packages::Access;
use vestry_sdk::prelude::*;

/// Fields that open a private source; the names of what somebody typed there.
const USER: &str = "user";
const TOKEN: &str = "token";

/// The fields of a form in which access to a private source is typed, with the user that was typed before.
fn with_access(form: Form, user: &str) -> Form {
    form.heading("Only for a private one")
        .field(Field::text(USER, "User").value(user).help("Leave it empty where a token is enough."))
        .field(
            Field::password(TOKEN, "Token or password")
                .help("It is kept sealed for this source, and never shown again."),
        )
}

/// What was typed there, if anything.
fn access(request: &Request) -> Result<Option<Access>> {
    let user = request.form(USER).optional().unwrap_or_default().to_owned();
    match (request.form(TOKEN).optional(), user.is_empty()) {
        (Some(token), _) => Ok(Some(Access { user, token: token.to_owned() })),
        (None, true) => Ok(None),
        (None, false) => Err(invalid(TOKEN, "A user alone opens nothing: type the token or password as well.")),
    }
}

/// A page with one of the forms.
fn page(title: &'static str, form: Form) -> Page {
    Page::new(title)
        .lead("Nothing is installed yet. You first see what it adds and what it asks for.")
        .action(Action::new("Package Management", "home"))
        .block("install", form)
}
