//! The part of the panel that puts a package in its place: what goes away, what has to be chosen, what is in the way, and
//! the one button.

use std::collections::BTreeSet;
use std::str::FromStr;

use jiff::Timestamp;
use serde::Serialize;
use vestry_catalog::data::Choices;
use vestry_catalog::needs::{Missing, Mounted};
use vestry_catalog::order::{Choice, Placing};
use vestry_catalog::{CatalogError, Digest, Known, Obstacle, Plan, is_newer, quoted};
use vestry_identity::Caller;
use vestry_identity::privileges::builtin_title;
use vestry_phrases::{Words, phrase, words};
use vestry_storage::Reader;

use crate::installer::grants::GrantError;
use crate::registry::mount::Mount;
use crate::web::panels::consent::view::{Facts, Sent, source};
use crate::web::visit::Visit;

#[derive(Debug, Serialize)]
pub struct OrderView {
    /// What the button says.
    act: String,
    mount: String,
    /// Why it cannot be mounted there, in a sentence; empty where it can.
    mount_wrong: String,
    /// The digest that runs, empty for none, and its version.
    expected: String,
    current: String,
    /// The same plugin comes back to a version that it had.
    back: bool,
    replaces: Option<Other>,
    stranger: Option<Stranger>,
    take_over: bool,
    data: Vec<DataChoice>,
    proposals: Vec<ProposalView>,
    /// Why it cannot be done at the moment, in sentences; then there is no button.
    obstacles: Vec<String>,
}

/// Another plugin that goes away for it.
#[derive(Debug, Serialize)]
struct Other {
    id: String,
    digest: String,
    title: String,
    version: String,
}

/// Where plugins of its id first came from, and where it comes from itself.
#[derive(Debug, Serialize)]
struct Stranger {
    from: String,
    to: String,
}

#[derive(Debug, Serialize)]
struct DataChoice {
    value: &'static str,
    /// When the data was put aside that is meant, and how much it is; empty for none at all.
    until: String,
    size: String,
    chosen: bool,
}

/// That a privilege should permit something of the plugin's own.
#[derive(Debug, Serialize)]
struct ProposalView {
    /// As orders name it.
    value: String,
    /// What the plugin calls the permission.
    permission: String,
    /// Title of the privilege.
    privilege: String,
    ticked: bool,
    /// Why this person cannot tick it; empty where they can.
    locked: String,
}

impl OrderView {
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn of(
        reader: &Reader<'_>,
        visit: &Visit,
        caller: &Caller,
        package: &Known,
        facts: &Facts,
        sent: Option<&Sent>,
        may_grant: bool,
    ) -> Result<Self, CatalogError> {
        let mount = mount(package, facts, sent);
        let other = other_at(reader, &mount, &package.row.id)?;
        let choices = Choices::of(reader, &package.row.id, package.info.data_version)?;
        let running = facts.running.as_ref();
        let back = running.is_some_and(|running| is_way_back(package, running));
        let mount_wrong = mount_wrong(&mount);
        let mut obstacles = match mount_wrong {
            None => obstacles(reader, visit, package, facts, &mount, choices.as_ref())?,
            // It can be typed anew.
            Some(_) => Vec::new(),
        };
        if !may_grant && facts.entitlement.waits(running) {
            obstacles.push(GrantError::Wider(facts.entitlement.more()).words());
        }
        Ok(Self {
            act: visit.words(&act(package, running, other.as_ref(), back)),
            expected: running.map(|running| running.row.digest.clone()).unwrap_or_default(),
            current: running.map(|running| running.row.version.clone()).unwrap_or_default(),
            back,
            replaces: other.map(|other| Other {
                title: quoted(&other.info.title),
                id: other.row.id,
                digest: other.row.digest,
                version: other.row.version,
            }),
            stranger: facts
                .stranger_to
                .clone()
                .map(|from| Stranger { from: source(visit, &from), to: source(visit, &package.row.source) }),
            take_over: sent.is_some_and(|sent| sent.take_over),
            data: choices.iter().flat_map(|choices| data(visit, choices, sent)).collect(),
            proposals: proposals(reader, visit, caller, package, facts, sent)?,
            obstacles: obstacles.iter().map(|words| visit.words(words)).collect(),
            mount_wrong: mount_wrong.map(|words| visit.words(&words)).unwrap_or_default(),
            mount,
        })
    }
}

