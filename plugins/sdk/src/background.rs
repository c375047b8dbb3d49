//! Work that outlasts a request: one attempt at a job, and what it answers. Jobs are started and followed with
//! [`jobs`](mod@crate::jobs).

pub use crate::bindings::vestry::plugin::background::Task;
use crate::types::Json;

/// What a job answers: a JSON document of at most 256 KiB. `()` makes `null`, numbers and flags make themselves, and a
/// string is taken for the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome(pub Json);

impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Outcome("null".to_owned())
    }
}

impl From<Json> for Outcome {
    fn from(document: Json) -> Self {
        Outcome(document)
    }
}

macro_rules! outcome_from {
    ($($kind:ty),*) => {
        $(impl From<$kind> for Outcome { fn from(value: $kind) -> Self { Outcome(value.to_string()) } })*
    };
}

outcome_from!(bool, u32, u64, i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_json() {
        let outcomes = [().into(), true.into(), 7_u64.into(), String::from("{\"rows\":7}").into()];
        assert_eq!(outcomes.map(|Outcome(json)| json), ["null", "true", "7", "{\"rows\":7}"]);
    }
}
