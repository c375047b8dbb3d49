//! One call of a plugin, as the host sees it: whose plugin, on whose behalf, what it has written so far.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use vestry_catalog::Facts;
use vestry_contract::contributions::Entry;
use vestry_contract::registration::MailMessage;
use vestry_contract::server::Overview;
use vestry_contract::types::Failure;
use vestry_contract::ui::RouteRef;
use vestry_events::Events;
use vestry_identity::{Caller, Identity};
use vestry_outbound::Outbound;
use vestry_sources::Sources;
use vestry_storage::{Database, Lease, StorageError};

use crate::directories::Directories;
use crate::gate::{Approval, Asked, Refusal, Refusals};
use crate::grants::{GrantCache, Grants};
use crate::inbox::Inbox;
use crate::job_log::JobLog;
use crate::secret_store::Secrets;
use crate::transaction::Transaction;
use crate::uploads::Upload;
use crate::waited::Waited;

/// Different refusals of one request that are written down.
const MOST_REFUSALS: usize = 100;

/// What all calls share. One for each process.
#[derive(Debug, Clone)]
pub struct Services {
    pub database: Database,
    pub identity: Identity,
    pub events: Events,
    pub secrets: Secrets,
    pub outbound: Outbound,
    pub sources: Sources,
    pub directories: Arc<Directories>,
    pub inbox: Inbox,
    grants: Arc<GrantCache>,
}

impl Services {
    #[must_use]
    pub fn new(
        identity: Identity,
        secrets: Secrets,
        outbound: Outbound,
        sources: Sources,
        directories: Directories,
        inbox: Inbox,
    ) -> Self {
        Self {
            database: identity.database().clone(),
            identity,
            events: Events::default(),
            secrets,
            outbound,
            sources,
            directories: Arc::new(directories),
            inbox,
            grants: Arc::default(),
        }
    }

    /// The same for a package that is tried before it is installed, and has no grants yet: it holds these.
    #[must_use]
    pub fn granting(&self, grants: Grants) -> Self {
        Self { grants: Arc::new(GrantCache::fixed(grants)), ..self.clone() }
    }

    /// What a plugin holds at this moment.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn grants(&self, plugin: &str, digest: &str) -> Result<Arc<Grants>, StorageError> {
        self.grants.current(&self.database, plugin, digest)
    }
}

/// Which plugin calls.
#[derive(Debug, Clone)]
pub struct Subject {
    pub id: String,
    pub version: String,
    /// In the plugin's own language.
    pub title: String,
    pub digest: String,
    /// The plugin's settings from the server's configuration, as a JSON document.
    pub settings: String,
    /// The space that its values are in.
    pub space: String,
    /// Kinds of mail that it registered.
    pub messages: Vec<MailMessage>,
}

/// On whose behalf.
#[derive(Debug, Clone)]
pub enum Actor {
    Person(Arc<Caller>),
    Token(Arc<Caller>),
    /// Nobody present: a job, for who started it.
    Job(Arc<Caller>),
    /// A browser that is not signed in.
    Visitor,
    /// Nobody: registering, a schedule.
    Nobody,
    /// Somebody whose session or token ended while the call was under way; holds nothing, the plugin's own included.
    Gone,
}

/// What a call can ask about the server around it, answered by rooms above.
pub trait Surroundings: Send + Sync + fmt::Debug {
    /// What plugins contribute to a point, as far as this actor may open it.
    fn contributions(&self, point: &str, actor: &Actor) -> Vec<Entry>;
    /// The absolute URL of a route of this plugin.
    fn absolute(&self, plugin: &str, route: &RouteRef) -> Option<String>;
    /// The absolute URL of one of the host's own pages.
    fn host_page(&self, path: &str) -> String;
    /// Whether this plugin has a route of that name.
    fn has_route(&self, plugin: &str, route: &str) -> bool;
    /// How what is mounted runs here, and what the program brought along.
    fn facts(&self) -> &dyn Facts;
    /// What this server is. Reads the database and looks at the disk: waits for both.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    fn describe(&self, services: &Services) -> Result<Overview, StorageError>;
}

