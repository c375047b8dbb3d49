//! `vestry token`: API tokens.

use clap::{Args, Subcommand};
use vestry_identity::Actor;

use crate::commands::{Data, Failure, say};

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make a token for an account. It is shown once, alone on the last line.
    Add(Add),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The account's e-mail address.
    email: String,
    /// What the token is for.
    #[arg(long)]
    name: String,
    /// A permission, or a function such as `vestry:admin/users.apply`; may be repeated. What is grave needs both: the
    /// function, and the permission that it asks for. Without any, the token may do all that the account may, except
    /// what is grave.
    #[arg(long = "permission", value_name = "P")]
    permissions: Vec<String>,
    /// Days until it expires; without, it does not.
    #[arg(long, value_name = "D")]
    days: Option<u32>,
    #[command(flatten)]
    data: Data,
}

impl Token {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self::Add(add) = self;
        let identity = add.data.identity()?;
        let email = vestry_identity::Email::parse(&add.email)?;
        let account = identity.database().read(|reader| reader.account_by_email(email.as_str()))?;
        let account = account.ok_or_else(|| format!("there is no account with the e-mail address {email}"))?;
        let made = identity.create_token(&Actor::console(), &account.id, &add.name, &add.permissions, add.days)?;
        say(format_args!("A token for {} ({email}). It is shown only now:", account.name));
        say(made.token.expose());
        Ok(())
    }
}
