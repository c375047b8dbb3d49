//! `secrets`: passwords and keys for other programs, for a plugin that was granted each by its name.

use vestry_contract::types::Failure;

use crate::call::{Call, unavailable};
use crate::gate::{Pass, Refusal};
use crate::secret_store::{Holder, SecretError};
use crate::table::SECRETS_REVEAL;
use vestry_catalog::Capability;

/// The value of a secret that is bound to no origin.
pub(crate) fn reveal(call: &mut Call, _pass: Pass, name: &str) -> Result<String, Failure> {
    granted(call, name)?;
    call.reach_out()?;
    let holder = Holder::Plugin(&call.subject().id);
    let value = call.settings()?.services.secrets.reveal(holder, name).map_err(Failure::from)?;
    Ok(value.expose().to_owned())
}

/// Says no where the plugin was not granted this secret, whether there is one or not.
fn granted(call: &mut Call, name: &str) -> Result<(), Failure> {
    if call.grants()?.holds(&Capability::Secret(name.to_owned())) {
        return Ok(());
    }
    let plugin = call.subject();
    let why = |name: &str| {
        let name: String = name.chars().take(100).collect();
        format!(
            "{} {} was not granted the secret `{name}`; it needs the wish `secret({name})`, which an administrator grants",
            plugin.id, plugin.version
        )
    };
    let told = format!("{SECRETS_REVEAL} is denied: {}", why(name));
    // The audit is for ever; the plugin is told its own words.
    let reason = why(&call.settings()?.services.secrets.words_of(Holder::Plugin(&plugin.id)).redact(name));
    call.note_refusal(Refusal { function: SECRETS_REVEAL.to_string(), reason });
    Err(Failure::Denied(told))
}

/// What a plugin is told: where a secret lies on the server is not its business, and stays in the log.
impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::Unknown(_) => Self::NotFound(error.to_string()),
            SecretError::Bound { .. } | SecretError::Unbound { .. } | SecretError::Elsewhere { .. } => {
                Self::Denied(error.to_string())
            }
            SecretError::NoVariable { ref name, .. } | SecretError::NoFile { ref name, .. } => {
                tracing::warn!(%error, "a plugin asked for a secret that is not there");
                Self::NotFound(format!("the secret `{name}` is configured, but not there; the server's log says more"))
            }
            SecretError::Unusable { ref name, .. } | SecretError::Sealed { ref name, .. } => {
                tracing::error!(%error, "a plugin asked for a secret that cannot be used");
                Self::Unavailable(format!("the secret `{name}` cannot be used; an administrator has to set it again"))
            }
            SecretError::Storage(error) => unavailable(error),
            SecretError::Configured(_) | SecretError::Forbidden | SecretError::Vault(_) => {
                Self::Internal(error.to_string())
            }
        }
    }
}
