//! Links under which somebody sets a password. This plugin never sees one: it gets a ticket, and names it in a panel
//! that the host draws.

use vestry_sdk::block::panel;
use vestry_sdk::prelude::*;
use vestry_sdk::users;

use crate::shared::{account, name_of};

/// Where somebody who asked for a link is led.
pub fn handed_over(ticket: &str) -> Redirect {
    Redirect::to(RouteRef::to("link").param("ticket", ticket))
}

pub fn page(request: &Request) -> Result<Page> {
    let panel = panel(format!("handover:{}", request.param("ticket")));
    Ok(Page::new("A mail is on its way")
        .lead(
            "It has a link in it. In case that the mail does not arrive, here is the same link, to hand over yourself.",
        )
        .action(Action::new("All users", "list"))
        .block("link", panel))
}

pub fn reset(request: &Request) -> Result<Redirect> {
    let id = request.param("key");
    if !request.may("users.read") {
        return Ok(handed_over(&users::reset_password(id)?).done("A mail with a link is on its way."));
    }
    let user = account(request)?;
    let ticket = users::reset_password(&user.id)?;
    Ok(handed_over(&ticket).done(text!("A mail with a link is on its way to {name}.", name = name_of(&user))))
}
