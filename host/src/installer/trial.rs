//! A package that is tried before it takes its place: it migrates a copy of the data, and is asked for its pages.
//!
//! It holds the grants that it is going to have. Whoever ordered it opens the pages, as in a job: nobody is present, and what
//! they may not do is denied, which is no fault of a page. Where the command line or the server itself does it, nobody
//! calls. To the plugin, who opens its pages holds its own permissions in any case: pages for people who are signed in may
//! count on somebody being there, and nobody can hold permissions yet that it is about to bring.
//!
//! Other servers and secrets are out of its reach, and answer `unavailable`: whether it may have them is decided by its
//! taking its place, and a package that is not let in has learnt nothing and left nothing anywhere.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use vestry_capabilities::{
    Actor, Call, CallFacts, CallSettings, Effect, Holder, Services, Subject, audit_refusals, sentence,
};
use vestry_catalog::Digest;
use vestry_contract::exchange::Request;
use vestry_contract::registration::{Access, PluginInfo, Route, Verb};
use vestry_contract::types::{self, Failure};
use vestry_sandbox::{CallError, Limits, Loaded, Outcome, Permits, Sandbox, Usage};

use crate::installer::Installer;
use crate::installer::installation::Installation;
use crate::installer::package_error::PackageError;
use crate::installer::placing::blocking;
use crate::installer::snapshot;
use crate::registry::about::About;
use crate::registry::acting;
use crate::registry::plugin::{Plugin, State};
use crate::registry::routes::RouteTable;
use crate::registry::snapshot::Snapshot;
use crate::registry::surroundings::ServerSurroundings;

/// The package, ready to be called.
pub(super) struct Trial<'a> {
    sandbox: &'a Sandbox,
    services: Services,
    plugin: Arc<Plugin>,
    loaded: Loaded,
    origin: String,
    about: Arc<About>,
    /// Who opens the pages: to the gate, and to the plugin.
    actor: Actor,
    told: types::Actor,
    request: String,
}

impl<'a> Trial<'a> {
    pub(super) async fn load(installer: &Installer<'a>, installation: &Installation) -> Result<Self, PackageError> {
        let (package, info, mount) = (&installation.package.row, installation.info(), &installation.mount);
        let digest = Digest::parse(&package.digest).ok_or_else(|| PackageError::NotHere(package.digest.clone()))?;
        let loaded = installer.sandbox.load(digest.as_str(), &installer.store.file(&digest)).await?;
        let limits = installer.services.database.read(|reader| reader.limits(&info.id))?;
        let limits = Limits::chosen(&limits);
        let subject = snapshot::subject(info, &package.digest, String::new(), installer.settings);
        let (routes, _) = RouteTable::new(&info.routes);
        let public = installer.settings.public_url.as_ref();
        let services = installer.services.granting(installation.held());
        let commission = &installation.commission;
        let plugin = Plugin {
            subject: Arc::new(subject),
            mount: mount.clone(),
            info: info.clone(),
            routes,
            state: State::Ready(loaded.clone()),
            limits,
            permits: Permits::new(&limits),
            usage: Arc::new(Usage::default()),
            held_until: None,
        };
        let (actor, told) = match &commission.caller {
            Some(caller) => {
                (Actor::Job(Arc::clone(caller)), with_own(acting::actor(&services, &plugin, caller)?, info))
            }
            None => (Actor::Nobody, with_own(nobody(), info)),
        };
        let request = commission.lease.as_ref().map_or_else(|| commission.actor.request.clone(), |it| it.job.clone());
        Ok(Self {
            sandbox: installer.sandbox,
            services,
            plugin: Arc::new(plugin),
            loaded,
            origin: public.map_or_else(|| "http://localhost".to_owned(), |url| url.origin().ascii_serialization()),
            about: Arc::clone(installer.about),
            actor,
            told,
            request,
        })
    }

    pub(super) fn data_version(&self) -> u32 {
        self.plugin.info.data_version
    }

    /// The pages of its menu, each once.
    pub(super) fn pages(&self) -> impl Iterator<Item = &Route> {
        let mut seen = HashSet::new();
        let named = self.plugin.info.menu.iter().filter_map(|entry| self.plugin.route_named(&entry.route));
        named.filter(move |route| route.verb == Verb::Get && !route.path.contains('{') && seen.insert(&route.name))
    }

    pub(super) fn path_of(&self, route: &Route) -> String {
        self.plugin.path_of(route)
    }

    /// Lets it migrate what is in this space, within this time; says why where that fails.
    pub(super) async fn migrate(&self, space: &str, older: u32, time: Duration) -> Result<(), String> {
        let limits = self.plugin.limits.of_jobs();
        let limits = Limits { cpu: time, wall: time, ..limits };
        let callee = vestry_sandbox::Callee { limits: &limits, ..self.plugin.callee(&self.loaded) };
        let call = self.call(space, Effect::Migration, false, limits.bytes);
        let noted = Noted::of(self, &call);
        let outcome = self.sandbox.migrate(callee, call, older).await;
        noted.write().await?;
        match answer(outcome) {
            Ok(()) => Ok(()),
            Err(broken) => Err(self.words(&broken)),
        }
    }

