//! The surroundings of one page of a plugin: its routes, what this actor may use, its words.

use std::borrow::Cow;
use std::sync::Arc;

use vestry_contract::registration::Route;
use vestry_contract::types::Text;
use vestry_screen::{Html, JobView, Place, RouteView};

use crate::registry::plugin::{Plugin, may_use};
use crate::registry::snapshot::Snapshot;
use crate::web::live::job;
use crate::web::panels::Panels;
use crate::web::visit::Visit;

/// What a page of `plugin` may refer to in this visit.
#[derive(Debug)]
pub struct PluginPlace<'v> {
    pub visit: &'v Visit,
    pub snapshot: &'v Snapshot,
    pub plugin: &'v Arc<Plugin>,
    /// What was asked for.
    pub asked: &'v Route,
    pub query: &'v [(String, String)],
    pub public: bool,
    /// Address of the stream of a page that is followed.
    pub stream: Option<String>,
    pub panels: Panels,
    /// It is not drawn, but put into data: a program talks to what is mounted.
    pub data: bool,
}

impl Place for PluginPlace<'_> {
    fn route(&self, name: &str) -> Option<RouteView<'_>> {
        let route = self.plugin.route_named(name)?;
        Some(RouteView {
            verb: route.verb,
            path: Cow::Owned(self.plugin.path_of(route)),
            allowed: may_use(&route.access, self.visit.caller().map(AsRef::as_ref), self.public),
        })
    }

    fn contributed(&self, id: &str) -> Option<String> {
        let (plugin, contribution) = self.snapshot.contribution(id)?;
        let route = plugin.route_named(&contribution.route)?;
        may_use(&route.access, self.visit.caller().map(AsRef::as_ref), false).then(|| plugin.path_of(route))
    }

    fn text<'t>(&self, text: &'t Text) -> Cow<'t, str> {
        // Not the address: what stands in its place is of one page, and often of one person.
        self.visit.text_at(&self.plugin.subject.id, text, || self.plugin.path_of(self.asked))
    }

    fn panel(&self, name: &str) -> Option<Html> {
        self.panels.take(name)
    }

    fn job(&self, id: &str) -> Option<JobView> {
        job::view(self.visit, self.plugin, id)
    }

    fn stream(&self) -> Option<&str> {
        self.stream.as_deref()
    }

    fn query(&self) -> &[(String, String)] {
        self.query
    }

    fn path(&self) -> &str {
        self.visit.path()
    }

    fn drawn_by(&self) -> Option<&str> {
        (!self.data).then(|| self.plugin.drawn_by())
    }
}
