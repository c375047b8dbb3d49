//! `vestry dev`: for development and tests.

use clap::Subcommand;
use vestry_identity::accounts::{self, Change, Mode};
use vestry_identity::{AccountId, Actor, IdentityError};

use crate::commands::{Data, Failure, say};

#[derive(Debug, Subcommand)]
pub(super) enum Dev {
    /// Add accounts with made-up names, without passwords.
    Seed {
        count: u32,
        #[command(flatten)]
        data: Data,
    },
}

const FIRST: &[&str] = &[
    "Ada", "Amir", "Beatriz", "Chen", "Dalia", "Emeka", "Fatima", "Grace", "Hiro", "Ines", "Jonas", "Karim", "Lena",
    "Mateo", "Nadia", "Olu", "Priya", "Quinn", "Rosa", "Sami", "Tariq", "Uma", "Vera", "Wen", "Ximena", "Yusuf", "Zoe",
];
const LAST: &[&str] = &[
    "Abara", "Bauer", "Castro", "Diaz", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito", "Jansen", "Kowalski", "Lopez",
    "Müller", "Nakamura", "Okafor", "Petrov", "Quiroga", "Rossi", "Sato", "Tanaka", "Usman", "Vargas", "Weber", "Xu",
    "Yilmaz", "Zhang",
];
/// Accounts in one transaction.
const BATCH: u32 = 1_000;

impl Dev {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self::Seed { count, data } = self;
        let identity = data.identity()?;
        let now = identity.clock().now();
        for start in (0..count).step_by(BATCH as usize) {
            let changes = (start..count.min(start + BATCH)).map(made_up).collect::<Result<Vec<_>, IdentityError>>()?;
            identity.database().write(|tx| {
                // Each a minute apart, so that the order of creation shows.
                let created = now.saturating_sub(u64::from(count - start) * 60_000);
                accounts::apply(tx, &Actor::console(), &changes, Mode::SkipRefused, created)
            })?;
        }
        say(format_args!("{count} accounts were added."));
        Ok(())
    }
}

/// The same name for the same number, and an address that no other has.
fn made_up(number: u32) -> Result<Change, IdentityError> {
    let pick = |names: &[&'static str], step: u32| names[(number / step) as usize % names.len()];
    let (first, last) = (pick(FIRST, 1), pick(LAST, 27));
    let email = format!("{}.{}{number}@example.org", first.to_lowercase(), last.to_lowercase().replace('ü', "ue"));
    Ok(Change::Create { id: AccountId::generate()?, email, name: format!("{first} {last}"), privileges: Vec::new() })
}
