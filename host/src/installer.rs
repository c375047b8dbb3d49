//! Carries out what was written down: packages are stored and inspected, plugins mounted and switched.
//!
//! The store is content-addressed: a package is the file of its digest, written beside and renamed, and never changed.
//! What is wanted stands in the database; [`snapshot`] makes of it what the registry serves. Where a package works with
//! data of another shape, [`data`] says what becomes of what is there, and [`migration`] brings a copy of it to that
//! shape before anything is changed.

pub mod commission;
pub mod data;
pub mod grants;
mod installation;
pub mod migration;
pub mod orders;
pub mod package;
pub mod package_error;
pub mod placing;
mod probe;
pub mod quarantine;
pub mod serving;
pub mod shipped;
pub mod snapshot;
pub mod store;
pub mod tidy;
mod trial;
mod upgrades;

use std::sync::Arc;

use vestry_capabilities::Services;
use vestry_sandbox::Sandbox;

use crate::installer::store::Store;
use crate::registry::about::About;
use crate::settings::Settings;

/// What packages are installed with.
#[derive(Debug, Clone, Copy)]
pub struct Installer<'a> {
    pub store: &'a Store,
    pub sandbox: &'a Sandbox,
    pub services: &'a Services,
    pub settings: &'a Settings,
    pub about: &'a Arc<About>,
}

impl Installer<'_> {
    fn now(&self) -> u64 {
        self.services.identity.clock().now()
    }
}
