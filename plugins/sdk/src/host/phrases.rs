//! What phrases of the server and of its plugins are in other languages, for who translates them.

pub use crate::bindings::vestry::admin::phrases::{
    Change, Covered, Entry, Found, Language, Outcome, Query, Refusal, Translation, apply, coverage, describe, find,
    languages, put_language, remove_language,
};
