//! What is asked for, under its headings, each with its tick box.

use serde::Serialize;
use vestry_capabilities::SecretView;
use vestry_catalog::meaning::{self, Meaning};
use vestry_catalog::{Asked, Capability, Known};
use vestry_identity::Caller;

use crate::installer::grants::{self, GrantError};
use crate::web::panels::consent::view::{Facts, Sent};
use crate::web::visit::Visit;

#[derive(Debug, Serialize)]
pub struct Group {
    /// A phrase.
    heading: &'static str,
    asks: Vec<Ask>,
}

#[derive(Debug, Serialize)]
struct Ask {
    number: usize,
    /// What is sent where it is ticked, and what it is called exactly.
    value: String,
    words: String,
    reason: String,
    grave: bool,
    /// It is granted to this build now.
    granted: bool,
    ticked: bool,
    /// It was not asked for by the version that runs.
    new: bool,
    /// Why this person cannot tick it; empty where they can.
    locked: String,
    /// It goes over from the version that runs, though this person could not give it: it comes with the server.
    carried: bool,
}

/// All that is asked for, under its headings, what is dangerous first. `placing`: this person may put it in its place.
pub fn groups(
    visit: &Visit,
    caller: &Caller,
    package: &Known,
    facts: &Facts,
    sent: Option<&Sent>,
    placing: bool,
    secrets: &[SecretView],
) -> Vec<Group> {
    let known = |name: &str| match secrets.iter().find(|secret| secret.name == name) {
        None => meaning::Known::Missing,
        Some(secret) => secret.origin.as_deref().map_or(meaning::Known::Unbound, meaning::Known::Bound),
    };
    let mut groups: Vec<Group> = meaning::HEADINGS.iter().map(|heading| Group { heading, asks: Vec::new() }).collect();
    for (number, Asked { capability, reason }) in package.asks().iter().enumerate() {
        let title = |title: &'static str| visit.phrase(title).to_owned();
        let Meaning { heading, words, grave } = meaning::of(capability, known, title);
        let (ask, refusal) = ask(caller, package, facts, sent, placing, capability, grave);
        let ask = Ask {
            number,
            value: capability.to_string(),
            words: visit.words(&words),
            // As its author wrote it: whoever may translate plugins could talk somebody into a yes.
            reason: vestry_catalog::plain(reason),
            grave,
            locked: refusal.map(|refusal| visit.words(&refusal.words())).unwrap_or_default(),
            ..ask
        };
        if let Some(group) = groups.iter_mut().find(|group| group.heading == heading) {
            group.asks.push(ask);
        }
    }
    groups.retain(|group| !group.asks.is_empty());
    for group in &mut groups {
        group.asks.sort_by_key(|ask| !ask.grave);
    }
    groups
}

/// One tick box, without words, and why this person cannot tick it.
fn ask(
    caller: &Caller,
    package: &Known,
    facts: &Facts,
    sent: Option<&Sent>,
    placing: bool,
    capability: &Capability,
    grave: bool,
) -> (Ask, Option<GrantError>) {
    let granted = facts.own.contains(capability);
    let refusal = if granted { None } else { grants::refusal(capability, &caller.permissions) };
    let carried = placing && refusal.is_some() && facts.entitlement.carried.contains(capability);
    let refusal = refusal.filter(|_| !carried);
    let free = refusal.is_none();
    let ticked = match sent {
        Some(sent) => free && sent.wanted.contains(capability),
        None => granted || (free && placing && begins_ticked(package, facts, capability, grave)),
    };
    let ask = Ask {
        granted,
        ticked,
        new: facts.running.is_some() && !facts.runs(package) && facts.entitlement.wider.contains(capability),
        locked: String::new(),
        carried,
        number: 0,
        value: String::new(),
        words: String::new(),
        reason: String::new(),
        grave,
    };
    (ask, refusal)
}

/// Whether a box begins ticked for somebody who is about to put the package in its place: what it was granted itself, where
/// that was decided before; else what the version that runs was granted, and of what that one did not ask for what is
/// harmless. A stranger begins with nothing.
fn begins_ticked(package: &Known, facts: &Facts, capability: &Capability, grave: bool) -> bool {
    if facts.stranger_to.is_some() || facts.runs(package) || facts.entitlement.decided {
        return false;
    }
    match facts.former_asks.contains(capability) {
        true => facts.former_granted.contains(capability),
        false => facts.entitlement.carried.contains(capability) || !grave,
    }
}