    /// Asks for a page as it would be with what is in this space, within this time; says why where it is broken. That
    /// something is denied, or not there, does not break a page.
    pub(super) async fn open(&self, space: &str, route: &Route, time: Duration) -> Result<(), String> {
        let limits = self.plugin.limits;
        let limits = Limits { cpu: time.min(limits.cpu), wall: time.min(limits.wall), ..limits };
        let callee = vestry_sandbox::Callee { limits: &limits, ..self.plugin.callee(&self.loaded) };
        let call = self.call(space, Effect::Trial, true, limits.bytes);
        let noted = Noted::of(self, &call);
        let outcome = self.sandbox.handle(callee, call, self.asked(route)).await;
        noted.write().await?;
        match answer(outcome) {
            Ok(_) => Ok(()),
            Err(broken) if broken.is_fault() => Err(self.words(&broken)),
            Err(_) => Ok(()),
        }
    }

    /// What went wrong, in the plugin's own words, for who installs: they may see what it wrote as it broke off.
    fn words(&self, broken: &Broken) -> String {
        let words = match broken {
            Broken::Failed(failure) => serde_json::to_string(failure).map(|kept| sentence(&kept)).unwrap_or_default(),
            Broken::Call(CallError::Trapped { reason, said }) if !said.trim().is_empty() => {
                format!("it broke off: {reason}; it said: {}", said.trim())
            }
            Broken::Call(error) => error.to_string(),
        };
        self.services.secrets.words_of(Holder::Plugin(&self.plugin.subject.id)).redact(&words).into_owned()
    }

    fn call(&self, space: &str, effect: Effect, reading: bool, bytes: usize) -> Call {
        let subject = Subject { space: space.to_owned(), ..self.plugin.subject.as_ref().clone() };
        Call::new(CallSettings {
            services: self.services.clone(),
            subject: Arc::new(subject),
            actor: self.actor.clone(),
            reading,
            effect,
            visitor: String::new(),
            request: self.request.clone(),
            bytes,
            until: Instant::now() + self.plugin.limits.wall,
            uploads: Vec::new(),
            surroundings: Arc::new(ServerSurroundings {
                snapshot: Arc::new(Snapshot::new(0, [Arc::clone(&self.plugin)])),
                origin: self.origin.clone(),
                about: Arc::clone(&self.about),
                speech: None,
            }),
            approvals: Vec::new(),
        })
    }

    fn asked(&self, route: &Route) -> Request {
        Request {
            id: self.request.clone(),
            route: route.name.clone(),
            params: Vec::new(),
            query: Vec::new(),
            form: Vec::new(),
            content_type: String::new(),
            body: Vec::new(),
            uploads: Vec::new(),
            actor: (!matches!(route.access, Access::Everyone)).then(|| self.told.clone()),
            visitor: String::new(),
            language: self.plugin.info.language.clone(),
            time_zone: "UTC".into(),
            extra: Vec::new(),
        }
    }
}

/// Where nobody ordered it, as the plugin is told.
fn nobody() -> types::Actor {
    types::Actor {
        id: "installer".into(),
        kind: "service".into(),
        name: String::new(),
        email: None,
        permissions: Vec::new(),
        extra: Vec::new(),
    }
}

fn with_own(mut actor: types::Actor, info: &PluginInfo) -> types::Actor {
    actor.permissions.extend(info.permissions.iter().map(|permission| permission.name.clone()));
    actor.permissions.sort_unstable();
    actor.permissions.dedup();
    actor
}

/// How a call ended badly.
enum Broken {
    Failed(Failure),
    Call(CallError),
}

impl Broken {
    /// Whether it is the package's fault: what nobody was allowed, or is not there, is not.
    fn is_fault(&self) -> bool {
        match self {
            Self::Call(_) => true,
            Self::Failed(failure) => {
                matches!(failure, Failure::Internal(_) | Failure::Exhausted(_) | Failure::Other(_))
            }
        }
    }
}

fn answer<T>(outcome: Result<Outcome<T>, CallError>) -> Result<T, Broken> {
    outcome.map_err(Broken::Call)?.answer.map_err(Broken::Failed)
}

/// What the gate refused during a call, to be written down when it has ended.
struct Noted {
    facts: CallFacts,
    refusals: Arc<parking_lot::Mutex<vestry_capabilities::Refusals>>,
}

impl Noted {
    fn of(trial: &Trial<'_>, call: &Call) -> Self {
        let facts = CallFacts {
            database: trial.services.database.clone(),
            plugin: trial.plugin.subject.id.clone(),
            digest: trial.plugin.subject.digest.clone(),
            request: trial.request.clone(),
            actor: trial.actor.clone(),
            time: trial.services.identity.clock().now(),
        };
        Self { facts, refusals: call.refusals() }
    }

    async fn write(self) -> Result<(), String> {
        let refusals = std::mem::take(&mut *self.refusals.lock());
        let done = blocking(move || Ok(audit_refusals(&self.facts, &refusals)?)).await;
        done.map_err(|error| error.to_string())
    }
}
