//! `vestry package`: all about packages, from the command line; the way back when no page answers any more.
//!
//! It does what Package Management does, with the same rules, in this process: whether a server runs on the data directory
//! or not. A server that does sees it a moment later.

mod add;
mod cancel;
mod change;
mod fetching;
mod mount;
mod show;
mod update;

use clap::{Args, Subcommand, ValueEnum};
use vestry_catalog::Obstacle;
use vestry_catalog::order::Choice;
use vestry_catalog::switching::SwitchError;

use crate::commands::{Data, Failure, runtime, say};
use crate::ground::{Ground, Opening};
use crate::installer::Installer;
use crate::installer::commission::Commission;
use crate::installer::package_error::PackageError;
use crate::installer::placing::Placed;
use crate::server;

#[derive(Debug, Subcommand)]
pub(super) enum Package {
    /// Fetch a package, inspect it and mount it. Where it asks for something and no grant is given, it shows what is asked
    /// for and mounts nothing.
    Add(add::Add),
    /// Fetch a package, and show what it adds, what it asks for and what is odd about it. Nothing is mounted.
    Inspect(show::Inspect),
    /// List what is mounted: mount, id, version, state, newer version, source.
    List(Data),
    /// List packages that are here and not mounted.
    Waiting(Data),
    /// The versions of a plugin that are here, the one that runs first.
    Versions(Named),
    /// What happened to a plugin.
    History(Named),
    /// Ask where plugins came from for newer versions.
    Check(update::Check),
    /// Fetch newer versions and mount them, where they ask for nothing more.
    Update(update::Update),
    /// Put an older version in the place of the one that runs: the one before it, if none is named.
    RollBack(mount::RollBack),
    /// Put back what was at a mount before what is there now.
    SwapBack(mount::SwapBack),
    /// Mount a package that is known, with the grants it had: the one that was added last, or an older one in its place.
    Mount(mount::Mount),
    /// Switch a plugin off. Its data stays.
    Disable(Named),
    /// Switch a plugin on again.
    Enable(Named),
    /// Lift a quarantine.
    Retry(Named),
    /// Take a plugin off its mount. Its data stays, unless it is to go as well.
    #[command(alias = "uninstall")]
    Unmount(change::Unmount),
    /// Grant the version that runs something that it asks for.
    Grant(change::Grant),
    /// Take a grant back from the version that runs.
    Revoke(change::Grant),
    /// Show the limits of a plugin, or set them.
    Limits(change::Limits),
    /// Cancel an order about packages that waits or is carried out.
    Cancel(cancel::Cancel),
    /// Remove a package that is not mounted.
    Discard(change::Discard),
    /// Remove files that nobody needs any more. A server does that by itself.
    Tidy(Data),
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The plugin's id, such as `org.example.utilities`.
    id: String,
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

impl Package {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Add(add) => add.run(),
            Self::Inspect(inspect) => inspect.run(),
            Self::List(data) => show::list(&data),
            Self::Waiting(data) => show::waiting(&data),
            Self::Versions(named) => show::versions(&named),
            Self::History(named) => show::history(&named),
            Self::Check(check) => check.run(),
            Self::Update(update) => update.run(),
            Self::RollBack(back) => back.run(),
            Self::SwapBack(back) => back.run(),
            Self::Mount(mount) => mount.run(),
            Self::Disable(named) => change::disable(&named),
            Self::Enable(named) => change::enable(&named),
            Self::Retry(named) => change::retry(&named),
            Self::Unmount(unmount) => unmount.run(),
            Self::Grant(grant) => grant.give(),
            Self::Revoke(grant) => grant.take(),
            Self::Limits(limits) => limits.run(),
            Self::Cancel(cancel) => cancel.run(),
            Self::Discard(discard) => discard.run(),
            Self::Tidy(data) => change::tidy(&data),
        }
    }
}

/// The data directory as the server has it.
fn ground(data: &Data) -> Result<Ground, Failure> {
    let settings = data.settings()?;
    Ok(Ground::open(Opening {
        data: data.directory.clone(),
        settings,
        compiler: server::compiler(),
        fetcher: server::fetcher(),
    })?)
}

/// Does something that waits, on the data directory as the server has it.
fn on_ground<T>(
    data: &Data,
    work: impl AsyncFnOnce(&Installer<'_>, &Commission) -> Result<T, PackageError>,
) -> Result<T, Failure> {
    let ground = ground(data)?;
    let installer = ground.installer();
    let commission = Commission::of_console(ground.services.identity.clock().now());
    runtime()?.block_on(work(&installer, &commission)).map_err(|error| told(&error))
}

fn told(error: &PackageError) -> Failure {
    match option(error) {
        Some(option) => format!("{error} ({option})").into(),
        None => error.to_string().into(),
    }
}

/// What to say at the command line where something is in the way that may be told to go.
fn option(error: &PackageError) -> Option<&'static str> {
    match error {
        PackageError::Obstacle(Obstacle::Taken { .. }) => Some("--swap, --mount"),
        PackageError::Obstacle(Obstacle::Stranger { .. }) => Some("--take-over"),
        PackageError::Obstacle(Obstacle::UnderWay(_)) | PackageError::Switch(SwitchError::UnderWay(_)) => {
            Some("`vestry package cancel JOB`")
        }
        PackageError::Wider { .. } => Some("`vestry package add` with --grant"),
        _ => None,
    }
}

fn report(installer: &Installer<'_>, placed: &Placed) -> Result<(), PackageError> {
    let Placed { id, version, mount, migrated } = placed;
    say(format_args!("{id} {version} is mounted at /{mount}."));
    if let Some((from, to)) = migrated {
        say(format_args!("Its data was brought from the shape {from} to {to}; what it was is kept for 30 days."));
    }
    match installer.services.database.read(|reader| reader.plugin(id))? {
        Some(plugin) if !plugin.enabled => {
            say(format_args!("It stays switched off; `vestry package enable {id}` switches it on."));
        }
        Some(plugin) if plugin.quarantined.is_some() => {
            say(format_args!("It stays stopped, because it failed; `vestry package retry {id}` tries it again."));
        }
        _ => {}
    }
    Ok(())
}
