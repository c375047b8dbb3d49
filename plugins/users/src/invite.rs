//! Inviting somebody: an account is made, and they get a mail with a link under which they set its password.

use vestry_sdk::prelude::*;
use vestry_sdk::users;

use crate::links::handed_over;
use crate::shared::privilege_boxes;

pub fn form(request: &Request) -> Result<Page> {
    page(request, |form| form)
}

pub fn send(request: &Request) -> Result<Response> {
    invite(request).or_invalid(|errors| page(request, |form| form.refill(request).errors(errors)))
}

fn invite(request: &Request) -> Result<Redirect> {
    let mut errors = Errors::default();
    let name = errors.keep(request.form("name").required());
    let email = errors.keep(request.form("email").required());
    errors.none()?;
    let privileges: Vec<_> = request.form_all("privileges").map(str::to_owned).collect();
    let ticket = users::invite(email, name, &privileges)?;
    Ok(handed_over(&ticket).done(text!("{name} is invited. A mail with a link is on its way to {email}.", name, email)))
}

/// Which privileges there are is for who may look at accounts.
fn page(request: &Request, with: impl FnOnce(Form) -> Form) -> Result<Page> {
    let privileges = if request.may("users.read") { users::privileges()? } else { Vec::new() };
    let mut form = Form::new(Action::new("Send the invitation", "send-invitation").primary())
        .field(Field::text("name", "Name").required().max_length(200))
        .field(Field::email("email", "E-mail").required());
    if privileges.iter().any(|privilege| privilege.may_give) {
        form = form
            .field(privilege_boxes(&privileges).help("You can give what you hold yourself. It can be changed later."));
    }
    Ok(Page::new("Invite somebody")
        .lead("They get a mail with a link, under which they set a password and sign in.")
        .action(Action::new("All users", "list"))
        .block("invite", with(form)))
}
