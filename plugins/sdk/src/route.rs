//! Routes: a name, an address, who may use it, and the function that answers.

use std::fmt;

use crate::describe::{own, words};
use crate::exchange::{Request, Response};
use crate::failure::Result;
use crate::registration::{self, Access, Verb};

/// The body that a route takes where it says nothing else: 1 MiB; of a GET, none.
pub const DEFAULT_MAX_BODY: u64 = 1 << 20;

type Handler = Box<dyn Fn(&Request) -> Result<Response>>;

/// A route that does not say yet who may use it. Made by [`get`], [`post`] and their like.
#[derive(Debug)]
pub struct NewRoute {
    name: &'static str,
    verb: Verb,
    path: &'static str,
}

/// A route that does not say yet what answers it.
#[derive(Debug)]
pub struct GuardedRoute {
    new: NewRoute,
    access: RouteAccess,
    summary: &'static str,
    max_body: u64,
}

/// A route: its name, its path, who may use it, and what answers.
pub struct Route {
    guarded: GuardedRoute,
    handler: Handler,
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.guarded.fmt(f)
    }
}

#[derive(Debug)]
enum RouteAccess {
    Everyone,
    SignedIn,
    Permission(&'static str),
    OwnPermission(&'static str),
}

macro_rules! verbs {
    ($($(#[$doc:meta])* $function:ident => $verb:ident;)*) => {
        $($(#[$doc])* pub const fn $function(name: &'static str, path: &'static str) -> NewRoute {
            NewRoute { name, verb: Verb::$verb, path }
        })*
    };
}

verbs! {
    /// A route that shows something and changes nothing. `path` starts with `/`, below the plugin's mount; `{name}` is
    /// a parameter.
    get => Get;
    /// A route that does something.
    post => Post;
    /// A route that replaces something; for programs, since forms send GET and POST alone.
    put => Put;
    /// A route that changes a part of something; for programs.
    patch => Patch;
    /// A route that takes something away; for programs.
    delete => Delete;
}

impl NewRoute {
    /// Everyone may use it, visitors who are not signed in too. The administrator is asked for that, as `public`.
    pub fn for_everyone(self) -> GuardedRoute {
        self.guarded(RouteAccess::Everyone)
    }

    /// Everyone who is signed in may use it.
    pub fn for_signed_in(self) -> GuardedRoute {
        self.guarded(RouteAccess::SignedIn)
    }

    /// Who holds this permission of the host may use it, such as `users.read`.
    pub fn needs(self, permission: &'static str) -> GuardedRoute {
        self.guarded(RouteAccess::Permission(permission))
    }

    /// Who holds this permission of the plugin itself may use it; declared with [`Plugin::permission`].
    pub fn needs_own(self, name: &'static str) -> GuardedRoute {
        self.guarded(RouteAccess::OwnPermission(name))
    }

    fn guarded(self, access: RouteAccess) -> GuardedRoute {
        let max_body = if matches!(self.verb, Verb::Get) { 0 } else { DEFAULT_MAX_BODY };
        GuardedRoute { new: self, access, summary: "", max_body }
    }
}

impl GuardedRoute {
    /// What it is for, in a sentence: shown in the command palette and to programs.
    #[must_use]
    pub fn summary(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// The largest body that it takes, in bytes; at most 64 GiB, of which all but files in forms has to fit into 32 MiB.
    /// Large files are put away with [`uploads::keep`](crate::uploads::keep).
    #[must_use]
    pub fn max_body(mut self, bytes: u64) -> Self {
        self.max_body = bytes;
        self
    }

    /// The function that answers: a page, a redirect, a download or any other response.
    pub fn to<R: Into<Response>>(self, handler: impl Fn(&Request) -> Result<R> + 'static) -> Route {
        Route { guarded: self, handler: Box::new(move |request| handler(request).map(Into::into)) }
    }
}

impl Route {
    /// Its name, as pages call it.
    pub(crate) fn name(&self) -> &'static str {
        self.guarded.new.name
    }

    /// What answers a request to it.
    pub(crate) fn answer(&self, request: &Request) -> Result<Response> {
        (self.handler)(request)
    }

    /// As it is registered by the plugin of this id.
    pub(crate) fn describe(&self, id: &str) -> registration::Route {
        let GuardedRoute { new, access, summary, max_body } = &self.guarded;
        let access = match access {
            RouteAccess::Everyone => Access::Everyone,
            RouteAccess::SignedIn => Access::SignedIn,
            RouteAccess::Permission(name) => Access::Permission((*name).to_owned()),
            RouteAccess::OwnPermission(name) => Access::Permission(own(id, name)),
        };
        registration::Route {
            name: new.name.to_owned(),
            verb: new.verb,
            path: new.path.to_owned(),
            access,
            summary: words(summary),
            max_body: *max_body,
            extra: vec![],
        }
    }
}
