//! Surroundings in which there is nothing, for tests of what needs none; or only what a test says is known.

use std::fmt::Debug;

use vestry_catalog::{Facts, Still};
use vestry_contract::contributions::Entry;
use vestry_contract::server::Overview;
use vestry_contract::ui::RouteRef;
use vestry_storage::StorageError;

use crate::call::{Actor, Services, Surroundings};

#[derive(Debug)]
pub(crate) struct Nowhere<F> {
    pub(crate) facts: F,
    pub(crate) describe: fn(&Services) -> Result<Overview, StorageError>,
}

pub(crate) const NOWHERE: Nowhere<Still> =
    Nowhere { facts: Still, describe: |_| Err(StorageError::Exhausted("nothing is here to be described".into())) };

impl<F: Facts + Debug + Send + Sync> Surroundings for Nowhere<F> {
    fn contributions(&self, _: &str, _: &Actor) -> Vec<Entry> {
        Vec::new()
    }
    fn absolute(&self, _: &str, _: &RouteRef) -> Option<String> {
        None
    }
    fn host_page(&self, _: &str) -> String {
        String::new()
    }
    fn has_route(&self, _: &str, _: &str) -> bool {
        true
    }
    fn facts(&self) -> &dyn Facts {
        &self.facts
    }
    fn describe(&self, services: &Services) -> Result<Overview, StorageError> {
        (self.describe)(services)
    }
}
