//! A new account.

use vestry_sdk::prelude::*;
use vestry_sdk::users::{self, Change, Mode};

use crate::shared::{all_done, privilege_boxes};

pub fn form(_: &Request) -> Result<Page> {
    page(|form| form)
}

pub fn create(request: &Request) -> Result<Response> {
    add(request).or_invalid(|errors| page(|form| form.refill(request).errors(errors)))
}

fn add(request: &Request) -> Result<Redirect> {
    let mut errors = Errors::default();
    let name = errors.keep(request.form("name").required());
    let email = errors.keep(request.form("email").required());
    errors.none()?;
    let privileges = request.form_all("privileges").map(str::to_owned).collect();
    let account = Change::Create((email.to_owned(), name.to_owned(), privileges));
    let outcome = all_done(users::apply(&[account], Mode::AllOrNothing)?, "email")?;
    let to = match outcome.created.first() {
        Some(id) => RouteRef::to("account").param("key", id),
        None => RouteRef::to("list"),
    };
    Ok(Redirect::to(to).done(text!("{name} was added.", name)))
}

fn page(with: impl FnOnce(Form) -> Form) -> Result<Page> {
    let privileges = users::privileges()?;
    let mut form = Form::new(Action::new("Add the account", "create").primary())
        .field(Field::text("name", "Name").required().max_length(200))
        .field(Field::email("email", "E-mail").required());
    if privileges.iter().any(|privilege| privilege.may_give) {
        form = form
            .field(privilege_boxes(&privileges).help("You can give what you hold yourself. It can be changed later."));
    }
    Ok(Page::new("Add an account").action(Action::new("All users", "list")).block("add", with(form)))
}
