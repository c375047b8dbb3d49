//! `vestry privilege`: what privileges permit.

use clap::{Args, Subcommand};
use vestry_identity::{Actor, Permission, privileges};
use vestry_storage::Clock;

use crate::commands::{Data, Failure, say};

#[derive(Debug, Subcommand)]
pub(super) enum Privilege {
    /// List all privileges with what they permit, and then all permissions there are.
    List(Data),
    /// Add a privilege of your organisation's own.
    Add(Add),
    /// Say anew what a privilege permits.
    Set(Set),
    /// Delete a privilege of your own; it is taken from everyone who has it.
    Delete(Named),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    name: String,
    /// How it is called on screens.
    #[arg(long)]
    title: String,
    /// What it permits, such as `users.read`; may be repeated.
    #[arg(long = "permission", value_name = "P")]
    permissions: Vec<String>,
    #[command(flatten)]
    data: Data,
}

#[derive(Debug, Args)]
pub(super) struct Set {
    name: String,
    /// What it permits from now on, all of it; may be repeated, and none is nothing.
    #[arg(long = "permission", value_name = "P")]
    permissions: Vec<String>,
    #[command(flatten)]
    data: Data,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    name: String,
    #[command(flatten)]
    data: Data,
}

impl Privilege {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (actor, now) = (Actor::console(), Clock::system().now());
        match self {
            Self::List(data) => list(&data),
            Self::Add(Add { name, title, permissions, data }) => {
                let name = vestry_identity::Privilege::parse(&name)?;
                let permissions = parsed(&permissions)?;
                data.database()?.write(|tx| privileges::create(tx, &actor, &name, &title, &permissions, now))?;
                said(&format!("The privilege {name} was added."))
            }
            Self::Set(Set { name, permissions, data }) => {
                let name = vestry_identity::Privilege::parse(&name)?;
                let permissions = parsed(&permissions)?;
                data.database()?.write(|tx| privileges::set_permissions(tx, &actor, &name, &permissions, now))?;
                said(&format!("The privilege {name} permits what you said."))
            }
            Self::Delete(Named { name, data }) => {
                let name = vestry_identity::Privilege::parse(&name)?;
                data.database()?.write(|tx| privileges::delete(tx, &actor, &name, now))?;
                said(&format!("The privilege {name} was deleted."))
            }
        }
    }
}

fn said(sentence: &str) -> Result<(), Failure> {
    say(sentence);
    Ok(())
}

fn parsed(permissions: &[String]) -> Result<Vec<Permission>, Failure> {
    Ok(permissions.iter().map(|name| Permission::parse(name)).collect::<Result<_, _>>()?)
}

fn list(data: &Data) -> Result<(), Failure> {
    let database = data.database()?;
    let (known, all) = database.read(|reader| {
        Ok::<_, vestry_identity::IdentityError>((
            privileges::list(reader, &Actor::console())?,
            privileges::known_permissions(reader)?,
        ))
    })?;
    for privilege in known {
        say(format_args!("{}\t{}\t{}", privilege.name, privilege.title, privilege.permissions.join(" ")));
    }
    say("");
    for (name, title) in all {
        say(format_args!("{name}\t{title}"));
    }
    Ok(())
}
