//! Carries out what was written down: packages are stored and inspected, plugins mounted and switched.
//!
//! The store is content-addressed: a package is the file of its digest, written beside and renamed, and never changed.
//! What is wanted stands in the database; [`snapshot`] makes of it what the registry serves.

pub mod package;
pub mod shipped;
pub mod snapshot;
pub mod store;
pub mod switch;
