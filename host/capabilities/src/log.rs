//! `log`: lines of a plugin in the server's log.

use vestry_contract::ui::Level;
use vestry_vault::MAX_VALUE;

use crate::call::Call;
use crate::gate::Pass;
use crate::job_log::Line;
use crate::secret_store::{Holder, Redaction};

/// Longer messages and values are cut, so that one line stays one line's worth.
const LONGEST: usize = 8 << 10;
/// What is looked at for secrets: enough that none is cut in half, percent-encoded neither.
const LOOKED_AT: usize = LONGEST + 4 * MAX_VALUE;
/// Fields of one line.
const MOST_FIELDS: usize = 32;

pub(crate) fn write(call: &Call, _pass: Pass, level: Level, message: &str, fields: &[(String, String)]) {
    let secrets = call.settings().map(|open| open.services.secrets.words_of(Holder::Plugin(&call.subject().id)));
    let secrets = secrets.unwrap_or_default();
    let clean = |text: &str| clean(&secrets, text);
    let message = clean(message);
    let fields: Vec<(String, String)> =
        fields.iter().take(MOST_FIELDS).map(|(name, value)| (clean(name), clean(value))).collect();
    if let Some(log) = call.job_log() {
        log.add(Line { time: call.now(), level: name(level), text: told(&message, &fields) });
    }
    let fields = serde_json::Value::Object(
        fields.into_iter().map(|(name, value)| (name, serde_json::Value::from(value))).collect(),
    );
    let (plugin, request) = (call.subject().id.as_str(), call.request_id());
    match level {
        Level::Danger => tracing::error!(target: "plugin", plugin, request, %fields, "{message}"),
        Level::Warning => tracing::warn!(target: "plugin", plugin, request, %fields, "{message}"),
        Level::Neutral => tracing::debug!(target: "plugin", plugin, request, %fields, "{message}"),
        Level::Primary | Level::Success => tracing::info!(target: "plugin", plugin, request, %fields, "{message}"),
    }
}

fn name(level: Level) -> &'static str {
    match level {
        Level::Neutral => "neutral",
        Level::Primary => "primary",
        Level::Success => "success",
        Level::Warning => "warning",
        Level::Danger => "danger",
    }
}

/// A line of a job's log: the message, and the fields behind it.
fn told(message: &str, fields: &[(String, String)]) -> String {
    let fields = fields.iter().map(|(name, value)| format!(" {name}={value}"));
    let told = message.to_owned() + &fields.collect::<String>();
    cut(&told, LONGEST).to_owned()
}

/// On one line, and without secrets: in this order, because a secret with a space in it may stand there with a line break.
fn clean(secrets: &Redaction, text: &str) -> String {
    cut(&secrets.redact(&one_line(cut(text, LOOKED_AT))), LONGEST).to_owned()
}

/// Without characters that would begin another line or paint on a terminal: a line is what the host says it is.
fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use vestry_storage::Database;
    use vestry_vault::{SecretName, SecretValue};

    use super::*;
    use crate::secret_store::{Configured, Secrets};

    fn knowing(secret: &str) -> Redaction {
        let secrets = Secrets::new(Database::temporary().unwrap(), [7; 32], Configured::new());
        let (name, value) = (SecretName::parse("one").unwrap(), SecretValue::parse(secret).unwrap());
        secrets.set(&vestry_identity::Actor::console(), &name, None, &value, 1).unwrap();
        secrets.reveal(Holder::Plugin("p"), "one").unwrap();
        secrets.words_of(Holder::Plugin("p"))
    }

    #[test]
    fn a_secret_is_found_after_the_line_was_made() {
        let secrets = knowing("correct horse");
        for text in ["correct horse", "correct\thorse", "correct\nhorse", "correct\u{85}horse"] {
            assert_eq!(clean(&secrets, &format!("a\n{text}\u{1b}b")), "a ••• b", "{text:?}");
        }
    }

    #[test]
    fn a_secret_is_not_cut_in_half() {
        let secrets = knowing("correct horse");
        let said = clean(&secrets, &format!("{}correct horse", "x".repeat(LONGEST - 7)));
        assert!(said.len() <= LONGEST && !said.contains("correct"), "{}", &said[LONGEST - 20..]);
    }
}
