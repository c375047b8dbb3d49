//! What a plugin can ask about the server around it: contributions, links, its own routes.

use std::sync::Arc;

use vestry_capabilities::{Actor, Surroundings};
use vestry_contract::contributions::Entry;
use vestry_contract::registration::Verb;
use vestry_contract::ui::RouteRef;

use crate::registry::plugin::may_use;
use crate::registry::snapshot::Snapshot;

/// The server as one call sees it.
#[derive(Debug)]
pub struct ServerSurroundings {
    pub snapshot: Arc<Snapshot>,
    /// Scheme and host that links start with, such as `https://vestry.example.org`.
    pub origin: String,
}

impl Surroundings for ServerSurroundings {
    fn contributions(&self, point: &str, actor: &Actor) -> Vec<Entry> {
        let caller = match actor {
            Actor::Person(caller) | Actor::Token(caller) | Actor::Job(caller) => Some(caller.as_ref()),
            Actor::Visitor | Actor::Nobody | Actor::Gone => None,
        };
        self.snapshot
            .contributions(point)
            .filter(|(plugin, contribution)| {
                plugin.route_named(&contribution.route).is_some_and(|route| may_use(&route.access, caller, false))
            })
            .map(|(plugin, contribution)| Entry {
                id: format!("{}/{}", plugin.subject.id, contribution.route),
                plugin: plugin.subject.id.clone(),
                title: contribution.title.clone(),
                summary: contribution.summary.clone(),
            })
            .collect()
    }

    fn absolute(&self, plugin: &str, target: &RouteRef) -> Option<String> {
        let plugin = self.snapshot.by_id(plugin)?;
        let route = plugin.route_named(&target.route).filter(|route| route.verb == Verb::Get)?;
        let path = vestry_screen::fill_route(&plugin.path_of(route), target)?;
        Some(format!("{}{path}", self.origin))
    }

    fn host_page(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    fn has_route(&self, plugin: &str, route: &str) -> bool {
        self.snapshot.by_id(plugin).is_some_and(|plugin| plugin.route_named(route).is_some())
    }
}
