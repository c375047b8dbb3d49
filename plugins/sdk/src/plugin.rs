//! A plugin: what it says about itself, and which function answers what.

use std::fmt;

use crate::background::{Outcome, Task};
use crate::describe::last_part;
use crate::exchange::Request;
use crate::failure::Result;
use crate::live::Batch;
use crate::mail_kind::MailKind;
use crate::registration::Capability;
use crate::route::Route;
use crate::streaming::Chunk;
use crate::types::Failure;

type Work = dyn Fn(&Task) -> Result<Outcome>;
type Next = dyn Fn(&Request, &str) -> Result<Batch>;
type Piece = dyn Fn(&Request, Option<&str>) -> Result<Chunk>;
type Migrate = dyn Fn(u32) -> Result<()>;

/// A function, and what it is called by.
pub(crate) struct Named<F: ?Sized> {
    name: &'static str,
    function: Box<F>,
}

impl<F: ?Sized> Named<F> {
    fn new(name: &'static str, function: Box<F>) -> Self {
        Self { name, function }
    }

    pub(crate) fn function(&self) -> &F {
        &self.function
    }
}

impl<F: ?Sized> fmt::Debug for Named<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

/// The function of that name, else `not-found`.
pub(crate) fn named<'a, F: ?Sized>(functions: &'a [Named<F>], name: &str) -> Result<&'a F> {
    let found = functions.iter().find(|function| function.name == name);
    found.map(Named::function).ok_or_else(|| Failure::not_found(name))
}

/// A plugin. It is described anew for each request, which costs less than a microsecond: keep it to literals.
#[derive(Debug)]
pub struct Plugin {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) language: &'static str,
    pub(crate) mount: &'static str,
    pub(crate) version: Option<&'static str>,
    pub(crate) routes: Vec<Route>,
    pub(crate) menu: Vec<(&'static str, &'static str, &'static str, &'static str, u16)>,
    pub(crate) permissions: Vec<(&'static str, &'static str, &'static [&'static str])>,
    pub(crate) wishes: Vec<(Capability, &'static str)>,
    pub(crate) contributions: Vec<[&'static str; 4]>,
    pub(crate) points: Vec<&'static str>,
    pub(crate) needs: Vec<(&'static str, &'static str)>,
    pub(crate) schedules: Vec<[&'static str; 3]>,
    pub(crate) messages: Vec<MailKind>,
    pub(crate) data_version: u32,
    pub(crate) settings: Option<&'static str>,
    pub(crate) jobs: Vec<Named<Work>>,
    pub(crate) live: Vec<Named<Next>>,
    pub(crate) streams: Vec<Named<Piece>>,
    pub(crate) migrate: Option<Named<Migrate>>,
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
            schedules: vec![],
            messages: vec![],
            data_version: 1,
            settings: None,
            jobs: vec![],
            live: vec![],
            streams: vec![],
            migrate: None,
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

    /// The function that does the jobs of this name, once for each attempt. What it commits counts at once; started with
    /// [`jobs::start`](crate::jobs::start). Needs the export `background`.
    #[must_use]
    pub fn job<O: Into<Outcome>>(mut self, name: &'static str, work: impl Fn(&Task) -> Result<O> + 'static) -> Self {
        self.jobs.push(Named::new(name, Box::new(move |task| work(task).map(Into::into))));
        self
    }

    /// Has the host start a job at set times: five fields of a crontab, in UTC, such as `0 4 * * 1`.
    #[must_use]
    pub fn every(self, cron: &'static str, job: &'static str) -> Self {
        self.schedule(job, cron, "{}")
    }

    /// The same with an input, a JSON document.
    #[must_use]
    pub fn schedule(mut self, job: &'static str, cron: &'static str, input: &'static str) -> Self {
        self.schedules.push([job, cron, input]);
        self
    }

    /// The function that keeps the pages of this route up to date, where they say [`Page::follow`](crate::ui::Page::follow):
    /// it gets the page's request, and the cursor to go on from. Needs the export `live`.
    #[must_use]
    pub fn live(mut self, route: &'static str, next: impl Fn(&Request, &str) -> Result<Batch> + 'static) -> Self {
        self.live.push(Named::new(route, Box::new(next)));
        self
    }

    /// The function that makes the pieces of [`Download::chunks`](crate::exchange::Download::chunks) with this name: it
    /// gets the request of the download, and no cursor for the first piece. Needs the export `streaming`.
    #[must_use]
    pub fn stream(
        mut self,
        name: &'static str,
        next: impl Fn(&Request, Option<&str>) -> Result<Chunk> + 'static,
    ) -> Self {
        self.streams.push(Named::new(name, Box::new(next)));
        self
    }

    /// The function that brings data of an older data version to this one. Needs the export `migration`.
    #[must_use]
    pub fn migrate(mut self, migrate: impl Fn(u32) -> Result<()> + 'static) -> Self {
        self.migrate = Some(Named::new("migrate", Box::new(migrate)));
        self
    }

    /// Declares a kind of mail that it sends, with [`mail`](mod@crate::mail).
    #[must_use]
    pub fn message(mut self, kind: MailKind) -> Self {
        self.messages.push(kind);
        self
    }

    /// The shape of its stored data; raise it when an older version's data no longer fits. 1 where nothing is said; more
    /// than that needs [`Plugin::migrate`].
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
