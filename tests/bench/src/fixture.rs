//! A data directory with 10,000 accounts, the plugins that are measured, and an administrator's session.

use std::path::{Path, PathBuf};
use std::process::Command;

use vestry::installer::commission::Commission;
use vestry::installer::orders::{self, Decision};
use vestry::server::{self, Opening};
use vestry::settings::Settings;
use vestry_identity::accounts::{self, Change, Mode};
use vestry_identity::{AccountId, Actor, Identity, IdentityError};
use vestry_sandbox::Compiler;

use crate::Failure;

const ACCOUNTS: u32 = 10_000;
/// The administrator.
const EMAIL: &str = "bench@example.org";
const PASSWORD: &str = "a sentence for the bench";

/// What all measurements are made on.
pub struct Fixture {
    directory: tempfile::TempDir,
    /// The cookie of somebody who may do all.
    pub cookie: String,
    identity: Identity,
}

impl Fixture {
    pub async fn make() -> Result<Self, Failure> {
        let directory = tempfile::tempdir()?;
        let app = server::open(Opening {
            data: directory.path().to_owned(),
            settings: Settings::default(),
            compiler: Compiler::InProcess,
            fetcher: server::fetcher(),
        })
        .await?;
        for name in ["quiet", "hostile", "worker"] {
            let component = std::fs::read(built(name))?;
            let (installer, commission) = (app.installer(), Commission::of_console(app.identity().clock().now()));
            let package = orders::from_file(&installer, &commission, component, name).await?;
            let grants = package.asks().into_iter().map(|ask| ask.capability).collect();
            let decision = Decision { grants: Some(grants), accept_proposals: true, ..Decision::default() };
            orders::add(&installer, &commission, &package, decision).await?;
        }
        let identity = app.identity().clone();
        identity.create_account(&Actor::console(), EMAIL, "Bench", &["admin".to_owned()], Some(PASSWORD))?;
        for start in (0..ACCOUNTS).step_by(1_000) {
            let changes = (start..start + 1_000).map(made_up).collect::<Result<Vec<_>, IdentityError>>()?;
            let now = identity.clock().now();
            app.database().write(|tx| accounts::apply(tx, &Actor::console(), &changes, Mode::AllOrNothing, now))?;
        }
        let session = identity.sign_in(EMAIL, PASSWORD, None, "bench").await?;
        Ok(Self { cookie: format!("vestry={}", session.token.expose()), directory, identity })
    }

    /// Cookies of so many other people, each signed in.
    pub async fn people(&self, count: usize) -> Result<Vec<String>, Failure> {
        let mut cookies = Vec::with_capacity(count);
        for number in 0..count {
            let email = format!("follower.{number}@example.org");
            self.identity.create_account(&Actor::console(), &email, "Follower", &[], Some(PASSWORD))?;
            let session = self.identity.sign_in(&email, PASSWORD, None, "bench").await?;
            cookies.push(format!("vestry={}", session.token.expose()));
        }
        Ok(cookies)
    }

    /// A token of the administrator's, for a program that may do so much.
    pub fn token(&self, permissions: &[&str]) -> Result<String, Failure> {
        let mut command = Command::new(std::env::current_exe()?.with_file_name("vestry"));
        command.args(["token", "add", EMAIL, "--name", "bench", "--data"]).arg(self.data());
        let output = command.args(permissions.iter().flat_map(|permission| ["--permission", permission])).output()?;
        Ok(String::from_utf8(output.stdout)?.lines().last().unwrap_or_default().to_owned())
    }

    pub fn data(&self) -> &Path {
        self.directory.path()
    }
}

/// A component for tests, as `cargo xtask setup` builds it.
pub fn built(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/test-plugins").join(format!("{name}.wasm"))
}

/// A component that the server ships with.
pub fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/shipped").join(format!("{name}.wasm"))
}

fn made_up(number: u32) -> Result<Change, IdentityError> {
    Ok(Change::Create {
        id: AccountId::generate()?,
        email: format!("person.{number}@example.org"),
        name: format!("Person {number:05} Example"),
        privileges: Vec::new(),
    })
}
