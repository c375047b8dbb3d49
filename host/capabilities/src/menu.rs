//! `menu`: a small mark beside a menu entry of the plugin.

use vestry_contract::ui::Badge;

use crate::call::Call;
use crate::gate::Pass;
use crate::transaction::Write;

/// Takes effect with everything else that the request writes. A route that the plugin does not have is passed over.
pub(crate) async fn set_badge(call: &mut Call, _pass: Pass, route: &str, badge: Option<Badge>) {
    let known = call.settings().is_ok_and(|open| open.surroundings.has_route(&call.subject().id, route));
    if known {
        call.transaction.push(Write::Badge { route: route.to_owned(), badge });
        // The function has no room for a failure; what it was is in the log.
        drop(call.settle().await);
    }
}
