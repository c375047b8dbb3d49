//! `contributions`: what plugins add to a point, as far as the actor may open it.

use vestry_contract::contributions::Entry;

use crate::call::Call;
use crate::gate::Pass;

pub(crate) fn at(call: &Call, _pass: Pass, point: &str) -> Vec<Entry> {
    let actor = call.actor_now();
    call.settings().map_or_else(|_| Vec::new(), |open| open.surroundings.contributions(point, &actor))
}
