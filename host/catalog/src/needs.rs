//! What plugins need of each other: each names ids of plugins, or points where plugins contribute, with the least version
//! of whoever has them.
//!
//! What is mounted counts, also where it is switched off: who needs something says that it must be there, not that it runs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use vestry_contract::registration::{Need, PluginInfo};
use vestry_storage::Reader;

use crate::known::{Known, Result, plain};

/// What is mounted, by id: as it is, or as it would be.
#[derive(Debug, Clone, Default)]
pub struct Mounted(BTreeMap<String, Arc<PluginInfo>>);

/// Something that is needed and not there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// Who needs it.
    pub by: String,
    /// Id of a plugin, or name of a point.
    pub what: String,
    pub at_least: String,
    /// The version that is there, where it is too old.
    pub there: Option<String>,
}

impl fmt::Display for Missing {
    /// `org.example.a needs org.example.b 1.2.0 or later, and 1.1.0 is here`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { by, what, at_least, there } = self;
        write!(formatter, "{by} needs {what}")?;
        if !at_least.is_empty() {
            write!(formatter, " {at_least} or later")?;
        }
        match there {
            Some(version) => write!(formatter, ", and {version} is here"),
            None => write!(formatter, ", which is not mounted"),
        }
    }
}

impl Missing {
    /// `id at-least`, as plugins are told.
    #[must_use]
    pub fn short(&self) -> String {
        short(&self.what, &self.at_least)
    }
}

/// What is needed as plugins are told, whether it is there or not.
pub(crate) fn short(what: &str, at_least: &str) -> String {
    format!("{what} {at_least}").trim_end().to_owned()
}

impl Mounted {
    /// What is mounted at this moment.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn read(reader: &Reader<'_>) -> Result<Self> {
        let mut mounted = Self::default();
        for plugin in reader.plugins()? {
            if let Some(known) = Known::named(reader, &plugin.digest)? {
                mounted.0.insert(plugin.id, Arc::new(known.info));
            }
        }
        Ok(mounted)
    }

    /// The same after this was mounted, in the place of another version of itself.
    #[must_use]
    pub fn with(mut self, info: &PluginInfo) -> Self {
        self.0.insert(info.id.clone(), Arc::new(info.clone()));
        self
    }

    /// The same after a plugin was taken away.
    #[must_use]
    pub fn without(mut self, id: &str) -> Self {
        self.0.remove(id);
        self
    }

    /// What a plugin needs and would not find here.
    #[must_use]
    pub fn missing(&self, info: &PluginInfo) -> Vec<Missing> {
        info.needs.iter().filter_map(|need| self.lacks(info, need)).collect()
    }

    /// What plugins need that is here, and would be no more once it were as in `after`. Who is not there any more needs
    /// nothing; who is replaced is asked for what it needs by then with [`Self::missing`].
    #[must_use]
    pub fn lost(&self, after: &Self) -> Vec<Missing> {
        let stays = |info: &&PluginInfo| after.0.get(&info.id).is_some_and(|then| then.version == info.version);
        let lost = |info: &PluginInfo| {
            let before = self.missing(info);
            after.missing(info).into_iter().filter(|missing| !before.contains(missing)).collect::<Vec<_>>()
        };
        self.0.values().map(Arc::as_ref).filter(stays).flat_map(lost).collect()
    }

    /// What each of them registered.
    pub fn all(&self) -> impl Iterator<Item = &PluginInfo> {
        self.0.values().map(Arc::as_ref)
    }

    /// Another plugin with this title, by id.
    #[must_use]
    pub fn called(&self, title: &str, than: &str) -> Option<&str> {
        let same = |info: &&PluginInfo| info.id != than && plain(&info.title).eq_ignore_ascii_case(title);
        self.0.values().map(Arc::as_ref).find(same).map(|info| info.id.as_str())
    }

    fn lacks(&self, info: &PluginInfo, need: &Need) -> Option<Missing> {
        let has = |owner: &&PluginInfo| owner.id == need.what || owner.points.contains(&need.what);
        let owners = self.0.values().map(Arc::as_ref).chain([info]).filter(has);
        let mut newest: Option<&str> = None;
        for owner in owners {
            if is_enough(&owner.version, &need.at_least) {
                return None;
            }
            newest = Some(&owner.version);
        }
        Some(Missing {
            by: info.id.clone(),
            what: need.what.clone(),
            at_least: need.at_least.clone(),
            there: newest.map(str::to_owned),
        })
    }
}

