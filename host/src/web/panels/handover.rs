//! `handover:TICKET`: a link that is shown once, to the account that asked for it.

use serde::Serialize;
use vestry_capabilities::{Handed, hand_over};
use vestry_identity::{Actor, CallerKind, LinkPurpose};
use vestry_phrases::words;
use vestry_screen::Html;

use crate::web::asking::Asking;
use crate::web::dispatch::blocking;
use crate::web::panels::{notice, render};
use crate::web::times::iso;

#[derive(Serialize)]
struct Context<'a> {
    link: &'a str,
    owner: &'a str,
    good_until: String,
    reset: bool,
    id: String,
}

/// A person's alone: whoever holds a token of theirs has no use for a page.
pub async fn draw(asking: &Asking, block: &str, ticket: &str) -> Option<Html> {
    let visit = &asking.visit;
    let caller = visit.caller().filter(|caller| caller.kind == CallerKind::Person)?;
    let subject = &asking.matching.plugin.subject;
    let actor = Actor::of(caller).through(&subject.id, &subject.digest).in_request(visit.request_id());
    let (services, ticket) = (asking.app.services().clone(), ticket.to_owned());
    match blocking(move || hand_over(&services, &actor, &ticket)).await.ok()? {
        Ok(Handed::Link { link, purpose, owner, good_until }) => {
            let context = Context {
                link: &link,
                owner: &owner,
                good_until: iso(good_until),
                reset: purpose == LinkPurpose::Reset.name(),
                id: format!("handover-{}", block.replace(char::is_whitespace, "-")),
            };
            render(visit, "panels/handover.html", &context)
        }
        Ok(Handed::Shown) => {
            let words = words!(
                "The link was shown already, and is shown only once. It is in the mail; if that does not arrive, ask for a new one."
            );
            notice(visit, "neutral", &words, None)
        }
        Ok(Handed::Unknown) => None,
        Err(error) => {
            tracing::error!(%error, "a link could not be handed over");
            let words =
                words!("The link cannot be shown. It is in the mail; if that does not arrive, ask for a new one.");
            notice(visit, "warning", &words, None)
        }
    }
}
