//! Words on the screen: phrases with values in them, and what they are in other languages.
//!
//! A phrase is what somebody wrote in the source of the host or of a plugin. Together with the plugin that it is of (none
//! for the host) it is its own key: there are no identifiers to keep in step, and what nobody has translated is shown as
//! it was written. A [`Catalogue`] holds what the phrases are in one [`Language`]; [`Noted`] remembers which there are.
//!
//! Deliberately not done: dates and numbers are not worded here, and no phrase is put together of others.

mod accept;
mod catalogue;
mod check;
mod fill;
mod language;
mod names;
mod noted;
mod plural;
pub mod shipped;
mod words;

pub use accept::preferred;
pub use catalogue::{Catalogue, Forms};
pub use check::{LONGEST, WrongTranslation, check, is_counted};
pub use fill::fill;
pub use language::{Language, NoLanguage};
pub use noted::{Noted, Seen};
pub use plural::Plural;
pub use words::Words;

/// Name of the value that decides which form is chosen, if it is a whole number.
pub const COUNT: &str = "count";
