//! The contract of `wit/` as Rust types and traits, for the host.
//!
//! Everything here is generated: records and variants of the packages `vestry:plugin` and `vestry:admin`, one trait
//! for each interface that a plugin may call, and [`Administration`] to call what a plugin exports. It is a crate of
//! its own so that a room can use the contract's types without knowing wasmtime: only `vestry-sandbox` links and runs.

#[allow(missing_debug_implementations, unused_qualifications, clippy::all)]
mod generated {
    wasmtime::component::bindgen!({
        path: ["../../wit/plugin", "../../wit/admin"],
        world: "vestry:admin/administration",
        imports: { default: async },
        exports: { default: async },
        additional_derives: [serde::Serialize, serde::Deserialize],
    });
}

pub use generated::Administration;
pub use generated::exports::vestry::plugin::{background, feature, live, migration, streaming};
pub use generated::vestry::admin::{packages, phrases, queue, server, users};
pub use generated::vestry::plugin::{
    contributions, events, exchange, files, http_client, jobs, kv, links, log, mail, menu, registration, secrets,
    settings, types, ui, uploads,
};
