//! Write a plugin for Vestry.
//!
//! A plugin is a WebAssembly component. It says which routes and menu entries it adds, and answers each request with
//! typed blocks; the server draws them, translates them, checks who may see them, and offers the same page as JSON.
//! This is a whole one:
//!
//! ```
#![doc = include_str!("../../examples/hello/src/lib.rs")]
//! ```
//!
//! Its `Cargo.toml` names this crate and says `crate-type = ["cdylib"]`; it is built with
//! `cargo build --release --target wasm32-wasip2`.
//!
//! - [`Plugin`](plugin::Plugin) joins routes to functions. A route says who may use it, or it does not compile.
//! - [`Page`](ui::Page), [`Section`](ui::Section), [`Table`](ui::Table), [`Form`](ui::Form) and the functions of
//!   [`block`] build what people see.
//! - A literal is a phrase that can be translated. A string made at run time is data and is shown as it is.
//!   [`text!`] puts data into a phrase.
//! - [`kv`], [`settings`], [`log`](mod@log), [`uploads`], [`contributions`], [`menu`], [`links`] ask the host. What is not
//!   called is not imported, and what is not imported nobody needs to grant.
//! - `?` passes a failure of the host on. That matters for [`confirm`](types::Failure::Confirm): the host then asks
//!   the person on a page of its own and makes the same request again.

#[doc(hidden)]
pub mod bindings;
pub mod block;
pub mod cell;
pub mod failure;
pub mod form;
pub mod host;
pub mod link;
mod lower;
pub mod page;
pub mod plugin;
pub mod request;
pub mod response;
pub mod table;
pub mod text;
pub mod texts;

pub use bindings::vestry::plugin::{exchange, registration, types, ui};
pub use failure::Result;
pub use host::*;
#[doc(hidden)]
pub use {
    lower::lowered,
    plugin::{answer, describe},
};

/// What nearly every plugin names. `use vestry_sdk::prelude::*;`
pub mod prelude {
    pub use crate::block::{actions, facts, notice, prose};
    pub use crate::cell::{Badges, Time, badge, code, fact, percent, size};
    pub use crate::exchange::{Download, Redirect, Request, Response, Upload};
    pub use crate::failure::{Errors, OrInvalid, Result, invalid};
    pub use crate::plugin::{Plugin, Route, delete, get, patch, post, put};
    pub use crate::registration::Capability;
    pub use crate::text;
    pub use crate::text::data;
    pub use crate::types::{Failure, FieldError, Text, Timestamp};
    pub use crate::ui::{
        Action, Block, Cell, Choice, ColumnValues, Content, Field, Form, Level, Link, Page, RouteRef, Section, Table,
        Texts,
    };
}

/// Makes the crate a plugin: `vestry_sdk::plugin!(plugin);`, where `fn plugin() -> Plugin` says what it is.
///
/// The version that is registered is that of the crate.
#[macro_export]
macro_rules! plugin {
    ($describe:path) => {
        const _: fn() -> $crate::plugin::Plugin = $describe;

        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        const _: () = {
            use $crate::bindings::exports::vestry::sdk::entry;

            struct Exported;
            impl entry::Guest for Exported {
                fn register() -> u32 {
                    $crate::lowered($crate::describe($describe(), env!("CARGO_PKG_VERSION")))
                }
                fn handle(request: $crate::exchange::Request) -> u32 {
                    $crate::lowered($crate::answer($describe(), request))
                }
            }

            #[used]
            #[unsafe(link_section = "component-type:vestry")]
            static WORLD: [u8; $crate::bindings::WORLD.len()] = *$crate::bindings::WORLD;

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
}

/// Words with values in them: `text!("{count} accounts", count = found.len())`.
///
/// The phrase is translated, the values are not. A name in braces without a value, or a value without a name, does
/// not compile.
#[macro_export]
macro_rules! text {
    (@value $name:ident) => { $name };
    (@value $name:ident = $value:expr) => { $value };
    ($phrase:literal $(,)?) => { $crate::types::Text::from($phrase) };
    ($phrase:literal, $($name:ident $(= $value:expr)?),+ $(,)?) => {{
        #[allow(dead_code)]
        fn names_agree() -> String { format!($phrase, $($name = 0),+) }
        $crate::text::filled($phrase, [$((stringify!($name), $crate::text!(@value $name $(= $value)?).to_string())),+])
    }};
}