/// When what a call writes takes effect.
#[derive(Debug, Clone, Default)]
pub enum Effect {
    /// All together, when the plugin has answered.
    #[default]
    WithAnswer,
    /// Each commit at once, as long as this is the lease of the job.
    Job { lease: Lease, log: JobLog },
    /// Each commit at once, in a space that nobody else uses yet.
    Migration,
    /// Never: a package is tried before it takes its place, and nothing outside this server is to notice.
    Trial,
}

/// What a call is made of.
#[derive(Debug, Clone)]
pub struct CallSettings {
    pub services: Services,
    pub subject: Arc<Subject>,
    pub actor: Actor,
    /// A GET: the reading kinds only.
    pub reading: bool,
    pub effect: Effect,
    /// This browser, as the plugin knows it; empty where there is none.
    pub visitor: String,
    pub request: String,
    /// Bytes that may go through host calls, in both directions together.
    pub bytes: usize,
    /// When the call is over by the clock: what waits for others must have given up before.
    pub until: Instant,
    pub uploads: Vec<Upload>,
    pub surroundings: Arc<dyn Surroundings>,
    /// What the person has said yes to, on the host's page.
    pub approvals: Vec<Approval>,
}

/// One call of a plugin.
#[derive(Debug)]
pub struct Call {
    open: Option<CallSettings>,
    subject: Arc<Subject>,
    actor: Actor,
    left: usize,
    asked: Option<Asked>,
    refusals: Arc<Mutex<Refusals>>,
    waited: Waited,
    pub(crate) transaction: Transaction,
}

impl Call {
    #[must_use]
    pub fn new(settings: CallSettings) -> Self {
        Self {
            subject: Arc::clone(&settings.subject),
            actor: settings.actor.clone(),
            left: settings.bytes,
            asked: None,
            refusals: Arc::default(),
            waited: Waited::default(),
            transaction: Transaction::default(),
            open: Some(settings),
        }
    }

    /// A call to which nothing of the host is open: for `register`.
    #[must_use]
    pub fn closed(subject: Arc<Subject>) -> Self {
        Self {
            open: None,
            subject,
            actor: Actor::Nobody,
            left: 0,
            asked: None,
            refusals: Arc::default(),
            waited: Waited::default(),
            transaction: Transaction::default(),
        }
    }

    #[must_use]
    pub fn is_visitor(&self) -> bool {
        matches!(self.actor, Actor::Visitor)
    }

    /// What the host must ask the person, where a call was answered with `confirm`.
    #[must_use]
    pub fn asked(&self) -> Option<&Asked> {
        self.asked.as_ref()
    }

    /// Where refusals are noted; to be kept aside by who makes the call, because a call that is broken off is gone.
    #[must_use]
    pub fn refusals(&self) -> Arc<Mutex<Refusals>> {
        Arc::clone(&self.refusals)
    }

    /// How long it has waited for other servers; to be kept aside likewise.
    #[must_use]
    pub fn waited(&self) -> Waited {
        self.waited.clone()
    }

