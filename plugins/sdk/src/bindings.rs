//! What wit-bindgen makes of `wit/`: the types of the contract, the calls to the host, and the reading of a request.
//! Nothing here is written by hand; the rest of the crate gives these types their builders, and `lower` hands the
//! answer over: each `...-entry` answers where it lies. There is one for each interface that a plugin can export, and one
//! that is not exported is not compiled.
//!
//! A component names only the interfaces that it calls, so a wide world asks for nothing by itself; the feature `admin`
//! decides what of it authors can reach. `background`, `live` and `streaming` are imported for their types alone.

#[allow(missing_debug_implementations, unsafe_code, unused_qualifications, clippy::all)]
mod generated {
    wit_bindgen::generate!({
        inline: "
            package vestry:sdk;
            interface feature-entry {
                use vestry:plugin/exchange@0.1.0.{request};
                register: func() -> u32;
                handle: func(request: request) -> u32;
            }
            interface background-entry {
                use vestry:plugin/background@0.1.0.{task};
                run: func(task: task) -> u32;
            }
            interface live-entry {
                use vestry:plugin/exchange@0.1.0.{request};
                next: func(request: request, cursor: string) -> u32;
            }
            interface streaming-entry {
                use vestry:plugin/exchange@0.1.0.{request};
                next: func(request: request, name: string, cursor: option<string>) -> u32;
            }
            interface migration-entry {
                migrate: func(older: u32) -> u32;
            }
            world guest {
                import vestry:plugin/log@0.1.0;
                import vestry:plugin/settings@0.1.0;
                import vestry:plugin/uploads@0.1.0;
                import vestry:plugin/kv@0.1.0;
                import vestry:plugin/files@0.1.0;
                import vestry:plugin/http-client@0.1.0;
                import vestry:plugin/secrets@0.1.0;
                import vestry:plugin/events@0.1.0;
                import vestry:plugin/jobs@0.1.0;
                import vestry:plugin/mail@0.1.0;
                import vestry:plugin/contributions@0.1.0;
                import vestry:plugin/menu@0.1.0;
                import vestry:plugin/links@0.1.0;
                import vestry:plugin/registration@0.1.0;
                import vestry:plugin/background@0.1.0;
                import vestry:plugin/live@0.1.0;
                import vestry:plugin/streaming@0.1.0;
                import vestry:admin/users@0.1.0;
                import vestry:admin/queue@0.1.0;
                import vestry:admin/packages@0.1.0;
                import vestry:admin/server@0.1.0;
                import vestry:admin/phrases@0.1.0;
                export feature-entry;
                export background-entry;
                export live-entry;
                export streaming-entry;
                export migration-entry;
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

/// What the linker needs to know of each export; see `build.rs`.
macro_rules! worlds {
    ($($name:ident: $file:literal;)*) => {
        $(pub const $name: &[u8; include_bytes!(concat!(env!("OUT_DIR"), $file)).len()] =
            include_bytes!(concat!(env!("OUT_DIR"), $file));)*
    };
}

worlds! {
    FEATURE: "/world-feature";
    BACKGROUND: "/world-background";
    LIVE: "/world-live";
    STREAMING: "/world-streaming";
    MIGRATION: "/world-migration";
}