/// Where it would be mounted: as somebody typed it, where the plugin is now, or where it asks to be.
fn mount(package: &Known, facts: &Facts, sent: Option<&Sent>) -> String {
    let typed = sent.map(|sent| sent.mount.clone()).filter(|mount| !mount.is_empty());
    typed.or_else(|| facts.mount.clone()).unwrap_or_else(|| package.info.mount.clone())
}

/// Another plugin that is mounted there.
///
/// # Errors
///
/// Where the database cannot be read.
pub fn other_at(reader: &Reader<'_>, mount: &str, id: &str) -> Result<Option<Known>, CatalogError> {
    let other = reader.plugins()?.into_iter().find(|plugin| plugin.mount == mount && plugin.id != id);
    other.map_or(Ok(None), |other| Known::read(reader, &other.digest))
}

fn act(package: &Known, running: Option<&Known>, other: Option<&Known>, back: bool) -> Words {
    let version = &package.row.version;
    match (running, other) {
        (_, Some(other)) => words!("Take the place of {id}", id = other.row.id),
        (None, None) => words!("Install"),
        (Some(_), None) if back => words!("Go back to {version}", version),
        (Some(_), None) => words!("Update to {version}", version),
    }
}

/// Whether this build calls itself older than what runs; or, where neither is newer, was in its place before.
fn is_way_back(package: &Known, running: &Known) -> bool {
    let (version, runs) = (&package.row.version, &running.row.version);
    let was_used = (1..running.row.used).contains(&package.row.used);
    is_newer(runs, version) || (was_used && !is_newer(version, runs))
}

/// Why nothing can be mounted there, in a sentence; none where it can.
#[must_use]
pub fn mount_wrong(mount: &str) -> Option<Words> {
    Mount::from_str(mount).err().map(|error| error.words())
}

/// What is in the way, whatever is ticked.
fn obstacles(
    reader: &Reader<'_>,
    visit: &Visit,
    package: &Known,
    facts: &Facts,
    mount: &str,
    choices: Option<&Choices>,
) -> Result<Vec<Words>, CatalogError> {
    let Some(digest) = Digest::parse(&package.row.digest) else { return Ok(Vec::new()) };
    let running = facts.running.as_ref().map(|running| running.row.digest.as_str());
    let wish = Placing {
        digest,
        mount: Some(mount.to_owned()),
        swap: true,
        take_over: true,
        data: choices.and_then(|choices| choices.all().next()),
        expected: running.and_then(Digest::parse),
        replaces: None,
        proposals: Vec::new(),
        decided: true,
    };
    match Plan::make(reader, &wish, &mut Mounted::read(reader)?, None, &|_, _| true) {
        Ok(_) => Ok(Vec::new()),
        Err(Obstacle::Catalog(error)) => Err(error),
        Err(obstacle) => Ok(vec![in_words(visit, &obstacle)]),
    }
}

/// What other packages need in the reader's language; the rest as those say it who are asked on the command line, too.
fn in_words(visit: &Visit, obstacle: &Obstacle) -> Words {
    let missing = |missing: &[Missing]| {
        missing.iter().map(|missing| visit.words(&clause(missing))).collect::<Vec<_>>().join("; ")
    };
    match obstacle {
        Obstacle::Missing(list) => words!("{missing}. Mount what is missing first.", missing = missing(list)),
        Obstacle::Needed(list) => {
            words!("It cannot go away like that: {missing}; update or unmount those first.", missing = missing(list))
        }
        other => sentence(&other.to_string()).into(),
    }
}

