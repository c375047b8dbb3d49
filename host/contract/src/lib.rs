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

pub use generated::exports::vestry::plugin::feature;
pub use generated::vestry::admin::users;
pub use generated::vestry::plugin::{
    contributions, exchange, kv, links, log, menu, registration, settings, types, ui, uploads,
};
pub use generated::{Administration, AdministrationPre, vestry as packages};
