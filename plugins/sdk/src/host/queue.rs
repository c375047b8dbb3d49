//! The jobs of all plugins, for who administers the server.

pub use crate::bindings::vestry::admin::queue::{Found, Job, Line, Query, cancel, find, get, lines, retry};
