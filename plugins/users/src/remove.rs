//! Deleting an account, for which its e-mail address has to be typed.

use vestry_sdk::block::facts;
use vestry_sdk::prelude::*;
use vestry_sdk::users::{self, Change, Mode, User};

use crate::shared::{account, all_done, name_of};

pub fn ask(request: &Request) -> Result<Page> {
    Ok(page(&account(request)?, |form| form))
}

pub fn delete(request: &Request) -> Result<Response> {
    let user = account(request)?;
    let deleted = typed(request, &user).and_then(|()| {
        all_done(users::apply(&[Change::Delete(user.id.clone())], Mode::AllOrNothing)?, "typed")?;
        Ok(Redirect::to("list").done(text!("The account of {name} is gone.", name = name_of(&user))))
    });
    deleted.or_invalid(|errors| Ok(page(&user, |form| form.refill(request).errors(errors))))
}

/// What has to be typed: the address, or for an account without one its name.
fn proof(user: &User) -> &str {
    user.email.as_deref().unwrap_or(&user.name)
}

fn typed(request: &Request, user: &User) -> Result<()> {
    let typed = request.form("typed").required()?;
    match typed.to_lowercase() == proof(user).to_lowercase() {
        true => Ok(()),
        false => Err(invalid("typed", "This is not what stands above.")),
    }
}

fn page(user: &User, with: impl FnOnce(Form) -> Form) -> Page {
    let back = Action::new("Keep the account", "account").param("key", &user.id);
    let form = Form::new(Action::new("Delete for good", "delete").param("key", &user.id).danger())
        .prose("The account, its privileges and its sessions go. This cannot be undone. To switch it off for a while, deactivate it instead.")
        .field(Field::text("typed", text!("Type {address} to delete it", address = proof(user))).required());
    Page::new(text!("Delete {name}?", name = name_of(user)))
        .action(back)
        .block(
            "account",
            facts([
                fact("E-mail", user.email.clone()),
                fact("Created", Time(user.created)),
                fact("Last seen", user.last_seen.map(Time)),
            ]),
        )
        .block("delete", with(form))
}
