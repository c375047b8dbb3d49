//! Changing what is mounted without another package: on and off, grants, limits, taking away.

use std::collections::BTreeSet;

use clap::Args;
use vestry_catalog::switching::{self, Switch};
use vestry_catalog::{Capability, Known};
use vestry_identity::{Act, Actor, audit};
use vestry_sandbox::{LIMITS, Limits as Chosen};
use vestry_storage::Clock;

use crate::commands::package::mount::find;
use crate::commands::package::{Named, ground, on_ground, told};
use crate::commands::{Data, Failure, runtime, say};
use crate::installer::grants::{self, Ticked};
use crate::installer::package_error::PackageError;
use crate::installer::shipped;
use crate::installer::tidy::{self, Beside};

#[derive(Debug, Args)]
pub(in crate::commands) struct Unmount {
    /// The plugin's id, such as `org.example.utilities`.
    id: String,
    /// Remove everything that it has stored, for good.
    #[arg(long)]
    with_data: bool,
    #[command(flatten)]
    data: Data,
}

#[derive(Debug, Args)]
pub(in crate::commands) struct Grant {
    /// The plugin's id, such as `org.example.utilities`.
    id: String,
    /// What it asks for, such as `vestry:plugin/kv` or `public`.
    capability: String,
    #[command(flatten)]
    data: Data,
}

#[derive(Debug, Args)]
pub(in crate::commands) struct Limits {
    /// The plugin's id, such as `org.example.utilities`.
    id: String,
    /// Limits to set; `default` for what holds where nobody chose.
    #[arg(value_name = "NAME=VALUE")]
    limits: Vec<String>,
    #[command(flatten)]
    data: Data,
}

#[derive(Debug, Args)]
pub(in crate::commands) struct Discard {
    /// The package's digest.
    digest: String,
    #[command(flatten)]
    data: Data,
}

pub(super) fn disable(named: &Named) -> Result<(), Failure> {
    switch(&named.data, &named.id, Switch::Disable, "switched off")
}

pub(super) fn enable(named: &Named) -> Result<(), Failure> {
    switch(&named.data, &named.id, Switch::Enable, "switched on")
}

pub(super) fn retry(named: &Named) -> Result<(), Failure> {
    switch(&named.data, &named.id, Switch::Retry, "switched on")
}

impl Unmount {
    pub(super) fn run(self) -> Result<(), Failure> {
        let then = if self.with_data { "unmounted, and its data is gone" } else { "unmounted; its data is kept" };
        switch(&self.data, &self.id, Switch::Unmount { data: self.with_data }, then)
    }
}

fn switch(data: &Data, id: &str, what: Switch, then: &str) -> Result<(), Failure> {
    let now = Clock::system().now();
    let switched = data.database()?.write(|tx| switching::switch(tx, &Actor::console(), id, what, false, now));
    switched.map_err(|error| told(&error.into()))?;
    say(format_args!("{id} is {then}."));
    Ok(())
}

impl Grant {
    pub(super) fn give(self) -> Result<(), Failure> {
        self.decide(true)
    }

    pub(super) fn take(self) -> Result<(), Failure> {
        self.decide(false)
    }

    fn decide(self, give: bool) -> Result<(), Failure> {
        let ground = ground(&self.data)?;
        let (database, id) = (&ground.services.database, self.id.as_str());
        let running = database.read(|reader| reader.plugin(id))?;
        let running = running.ok_or_else(|| PackageError::NotMounted(id.to_owned()))?;
        let package: Known =
            runtime()?.block_on(crate::installer::package::known(&ground.installer(), &running.digest))?;
        let asks: Vec<Capability> = package.asks().into_iter().map(|ask| ask.capability).collect();
        let asked = asks.iter().find(|ask| ask.to_string() == self.capability).cloned();
        let asked = asked.ok_or_else(|| PackageError::NotAsked(self.capability.clone()))?;
        let rows = database.read(|reader| reader.grants(id, &running.digest))?;
        let shown: BTreeSet<Capability> = rows.iter().filter_map(|grant| grant.capability.parse().ok()).collect();
        let mut wanted = shown.clone();
        let changed = if give { wanted.insert(asked) } else { wanted.remove(&asked) };
        let decided = grants::Decided { plugin: id, digest: &running.digest, asks: &asks };
        let ticked = Ticked { shown, wanted };
        grants::decide(database, &Actor::console(), &decided, Some(&ticked), None, Clock::system().now())?;
        let (capability, version) = (&self.capability, &package.row.version);
        match (changed, give) {
            (false, _) => say(format_args!("Nothing was changed: so it was already for {id} {version}.")),
            (true, true) => say(format_args!("{id} {version} was granted {capability}.")),
            (true, false) => say(format_args!("{capability} was taken back from {id} {version}.")),
        }
        Ok(())
    }
}

