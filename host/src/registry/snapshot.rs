//! What is mounted where, at one moment. A request sees one snapshot from start to end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use vestry_contract::registration::{Contribution, MenuEntry};
use vestry_identity::Caller;

use crate::registry::former::Former;
use crate::registry::plugin::{Plugin, State, may_use};

/// All mounted plugins. Never changed; a change makes a new one.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The database's generation that it was made of.
    pub generation: u64,
    /// By mount.
    plugins: BTreeMap<String, Arc<Plugin>>,
    /// Versions that were replaced a short time ago.
    formers: Vec<Former>,
}

/// An entry of the menu, as somebody sees it.
#[derive(Debug, Clone)]
pub struct Item<'s> {
    pub plugin: &'s Arc<Plugin>,
    pub entry: &'s MenuEntry,
    pub href: String,
}

/// A version of a plugin that answers.
#[derive(Debug, Clone, Copy)]
pub struct Version<'s> {
    pub plugin: &'s Arc<Plugin>,
    /// It was replaced.
    pub former: bool,
}

impl Snapshot {
    #[must_use]
    pub fn new(generation: u64, plugins: impl IntoIterator<Item = Arc<Plugin>>) -> Self {
        let plugins = plugins.into_iter().map(|plugin| (plugin.mount.as_str().to_owned(), plugin)).collect();
        Self { generation, plugins, formers: Vec::new() }
    }

    /// The same with versions that still answer what was drawn by them.
    #[must_use]
    pub fn with_formers(self, formers: Vec<Former>) -> Self {
        Self { formers, ..self }
    }

    pub fn formers(&self) -> impl Iterator<Item = &Former> {
        self.formers.iter()
    }

    /// The version that a form at a mount was drawn by, as [`Plugin::drawn_by`] writes it, where that was replaced and
    /// still answers.
    #[must_use]
    pub fn former(&self, mount: &str, drawn_by: &str, now: Instant) -> Option<&Arc<Plugin>> {
        let mut formers = self.formers.iter().filter(|former| former.until > now).map(|former| &former.plugin);
        formers.find(|plugin| plugin.mount.as_str() == mount && plugin.drawn_by() == drawn_by)
    }

    /// This version, where it is mounted or was replaced and still answers.
    #[must_use]
    pub fn version(&self, plugin: &Plugin, now: Instant) -> Option<Version<'_>> {
        match self.at(plugin.mount.as_str()) {
            Some(mounted) if mounted.is_same_version(plugin) => Some(Version { plugin: mounted, former: false }),
            _ => {
                let former = self.formers.iter().find(|former| former.until > now && former.is(plugin))?;
                Some(Version { plugin: &former.plugin, former: true })
            }
        }
    }

    /// The snapshot as it is for one that was replaced: it stands in its place, beside all that is mounted now.
    #[must_use]
    pub fn as_before(&self, former: &Arc<Plugin>) -> Self {
        let mut plugins = self.plugins.clone();
        plugins.insert(former.mount.as_str().to_owned(), Arc::clone(former));
        Self { generation: self.generation, plugins, formers: Vec::new() }
    }

    #[must_use]
    pub fn at(&self, mount: &str) -> Option<&Arc<Plugin>> {
        self.plugins.get(mount)
    }

    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&Arc<Plugin>> {
        self.plugins.values().find(|plugin| plugin.subject.id == id)
    }

    pub fn plugins(&self) -> impl Iterator<Item = &Arc<Plugin>> {
        self.plugins.values()
    }

    /// The menu of somebody who is signed in, in its order: tools before account, then as plugins ask, then by mount.
    /// A plugin that cannot run keeps its entry; one that was switched off does not.
    #[must_use]
    pub fn menu(&self, caller: &Caller) -> Vec<Item<'_>> {
        let mut items: Vec<Item<'_>> = self
            .plugins
            .values()
            .filter(|plugin| !matches!(plugin.state, State::Disabled))
            .flat_map(|plugin| plugin.info.menu.iter().map(move |entry| (plugin, entry)))
            .filter_map(|(plugin, entry)| {
                let route = plugin.route_named(&entry.route)?;
                may_use(&route.access, Some(caller), true).then(|| Item { plugin, entry, href: plugin.path_of(route) })
            })
            .collect();
        items.sort_by(|a, b| {
            let key = |item: &Item<'_>| (item.entry.section == "account", item.entry.order, item.href.clone());
            key(a).cmp(&key(b))
        });
        items
    }

    /// What plugins contribute to a point, each with the id that `contributions.at` answers: `PLUGIN/ROUTE`.
    pub fn contributions<'s>(&'s self, point: &'s str) -> impl Iterator<Item = (&'s Arc<Plugin>, &'s Contribution)> {
        self.plugins
            .values()
            .filter(|plugin| plugin.unavailable().is_none())
            .flat_map(move |plugin| plugin.info.contributions.iter().map(move |contribution| (plugin, contribution)))
            .filter(move |(_, contribution)| contribution.point == point)
    }

    /// A contribution by its id.
    #[must_use]
    pub fn contribution(&self, id: &str) -> Option<(&Arc<Plugin>, &Contribution)> {
        let (plugin, route) = id.rsplit_once('/')?;
        let plugin = self.by_id(plugin).filter(|plugin| plugin.unavailable().is_none())?;
        let contribution = plugin.info.contributions.iter().find(|contribution| contribution.route == route)?;
        Some((plugin, contribution))
    }
}
