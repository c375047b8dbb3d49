//! What a plugin can ask about the server around it: contributions, links, its own routes.

use std::sync::Arc;

use vestry_capabilities::{Actor, Services, Surroundings};
use vestry_catalog::{Facts, Shipped, UNUSED};
use vestry_contract::contributions::Entry;
use vestry_contract::packages::{Limit, Used};
use vestry_contract::registration::Verb;
use vestry_contract::server::Overview;
use vestry_contract::types::Text;
use vestry_contract::ui::RouteRef;
use vestry_sandbox::{LIMITS, Limits};
use vestry_storage::StorageError;

use crate::languages::Speech;
use crate::registry::about::About;
use crate::registry::mount::Mount;
use crate::registry::plugin::{Plugin, State, may_use};
use crate::registry::snapshot::Snapshot;

/// The server as one call sees it.
#[derive(Debug)]
pub struct ServerSurroundings {
    pub snapshot: Arc<Snapshot>,
    /// Scheme and host that links start with, such as `https://vestry.example.org`.
    pub origin: String,
    pub about: Arc<About>,
    /// Of who asks; none where nobody reads.
    pub speech: Option<Arc<Speech>>,
}

impl ServerSurroundings {
    /// Words of one plugin for another, which has none of the same: in the language of who reads them, and final.
    fn said(&self, plugin: &Plugin, text: &Text) -> Text {
        match &self.speech {
            Some(speech) => Text::Data(speech.text(&plugin.subject.id, text).into_owned()),
            None => text.clone(),
        }
    }
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
                title: self.said(plugin, &contribution.title),
                summary: self.said(plugin, &contribution.summary),
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

    fn facts(&self) -> &dyn Facts {
        self
    }

    fn describe(&self, services: &Services) -> Result<Overview, StorageError> {
        self.about.describe(&self.snapshot, self, services)
    }
}

impl Facts for ServerSurroundings {
    fn used(&self, plugin: &str) -> (Used, Used) {
        self.snapshot
            .by_id(plugin)
            .map_or((UNUSED, UNUSED), |plugin| (used(&plugin.usage.since_start()), used(&plugin.usage.last_hour())))
    }

    fn broken(&self, plugin: &str) -> Option<String> {
        match &self.snapshot.by_id(plugin)?.state {
            State::Broken(reason) => Some(reason.english()),
            State::Ready(_) | State::Disabled => None,
        }
    }

    fn limits(&self, chosen: &[(String, u64)]) -> Vec<Limit> {
        let limits = Limits::chosen(chosen);
        LIMITS
            .iter()
            .map(|limit| Limit {
                name: limit.name.to_owned(),
                value: limit.of(&limits),
                default: limit.usual(),
                least: limit.least,
                most: limit.most,
                chosen: chosen.iter().any(|(name, _)| name == limit.name),
            })
            .collect()
    }

    fn wrong_mount(&self, mount: &str) -> Option<String> {
        mount.parse::<Mount>().err().map(|error| error.to_string())
    }

    fn shipped(&self) -> Vec<Shipped> {
        self.about.shipped().to_vec()
    }

    fn version(&self) -> String {
        About::version().to_owned()
    }
}

fn used(used: &vestry_sandbox::Used) -> Used {
    Used {
        calls: used.calls,
        failures: used.failures,
        refused: used.refused,
        cpu_ms: u64::try_from(used.cpu.as_millis()).unwrap_or(u64::MAX),
        peak_memory: used.peak_memory,
        p95_us: u64::try_from(used.p95.as_micros()).unwrap_or(u64::MAX),
    }
}
