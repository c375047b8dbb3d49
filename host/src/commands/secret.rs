//! `vestry secret`: passwords and keys for other programs.

use std::io::Read;

use clap::{Args, Subcommand};
use vestry_capabilities::{SecretSource, SecretView, Secrets};
use vestry_identity::Actor;
use vestry_storage::Clock;
use vestry_vault::{MAX_VALUE, Origin, SecretName, SecretValue};

use crate::commands::{Data, Failure, say};
use crate::keys::Keys;
use crate::web::times::iso;

#[derive(Debug, Subcommand)]
pub(super) enum Secret {
    /// Set a secret, read from stdin. A line break at its end does not belong to it.
    Set(Set),
    /// List all secrets, a line each: name, origin, where it comes from, state. Values are not shown.
    List(Data),
    /// Delete a secret.
    Delete(Named),
}

#[derive(Debug, Args)]
pub(super) struct Set {
    name: String,
    /// The origin that it may be sent to, such as `https://api.example.org`. Plugins cannot read it then.
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
    #[command(flatten)]
    data: Data,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    name: String,
    #[command(flatten)]
    data: Data,
}

impl Secret {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Set(set) => set.run(),
            Self::List(data) => list(&data),
            Self::Delete(Named { name, data }) => {
                let name = SecretName::parse(&name)?;
                match secrets(&data)?.delete(&Actor::console(), &name, Clock::system().now())? {
                    true => say(format_args!("The secret {name} was deleted.")),
                    false => return Err(format!("there is no secret `{name}`").into()),
                }
                Ok(())
            }
        }
    }
}

impl Set {
    fn run(self) -> Result<(), Failure> {
        let name = SecretName::parse(&self.name)?;
        let origin = self.origin.as_deref().map(Origin::parse).transpose()?;
        let value = value_from_stdin()?;
        secrets(&self.data)?.set(&Actor::console(), &name, origin.as_ref(), &value, Clock::system().now())?;
        match origin {
            Some(origin) => say(format_args!("The secret {name} was set; it is sent to {origin} and nowhere else.")),
            None => say(format_args!("The secret {name} was set.")),
        }
        Ok(())
    }
}

/// A little more than a value may have, so that a longer one is noticed.
fn value_from_stdin() -> Result<SecretValue, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(MAX_VALUE as u64 + 3).read_to_end(&mut bytes)?;
    if bytes.is_empty() {
        return Err("stdin is empty; write the secret there".into());
    }
    Ok(SecretValue::from_line(&bytes)?)
}

fn secrets(data: &Data) -> Result<Secrets, Failure> {
    let settings = data.settings()?;
    // The database first: it makes the directory.
    let database = data.database()?;
    let keys = Keys::open(&data.directory)?;
    Ok(Secrets::new(database, keys.secrets(), settings.secrets.configured().clone()))
}

fn list(data: &Data) -> Result<(), Failure> {
    for secret in secrets(data)?.list()? {
        say(line(&secret));
    }
    Ok(())
}

fn line(secret: &SecretView) -> String {
    let source = match &secret.source {
        SecretSource::Environment(variable) => format!("environment {variable}"),
        SecretSource::File(file) => format!("file {}", file.display()),
        SecretSource::Stored { updated, .. } => format!("set {}", iso(*updated)),
    };
    let state = secret.problem.as_deref().unwrap_or("usable");
    format!("{}\t{}\t{source}\t{state}", secret.name, secret.origin.as_deref().unwrap_or("-"))
}
