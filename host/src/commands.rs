//! The command line. Everything here works on a data directory, whether a server runs on it or not.

mod compile;
mod dev;
mod fetch_git;
mod package;
mod privilege;
mod secret;
mod serve;
mod token;
mod user;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// A small server that owns sign-in, privileges, the menu and the frame of the pages; features are sandboxed plugins.
#[derive(Debug, Parser)]
#[command(name = "vestry", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Where the server keeps everything.
#[derive(Debug, Args)]
struct Data {
    /// The data directory; it is made if it is missing.
    #[arg(long = "data", value_name = "DIR", env = "VESTRY_DATA", default_value = "data")]
    directory: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server.
    Serve(serve::Serve),
    /// Accounts: add, list, password.
    #[command(subcommand)]
    User(user::User),
    /// Privileges: list, add, set, delete.
    #[command(subcommand)]
    Privilege(privilege::Privilege),
    /// Secrets: set, list, delete.
    #[command(subcommand)]
    Secret(secret::Secret),
    /// API tokens: add.
    #[command(subcommand)]
    Token(token::Token),
    /// Packages: fetch, inspect, mount, update, go back, take away.
    #[command(subcommand)]
    Package(package::Package),
    /// Check that no entry of the audit was changed or removed.
    Audit(Data),
    /// For development and tests.
    #[command(subcommand, hide = true)]
    Dev(dev::Dev),
    /// Compile a component to native code; the server calls this itself.
    #[command(hide = true)]
    Compile(compile::Compile),
    /// Fetch from a Git repository; the server calls this itself.
    #[command(hide = true)]
    FetchGit(fetch_git::FetchGit),
}

/// Why a command failed, in a sentence for who typed it.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs the command that was typed. Answers go to stdout; what went wrong to stderr, with the exit code 1.
#[must_use]
pub fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::User(user) => user.run(),
        Command::Privilege(privilege) => privilege.run(),
        Command::Secret(secret) => secret.run(),
        Command::Token(token) => token.run(),
        Command::Package(package) => package.run(),
        Command::Audit(data) => audit(&data),
        Command::Dev(dev) => dev.run(),
        Command::Compile(compile) => compile.run(),
        Command::FetchGit(fetch) => fetch.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("vestry: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Prints one line of an answer. Whoever has heard enough may hang up.
fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn audit(data: &Data) -> Result<(), Failure> {
    let database = data.database()?;
    match database.read(|reader| reader.verify_audit())? {
        None => {
            say("The audit is whole.");
            Ok(())
        }
        Some(broken) => Err(broken.into()),
    }
}

impl Data {
    fn database(&self) -> Result<vestry_storage::Database, Failure> {
        Ok(vestry_storage::Database::open(&self.directory)?)
    }

    fn settings(&self) -> Result<crate::settings::Settings, Failure> {
        Ok(crate::settings::Settings::load(&self.directory, |name| std::env::var(name).ok())?)
    }

    fn identity(&self) -> Result<vestry_identity::Identity, Failure> {
        let options = vestry_identity::Options::default();
        Ok(vestry_identity::Identity::new(self.database()?, vestry_storage::Clock::system(), options)?)
    }
}

/// A runtime for commands that wait.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
