//! Settings of the server: `vestry.yml` in the data directory, environment variables over it, defaults below.
//!
//! The file is read once, at the start. A key that is not known, or a value of the wrong form, is refused with its
//! line and column: a setting that is silently ignored is worse than a server that does not start. A missing file means
//! the defaults; a file that cannot be read does not.

mod directories;
mod logs;
mod mail;
mod packages;
mod secrets;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;
use url::Url;

pub use crate::settings::directories::DirectorySettings;
pub use crate::settings::logs::{Addresses, LOGS, LogSettings};
pub use crate::settings::mail::{MailSettings, SignIn, SmtpSettings};
pub use crate::settings::packages::{PackageSettings, Quarantine};
pub use crate::settings::secrets::SecretSettings;

/// Where settings are, below the data directory.
pub const FILE: &str = "vestry.yml";

/// All settings, each with its default.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// How browsers reach the server; its scheme decides about secure cookies, its origin about foreign requests.
    pub public_url: Option<Url>,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Name in the header and in titles.
    pub product: String,
    /// Directory whose templates go before the built-in ones.
    pub templates: Option<PathBuf>,
    pub sessions: Sessions,
    /// Where the server finds secrets, by name.
    pub secrets: SecretSettings,
    /// Where the directories are that plugins were granted.
    pub directories: DirectorySettings,
    /// Who mails come from, and which server takes them.
    pub mail: MailSettings,
    pub outbound: OutboundSettings,
    pub packages: PackageSettings,
    /// The files that logs are written to.
    pub logs: LogSettings,
    /// What is logged, such as `info` or `info,vestry=debug`.
    pub log: String,
    /// Settings of plugins, by id; each plugin sees its own.
    pub plugins: BTreeMap<String, serde_json::Value>,
}

/// How long a sign-in lasts.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Sessions {
    /// Hours without a request.
    pub idle_hours: u32,
    /// Days in all.
    pub absolute_days: u32,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { idle_hours: 12, absolute_days: 30 }
    }
}

impl Sessions {
    #[must_use]
    pub fn idle(self) -> Duration {
        Duration::from_secs(u64::from(self.idle_hours) * 3_600)
    }

    #[must_use]
    pub fn absolute(self) -> Duration {
        Duration::from_secs(u64::from(self.absolute_days) * 86_400)
    }
}

/// Calls of plugins to other servers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct OutboundSettings {
    /// Networks that may be called although not everybody in the world could, such as those of the house.
    pub networks: Vec<IpNet>,
    /// A PEM file of authorities whose certificates are believed beside those of Mozilla's list.
    pub certificates: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            trusted_proxies: Vec::new(),
            product: "Vestry".into(),
            templates: None,
            sessions: Sessions::default(),
            secrets: SecretSettings::default(),
            directories: DirectorySettings::default(),
            mail: MailSettings::default(),
            outbound: OutboundSettings::default(),
            packages: PackageSettings::default(),
            logs: LogSettings::default(),
            log: "info".into(),
            plugins: BTreeMap::new(),
        }
    }
}

/// Why the server does not start with these settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{file} cannot be read: {source}", file = .file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    #[error("{file}: {error}", file = .file.display())]
    File { file: PathBuf, error: String },
    #[error("the environment variable {name} is not understood: {error}")]
    Variable { name: &'static str, error: String },
    #[error(
        "public-url must be http:// or https:// with a host and nothing after it, such as https://vestry.example.org; it is {0}"
    )]
    PublicUrl(Url),
    #[error(
        "mail.smtp needs public-url: mails hold links to this server, and it must not be left to a request where they lead"
    )]
    MailWithoutPublicUrl,
    #[error("{0}")]
    Logs(String),
    #[error("sessions must last at least an hour and at most ten years")]
    Sessions,
    #[error("packages.kept must be at least 1: a version that fails is replaced by the one before it")]
    Kept,
    #[error("packages.upgrades must begin with https://, as what stands there is believed; it is {0}")]
    Upgrades(Url),
}

