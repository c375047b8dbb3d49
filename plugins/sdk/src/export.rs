//! `plugin!`: what makes a crate a plugin. Each interface that it exports brings a section for the linker and functions
//! under the names that the host looks for; the answers are laid down by `lower`.

/// Makes the crate a plugin: `vestry_sdk::plugin!(plugin);`, where `fn plugin() -> Plugin` says what it is.
///
/// A plugin that has more to answer than requests names the interfaces that it exports beside, in any order:
///
/// - `background` for [`job`](crate::plugin::Plugin::job),
/// - `live` for [`live`](crate::plugin::Plugin::live),
/// - `streaming` for [`stream`](crate::plugin::Plugin::stream),
/// - `migration` for [`migrate`](crate::plugin::Plugin::migrate):
///
/// ```
/// # use vestry_sdk::prelude::*;
/// vestry_sdk::plugin!(plugin, background, live);
///
/// fn plugin() -> Plugin {
///     Plugin::new("org.example.counter", "Counter")
///         .route(get("home", "/").for_signed_in().to(|_| Ok(Page::new("Counter").follow(["count"], "0", 0))))
///         .live("home", |_, cursor| Ok(Batch::at(cursor)))
///         .job("count", |task| Ok(task.attempt))
/// }
/// # fn main() {}
/// ```
///
/// Where the two disagree, the plugin cannot be installed; the reason stands beside it. The version that is registered is
/// that of the crate.
#[macro_export]
macro_rules! plugin {
    ($describe:path $(, $export:ident)* $(,)?) => {
        const _: fn() -> $crate::plugin::Plugin = $describe;
        $crate::export!(feature $describe, $($export)*);
        $($crate::export!($export $describe);)*
    };
}

/// One interface that a plugin exports.
#[doc(hidden)]
#[macro_export]
macro_rules! export {
    (feature $describe:path, $($export:ident)*) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        const _: () = {
            use $crate::bindings::exports::vestry::sdk::feature_entry as entry;

            struct Exported;
            impl entry::Guest for Exported {
                fn register() -> u32 {
                    let plugin = $crate::exporting($describe(), &[$(stringify!($export)),*]);
                    $crate::lowered($crate::describe(plugin, env!("CARGO_PKG_VERSION")))
                }
                fn handle(request: $crate::exchange::Request) -> u32 {
                    $crate::lowered($crate::answer($describe(), request))
                }
            }

            $crate::export!(@world FEATURE, "component-type:vestry-feature");
            #[unsafe(export_name = "vestry:plugin/feature@0.1.0#register")]
            unsafe extern "C" fn register() -> i32 {
                unsafe { entry::_export_register_cabi::<Exported>() }
            }
            #[unsafe(export_name = "vestry:plugin/feature@0.1.0#handle")]
            unsafe extern "C" fn handle(request: *mut u8) -> i32 {
                unsafe { entry::_export_handle_cabi::<Exported>(request) }
            }
        };
    };
    (background $describe:path) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        const _: () = {
            use $crate::bindings::exports::vestry::sdk::background_entry as entry;

            struct Exported;
            impl entry::Guest for Exported {
                fn run(task: $crate::background::Task) -> u32 {
                    $crate::lowered($crate::run($describe(), task))
                }
            }

            $crate::export!(@world BACKGROUND, "component-type:vestry-background");
            #[unsafe(export_name = "vestry:plugin/background@0.1.0#run")]
            unsafe extern "C" fn run(task: *mut u8) -> i32 {
                unsafe { entry::_export_run_cabi::<Exported>(task) }
            }
        };
    };
    (live $describe:path) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        const _: () = {
            use $crate::bindings::exports::vestry::sdk::live_entry as entry;

            struct Exported;
            impl entry::Guest for Exported {
                fn next(request: $crate::exchange::Request, cursor: String) -> u32 {
                    $crate::lowered($crate::next_batch($describe(), request, cursor))
                }
            }

            $crate::export!(@world LIVE, "component-type:vestry-live");
            #[unsafe(export_name = "vestry:plugin/live@0.1.0#next")]
            unsafe extern "C" fn next(arguments: *mut u8) -> i32 {
                unsafe { entry::_export_next_cabi::<Exported>(arguments) }
            }
        };
    };
    (streaming $describe:path) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        const _: () = {
            use $crate::bindings::exports::vestry::sdk::streaming_entry as entry;

            struct Exported;
            impl entry::Guest for Exported {
                fn next(request: $crate::exchange::Request, name: String, cursor: Option<String>) -> u32 {
                    $crate::lowered($crate::next_chunk($describe(), request, name, cursor))
                }
            }

            $crate::export!(@world STREAMING, "component-type:vestry-streaming");
            #[unsafe(export_name = "vestry:plugin/streaming@0.1.0#next")]
            unsafe extern "C" fn next(arguments: *mut u8) -> i32 {
                unsafe { entry::_export_next_cabi::<Exported>(arguments) }
            }
        };
    };
    (migration $describe:path) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        const _: () = {
            use $crate::bindings::exports::vestry::sdk::migration_entry as entry;

            struct Exported;
            impl entry::Guest for Exported {
                fn migrate(older: u32) -> u32 {
                    $crate::lowered($crate::migrate($describe(), older))
                }
            }

            $crate::export!(@world MIGRATION, "component-type:vestry-migration");
            #[unsafe(export_name = "vestry:plugin/migration@0.1.0#migrate")]
            unsafe extern "C" fn migrate(older: i32) -> i32 {
                unsafe { entry::_export_migrate_cabi::<Exported>(older) }
            }
        };
    };
    (@world $world:ident, $section:literal) => {
        #[used]
        #[unsafe(link_section = $section)]
        static WORLD: [u8; $crate::bindings::$world.len()] = *$crate::bindings::$world;
    };
    ($unknown:ident $describe:path) => {
        compile_error!(concat!(
            "a plugin cannot export `",
            stringify!($unknown),
            "`; beside `feature` there are `background`, `live`, `streaming` and `migration`"
        ));
    };
}
