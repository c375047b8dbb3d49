//! The secrets of this server: where each comes from, for whom it is, and that it is written nowhere.
//!
//! A secret stands in the configuration, which names an environment variable or a file that is read whenever the secret
//! is needed, or an administrator has set it, and then it stands sealed in the database. The configuration goes first.
//! One that is bound to an origin is given out for calls to that origin alone ([`Secrets::for_origin`]). Who was given
//! which in this process is remembered, so that it can be taken out of what they say ([`Secrets::words_of`]).
//!
//! Deliberately not done: keeping opened values at hand. A secret that is changed or deleted is so at once, everywhere.

mod given;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use vestry_identity::{Act, Actor, audit};
use vestry_storage::{Database, SecretRow, StorageError};
use vestry_vault::{Invalid, MAX_VALUE, Origin, Place, SecretName, SecretValue, Vault, VaultError};

use self::given::{Given, Way};
pub use self::given::{Holder, Redaction};

/// What setting and deleting needs.
pub const MANAGE: &str = "secrets.manage";

/// Where the configuration says that a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfiguredSource {
    /// In this environment variable of the server's process.
    Environment(String),
    /// In this file, all of it but a line break at its end.
    File(PathBuf),
}

/// A secret of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredSecret {
    pub source: ConfiguredSource,
    pub origin: Option<Origin>,
}

/// Secrets of the configuration, by name.
pub type Configured = BTreeMap<SecretName, ConfiguredSecret>;

/// Why a secret is not given out, or was not set. Names secrets, never says a value.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error(
        "there is no secret `{0}`; an administrator can set it at /account/secrets, or with `vestry secret set {0}`"
    )]
    Unknown(String),
    #[error("the secret `{name}` comes from the environment variable {variable}, which is not set")]
    NoVariable { name: String, variable: String },
    #[error("the secret `{name}` comes from the file {file}, which cannot be read: {source}", file = .file.display())]
    NoFile { name: String, file: PathBuf, source: io::Error },
    #[error("the secret `{name}` is not usable: {invalid}")]
    Unusable { name: String, invalid: Invalid },
    #[error("the secret `{name}` cannot be opened: {reason}; set it again")]
    Sealed { name: String, reason: VaultError },
    #[error(
        "the secret `{name}` is bound to {origin}: it is sent there in a header by http-client, and shown to nobody"
    )]
    Bound { name: String, origin: String },
    #[error("the secret `{name}` is bound to no origin; set it again with the origin {asked} to send it there")]
    Unbound { name: String, asked: String },
    #[error("the secret `{name}` is bound to {origin}, and is not sent to {asked}")]
    Elsewhere { name: String, origin: String, asked: String },
    #[error("the secret `{0}` stands in the server's configuration, which goes first; change it there")]
    Configured(String),
    #[error("setting and deleting secrets needs the permission secrets.manage")]
    Forbidden,
    #[error("the secret was not sealed: {0}")]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Where a secret comes from, for people who look after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    Environment(String),
    File(PathBuf),
    /// Set by an administrator: when, and the account; no account for the command line.
    Stored {
        updated: u64,
        by: String,
    },
}

/// All that may be known about a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretView {
    pub name: String,
    pub origin: Option<String>,
    pub source: SecretSource,
    /// One of this name was set, too, and has no effect beside the configuration.
    pub hides_stored: bool,
    /// Why it cannot be used at the moment, in a sentence without its full stop.
    pub problem: Option<String>,
}

/// The secrets of this server. Cheap to clone.
#[derive(Clone)]
pub struct Secrets(Arc<Inner>);

struct Inner {
    database: Database,
    vault: Vault,
    configured: Configured,
    given: Given,
}

/// An opened secret, and what it is bound to.
struct Opened {
    value: SecretValue,
    origin: Option<Origin>,
}

impl Secrets {
    #[must_use]
    pub fn new(database: Database, key: [u8; 32], configured: Configured) -> Self {
        Self(Arc::new(Inner { database, vault: Vault::new(key), configured, given: Given::default() }))
    }

