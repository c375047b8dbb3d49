//! `vestry user`: accounts.

use std::io::BufRead;

use clap::{Args, Subcommand};
use vestry_identity::Actor;
use vestry_storage::{AccountQuery, MAX_PAGE};

use crate::commands::{Data, Failure, say};

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Add an account.
    Add(Add),
    /// List all accounts, a line each: e-mail, name, privileges, state.
    List(Data),
    /// Set the password of an account, read from the first line of stdin. Its sessions end.
    Password(Password),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    email: String,
    /// How the person is called.
    #[arg(long)]
    name: String,
    /// A privilege to give; may be repeated. `user` is given in any case.
    #[arg(long = "privilege", value_name = "P")]
    privileges: Vec<String>,
    /// Read the password from the first line of stdin. Without one nobody can sign in as this account.
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    data: Data,
}

#[derive(Debug, Args)]
pub(super) struct Password {
    email: String,
    #[command(flatten)]
    data: Data,
}

impl Password {
    fn run(self) -> Result<(), Failure> {
        let identity = self.data.identity()?;
        let email = vestry_identity::Email::parse(&self.email)?;
        let account = identity.database().read(|reader| reader.account_by_email(email.as_str()))?;
        let account = account.ok_or_else(|| format!("there is no account with the e-mail address {email}"))?;
        identity.set_password(&Actor::console(), &account.id, &password_from_stdin()?)?;
        say(format_args!("The password of {} ({email}) was set; their sessions have ended.", account.name));
        Ok(())
    }
}

impl User {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Add(add) => add.run(),
            Self::List(data) => list(&data),
            Self::Password(password) => password.run(),
        }
    }
}

impl Add {
    fn run(self) -> Result<(), Failure> {
        let password = if self.password_stdin { Some(password_from_stdin()?) } else { None };
        let identity = self.data.identity()?;
        identity.create_account(&Actor::console(), &self.email, &self.name, &self.privileges, password.as_deref())?;
        say(format_args!("Added {} ({}).", self.name, self.email));
        Ok(())
    }
}

fn password_from_stdin() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = line.strip_suffix('\n').unwrap_or(&line);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err("stdin is empty; write the password there, on one line".into());
    }
    Ok(password.to_owned())
}

fn list(data: &Data) -> Result<(), Failure> {
    let database = data.database()?;
    let mut query = AccountQuery { limit: MAX_PAGE, ..AccountQuery::default() };
    loop {
        let page = database.read(|reader| reader.find_accounts(&query))?;
        for account in &page.accounts {
            let state = if account.active { "active" } else { "inactive" };
            say(format_args!(
                "{}\t{}\t{}\t{state}",
                account.email.as_deref().unwrap_or("-"),
                account.name,
                account.privileges
            ));
        }
        match page.found.next {
            Some(next) => query.cursor = Some(next),
            None => return Ok(()),
        }
    }
}
