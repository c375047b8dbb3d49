//! `person:ACCOUNT`: who the number of an account in a log line is, for readers who may know that.
//!
//! The plugin shows numbers alone. Others are told that the name is kept from them, not whether there is such an account.

use serde::Serialize;
use vestry_phrases::words;
use vestry_screen::Html;

use crate::web::asking::Asking;
use crate::web::dispatch::blocking;
use crate::web::panels::{notice, render};

/// What a reader needs to see names in logs.
const PERMISSION: &str = "logs.people";

#[derive(Serialize)]
struct Context<'a> {
    name: &'a str,
    email: &'a str,
    account: &'a str,
    active: bool,
}

pub async fn draw(asking: &Asking, account: &str) -> Option<Html> {
    let visit = &asking.visit;
    let caller = visit.caller()?;
    if !caller.permissions.holds_name(PERMISSION) {
        let words = words!("Who this is can be seen with the permission {permission}.", permission = PERMISSION);
        return notice(visit, "neutral", &words, None);
    }
    let (identity, id) = (asking.app.identity().clone(), account.to_owned());
    match blocking(move || identity.database().read(|reader| reader.account(&id))).await.ok()? {
        Ok(Some(row)) => {
            let email = row.email.as_deref().unwrap_or_default();
            render(visit, "panels/person.html", &Context { name: &row.name, email, account, active: row.active })
        }
        Ok(None) => notice(visit, "neutral", &words!("There is no account of this number any more."), None),
        Err(error) => {
            tracing::error!(%error, "the panel `person` could not be drawn");
            None
        }
    }
}
