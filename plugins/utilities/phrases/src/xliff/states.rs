//! States as XLIFF 1.2 has them (2.3, attribute `state`), and what they are here.

use crate::catalogue::State;
use crate::problem::{Fault, shown};

/// The first of each kind is the one that is written.
const STATES: &[(&str, State)] = &[
    ("translated", State::Done),
    ("final", State::Done),
    ("signed-off", State::Done),
    ("needs-review-translation", State::Machine),
    ("needs-review-adaptation", State::Machine),
    ("needs-review-l10n", State::Machine),
    ("needs-adaptation", State::Machine),
    ("needs-l10n", State::Machine),
    // With a text all the same: somebody has to look at it.
    ("needs-translation", State::Machine),
    ("new", State::Machine),
];

/// What a target that is there says of itself. `approved` is said by the unit. A tool's own state begins with `x-`;
/// what it means is not known, so it is to be looked at.
pub(super) fn read(state: Option<&str>, qualifier: Option<&str>, approved: Option<&str>) -> Result<State, Fault> {
    let by_machine = qualifier.is_some_and(|qualifier| ["mt-suggestion", "leveraged-mt"].contains(&qualifier));
    match state.map(str::trim).filter(|state| !state.is_empty()) {
        Some(own) if own.starts_with("x-") => Ok(State::Machine),
        Some(state) => {
            let found = STATES.iter().find(|(name, _)| name.eq_ignore_ascii_case(state));
            found.map(|(_, state)| *state).ok_or_else(|| Fault::State(shown(state)))
        }
        None if approved == Some("no") || (by_machine && approved != Some("yes")) => Ok(State::Machine),
        None => Ok(State::Done),
    }
}

/// Attributes of the unit, and of the target.
pub(super) fn written(state: State) -> (&'static str, &'static str) {
    match state {
        State::Machine => (" approved=\"no\"", " state=\"needs-review-translation\" state-qualifier=\"mt-suggestion\""),
        State::Done => (" approved=\"yes\"", " state=\"translated\""),
        State::Missing => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_to_be_done_is_to_be_looked_at() {
        for (state, qualifier, approved, expected) in [
            (Some("final"), None, Some("no"), State::Done),
            (Some("Translated"), Some("mt-suggestion"), None, State::Done),
            (Some("new"), None, None, State::Machine),
            (Some("x-fuzzy"), None, Some("yes"), State::Machine),
            (None, None, None, State::Done),
            (Some(""), None, Some("yes"), State::Done),
            (None, None, Some("no"), State::Machine),
            (None, Some("mt-suggestion"), None, State::Machine),
        ] {
            assert_eq!(read(state, qualifier, approved), Ok(expected), "{state:?}");
        }
        assert_eq!(read(Some("fine"), None, None), Err(Fault::State("fine".to_owned())));
    }
}