/// Environment variables: a name, and what it sets.
type Setter = fn(&mut Settings, &str) -> Result<(), String>;
const VARIABLES: &[(&str, Setter)] = &[
    ("VESTRY_LISTEN", |settings, value| parse(value).map(|listen| settings.listen = listen)),
    ("VESTRY_PUBLIC_URL", |settings, value| parse(value).map(|url| settings.public_url = Some(url))),
    ("VESTRY_TRUSTED_PROXIES", |settings, value| networks(value).map(|networks| settings.trusted_proxies = networks)),
    ("VESTRY_PRODUCT", |settings, value| {
        settings.product = value.to_owned();
        Ok(())
    }),
    ("VESTRY_TEMPLATES", |settings, value| {
        settings.templates = Some(PathBuf::from(value));
        Ok(())
    }),
    ("VESTRY_SESSION_IDLE_HOURS", |settings, value| parse(value).map(|hours| settings.sessions.idle_hours = hours)),
    ("VESTRY_SESSION_ABSOLUTE_DAYS", |settings, value| parse(value).map(|days| settings.sessions.absolute_days = days)),
    ("VESTRY_OUTBOUND_NETWORKS", |settings, value| {
        networks(value).map(|networks| settings.outbound.networks = networks)
    }),
    ("VESTRY_OUTBOUND_CERTIFICATES", |settings, value| {
        settings.outbound.certificates = Some(PathBuf::from(value));
        Ok(())
    }),
    ("VESTRY_NODE", |settings, value| {
        settings.logs.node = Some(value.to_owned());
        Ok(())
    }),
    ("VESTRY_LOG", |settings, value| {
        settings.log = value.to_owned();
        Ok(())
    }),
];

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(value: &str) -> Result<T, String> {
    value.parse().map_err(|error: T::Err| format!("`{value}`: {error}"))
}

/// Networks with commas between them.
fn networks(value: &str) -> Result<Vec<IpNet>, String> {
    value.split(',').map(|network| parse(network.trim())).collect()
}

