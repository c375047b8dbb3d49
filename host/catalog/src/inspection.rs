//! A package looked at before anything happens: what it adds, what it asks for, what it takes the place of, what is odd.

use serde_json::json;
use vestry_contract::packages::{Ask, Inspection, Package};
use vestry_contract::registration::{Need, PluginInfo};
use vestry_contract::types::Text;
use vestry_storage::Reader;

use crate::additions::additions;
use crate::capability::Capability;
use crate::data::Choices;
use crate::entitlement::{Entitlement, Gives};
use crate::facts::Facts;
use crate::known::{Known, Result, UNREADABLE, is_newer, plain};
use crate::lookalikes::lookalikes;
use crate::meaning;
use crate::needs::{Mounted, short};
use crate::plan::{other_at, stranger_to};
use crate::under_way::under_way;

/// Name of what is said beside the record's own fields of each thing that a package needs: `id at-least`, as JSON.
pub const NEED: &str = "need";

/// What is known of secrets, by name.
pub type Secrets<'a> = &'a dyn Fn(&str) -> meaning::Known<'a>;

/// A package, looked at by who `gives` what they could grant; none where it is not here.
///
/// # Errors
///
/// Where the database cannot be read.
pub fn inspection(
    reader: &Reader<'_>,
    facts: &dyn Facts,
    secrets: Secrets<'_>,
    gives: Gives<'_>,
    digest: &str,
) -> Result<Option<Inspection>> {
    let Some(package) = Known::named(reader, digest)? else { return Ok(None) };
    let place = reader.plugin(&package.row.id)?;
    let running = Known::running(reader, &package.row.id)?;
    let mount = place.map_or_else(|| package.info.mount.clone(), |place| place.mount);
    let other = other_at(reader, &mount, &package.row.id)?;
    let entitlement = Entitlement::of(reader, &package, running.as_ref(), gives)?;
    let choices = Choices::of(reader, &package.row.id, package.info.data_version)?;
    let mounted = Mounted::read(reader)?;
    let missing = mounted.clone().without(&package.row.id).missing(&package.info);
    let stranger_to = stranger_to(reader, &package)?;
    let mut warnings = odd(&package, running.as_ref(), &mounted, facts, &mount);
    warnings.extend(stranger_to.iter().map(|from| stranger(&package, from)));
    warnings.extend(missing.iter().map(|missing| format!("{missing}; mount that first.")));
    warnings.extend(lost(&mounted, &package, other.as_ref()));
    warnings
        .extend(entitlement.opened.iter().map(|route| format!("It opens {route}; the version that runs does not.")));
    warnings.extend(entitlement.withheld.iter().map(|capability| {
        format!("The version that runs has {capability}, which you cannot hand on: somebody who may grant it can.")
    }));
    warnings.extend(choices.as_ref().map(|choices| choices.sentence(package.info.data_version)));
    let job = under_way(reader)?.into_iter().find(|order| {
        order.digests.contains(digest) || (order.kind == "place" && order.plugins.contains(&package.row.id))
    });
    let installed = running.as_ref().filter(|running| running.row.digest != package.row.digest);
    Ok(Some(Inspection {
        adds: additions(&package.info, &mount, installed.map(|running| (&running.info, mount.as_str()))),
        asks: asks(&package, running.as_ref(), &entitlement, secrets),
        installed: running.as_ref().map(Known::package),
        replaces: other.map(|other| other.row.id),
        stranger_to,
        warnings: warnings.into_iter().map(Text::Data).collect(),
        missing: missing.iter().map(crate::needs::Missing::short).collect(),
        data_choices: choices.iter().flat_map(Choices::all).map(|choice| choice.name().to_owned()).collect(),
        wider: installed.is_some() && !entitlement.more().is_empty(),
        job: job.map(|order| order.job),
        readme: package.row.readme.clone(),
        extra: needs(&package.info),
        package: package.package(),
        mount,
    }))
}

/// What it needs, an entry `need` each, also where it is there: the record itself has only what is missing.
fn needs(info: &PluginInfo) -> Vec<(String, String)> {
    let value = |need: &Need| json!(short(&need.what, &need.at_least)).to_string();
    info.needs.iter().map(|need| (NEED.to_owned(), value(need))).collect()
}

/// What it asks for, under the headings of [`meaning`], what is dangerous first.
fn asks(package: &Known, running: Option<&Known>, entitlement: &Entitlement, secrets: Secrets<'_>) -> Vec<Ask> {
    let new = |capability: &Capability| running.is_some() && entitlement.wider.contains(capability);
    let mut asks: Vec<(usize, Ask)> = package
        .asks()
        .into_iter()
        .map(|asked| {
            let words = meaning::of(&asked.capability, secrets, str::to_owned);
            let heading = meaning::HEADINGS.iter().position(|heading| *heading == words.heading);
            let ask = Ask {
                capability: asked.capability.to_string(),
                means: Text::Data(words.words.english()),
                reason: asked.reason,
                grave: words.grave,
                granted: entitlement.granted.contains(&asked.capability),
                new: new(&asked.capability),
            };
            (heading.unwrap_or(meaning::HEADINGS.len()), ask)
        })
        .collect();
    asks.sort_by_key(|(heading, ask)| (*heading, !ask.grave));
    asks.into_iter().map(|(_, ask)| ask).collect()
}

/// What is odd about it, in sentences that say what to do.
fn odd(package: &Known, running: Option<&Known>, mounted: &Mounted, facts: &dyn Facts, mount: &str) -> Vec<String> {
    let Known { row, info } = package;
    let mut odd = Vec::new();
    if !package.is_legible() {
        return vec![UNREADABLE.to_owned()];
    }
    if row.imports.is_none() {
        odd.push("Which interfaces it uses was not kept when it was added; fetch it again to see them.".to_owned());
    }
    if let Some(running) = running.filter(|running| running.row.digest != row.digest) {
        let (version, runs) = (&row.version, &running.row.version);
        if version == runs {
            odd.push(format!(
                "It calls itself {version}, as what runs does, and is another build. Ask where it is from."
            ));
        } else if is_newer(runs, version) {
            odd.push(format!("It is older than what runs, which is {runs}."));
        }
    }
    let title = plain(&info.title);
    if let Some(other) = mounted.called(&title, &info.id) {
        odd.push(format!("It is called {title}, as {other} is. Make sure which of them you mean."));
    }
    odd.extend(lookalikes(info, mounted.all()));
    odd.extend(facts.wrong_mount(mount).map(|reason| format!("It asks for a place that it cannot have: {reason}.")));
    let unknown = package.asks().into_iter().filter(|ask| is_unknown(&ask.capability));
    odd.extend(
        unknown
            .map(|ask| format!("It asks for {}, which this server does not know; a newer server may.", ask.capability)),
    );
    odd
}

fn is_unknown(capability: &Capability) -> bool {
    matches!(capability, Capability::Interface(name) if !meaning::interfaces().any(|known| known == name))
}

fn stranger(package: &Known, from: &str) -> String {
    let Package { id, source, .. } = package.package();
    format!(
        "Packages of {id} first came from {from}, and this one is from {source}: it asks for the id and the data of the \
         others. Mount it only where you know that it is the same plugin."
    )
}

/// What others would lose by it.
fn lost(mounted: &Mounted, package: &Known, other: Option<&Known>) -> Vec<String> {
    let after = mounted.clone().with(&package.info);
    let after = match other {
        Some(other) => after.without(&other.row.id),
        None => after,
    };
    mounted.lost(&after).iter().map(|lost| format!("{lost}; update or unmount that first.")).collect()
}

#[cfg(test)]
mod tests;
