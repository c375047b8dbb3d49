//! What this server is, for whoever looks after it.

pub use crate::bindings::vestry::admin::server::{Node, Overview, Plugin, Station, Store, describe};
