//! `server`: what this server is, for whoever looks after it.

use std::sync::Arc;

use vestry_contract::server::Overview;
use vestry_contract::types::Failure;

use crate::call::{Call, unavailable};
use crate::gate::Pass;

pub(crate) async fn describe(call: &Call, _pass: Pass) -> Result<Overview, Failure> {
    let open = call.settings()?;
    let (surroundings, services) = (Arc::clone(&open.surroundings), open.services.clone());
    tokio::task::spawn_blocking(move || surroundings.describe(&services))
        .await
        .map_err(|_| Failure::Unavailable("the server is stopping".into()))?
        .map_err(unavailable)
}
