//! What the history says of versions: which failed and have not been put in place since, and what a person who opens the
//! page has to know first.

use vestry_sdk::packages::Event;
use vestry_sdk::prelude::*;

use crate::failing::stopped;

/// How a version failed, if that is the last that is known of it. The latest event stands first.
pub fn failed<'e>(events: &'e [Event], digest: &str) -> Option<&'e Event> {
    let about = |event: &&Event| event.digest == digest || (event.kind == "came-back" && event.former == digest);
    let last = events.iter().find(about)?;
    match last.kind.as_str() {
        "came-back" => Some(last).filter(|event| event.former == digest),
        "refused" | "quarantined" => Some(last),
        _ => None,
    }
}

/// What happened to a plugin by itself, if nobody has done anything since. `former`: the version before the event.
pub fn unasked(page: Page, events: &[Event], former: Option<&str>) -> Page {
    let Some(event) = events.first() else { return page };
    let why = stopped(&event.reason).plain();
    let words = match event.kind.as_str() {
        "came-back" => text!(
            "{former} failed, and {version} came back by itself: {why}",
            former = former.unwrap_or("The newer version"),
            version = event.version,
            why
        ),
        "refused" => {
            text!("{version} was not put in place, and nothing was changed: {why}", version = event.version, why)
        }
        _ => return page,
    };
    page.block("unasked", notice(Level::Warning, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, digest: &str, former: &str) -> Event {
        Event {
            time: 1,
            kind: kind.into(),
            version: digest.into(),
            digest: digest.into(),
            former: former.into(),
            by: String::new(),
            reason: "it trapped".into(),
        }
    }

    #[test]
    fn a_version_has_failed_until_somebody_puts_it_in_place_again() {
        let history = [event("came-back", "one", "two"), event("mounted", "two", "one"), event("mounted", "one", "")];
        assert!(failed(&history, "two").is_some() && failed(&history, "one").is_none());
        let again = [&[event("mounted", "two", "one")], &history[..]].concat();
        assert!(failed(&again, "two").is_none());
        assert!(failed(&[event("refused", "three", "one")], "three").is_some());
        assert!(failed(&[], "one").is_none());
    }
}
