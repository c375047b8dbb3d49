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
//! - [`kv`], [`files`], [`uploads`], [`http`], [`secrets`], [`events`], [`jobs`](mod@jobs), [`mail`](mod@mail), [`settings`],
//!   [`log`](mod@log), [`contributions`], [`menu`], [`links`] ask the host. What is not called is not imported, and what is
//!   not imported nobody needs to grant.
//! - A plugin can do more than answer requests: [`background`] for jobs and schedules, [`live`] for pages that stay up to
//!   date, [`streaming`] for downloads of any size, and a migration of its data. [`plugin!`] names those that it does.
//! - `?` passes a failure of the host on. That matters for [`confirm`](types::Failure::Confirm): the host then asks
//!   the person on a page of its own and makes the same request again.

pub mod background;
#[doc(hidden)]
pub mod bindings;
pub mod block;
mod capability;
pub mod cell;
mod describe;
mod dispatch;
mod export;
pub mod failure;
pub mod form;
pub mod host;
pub mod link;
pub mod live;
mod lower;
pub mod mail_kind;
pub mod page;
pub mod plugin;
pub mod request;
pub mod response;
pub mod route;
pub mod streaming;
pub mod table;
pub mod text;
pub mod texts;

pub use bindings::vestry::plugin::{exchange, registration, types, ui};
pub use failure::Result;
pub use host::*;
#[doc(hidden)]
pub use {
    describe::describe,
    dispatch::{answer, exporting, migrate, next_batch, next_chunk, run},
    lower::lowered,
};

/// What nearly every plugin names. `use vestry_sdk::prelude::*;`
pub mod prelude {
    pub use crate::background::{Outcome, Task};
    pub use crate::block::{actions, facts, notice, prose};
    pub use crate::cell::{Badges, Time, badge, code, fact, percent, size};
    pub use crate::exchange::{Download, Redirect, Request, Response, Upload};
    pub use crate::failure::{Errors, OrInvalid, Result, invalid};
    pub use crate::live::{Batch, Update};
    pub use crate::mail_kind::MailKind;
    pub use crate::plugin::Plugin;
    pub use crate::registration::Capability;
    pub use crate::route::{Route, delete, get, patch, post, put};
    pub use crate::streaming::Chunk;
    pub use crate::text;
    pub use crate::text::data;
    pub use crate::types::{Failure, FieldError, Text, Timestamp};
    pub use crate::ui::{
        Action, Block, Cell, Choice, ColumnValues, Content, Field, Form, Level, Link, Page, RouteRef, Section, Table,
        Texts,
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