fn clause(missing: &Missing) -> Words {
    let Missing { by, what, at_least: version, there } = missing;
    match (version.is_empty(), there) {
        (true, None) => words!("{by} needs {what}, which is not mounted", by, what),
        (false, None) => words!("{by} needs {what} {version} or later, which is not mounted", by, what, version),
        (true, Some(there)) => words!("{by} needs {what}, and {there} is here", by, what, there),
        (false, Some(there)) => {
            words!("{by} needs {what} {version} or later, and {there} is here", by, what, version, there)
        }
    }
}

/// With a capital and a full stop.
fn sentence(words: &str) -> String {
    let words = words.trim_end_matches('.');
    // Ids of plugins stay as they are.
    let is_id = words.split(' ').next().is_some_and(|first| first.contains('.'));
    let mut letters = words.chars();
    match letters.next() {
        Some(first) if !is_id => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        _ => format!("{words}."),
    }
}

fn data(visit: &Visit, choices: &Choices, sent: Option<&Sent>) -> Vec<DataChoice> {
    let chosen = sent.and_then(|sent| sent.data);
    let view = |choice: Choice| {
        let then = choices.then.as_ref().filter(|_| choice == Choice::Then);
        DataChoice {
            value: choice.name(),
            until: then.and_then(|then| then.retired).map(date).unwrap_or_default(),
            size: then.map(|then| visit.words(&size(then.bytes))).unwrap_or_default(),
            chosen: chosen == Some(choice),
        }
    };
    choices.all().map(view).collect()
}

/// `2026-11-22 14:05 UTC`.
fn date(milliseconds: u64) -> String {
    let time = i64::try_from(milliseconds).ok().and_then(|time| Timestamp::from_millisecond(time).ok());
    time.map(|time| time.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}

fn size(bytes: u64) -> Words {
    match bytes {
        0..10_240 => words!("{count} bytes", count = bytes),
        10_240..10_485_760 => format!("{} KiB", bytes >> 10).into(),
        _ => format!("{} MiB", bytes >> 20).into(),
    }
}

/// What the plugin suggests that privileges permit, of permissions that nobody has decided about before.
fn proposals(
    reader: &Reader<'_>,
    visit: &Visit,
    caller: &Caller,
    package: &Known,
    facts: &Facts,
    sent: Option<&Sent>,
) -> Result<Vec<ProposalView>, CatalogError> {
    let decided: BTreeSet<String> = reader.permissions()?.into_iter().map(|permission| permission.name).collect();
    let privileges = reader.privileges()?;
    let mut found = Vec::new();
    for permission in package.info.permissions.iter().filter(|permission| !decided.contains(&permission.name)) {
        // `admin` permits everything as it is.
        let suggested = permission.suggested.iter().filter(|name| *name != vestry_identity::ADMIN);
        for privilege in suggested.filter_map(|name| privileges.iter().find(|row| row.name == *name)) {
            let value = format!("{} {}", permission.name, privilege.name);
            let held = caller.permissions.holds_name(&permission.name);
            found.push(ProposalView {
                // As its author wrote it, as the reasons are.
                permission: vestry_catalog::plain(&permission.title),
                privilege: builtin_title(&privilege.title)
                    .map_or(&*privilege.title, |title| visit.phrase(title))
                    .to_owned(),
                ticked: held && sent.map_or(facts.stranger_to.is_none(), |sent| sent.proposals.contains(&value)),
                locked: match held {
                    true => String::new(),
                    false => visit.phrase(phrase!("An administrator can say so.")).to_owned(),
                },
                value,
            });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn obstacles_are_sentences() {
        assert_eq!(sentence("there is no package; fetch it"), "There is no package; fetch it.");
        assert_eq!(sentence("org.example.b needs org.example.c"), "org.example.b needs org.example.c.");
        assert_eq!(sentence("Ada is changing it."), "Ada is changing it.");
    }
}
