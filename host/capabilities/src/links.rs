//! `links`: where a route of the plugin lies, seen from outside.

use vestry_contract::ui::RouteRef;

use crate::call::Call;
use crate::gate::Pass;

/// An absolute URL; empty where the plugin has no such route.
pub(crate) fn absolute(call: &Call, _pass: Pass, route: &RouteRef) -> String {
    call.settings().ok().and_then(|open| open.surroundings.absolute(&call.subject().id, route)).unwrap_or_default()
}