    /// Its value, for one who may know it, and who is remembered to.
    ///
    /// # Errors
    ///
    /// Where it is bound to an origin, is not there, or cannot be read or opened.
    pub fn reveal(&self, holder: Holder<'_>, name: &str) -> Result<SecretValue, SecretError> {
        let opened = self.open(name)?;
        match opened.origin {
            None => {
                self.0.given.remember(holder, Way::Revealed, &opened.value);
                Ok(opened.value)
            }
            Some(origin) => Err(SecretError::Bound { name: name.to_owned(), origin: origin.to_string() }),
        }
    }

    /// Its value, to be sent to this origin for this one, and not to be shown.
    ///
    /// # Errors
    ///
    /// Where it is bound to another origin or to none, is not there, or cannot be read or opened.
    pub fn for_origin(&self, holder: Holder<'_>, name: &str, origin: &str) -> Result<SecretValue, SecretError> {
        let opened = self.open(name)?;
        let (name, asked) = (name.to_owned(), origin.to_owned());
        match opened.origin {
            Some(bound) if Origin::parse(origin).is_ok_and(|origin| origin == bound) => {
                self.0.given.remember(holder, Way::Sent, &opened.value);
                Ok(opened.value)
            }
            Some(bound) => Err(SecretError::Elsewhere { name, origin: bound.to_string(), asked }),
            None => Err(SecretError::Unbound { name, asked }),
        }
    }