impl Limits {
    pub(super) fn run(self) -> Result<(), Failure> {
        let database = self.data.database()?;
        let wanted = self.limits.iter().map(|text| limit(text)).collect::<Result<Vec<_>, String>>()?;
        let (id, now) = (&self.id, Clock::system().now());
        if !wanted.is_empty() {
            database.write(|tx| {
                if tx.plugin(id)?.is_none() {
                    return Err(PackageError::NotMounted(id.clone()));
                }
                for (name, value) in &wanted {
                    tx.set_limit(id, name, *value)?;
                }
                tx.raise_generation()?;
                let act = Act { action: "plugin.set-limits", subject: id, detail: &self.limits.join(", ") };
                Ok(audit(tx, &Actor::console(), &act, now)?)
            })?;
        }
        let rows = database.read(|reader| reader.limits(id))?;
        let chosen = Chosen::chosen(&rows);
        for limit in LIMITS {
            let whose = if rows.iter().any(|(name, _)| name == limit.name) { "chosen" } else { "default" };
            say(format_args!("{}\t{}\t{whose}\t{} to {}", limit.name, limit.of(&chosen), limit.least, limit.most));
        }
        Ok(())
    }
}

/// `NAME=VALUE`, or `NAME=default`.
fn limit(text: &str) -> Result<(String, Option<u64>), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is not written NAME=VALUE"))?;
    let names = || LIMITS.iter().map(|limit| limit.name).collect::<Vec<_>>().join(", ");
    let known = vestry_sandbox::limit(name).ok_or_else(|| format!("there is no limit `{name}`, but {}", names()))?;
    if value == "default" {
        return Ok((name.to_owned(), None));
    }
    match value.parse::<u64>() {
        Ok(value) if known.takes(value) => Ok((name.to_owned(), Some(value))),
        _ => Err(format!("`{name}` can be {} to {}, or default; {value} is neither", known.least, known.most)),
    }
}

impl Discard {
    pub(super) fn run(self) -> Result<(), Failure> {
        on_ground(&self.data, async |installer, _| {
            let digest = installer.services.database.read(|reader| {
                let packages = reader.packages(None)?;
                let mut fitting = packages.iter().filter(|package| package.digest.starts_with(&self.digest));
                match fitting.next().filter(|_| fitting.next().is_none()) {
                    Some(package) => find(reader, &package.id, Some(&package.digest)),
                    None => Err(PackageError::NotHere(self.digest.clone())),
                }
            })?;
            let now = Clock::system().now();
            let brought = shipped::brought_along();
            let (database, actor) = (&installer.services.database, Actor::console());
            database.write(|tx| switching::discard(tx, &actor, &digest, &brought, now))?;
            tidy::tidy(installer, Beside::Others).await?;
            say(format_args!("{digest} was removed."));
            Ok(())
        })
    }
}

pub(super) fn tidy(data: &Data) -> Result<(), Failure> {
    on_ground(data, async |installer, _| {
        match tidy::tidy(installer, Beside::Others).await? {
            None => say("Somebody adds a package at this moment; nothing was removed."),
            Some(done) => say(format_args!(
                "Removed: {} packages, {} of compiled code, {} files that were sent, {} that were being fetched.",
                done.packages, done.compiled, done.uploads, done.unfinished
            )),
        }
        Ok(())
    })
}