    /// Says no where other servers and secrets are out of reach: a package that is only tried leaves no trace, and learns
    /// nothing.
    ///
    /// # Errors
    ///
    /// `unavailable`, which is no fault of the package's.
    pub(crate) fn reach_out(&self) -> Result<(), Failure> {
        match self.open.as_ref().map(|open| &open.effect) {
            Some(Effect::Trial | Effect::Migration) => Err(Failure::Unavailable(
                "while a package is tried before it takes its place, other servers and secrets are out of its reach"
                    .into(),
            )),
            Some(Effect::WithAnswer | Effect::Job { .. }) | None => Ok(()),
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.open.is_none()
    }

    pub(crate) fn is_reading(&self) -> bool {
        self.open.as_ref().is_none_or(|open| open.reading)
    }

    pub(crate) fn is_migrating(&self) -> bool {
        self.open.as_ref().is_some_and(|open| matches!(open.effect, Effect::Migration))
    }

    pub(crate) fn subject(&self) -> &Subject {
        &self.subject
    }

    pub(crate) fn actor(&self) -> &Actor {
        &self.actor
    }

    pub(crate) fn settings(&self) -> Result<&CallSettings, Failure> {
        self.open
            .as_ref()
            .ok_or_else(|| Failure::Denied("nothing of the host is there while a plugin registers".into()))
    }

    pub(crate) fn request_id(&self) -> &str {
        self.open.as_ref().map_or("", |open| &open.request)
    }

    /// The actor with the rights of this moment; one who was signed out or deactivated since is gone.
    pub(crate) fn actor_now(&self) -> Actor {
        let Some(open) = &self.open else { return Actor::Nobody };
        let current = |caller: &Caller| {
            open.services.identity.current(caller).unwrap_or_else(|error| {
                tracing::error!(%error, "a caller could not be looked up again");
                None
            })
        };
        match &self.actor {
            Actor::Person(caller) => current(caller).map_or(Actor::Gone, Actor::Person),
            Actor::Token(caller) => current(caller).map_or(Actor::Gone, Actor::Token),
            Actor::Job(caller) => current(caller).map_or(Actor::Gone, Actor::Job),
            other => other.clone(),
        }
    }

    pub(crate) fn grants(&self) -> Result<Arc<Grants>, Failure> {
        let services = &self.settings()?.services;
        services.grants(&self.subject.id, &self.subject.digest).map_err(unavailable)
    }

    /// Whether the person said yes to this; a yes is for once.
    pub(crate) fn use_approval(&mut self, wanted: &Approval) -> bool {
        let Some(open) = &mut self.open else { return false };
        let found = open.approvals.iter().position(|approval| approval == wanted);
        found.map(|index| open.approvals.swap_remove(index)).is_some()
    }

    pub(crate) fn now(&self) -> u64 {
        self.open.as_ref().map_or(0, |open| open.services.identity.clock().now())
    }

    /// The lease of the job that this call works on.
    pub(crate) fn lease(&self) -> Option<&Lease> {
        match &self.open.as_ref()?.effect {
            Effect::Job { lease, .. } => Some(lease),
            Effect::WithAnswer | Effect::Migration | Effect::Trial => None,
        }
    }

    /// Where lines of the job go that this call works on.
    pub(crate) fn job_log(&self) -> Option<&JobLog> {
        match &self.open.as_ref()?.effect {
            Effect::Job { log, .. } => Some(log),
            Effect::WithAnswer | Effect::Migration | Effect::Trial => None,
        }
    }

    /// Makes what was written take effect now, where commits count at once; elsewhere it waits for the answer.
    ///
    /// # Errors
    ///
    /// `conflict` where somebody was faster, `exhausted` where a limit is passed, `unavailable` where the database fails.
    pub(crate) async fn settle(&mut self) -> Result<(), Failure> {
        let at_once = |open: &&CallSettings| matches!(open.effect, Effect::Job { .. } | Effect::Migration);
        let Some(open) = self.open.as_ref().filter(at_once) else {
            return Ok(());
        };
        let part = Self {
            open: Some(open.clone()),
            subject: Arc::clone(&self.subject),
            actor: self.actor.clone(),
            left: 0,
            asked: None,
            refusals: Arc::default(),
            waited: self.waited.clone(),
            transaction: std::mem::take(&mut self.transaction),
        };
        let done = tokio::task::spawn_blocking(move || part.commit()).await;
        match done {
            Ok(done) => done.map_err(Failure::from),
            Err(_) => Err(Failure::Unavailable("the server is stopping".into())),
        }
    }

    pub(crate) fn ask(&mut self, asked: Asked) {
        self.asked = Some(asked);
    }

    pub(crate) fn note_refusal(&mut self, refusal: Refusal) {
        let mut refusals = self.refusals.lock();
        // A plugin can be refused in endlessly many words; the audit keeps the first of them.
        if refusals.len() < MOST_REFUSALS || refusals.contains_key(&refusal) {
            *refusals.entry(refusal).or_default() += 1;
        }
    }

    /// Bytes that may still go through host calls.
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    pub(crate) fn spend(&mut self, bytes: usize) -> Result<(), Failure> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(Failure::Exhausted("this request has moved as many bytes through host calls as it may".into()))
            }
        }
    }
}

/// A failure of the database, for the plugin: what it is stays in the log.
pub(crate) fn unavailable(error: StorageError) -> Failure {
    tracing::error!(%error, "a host call could not reach the database");
    Failure::Unavailable("the server's database does not answer at the moment".into())
}