/// What a plugin needs and is not there; see [`Mounted::missing`].
///
/// # Errors
///
/// Where the database cannot be read.
pub fn missing(reader: &Reader<'_>, info: &PluginInfo) -> Result<Vec<Missing>> {
    Ok(Mounted::read(reader)?.without(&info.id).missing(info))
}

/// What others need, and would lose if a plugin were taken away, or were this version.
///
/// # Errors
///
/// Where the database cannot be read.
pub fn dependents(reader: &Reader<'_>, id: &str, becomes: Option<&PluginInfo>) -> Result<Vec<Missing>> {
    let now = Mounted::read(reader)?;
    let after = now.clone().without(id);
    let after = match becomes {
        Some(info) => after.with(info),
        None => after,
    };
    Ok(now.lost(&after))
}

/// No least version, or one that nobody can read, asks for none.
fn is_enough(version: &str, at_least: &str) -> bool {
    match (semver::Version::parse(version), semver::Version::parse(at_least)) {
        (Ok(version), Ok(least)) => version >= least,
        (_, Err(_)) => true,
        (Err(_), Ok(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::info;

    fn needing(id: &str, what: &str, at_least: &str) -> PluginInfo {
        let need = Need { what: what.into(), at_least: at_least.into() };
        PluginInfo { needs: vec![need], ..info(id, "1.0.0") }
    }

    fn with_point(id: &str, version: &str, point: &str) -> PluginInfo {
        PluginInfo { points: vec![point.into()], ..info(id, version) }
    }

    #[test]
    fn a_need_is_met_by_an_id_or_by_a_point_that_is_new_enough() {
        let mounted = Mounted::default().with(&with_point("org.a", "1.2.0", "org.a/tools"));
        for (what, at_least, missing) in [
            ("org.a", "1.2.0", None),
            ("org.a", "", None),
            ("org.a/tools", "1.0.0", None),
            ("org.a", "1.3.0-beta.1", Some("org.b needs org.a 1.3.0-beta.1 or later, and 1.2.0 is here")),
            ("org.a/tools", "2.0.0", Some("org.b needs org.a/tools 2.0.0 or later, and 1.2.0 is here")),
            ("org.c", "1.0.0", Some("org.b needs org.c 1.0.0 or later, which is not mounted")),
            ("org.c", "", Some("org.b needs org.c, which is not mounted")),
        ] {
            let found = mounted.missing(&needing("org.b", what, at_least));
            assert_eq!(found.first().map(ToString::to_string).as_deref(), missing);
        }
        let own = PluginInfo { points: vec!["org.b/x".into()], ..needing("org.b", "org.b/x", "1.0.0") };
        assert!(mounted.missing(&own).is_empty(), "its own points are there as soon as it is");
    }

    #[test]
    fn who_loses_what_is_named_unless_somebody_else_has_it() {
        let tools = "org.a/tools";
        let mounted = Mounted::default()
            .with(&with_point("org.a", "1.2.0", tools))
            .with(&needing("org.b", tools, "1.1.0"))
            .with(&needing("org.c", "org.gone", "1.0.0"));
        let lost = |after: &Mounted| mounted.lost(after).iter().map(Missing::short).collect::<Vec<_>>();
        assert_eq!(
            lost(&mounted.clone().without("org.a")),
            ["org.a/tools 1.1.0"],
            "what was missing before is not lost"
        );
        assert_eq!(lost(&mounted.clone().with(&info("org.a", "1.3.0"))), ["org.a/tools 1.1.0"], "the point is gone");
        assert_eq!(lost(&mounted.clone().with(&with_point("org.a", "1.0.0", tools))), ["org.a/tools 1.1.0"], "too old");
        assert!(lost(&mounted.clone().with(&with_point("org.a", "1.1.0", tools))).is_empty());
        assert!(lost(&mounted.clone().without("org.a").with(&with_point("org.d", "9.0.0", tools))).is_empty());
        assert!(lost(&mounted.clone().without("org.a").without("org.b")).is_empty(), "who is gone needs nothing");
    }
}