impl Settings {
    /// Reads the settings of a data directory, with the environment over them.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, or anything in it or in the environment is not understood.
    pub fn load(data: &Path, variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let file = data.join(FILE);
        let mut settings = match std::fs::read_to_string(&file) {
            Ok(text) if text.trim().is_empty() => Self::default(),
            // Without the lines around it: a password that somebody wrote into the file would stand in the log.
            Ok(text) => serde_saphyr::from_str(&text).map_err(|error| SettingsError::File {
                file: file.clone(),
                error: error.without_snippet().to_string(),
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(source) => return Err(SettingsError::Unreadable { file, source }),
        };
        for (name, set) in VARIABLES {
            if let Some(value) = variable(name) {
                set(&mut settings, &value).map_err(|error| SettingsError::Variable { name, error })?;
            }
        }
        settings.check()?;
        settings.logs.check(data).map_err(SettingsError::Logs)?;
        let logs = settings.logs.place(data);
        settings.directories.check(data, &logs).map_err(|error| SettingsError::File { file, error })?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), SettingsError> {
        if let Some(url) = &self.public_url {
            let plain = matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.path() == "/"
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty();
            if !plain {
                return Err(SettingsError::PublicUrl(url.clone()));
            }
        }
        if self.mail.smtp.is_some() && self.public_url.is_none() {
            return Err(SettingsError::MailWithoutPublicUrl);
        }
        let hours = 1..=87_600;
        if !hours.contains(&self.sessions.idle_hours) || !(1..=3_650).contains(&self.sessions.absolute_days) {
            return Err(SettingsError::Sessions);
        }
        if self.packages.kept == 0 {
            return Err(SettingsError::Kept);
        }
        match &self.packages.upgrades {
            Some(url) if url.scheme() != "https" => Err(SettingsError::Upgrades(url.clone())),
            _ => Ok(()),
        }
    }

    /// Whether browsers reach the server over TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// Whether this address may say on whose behalf it asks.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&address.to_canonical()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(FILE), text).unwrap();
        Settings::load(directory.path(), |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn an_unknown_key_is_refused_with_line_and_column() {
        let error = load("listen: 127.0.0.1:1\nlisten-on: 3\n", &[]).unwrap_err().to_string();
        assert!(error.contains("listen-on") && error.contains("line 2") && error.contains("column 1"), "{error}");
    }

    #[test]
    fn the_environment_goes_over_the_file_and_the_file_over_the_defaults() {
        let settings = load("product: Parish\nlisten: 127.0.0.1:1\n", &[("VESTRY_LISTEN", "127.0.0.1:2")]).unwrap();
        assert_eq!(settings.listen.port(), 2);
        assert_eq!(settings.product, "Parish");
        assert_eq!(settings.sessions.idle_hours, 12);
        assert_eq!(load("", &[]).unwrap().product, "Vestry");
    }

    #[test]
    fn what_is_not_understood_names_itself() {
        let error = load("", &[("VESTRY_LISTEN", "here")]).unwrap_err().to_string();
        assert!(error.contains("VESTRY_LISTEN") && error.contains("here"), "{error}");
        assert!(matches!(load("public-url: https://x.org/path", &[]), Err(SettingsError::PublicUrl(_))));
        assert!(matches!(load("sessions: {idle-hours: 0}", &[]), Err(SettingsError::Sessions)));
        assert!(matches!(load("packages: {kept: 0}", &[]), Err(SettingsError::Kept)));
        let upgrades = |url: &str| load(&format!("packages: {{upgrades: \"{url}\"}}"), &[]);
        assert!(matches!(upgrades("http://v.example.org/u.json"), Err(SettingsError::Upgrades(_))));
        assert!(upgrades("https://v.example.org/u.json").is_ok());
        let server = "mail: {from: a@b.org, smtp: {host: m.b.org}}";
        assert!(matches!(load(server, &[]), Err(SettingsError::MailWithoutPublicUrl)));
        assert!(load(server, &[("VESTRY_PUBLIC_URL", "https://v.b.org")]).is_ok());
        // A password in the wrong place is not repeated.
        for wrong in [
            "mail:\n  from: a@b.org\n  smtp:\n    host: m.b.org\n    password: hunter2\n",
            "secrets:\n  smtp: hunter2\n",
        ] {
            let error = load(wrong, &[]).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert!(load("listen: [", &[]).is_err());
        let node = load("", &[("VESTRY_NODE", "web 1")]).unwrap_err().to_string();
        assert!(node.contains("the name of a node") && node.contains("`web 1`"), "{node}");
    }

    #[test]
    fn networks_of_the_house_are_called_where_they_are_named() {
        let text = "outbound: {networks: [10.1.0.0/16, \"fd00::7/128\"], certificates: /etc/ours.pem}";
        let outbound = load(text, &[]).unwrap().outbound;
        assert_eq!(outbound.networks, ["10.1.0.0/16".parse().unwrap(), "fd00::7/128".parse().unwrap()]);
        assert_eq!(outbound.certificates, Some(PathBuf::from("/etc/ours.pem")));
        assert!(load("", &[]).unwrap().outbound.networks.is_empty());
        let variables = [("VESTRY_OUTBOUND_NETWORKS", "127.0.0.1/32, ::1/128")];
        assert_eq!(load(text, &variables).unwrap().outbound.networks[0], "127.0.0.1/32".parse().unwrap());
        assert!(load("outbound: {networks: [10.1.0.0]}", &[]).is_err());
        assert!(load("outbound: {network: [10.1.0.0/16]}", &[]).is_err());
    }

    #[test]
    fn only_listed_networks_are_trusted() {
        let settings = load("trusted-proxies: [10.0.0.0/8, '::1/128']", &[]).unwrap();
        assert!(settings.trusts("10.1.2.3".parse().unwrap()));
        assert!(settings.trusts("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!settings.trusts("11.0.0.1".parse().unwrap()));
    }
}
