//! `log`: lines of a plugin in the server's log.

use vestry_contract::ui::Level;

use crate::call::Call;
use crate::gate::Pass;

/// Longer messages and values are cut, so that one line stays one line's worth.
const LONGEST: usize = 8 << 10;
/// Fields of one line.
const MOST_FIELDS: usize = 32;

pub(crate) fn write(call: &Call, _pass: Pass, level: Level, message: &str, fields: &[(String, String)]) {
    let message = one_line(message);
    let fields = serde_json::Value::Object(
        fields
            .iter()
            .take(MOST_FIELDS)
            .map(|(name, value)| (one_line(name), serde_json::Value::from(one_line(value))))
            .collect(),
    );
    let (plugin, request) = (call.subject().id.as_str(), call.request_id());
    match level {
        Level::Danger => tracing::error!(target: "plugin", plugin, request, %fields, "{message}"),
        Level::Warning => tracing::warn!(target: "plugin", plugin, request, %fields, "{message}"),
        Level::Neutral => tracing::debug!(target: "plugin", plugin, request, %fields, "{message}"),
        Level::Primary | Level::Success => tracing::info!(target: "plugin", plugin, request, %fields, "{message}"),
    }
}

/// Cut, and without characters that would begin another line or paint on a terminal: a line is what the host says it is.
fn one_line(text: &str) -> String {
    let cut = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text);
    cut.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}
