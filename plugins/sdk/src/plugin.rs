//! What a plugin says about itself, and which function answers which route.

use std::fmt;
use std::mem::ManuallyDrop;

use crate::exchange::{Request, Response};
use crate::failure::Result;
use crate::registration::{
    self, Access, Capability, Contribution, MenuEntry, Need, Permission, PluginInfo, Verb, Wish,
};
use crate::types::{Failure, Text};

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

    /// The largest body that it takes, in bytes; at most 8 MiB.
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

/// A plugin. It is described anew for each request, which costs less than a microsecond: keep it to literals.
#[derive(Debug)]
pub struct Plugin {
    id: &'static str,
    title: &'static str,
    summary: &'static str,
    language: &'static str,
    mount: &'static str,
    version: Option<&'static str>,
    routes: Vec<Route>,
    menu: Vec<(&'static str, &'static str, &'static str, &'static str, u16)>,
    permissions: Vec<(&'static str, &'static str, &'static [&'static str])>,
    wishes: Vec<(Capability, &'static str)>,
    contributions: Vec<[&'static str; 4]>,
    points: Vec<&'static str>,
    needs: Vec<(&'static str, &'static str)>,
    data_version: u32,
    settings: Option<&'static str>,
}

impl Plugin {
    /// `id` is a name in reverse DNS that you own, such as `org.example.hello`; `title` is what people read.
    pub fn new(id: &'static str, title: &'static str) -> Self {
        Plugin {
            id,
            title,
            summary: "",
            language: "en",
            mount: last_part(id),
            version: None,
            routes: vec![],
            menu: vec![],
            permissions: vec![],
            wishes: vec![],
            contributions: vec![],
            points: vec![],
            needs: vec![],
            data_version: 1,
            settings: None,
        }
    }

    /// What it is for, in a sentence.
    #[must_use]
    pub fn summary(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// The first segment of its URLs; without this, the last part of the id. The administrator can choose another.
    #[must_use]
    pub fn mount(mut self, mount: &'static str) -> Self {
        self.mount = mount;
        self
    }

    /// A version other than that of the crate.
    #[must_use]
    pub fn version(mut self, version: &'static str) -> Self {
        self.version = Some(version);
        self
    }

    /// The language of its phrases, where that is not English.
    #[must_use]
    pub fn language(mut self, language: &'static str) -> Self {
        self.language = language;
        self
    }

    /// Adds a route.
    #[must_use]
    pub fn route(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }

    /// Adds an entry to the menu, under `tools`. `icon` is a name of the Tabler icons, such as `users`.
    #[must_use]
    pub fn menu(self, label: &'static str, route: &'static str, icon: &'static str) -> Self {
        self.menu_in("tools", 100, label, route, icon)
    }

    /// Adds an entry to a section of the menu, `tools` or `account`; lower `order` stands higher.
    #[must_use]
    pub fn menu_in(
        mut self,
        section: &'static str,
        order: u16,
        label: &'static str,
        route: &'static str,
        icon: &'static str,
    ) -> Self {
        self.menu.push((section, label, route, icon, order));
        self
    }

    /// Declares a permission of its own, to be held by these privileges if the administrator agrees.
    #[must_use]
    pub fn permission(mut self, name: &'static str, title: &'static str, suggested: &'static [&'static str]) -> Self {
        self.permissions.push((name, title, suggested));
        self
    }

    /// Asks the administrator for something, and says why.
    #[must_use]
    pub fn wish(mut self, capability: Capability, reason: &'static str) -> Self {
        self.wishes.push((capability, reason));
        self
    }

    /// Puts a link to one of its routes at a point of another plugin.
    #[must_use]
    pub fn contribute(
        mut self,
        point: &'static str,
        title: &'static str,
        summary: &'static str,
        route: &'static str,
    ) -> Self {
        self.contributions.push([point, title, summary, route]);
        self
    }

    /// Declares a point where other plugins may contribute; read with [`contributions::at`](crate::contributions::at).
    #[must_use]
    pub fn point(mut self, point: &'static str) -> Self {
        self.points.push(point);
        self
    }

    /// Needs another plugin, or a point, at the least in this version.
    #[must_use]
    pub fn need(mut self, what: &'static str, at_least: &'static str) -> Self {
        self.needs.push((what, at_least));
        self
    }

    /// The shape of its stored data; raise it when an older version's data no longer fits. 1 where nothing is said.
    #[must_use]
    pub fn data_version(mut self, version: u32) -> Self {
        self.data_version = version;
        self
    }

    /// A JSON Schema of what [`settings::get`](crate::settings::get) answers.
    #[must_use]
    pub fn settings(mut self, schema: &'static str) -> Self {
        self.settings = Some(schema);
        self
    }
}

fn own(id: &str, name: &str) -> String {
    [id, "/", name].concat()
}

fn last_part(id: &'static str) -> &'static str {
    let dot = id.bytes().rposition(|byte| byte == b'.');
    dot.and_then(|dot| id.get(dot + 1..)).unwrap_or(id)
}

fn strings(literals: &[&str]) -> Vec<String> {
    literals.iter().map(|literal| (*literal).to_owned()).collect()
}

fn words(literal: &'static str) -> Text {
    if literal.is_empty() { Text::none() } else { literal.into() }
}

impl Route {
    fn describe(&self, id: &str) -> registration::Route {
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

/// What `feature.register` answers; [`plugin!`](crate::plugin!) calls it.
#[doc(hidden)]
pub fn describe(plugin: Plugin, crate_version: &str) -> PluginInfo {
    let id = plugin.id;
    let menu = plugin.menu.into_iter().map(|(section, label, route, icon, order)| MenuEntry {
        label: label.into(),
        route: route.to_owned(),
        icon: icon.to_owned(),
        section: section.to_owned(),
        order,
        extra: vec![],
    });
    let permissions = plugin.permissions.into_iter().map(|(name, title, suggested)| Permission {
        name: own(id, name),
        title: title.into(),
        suggested: strings(suggested),
    });
    let contributions = plugin.contributions.into_iter().map(|[point, title, summary, route]| Contribution {
        point: point.to_owned(),
        title: title.into(),
        summary: words(summary),
        route: route.to_owned(),
        extra: vec![],
    });
    PluginInfo {
        id: id.to_owned(),
        version: plugin.version.unwrap_or(crate_version).to_owned(),
        title: plugin.title.into(),
        summary: words(plugin.summary),
        language: plugin.language.to_owned(),
        mount: plugin.mount.to_owned(),
        routes: plugin.routes.iter().map(|route| route.describe(id)).collect(),
        menu: menu.collect(),
        permissions: permissions.collect(),
        wishes: plugin
            .wishes
            .into_iter()
            .map(|(capability, reason)| Wish { capability, reason: reason.into() })
            .collect(),
        contributions: contributions.collect(),
        points: strings(&plugin.points),
        needs: plugin
            .needs
            .into_iter()
            .map(|(what, at_least)| Need { what: what.to_owned(), at_least: at_least.to_owned() })
            .collect(),
        schedules: vec![],
        data_version: plugin.data_version,
        settings: plugin.settings.map(str::to_owned),
        extra: vec![],
    }
}

/// What `feature.handle` answers; [`plugin!`](crate::plugin!) calls it.
///
/// Plugin and request are not dropped: the instance ends with the answer.
///
/// # Errors
/// That of the route's function; `not-found` for a route that was never registered, which the host does not ask for.
#[doc(hidden)]
pub fn answer(plugin: Plugin, request: Request) -> Result<Response> {
    let (plugin, request) = (ManuallyDrop::new(plugin), ManuallyDrop::new(request));
    let route = plugin.routes.iter().find(|route| route.guarded.new.name == request.route);
    route.map_or_else(|| Err(Failure::not_found(request.route.as_str())), |route| (route.handler)(&request))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::sample;
    use crate::ui::Page;

    fn plugin() -> Plugin {
        Plugin::new("org.example.notes", "Notes")
            .permission("write", "Write notes", &["advocate"])
            .route(get("home", "/").for_signed_in().to(|_| Ok(Page::new("Home"))))
            .route(
                post("save", "/")
                    .needs_own("write")
                    .summary("Keep a note")
                    .to(|_| Err::<Page, _>(Failure::conflict("x"))),
            )
            .menu("Notes", "home", "notes")
    }

    #[test]
    fn it_says_what_it_is() {
        let info = describe(plugin(), "1.2.3");
        assert_eq!((info.mount.as_str(), info.version.as_str()), ("notes", "1.2.3"));
        assert_eq!(info.routes[1].access, Access::Permission("org.example.notes/write".to_owned()));
        assert_eq!((info.routes[0].max_body, info.routes[1].max_body), (0, DEFAULT_MAX_BODY));
        assert_eq!(info.permissions[0].name, "org.example.notes/write");
        assert_eq!(info.menu[0].section, "tools");
    }

    #[test]
    fn a_request_goes_to_the_function_of_its_route() {
        assert_eq!(answer(plugin(), sample(&[], &[])), Ok(Response::Page(Page::new("Home"))));
        let save = Request { route: "save".to_owned(), ..sample(&[], &[]) };
        assert_eq!(answer(plugin(), save), Err(Failure::Conflict("x".to_owned())));
        let unknown = Request { route: "none".to_owned(), ..sample(&[], &[]) };
        assert_eq!(answer(plugin(), unknown), Err(Failure::NotFound("none".to_owned())));
    }
}
