//! `events`: word to the plugin's own pages that are open.

use crate::call::Call;
use crate::gate::Pass;
use crate::transaction::Write;

/// Bytes of a topic.
const LONGEST: usize = 128;
/// Topics of one request.
const MOST: usize = 64;

/// Spread when the request takes effect. What is too long or too much is passed over, and said in the log: the function
/// has no room for a failure.
pub(crate) async fn publish(call: &mut Call, _pass: Pass, topic: String) {
    let known = call.transaction.writes().iter().filter(|write| matches!(write, Write::Event { .. })).count();
    if topic.is_empty() || topic.len() > LONGEST || known >= MOST {
        tracing::warn!(plugin = call.subject().id, request = call.request_id(), "a topic was passed over");
        return;
    }
    let again =
        call.transaction.writes().iter().any(|write| matches!(write, Write::Event { topic: known } if *known == topic));
    if !again {
        call.transaction.push(Write::Event { topic });
        drop(call.settle().await);
    }
}
