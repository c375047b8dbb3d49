//! `settings`: what the server's configuration says to this plugin.

use crate::call::Call;
use crate::gate::Pass;

/// A JSON document; `{}` where the configuration has nothing.
pub(crate) fn get(call: &Call, _pass: Pass) -> String {
    call.subject().settings.clone()
}
