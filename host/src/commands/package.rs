//! `vestry package`: what is mounted, from the command line; the way back when no page answers any more.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use vestry_capabilities::Capability;
use vestry_identity::Actor;
use vestry_sandbox::{Sandbox, SandboxSettings};
use vestry_storage::Clock;

use crate::commands::{Data, Failure, runtime, say};
use crate::installer::package::{self, Decision, Inspected};
use crate::installer::store::Store;
use crate::installer::switch::{self, Switch};
use crate::keys::Keys;
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
    /// Mount a plugin again whose package is known, with the grants it had.
    Mount(Named),
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
    #[command(flatten)]
    data: Data,
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
            Self::Mount(named) => named.mount(),
        }
    }
}

impl Add {
    fn run(self) -> Result<(), Failure> {
        let component = std::fs::read(&self.file).map_err(|error| format!("{}: {error}", self.file.display()))?;
        let database = self.data.database()?;
        let directory = &self.data.directory;
        let store = Store::open(directory)?;
        let keys = Keys::open(directory)?;
        let settings = SandboxSettings {
            compiled: directory.join("compiled"),
            key: keys.compiled_code(),
            compiler: server::compiler(),
        };
        let inspected = runtime()?.block_on(async {
            let sandbox = Sandbox::new(settings)?;
            package::inspect(&store, &sandbox, &component).await.map_err(Failure::from)
        })?;
        let grants = self.decide(&inspected)?;
        let Some(grants) = grants else { return Ok(()) };
        let decision = Decision {
            source: "file",
            mount: self.mount.as_deref(),
            grants,
            accept_proposals: self.grant_all,
            replace: self.replace,
        };
        package::mount(&database, &Actor::console(), &inspected, &decision, Clock::system().now())?;
        say(format_args!("{} {} is mounted.", inspected.info.id, inspected.info.version));
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

impl Named {
    fn mount(self) -> Result<(), Failure> {
        let database = self.data.database()?;
        let mount = package::mount_again(&database, &Actor::console(), &self.id, Clock::system().now())?;
        say(format_args!("{} is mounted at /{mount}.", self.id));
        Ok(())
    }

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
