//! `secrets`: where the server finds secrets that an administrator does not set by hand.
//!
//! ```yaml
//! secrets:
//!   smtp: {env: SMTP_PASSWORD}
//!   api: {file: /run/secrets/api, origin: https://api.example.org}
//! ```
//!
//! The values do not stand here, and one that does is refused without being repeated.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::IgnoredAny;
use vestry_capabilities::{Configured, ConfiguredSecret, ConfiguredSource};
use vestry_vault::{Origin, SecretName};

/// Secrets of the configuration, by name. Whether each is there is seen when it is needed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "BTreeMap<String, Entry>")]
pub struct SecretSettings(Configured);

impl SecretSettings {
    #[must_use]
    pub fn configured(&self) -> &Configured {
        &self.0
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Written(Written),
    /// Not looked at, so that no error can say it.
    Other(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    env: Option<String>,
    file: Option<PathBuf>,
    origin: Option<String>,
}

impl TryFrom<BTreeMap<String, Entry>> for SecretSettings {
    type Error = String;

    fn try_from(entries: BTreeMap<String, Entry>) -> Result<Self, String> {
        let parsed = |(name, entry): (String, Entry)| {
            let parsed_name = SecretName::parse(&name).map_err(|invalid| format!("secrets: `{name}`: {invalid}"))?;
            Ok((parsed_name, secret(entry).map_err(|reason| format!("secrets: `{name}`: {reason}"))?))
        };
        entries.into_iter().map(parsed).collect::<Result<_, _>>().map(Self)
    }
}

fn secret(entry: Entry) -> Result<ConfiguredSecret, String> {
    let form = || {
        "it is written as {env: VARIABLE} or {file: /PATH}, with `origin` beside where it is bound to one; \
         the value itself does not belong here"
            .to_owned()
    };
    let Entry::Written(written) = entry else { return Err(form()) };
    let source = match (written.env, written.file) {
        (Some(variable), None) if !variable.is_empty() && !variable.contains(['=', '\0']) => {
            ConfiguredSource::Environment(variable)
        }
        (None, Some(file)) if file.is_absolute() => ConfiguredSource::File(file),
        (None, Some(_)) => return Err("`file` is a path from the root on, such as /run/secrets/api".into()),
        _ => return Err(form()),
    };
    let origin = written.origin.as_deref().map(Origin::parse).transpose().map_err(|invalid| invalid.to_string())?;
    Ok(ConfiguredSecret { source, origin })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SecretSettings, String> {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_secret_is_in_a_variable_or_in_a_file() {
        let settings =
            read("smtp: {env: SMTP_PASSWORD}\napi: {file: /run/secrets/api, origin: 'https://API.example.org/'}\n")
                .unwrap();
        let named = |name: &str| settings.configured().get(&SecretName::parse(name).unwrap()).unwrap().clone();
        assert_eq!(
            named("smtp"),
            ConfiguredSecret { source: ConfiguredSource::Environment("SMTP_PASSWORD".into()), origin: None }
        );
        assert_eq!(
            named("api"),
            ConfiguredSecret {
                source: ConfiguredSource::File("/run/secrets/api".into()),
                origin: Some(Origin::parse("https://api.example.org").unwrap()),
            }
        );
    }

    #[test]
    fn what_is_not_understood_names_the_secret_and_never_says_a_value() {
        for wrong in [
            "smtp: hunter2hunter2",
            "smtp: 31415926535",
            "smtp: {value: hunter2hunter2}",
            "smtp: {env: A, value: hunter2hunter2}",
            "smtp: [hunter2hunter2]",
            "smtp: {}",
            "smtp: {env: A, file: /a}",
            "smtp: {env: ''}",
            "smtp: {file: relative}",
            "smtp: {env: A, origin: api.example.org}",
        ] {
            let error = read(wrong).unwrap_err();
            assert!(error.contains("`smtp`"), "{error}");
            assert!(!error.contains("hunter2") && !error.contains("31415926535"), "{error}");
        }
        assert!(read("'Not A Name': {env: A}").unwrap_err().contains("Not A Name"));
    }
}
