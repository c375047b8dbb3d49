//! Requests to a plugin whose data changes its shape: they wait until that is over, and are then asked of the version
//! that serves, whichever it is.
//!
//! Other processes hear of a hold within a quarter of a second. A call that began before is told by the transaction that
//! would write: it conflicts, and comes here too. So a request is answered late, and never lost.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use vestry_capabilities::Approval;

use crate::registry::acting;
use crate::registry::plugin::Plugin;
use crate::web::asking::Asking;
use crate::web::dispatch::{self, Stop};
use crate::web::problem::Problem;

/// How long a request waits.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it looks whether it still has to.
const LOOK: Duration = Duration::from_millis(20);

/// Waits as long as the plugin's calls are held, five seconds at the most.
///
/// # Errors
///
/// The problem to be shown where it takes longer, or where what was asked for is no longer there.
pub async fn wait(asking: &mut Asking, approvals: &mut Vec<Approval>) -> Result<(), Problem> {
    if !is_held(asking, &asking.matching.plugin) {
        return Ok(());
    }
    let deadline = Instant::now() + PATIENCE;
    loop {
        tokio::time::sleep(LOOK).await;
        asking.app.serving().catch_up().await;
        match meant(asking) {
            Some(plugin) if is_held(asking, &plugin) && Instant::now() < deadline => {}
            Some(plugin) if is_held(asking, &plugin) => return Err(Problem::held(&plugin.subject)),
            _ => return renew(asking, approvals),
        }
    }
}

/// After a conflict: whether that is because the plugin's data is held, or another now. Then the request is asked again
/// of what serves now, and that counts as no turn of its own.
///
/// # Errors
///
/// The problem to be shown where what was asked for is no longer there.
pub async fn has_moved(asking: &mut Asking, approvals: &mut Vec<Approval>) -> Result<bool, Problem> {
    asking.app.serving().catch_up().await;
    let space = &asking.matching.plugin.subject.space;
    let moved = meant(asking).is_none_or(|plugin| is_held(asking, &plugin) || plugin.subject.space != *space);
    if moved {
        renew(asking, approvals)?;
    }
    Ok(moved)
}

fn is_held(asking: &Asking, plugin: &Plugin) -> bool {
    plugin.is_held(asking.app.identity().clock().now())
}

/// The version that the request would be asked of now.
fn meant(asking: &Asking) -> Option<Arc<Plugin>> {
    let (snapshot, known) = (asking.app.registry().snapshot(), &asking.matching);
    let meant = dispatch::meant(&snapshot, &asking.visit, known.route.verb, known.plugin.mount.as_str());
    meant.map(|meant| Arc::clone(meant.plugin))
}

/// The same request, by whoever made it with the rights of now, to what is mounted now. What a person said yes to was for
/// the version before.
fn renew(asking: &mut Asking, approvals: &mut Vec<Approval>) -> Result<(), Problem> {
    if let Some(caller) = asking.visit.caller() {
        let current = asking.app.identity().current(caller).map_err(|error| Problem::internal(&error))?;
        asking.visit = asking.visit.with_caller(current.ok_or_else(Problem::unauthenticated)?);
    }
    let known = Arc::clone(&asking.matching);
    let found = dispatch::find(&asking.app, &asking.visit, known.route.verb, asking.visit.path());
    let found = found.map_err(|stop| match stop {
        Stop::Problem(problem) => problem,
        Stop::SignIn => Problem::unauthenticated(),
    })?;
    let (before, now) = (&known.plugin.subject, &found.plugin.subject);
    if before.id != now.id {
        return Err(Problem::held(now));
    }
    if before.digest != now.digest {
        approvals.clear();
    }
    let actor = asking.visit.caller().map(|caller| acting::actor(asking.app.services(), &found.plugin, caller));
    asking.request.actor = actor.transpose().map_err(|error| Problem::internal(&error))?;
    asking.request.route = found.route.name.clone();
    asking.request.params = found.params.clone();
    asking.matching = Arc::new(found);
    Ok(())
}