    /// All secrets, by name.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn list(&self) -> Result<Vec<SecretView>, StorageError> {
        let stored = self.0.database.read(|reader| reader.secrets())?;
        let mut views: BTreeMap<String, SecretView> =
            stored.into_iter().map(|row| (row.name.clone(), self.view_stored(row))).collect();
        for (name, secret) in &self.0.configured {
            let hides_stored = views.contains_key(name.as_str());
            views.insert(name.to_string(), self.view_configured(name, secret, hides_stored));
        }
        Ok(views.into_values().collect())
    }

    /// Sets a secret, in the place of one of this name. Writes it down, without the value. Waits for the disk.
    ///
    /// # Errors
    ///
    /// Where the configuration has one of this name, or the actor may not.
    pub fn set(
        &self,
        actor: &Actor,
        name: &SecretName,
        origin: Option<&Origin>,
        value: &SecretValue,
        now: u64,
    ) -> Result<(), SecretError> {
        if self.0.configured.contains_key(name) {
            return Err(SecretError::Configured(name.to_string()));
        }
        let row = SecretRow {
            name: name.to_string(),
            origin: origin.map(Origin::to_string),
            sealed: self.0.vault.seal(&Place { name, origin }, value)?,
            updated: now,
            updated_by: actor.id().to_owned(),
        };
        let detail = origin.map(|origin| format!("bound to {origin}")).unwrap_or_default();
        self.0.database.write(|tx| {
            may_manage(actor, tx)?;
            tx.put_secret(&row)?;
            let act = Act { action: "secret.set", subject: &row.name, detail: &detail };
            Ok(audit(tx, actor, &act, now)?)
        })
    }

    /// Deletes a secret that was set; answers whether there was one. Writes it down. Waits for the disk.
    ///
    /// # Errors
    ///
    /// Where it stands in the configuration alone, or the actor may not.
    pub fn delete(&self, actor: &Actor, name: &SecretName, now: u64) -> Result<bool, SecretError> {
        let deleted = self.0.database.write(|tx| {
            may_manage(actor, tx)?;
            let deleted = tx.delete_secret(name.as_str())?;
            if deleted {
                let act = Act { action: "secret.delete", subject: name.as_str(), detail: "" };
                audit(tx, actor, &act, now)?;
            }
            Ok::<_, SecretError>(deleted)
        })?;
        if !deleted && self.0.configured.contains_key(name) {
            return Err(SecretError::Configured(name.to_string()));
        }
        Ok(deleted)
    }

    /// What seals anything else of this server: what mails say, links that are handed over.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// Takes a value out of the words of one from now on that this one was told, and that is no secret by name.
    pub fn keep_out(&self, holder: Holder<'_>, value: &SecretValue) {
        self.0.given.remember(holder, Way::Revealed, value);
    }

    /// For the words of one that are written down: in the log, in the audit, with jobs and mails. Finds what this one has
    /// been given in this process, to read or to be sent, and nothing else.
    #[must_use]
    pub fn words_of(&self, holder: Holder<'_>) -> Redaction {
        self.0.given.all(holder)
    }

    /// For a plugin's words that go straight back to who asked it, and who may have put them into its mouth. Finds what
    /// the plugin was shown.
    #[must_use]
    pub fn answers_of(&self, plugin: &str) -> Redaction {
        self.0.given.revealed(plugin)
    }

    /// The one place where secrets are opened.
    fn open(&self, name: &str) -> Result<Opened, SecretError> {
        let unknown = || SecretError::Unknown(name.chars().take(100).collect());
        let parsed = SecretName::parse(name).map_err(|_| unknown())?;
        match self.0.configured.get(&parsed) {
            Some(secret) => Ok(Opened { value: configured_value(&parsed, secret)?, origin: secret.origin.clone() }),
            None => {
                let row = self.0.database.read(|reader| reader.secret(name))?.ok_or_else(unknown)?;
                self.unseal(&parsed, &row)
            }
        }
    }

    fn unseal(&self, name: &SecretName, row: &SecretRow) -> Result<Opened, SecretError> {
        let sealed = |reason| SecretError::Sealed { name: name.to_string(), reason };
        let origin = row.origin.as_deref().map(Origin::parse).transpose().map_err(|_| sealed(VaultError::Foreign))?;
        let place = Place { name, origin: origin.as_ref() };
        let value = self.0.vault.open(&place, &row.sealed).map_err(sealed)?;
        Ok(Opened { value, origin })
    }

    fn view_stored(&self, row: SecretRow) -> SecretView {
        let opened = match SecretName::parse(&row.name) {
            Ok(name) => self.unseal(&name, &row).map(drop),
            Err(invalid) => Err(SecretError::Unusable { name: row.name.clone(), invalid }),
        };
        SecretView {
            name: row.name,
            origin: row.origin,
            source: SecretSource::Stored { updated: row.updated, by: row.updated_by },
            hides_stored: false,
            problem: opened.err().map(|error| error.to_string()),
        }
    }

    fn view_configured(&self, name: &SecretName, secret: &ConfiguredSecret, hides_stored: bool) -> SecretView {
        SecretView {
            name: name.to_string(),
            origin: secret.origin.as_ref().map(Origin::to_string),
            source: match &secret.source {
                ConfiguredSource::Environment(variable) => SecretSource::Environment(variable.clone()),
                ConfiguredSource::File(file) => SecretSource::File(file.clone()),
            },
            hides_stored,
            problem: configured_value(name, secret).err().map(|error| error.to_string()),
        }
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Secrets").field("configured", &self.0.configured).finish_non_exhaustive()
    }
}

fn may_manage(actor: &Actor, reader: &vestry_storage::Reader<'_>) -> Result<(), SecretError> {
    match actor.holds_now(reader)?.holds_name(MANAGE) {
        true => Ok(()),
        false => Err(SecretError::Forbidden),
    }
}

fn configured_value(name: &SecretName, secret: &ConfiguredSecret) -> Result<SecretValue, SecretError> {
    let parsed = match &secret.source {
        ConfiguredSource::Environment(variable) => {
            let missing = || SecretError::NoVariable { name: name.to_string(), variable: variable.clone() };
            let value = std::env::var_os(variable).ok_or_else(missing)?;
            SecretValue::from_line(value.as_encoded_bytes())
        }
        ConfiguredSource::File(file) => {
            let unreadable = |source| SecretError::NoFile { name: name.to_string(), file: file.clone(), source };
            SecretValue::from_line(&read(file).map_err(unreadable)?)
        }
    };
    parsed.map_err(|invalid| SecretError::Unusable { name: name.to_string(), invalid })
}

/// A little more than a value may have, so that a longer one is noticed.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    // Opening a pipe would wait for somebody to write.
    if !fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_VALUE as u64 + 3).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
