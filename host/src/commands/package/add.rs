//! `vestry package add`: fetch, say what it gets, mount.

use clap::Args;
use vestry_catalog::order::Choice;
use vestry_catalog::{Capability, Known};

use crate::commands::package::fetching::Origin;
use crate::commands::package::{Which, on_ground, report};
use crate::commands::{Data, Failure, say};
use crate::installer::orders::{self, Decision};
use crate::installer::package_error::PackageError;

#[derive(Debug, Args)]
pub(in crate::commands) struct Add {
    #[command(flatten)]
    origin: Origin,
    /// Where to mount it, in place of where it asks to be.
    #[arg(long)]
    mount: Option<String>,
    /// Grant everything that it asks for.
    #[arg(long, conflicts_with = "grants")]
    grant_all: bool,
    /// Grant one thing that it asks for, such as `vestry:plugin/kv` or `public`; may be repeated.
    #[arg(long = "grant", value_name = "CAPABILITY")]
    grants: Vec<String>,
    /// Take the place of another plugin that is mounted there.
    #[arg(long, alias = "replace")]
    swap: bool,
    /// Take over the id and the data of plugins from elsewhere.
    #[arg(long)]
    take_over: bool,
    /// Which data it works with, where what is there does not fit.
    #[arg(long, value_name = "WHICH")]
    choose_data: Option<Which>,
    #[command(flatten)]
    data: Data,
}

impl Add {
    pub(super) fn run(self) -> Result<(), Failure> {
        let ready = self.origin.read()?;
        on_ground(&self.data, async |installer, commission| {
            let package = ready.fetch(installer, commission).await?;
            let asks: Vec<Capability> = package.asks().into_iter().map(|ask| ask.capability).collect();
            let Some(grants) = self.grants(&package, asks)? else { return Ok(()) };
            let decision = Decision {
                grants: Some(grants),
                accept_proposals: self.grant_all,
                mount: self.mount.clone(),
                swap: self.swap,
                take_over: self.take_over,
                data: self.choose_data.map(Choice::from),
            };
            let placed = orders::add(installer, commission, &package, decision).await?;
            report(installer, &placed)?;
            say(&package.row.digest);
            Ok(())
        })
    }

    /// What is granted; none where only the question was asked.
    fn grants(&self, package: &Known, asks: Vec<Capability>) -> Result<Option<Vec<Capability>>, PackageError> {
        if self.grant_all || asks.is_empty() {
            return Ok(Some(asks));
        }
        if self.grants.is_empty() {
            say(format_args!("{} {} asks for:", package.info.id, package.info.version));
            asks.iter().for_each(|capability| say(format_args!("  {capability}")));
            say("Nothing was mounted. Say --grant-all, or --grant CAPABILITY for each that it gets.");
            return Ok(None);
        }
        let find = |wanted: &String| asks.iter().find(|asked| asked.to_string() == *wanted).cloned();
        let found: Result<Vec<Capability>, PackageError> = self
            .grants
            .iter()
            .map(|wanted| find(wanted).ok_or_else(|| PackageError::NotAsked(wanted.clone())))
            .collect();
        found.map(Some)
    }
}
