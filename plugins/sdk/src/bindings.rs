//! What wit-bindgen makes of `wit/`: the types of the contract and the calls to the host. Nothing here is written by
//! hand; the rest of the crate gives these types their builders.
//!
//! With the feature `admin` the world is the one that also holds `vestry:admin`. A component names only the
//! interfaces that it calls, so the wider world asks for nothing by itself.

#[cfg(not(feature = "admin"))]
#[allow(missing_debug_implementations, unsafe_code, unused_qualifications, clippy::all)]
mod generated {
    wit_bindgen::generate!({
        path: "../../wit/plugin",
        world: "vestry:plugin/plugin",
        additional_derives: [PartialEq],
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_plugin",
        default_bindings_module: "vestry_sdk::bindings",
        generate_unused_types: true,
    });
}

#[cfg(feature = "admin")]
#[allow(missing_debug_implementations, unsafe_code, unused_qualifications, clippy::all)]
mod generated {
    wit_bindgen::generate!({
        path: ["../../wit/plugin", "../../wit/admin"],
        world: "vestry:admin/administration",
        additional_derives: [PartialEq],
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_plugin",
        default_bindings_module: "vestry_sdk::bindings",
        generate_unused_types: true,
    });
}

pub use generated::*;
