//! Surroundings in which there is nothing, for tests of what needs none.

use vestry_contract::contributions::Entry;
use vestry_contract::server::Overview;
use vestry_contract::ui::RouteRef;
use vestry_storage::StorageError;

use crate::call::{Actor, Services, Surroundings};

#[derive(Debug)]
pub(crate) struct Nowhere;

impl Surroundings for Nowhere {
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
    fn facts(&self) -> &dyn vestry_catalog::Facts {
        &vestry_catalog::Still
    }
    fn describe(&self, _: &Services) -> Result<Overview, StorageError> {
        Err(StorageError::Exhausted("nothing is here to be described".into()))
    }
}
