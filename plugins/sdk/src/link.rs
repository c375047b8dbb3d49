//! Ways from a page: to routes of this plugin by name, to contributions of others, to the outside; and buttons.

use crate::types::Text;
use crate::ui::{Action, Level, Link, RouteRef, Target};

impl RouteRef {
    /// A route of this plugin, by the name it was registered under.
    pub fn to(route: impl Into<String>) -> Self {
        RouteRef { route: route.into(), params: vec![], query: vec![] }
    }

    /// Fills `{name}` in the route's path.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }

    /// Adds `name=value` to the query.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }
}

impl From<&str> for RouteRef {
    fn from(route: &str) -> Self {
        RouteRef::to(route)
    }
}

impl Link {
    /// To a route of this plugin.
    pub fn to(label: impl Into<Text>, route: impl Into<RouteRef>) -> Self {
        Link { label: label.into(), target: Target::Route(route.into()) }
    }

    /// To an `https` address outside; the host puts a page between that shows the address.
    pub fn external(label: impl Into<Text>, url: impl Into<String>) -> Self {
        Link { label: label.into(), target: Target::External(url.into()) }
    }

    /// To an entry of [`contributions::at`](crate::contributions::at), by its id.
    pub fn contributed(label: impl Into<Text>, id: impl Into<String>) -> Self {
        Link { label: label.into(), target: Target::Contributed(id.into()) }
    }
}

impl Action {
    /// A button to a route of this plugin. People who may not use the route do not see it.
    pub fn new(label: impl Into<Text>, route: impl Into<String>) -> Self {
        Action {
            label: label.into(),
            route: route.into(),
            params: vec![],
            values: vec![],
            level: Level::Neutral,
            confirm: None,
        }
    }

    /// Fills `{name}` in the route's path.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }

    /// Sent along: a form field, or the query of a GET.
    #[must_use]
    pub fn value(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.push((name.into(), value.into()));
        self
    }

    /// How it is coloured.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// The one button that most people are here for.
    #[must_use]
    pub fn primary(self) -> Self {
        self.level(Level::Primary)
    }

    /// A button that takes something away.
    #[must_use]
    pub fn danger(self) -> Self {
        self.level(Level::Danger)
    }

    /// A question that is asked before it is done.
    #[must_use]
    pub fn confirm(mut self, question: impl Into<Text>) -> Self {
        self.confirm = Some(question.into());
        self
    }
}
