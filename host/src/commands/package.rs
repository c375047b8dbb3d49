//! `vestry package`: what is mounted, from the command line; the way back when no page answers any more.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use vestry_capabilities::Capability;
use vestry_identity::Actor;
use vestry_storage::Clock;

use crate::commands::{Data, Failure, runtime, say};
use crate::ground::{Ground, Opening};
use crate::installer::data::Choice;
use crate::installer::mounting::{self, Decision, Known, Mounted};
use crate::installer::package::{self, Inspected};
use crate::installer::switch::{self, Switch};
use crate::server;

#[derive(Debug, Subcommand)]
pub(super) enum Package {
    /// Inspect a component and mount it. Where it asks for something and no grant is given, it shows what is asked for and
    /// changes nothing.
    Add(Add),
    /// List what is mounted: mount, id, version, state.
    List(Data),
    /// Switch a plugin off. Its data stays.
    Disable(Named),
    /// Switch a plugin on again.
    Enable(Named),
    /// Take a plugin off its mount. Its data stays.
    Unmount(Named),
    /// Mount a package that is known, with the grants it had: the one that was added last, or an older one in its place.
    Mount(Mount),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The component, a `.wasm` file.
    file: PathBuf,
    /// Where to mount it, in place of where it asks to be.
    #[arg(long)]
    mount: Option<String>,
    /// Grant everything that it asks for.
    #[arg(long, conflicts_with = "grants")]
    grant_all: bool,
    /// Grant one thing that it asks for, such as `vestry:plugin/kv` or `public`; may be repeated.
    #[arg(long = "grant", value_name = "CAPABILITY")]
    grants: Vec<String>,
    /// Take the place of what is mounted there.
    #[arg(long)]
    replace: bool,
    /// Which data it works with, where what is there does not fit.
    #[arg(long, value_name = "WHICH")]
    choose_data: Option<Which>,
    #[command(flatten)]
    data: Data,
}

#[derive(Debug, Args)]
pub(super) struct Mount {
    /// The plugin's id, such as `org.example.utilities`.
    id: String,
    /// What the digest of the package begins with; `package add` prints it.
    #[arg(long)]
    digest: Option<String>,
    /// Which data it works with, where what is there does not fit.
    #[arg(long, value_name = "WHICH")]
    choose_data: Option<Which>,
    #[command(flatten)]
    data: Data,
}

/// As [`Choice`].
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Which {
    /// As it was when it last had the shape of this package; what came later is kept for 30 days.
    Then,
    /// None; what is there is kept for 30 days.
    Fresh,
}

impl From<Which> for Choice {
    fn from(which: Which) -> Self {
        match which {
            Which::Then => Self::Then,
            Which::Fresh => Self::Fresh,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The plugin's id, such as `org.example.utilities`.
    id: String,
    #[command(flatten)]
    data: Data,
}

impl Package {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Add(add) => add.run(),
            Self::List(data) => list(&data),
            Self::Disable(named) => named.switch(Switch::Disable),
            Self::Enable(named) => named.switch(Switch::Enable),
            Self::Unmount(named) => named.switch(Switch::Unmount),
            Self::Mount(mount) => mount.run(),
        }
    }
}

impl Add {
    fn run(self) -> Result<(), Failure> {
        let component = std::fs::read(&self.file).map_err(|error| format!("{}: {error}", self.file.display()))?;
        let (ground, runtime) = (ground(&self.data)?, runtime()?);
        let inspected = runtime.block_on(package::inspect(&ground.store, &ground.sandbox, &component))?;
        let grants = self.decide(&inspected)?;
        let Some(grants) = grants else { return Ok(()) };
        let decision = Decision {
            source: "file",
            mount: self.mount.as_deref(),
            grants,
            accept_proposals: self.grant_all,
            replace: self.replace,
            data: self.choose_data.map(Choice::from),
        };
        let installer = ground.installer();
        let mounted = runtime.block_on(mounting::mount(&installer, &Actor::console(), &inspected, &decision))?;
        report(&mounted);
        say(inspected.digest.as_str());
        Ok(())
    }

    /// What is granted; none where only the question was asked.
    fn decide(&self, inspected: &Inspected) -> Result<Option<Vec<Capability>>, Failure> {
        if self.grant_all || inspected.asks.is_empty() {
            return Ok(Some(inspected.asks.clone()));
        }
        if self.grants.is_empty() {
            say(format_args!("{} {} asks for:", inspected.info.id, inspected.info.version));
            for capability in &inspected.asks {
                say(format_args!("  {capability}"));
            }
            say("Nothing was changed. Say --grant-all, or --grant CAPABILITY for each that it gets.");
            return Ok(None);
        }
        let find = |wanted: &String| inspected.asks.iter().find(|asked| asked.to_string() == *wanted).cloned();
        let found: Result<Vec<Capability>, String> = self
            .grants
            .iter()
            .map(|wanted| find(wanted).ok_or_else(|| format!("it does not ask for `{wanted}`")))
            .collect();
        Ok(Some(found?))
    }
}

impl Mount {
    fn run(self) -> Result<(), Failure> {
        let ground = ground(&self.data)?;
        let known = Known { id: &self.id, digest: self.digest.as_deref(), data: self.choose_data.map(Choice::from) };
        let installer = ground.installer();
        report(&runtime()?.block_on(mounting::mount_known(&installer, &Actor::console(), known))?);
        Ok(())
    }
}

/// The data directory as the server has it.
fn ground(data: &Data) -> Result<Ground, Failure> {
    let settings = data.settings()?;
    Ok(Ground::open(Opening { data: data.directory.clone(), settings, compiler: server::compiler() })?)
}

fn report(mounted: &Mounted) {
    let Mounted { id, version, mount, migrated } = mounted;
    say(format_args!("{id} {version} is mounted at /{mount}."));
    if let Some((from, to)) = migrated {
        say(format_args!("Its data was brought from the shape {from} to {to}; what it was is kept for 30 days."));
    }
}

impl Named {
    fn switch(self, what: Switch) -> Result<(), Failure> {
        let database = self.data.database()?;
        if switch::switch(&database, &Actor::console(), &self.id, what, Clock::system().now())? {
            say(format_args!(
                "{} is {}.",
                self.id,
                match what {
                    Switch::Enable | Switch::Retry => "switched on",
                    Switch::Disable => "switched off",
                    Switch::Unmount => "unmounted; its data is kept",
                }
            ));
            Ok(())
        } else {
            Err(format!("no plugin with the id {} is mounted; `vestry package list` shows what is", self.id).into())
        }
    }
}

fn list(data: &Data) -> Result<(), Failure> {
    let database = data.database()?;
    for plugin in database.read(|reader| reader.plugins())? {
        let version =
            database.read(|reader| reader.package(&plugin.digest))?.map(|package| package.version).unwrap_or_default();
        let state = if plugin.enabled { "on" } else { "off" };
        say(format_args!("/{}\t{}\t{version}\t{state}", plugin.mount, plugin.id));
    }
    Ok(())
}
