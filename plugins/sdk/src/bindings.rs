//! What wit-bindgen makes of `wit/`: the types of the contract, the calls to the host, and the reading of a request.
//! Nothing here is written by hand; the rest of the crate gives these types their builders, and `lower` hands the
//! answer over: `entry` answers where it lies.
//!
//! A component names only the interfaces that it calls, so a wide world asks for nothing by itself; the feature `admin`
//! decides what of it authors can reach.

#[allow(missing_debug_implementations, unsafe_code, unused_qualifications, clippy::all)]
mod generated {
    wit_bindgen::generate!({
        inline: "
            package vestry:sdk;
            interface entry {
                use vestry:plugin/exchange@0.1.0.{request};
                register: func() -> u32;
                handle: func(request: request) -> u32;
            }
            world guest {
                import vestry:plugin/log@0.1.0;
                import vestry:plugin/settings@0.1.0;
                import vestry:plugin/uploads@0.1.0;
                import vestry:plugin/kv@0.1.0;
                import vestry:plugin/contributions@0.1.0;
                import vestry:plugin/menu@0.1.0;
                import vestry:plugin/links@0.1.0;
                import vestry:plugin/registration@0.1.0;
                import vestry:admin/users@0.1.0;
                export entry;
            }
        ",
        path: ["../../wit/plugin", "../../wit/admin"],
        additional_derives: [PartialEq],
        generate_all,
        generate_unused_types: true,
        // Exported by `plugin!`, not by wit-bindgen: this keeps the interface out of what the linker is told.
        pub_export_macro: true,
        export_macro_name: "export_entry",
        default_bindings_module: "vestry_sdk::bindings",
    });
}

pub use generated::*;

/// What the linker needs to know of the exports; see `build.rs`.
pub const WORLD: &[u8; include_bytes!(concat!(env!("OUT_DIR"), "/world")).len()] =
    include_bytes!(concat!(env!("OUT_DIR"), "/world"));
