//! One plugin as it is mounted: what it registered, how to call it, what it has used.

use std::sync::Arc;

use vestry_capabilities::Subject;
use vestry_contract::registration::{Access, PluginInfo, Route};
use vestry_identity::Caller;
use vestry_phrases::{Words, words};
use vestry_sandbox::{Callee, Limits, Loaded, Permits, Usage};

use crate::registry::mount::Mount;
use crate::registry::routes::RouteTable;

/// Characters of a digest that forms name the version by that drew them: enough to tell builds apart.
const DRAWN_BY: usize = 16;

/// A mounted plugin. Immutable but for its permits and counters, which outlive its version.
#[derive(Debug, Clone)]
pub struct Plugin {
    pub subject: Arc<Subject>,
    pub mount: Mount,
    pub info: PluginInfo,
    pub routes: RouteTable,
    pub state: State,
    pub limits: Limits,
    pub permits: Permits,
    pub usage: Arc<Usage>,
    /// Until when its calls wait, because its data changes shape; milliseconds since the Unix epoch.
    pub held_until: Option<u64>,
}

/// Whether a plugin answers.
#[derive(Debug, Clone)]
pub enum State {
    Ready(Loaded),
    /// An administrator switched it off.
    Disabled,
    /// It cannot run; its entry stays, with the reason.
    Broken(Words),
}

impl Plugin {
    /// The route at an index that its [`RouteTable`] answered.
    #[must_use]
    pub fn route(&self, index: usize) -> Option<&Route> {
        self.info.routes.get(index)
    }

    #[must_use]
    pub fn route_named(&self, name: &str) -> Option<&Route> {
        self.info.routes.iter().find(|route| route.name == name)
    }

    /// The path of a route with its mount, parameters in braces.
    #[must_use]
    pub fn path_of(&self, route: &Route) -> String {
        match route.path.as_str() {
            "/" => format!("/{}", self.mount),
            path => format!("/{}{path}", self.mount),
        }
    }

    /// What forms of its pages name it by.
    #[must_use]
    pub fn drawn_by(&self) -> &str {
        self.subject.digest.get(..DRAWN_BY).unwrap_or(&self.subject.digest)
    }

    /// Whether the other is the same build of the same plugin.
    #[must_use]
    pub fn is_same_version(&self, other: &Self) -> bool {
        self.subject.id == other.subject.id && self.subject.digest == other.subject.digest
    }

    /// As the sandbox calls it.
    #[must_use]
    pub fn callee<'p>(&'p self, loaded: &'p Loaded) -> Callee<'p> {
        Callee { loaded, limits: &self.limits, permits: &self.permits, usage: &self.usage }
    }

    /// Whether its calls wait.
    #[must_use]
    pub fn is_held(&self, now: u64) -> bool {
        self.held_until.is_some_and(|until| vestry_storage::is_hold(until, now))
    }

    /// Why it does not answer, in a sentence.
    #[must_use]
    pub fn unavailable(&self) -> Option<Words> {
        match &self.state {
            State::Ready(_) => None,
            State::Disabled => Some(words!("An administrator has switched it off.")),
            State::Broken(reason) => Some(reason.clone()),
        }
    }
}

/// Whether somebody may use a route; `public` says whether the plugin was granted to have open ones.
#[must_use]
pub fn may_use(access: &Access, caller: Option<&Caller>, public: bool) -> bool {
    match (access, caller) {
        (Access::Everyone, Some(_)) => true,
        (Access::Everyone, None) => public,
        (Access::SignedIn, caller) => caller.is_some(),
        (Access::Permission(name), Some(caller)) => caller.permissions.holds_name(name),
        (Access::Permission(_), None) => false,
    }
}
