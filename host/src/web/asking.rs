//! One request on its way to a plugin: what is asked, on whose behalf, and whether they still may.
//!
//! A page is asked for once; a download and a page that is followed are asked about again and again, for hours. So
//! what a question is made of is kept together here, and [`Asking::renew`] holds it against this moment: the session,
//! the permission that the route needs, the plugin that is mounted there.

use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use vestry_capabilities::{Actor, Approval, Call, CallFacts, CallSettings, Effect, Refusals, Upload, audit_refusals};
use vestry_contract::exchange;
use vestry_contract::live::Batch;
use vestry_contract::registration::Verb;
use vestry_contract::streaming::Chunk;
use vestry_contract::types::Failure;
use vestry_identity::{Caller, CallerKind};
use vestry_sandbox::{CallError, Outcome};
use vestry_storage::StorageError;

use crate::installer::quarantine;
use crate::registry::acting;
use crate::registry::plugin::{State, may_use};
use crate::registry::snapshot::Version;
use crate::registry::surroundings::ServerSurroundings;
use crate::web::app::App;
use crate::web::body::{Incoming, Share, Upload as Uploaded};
use crate::web::dispatch::{Matching, blocking, is_public};
use crate::web::problem::Problem;
use crate::web::visit::Visit;

/// What a plugin is asked, and all that is needed to ask it.
#[derive(Debug, Clone)]
pub struct Asking {
    pub app: App,
    pub visit: Visit,
    pub matching: Arc<Matching>,
    /// As the plugin sees it: no cookie, no token, no header but what stands here.
    pub request: exchange::Request,
    /// The files that came with it, in their order.
    pub uploads: Vec<Upload>,
    /// What its body holds of the memory for bodies.
    _share: Option<Arc<Share>>,
}

/// Why somebody is not answered any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    #[error("the session or the token ended")]
    SignedOut,
    #[error("the permission to open it was taken")]
    Forbidden,
    #[error("the feature was updated, moved or switched off")]
    Replaced,
    #[error("the server's database does not answer")]
    Unknown,
}

/// Why a plugin did not say what it was asked.
#[derive(Debug)]
pub enum NoAnswer {
    /// It said why.
    Failure(Failure),
    /// It broke off, or was too busy to begin.
    Broken(CallError),
    /// The server's own doing, which is in the log.
    Internal(Problem),
}

/// Refusals of one call, to be written down when it has ended, however it ended.
#[derive(Debug)]
pub struct Noted {
    facts: CallFacts,
    refusals: Arc<Mutex<Refusals>>,
}

impl Noted {
    /// Writes down what the gate refused.
    ///
    /// # Errors
    ///
    /// Where the database cannot be written: then nothing is answered either.
    pub async fn write(self) -> Result<(), Problem> {
        let refusals = std::mem::take(&mut *self.refusals.lock());
        if refusals.is_empty() {
            return Ok(());
        }
        let facts = self.facts;
        blocking(move || audit_refusals(&facts, &refusals)).await?.map_err(|error| Problem::internal(&error))
    }
}

impl Asking {
    /// Puts together what a plugin is told of a request. `browser`: of somebody who is not signed in.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn new(
        app: &App,
        visit: &Visit,
        matching: Arc<Matching>,
        incoming: Incoming,
        browser: Option<&str>,
    ) -> Result<Self, Problem> {
        let subject = &matching.plugin.subject;
        let visitor = match (visit.caller(), browser) {
            (Some(caller), _) => app.keys().visitor(&subject.id, caller.account.as_str()),
            (None, Some(browser)) => app.keys().visitor(&subject.id, browser),
            (None, None) => String::new(),
        };
        let actor = visit.caller().map(|caller| acting::actor(app.services(), &matching.plugin, caller)).transpose();
        let named = |upload: Uploaded| (upload.content.named(&upload.facts.file_name), upload.facts);
        let (uploads, facts) = incoming.uploads.into_iter().map(named).unzip();
        let request = exchange::Request {
            id: visit.request_id().to_owned(),
            route: matching.route.name.clone(),
            params: matching.params.clone(),
            query: incoming.query,
            form: incoming.form,
            content_type: incoming.content_type,
            body: incoming.body,
            uploads: facts,
            actor: actor.map_err(|error| Problem::internal(&error))?,
            visitor,
            language: visit.reads().to_owned(),
            time_zone: "UTC".into(),
            extra: Vec::new(),
        };
        Ok(Self { app: app.clone(), visit: visit.clone(), matching, request, uploads, _share: incoming.share })
    }

    /// The same without what came as its body: what a download and a followed page are asked about with.
    #[must_use]
    pub fn without_body(&self) -> Self {
        let known = &self.request;
        let request = exchange::Request {
            id: known.id.clone(),
            route: known.route.clone(),
            params: known.params.clone(),
            query: known.query.clone(),
            form: Vec::new(),
            content_type: String::new(),
            body: Vec::new(),
            uploads: Vec::new(),
            actor: known.actor.clone(),
            visitor: known.visitor.clone(),
            language: known.language.clone(),
            time_zone: known.time_zone.clone(),
            extra: known.extra.clone(),
        };
        Self {
            app: self.app.clone(),
            visit: self.visit.clone(),
            matching: Arc::clone(&self.matching),
            request,
            uploads: Vec::new(),
            _share: None,
        }
    }

    /// A call for this request, and what has to be written down when it has ended. `reading`: as a GET, whatever the
    /// route's verb.
    #[must_use]
    pub fn call(&self, reading: bool, approvals: Vec<Approval>) -> (Call, Noted) {
        let settings = CallSettings {
            services: self.app.services().clone(),
            subject: Arc::clone(&self.matching.plugin.subject),
            actor: actor(&self.visit),
            reading: reading || self.matching.route.verb == Verb::Get,
            effect: Effect::WithAnswer,
            visitor: self.request.visitor.clone(),
            request: self.request.id.clone(),
            bytes: self.matching.plugin.limits.bytes,
            until: Instant::now() + self.matching.plugin.limits.wall,
            uploads: self.uploads.clone(),
            surroundings: Arc::new(ServerSurroundings {
                snapshot: Arc::clone(&self.matching.snapshot),
                origin: self.visit.origin(),
                about: Arc::clone(self.app.serving().about()),
                speech: Some(self.visit.speech()),
            }),
            approvals,
        };
        let facts = CallFacts {
            database: settings.services.database.clone(),
            plugin: settings.subject.id.clone(),
            digest: settings.subject.digest.clone(),
            request: settings.request.clone(),
            actor: settings.actor.clone(),
            time: settings.services.identity.clock().now(),
        };
        let call = Call::new(settings);
        let refusals = call.refusals();
        (call, Noted { facts, refusals })
    }

    /// Lets the plugin answer the request. What it wrote is still to be committed.
    ///
    /// # Errors
    ///
    /// Where it gives no answer.
    pub async fn handle(&self, approvals: Vec<Approval>) -> Result<Outcome, NoAnswer> {
        let (call, noted) = self.call(false, approvals);
        let Matching { plugin, loaded, .. } = &*self.matching;
        let outcome = self.app.sandbox().handle(plugin.callee(loaded), call, self.request.clone()).await;
        noted.write().await?;
        Ok(outcome?)
    }

    /// The next piece of a download. It reads only.
    ///
    /// # Errors
    ///
    /// Where the plugin fails or gives no answer.
    pub async fn chunk(&self, name: &str, cursor: Option<String>) -> Result<Chunk, NoAnswer> {
        let (call, noted) = self.call(true, Vec::new());
        let Matching { plugin, loaded, .. } = &*self.matching;
        let (callee, request) = (plugin.callee(loaded), self.request.clone());
        let outcome = self.app.sandbox().chunk(callee, call, request, name.to_owned(), cursor).await;
        noted.write().await?;
        outcome?.answer.map_err(NoAnswer::Failure)
    }

    /// What is new on a page since a cursor. It reads only.
    ///
    /// # Errors
    ///
    /// Where the plugin fails or gives no answer.
    pub async fn follow(&self, cursor: &str) -> Result<Batch, NoAnswer> {
        let (call, noted) = self.call(true, Vec::new());
        let Matching { plugin, loaded, .. } = &*self.matching;
        let (callee, request) = (plugin.callee(loaded), self.request.clone());
        let outcome = self.app.sandbox().follow(callee, call, request, cursor.to_owned()).await;
        noted.write().await?;
        outcome?.answer.map_err(NoAnswer::Failure)
    }

    /// Counts that the plugin failed whoever asked. Not where that was a visitor, or a version that was replaced: neither
    /// may stop what is mounted. `reason`: a part of a sentence.
    pub fn count_failure(&self, reason: &impl std::fmt::Display) {
        if let Some(caller) = self.visit.caller().filter(|_| !self.matching.former) {
            self.app.serving().failed(&self.matching.plugin.subject, caller.account.as_str(), &reason.to_string());
        }
    }

    /// The same for a call that gave no answer, where that is the plugin's own doing.
    pub fn count_broken(&self, error: &CallError) {
        if quarantine::counts(error) {
            self.count_failure(error);
        }
    }

    /// Whether who asked may still open this route, and the plugin is still the one that answered. Costs microseconds.
    ///
    /// # Errors
    ///
    /// Where not.
    pub fn access_still_holds(&self) -> Result<(), Ended> {
        self.now().map(drop)
    }

    /// The same check; where it holds, actor, snapshot and plugin are from then on those of this moment.
    ///
    /// # Errors
    ///
    /// Where access ended; then nothing has changed.
    pub fn renew(&mut self) -> Result<(), Ended> {
        let Now { caller, matching } = self.now()?;
        if let Some(caller) = caller {
            let actor = acting::actor(self.app.services(), &matching.plugin, &caller).map_err(unknown)?;
            self.request.actor = Some(actor);
            self.visit = self.visit.with_caller(caller);
        }
        self.matching = matching;
        Ok(())
    }

    fn now(&self) -> Result<Now, Ended> {
        let known = self.visit.caller();
        let caller = match known {
            None => None,
            Some(known) => Some(self.app.identity().current(known).map_err(unknown)?.ok_or(Ended::SignedOut)?),
        };
        let matching = self.matching_now()?;
        if may_use(&matching.route.access, caller.as_deref(), matching.public) {
            Ok(Now { caller, matching })
        } else {
            Err(Ended::Forbidden)
        }
    }

    /// The same route of the same build of the plugin, where it is still mounted there, or was replaced a short time ago
    /// and ends what it began.
    fn matching_now(&self) -> Result<Arc<Matching>, Ended> {
        let known = &self.matching;
        let snapshot = self.app.registry().snapshot();
        let Version { plugin, former } = snapshot.version(&known.plugin, Instant::now()).ok_or(Ended::Replaced)?;
        let State::Ready(loaded) = &plugin.state else { return Err(Ended::Replaced) };
        let public = is_public(&self.app, plugin, &known.route).map_err(|_| Ended::Unknown)?;
        if Arc::ptr_eq(&snapshot, &known.snapshot) && public == known.public {
            return Ok(Arc::clone(known));
        }
        Ok(Arc::new(Matching {
            plugin: Arc::clone(plugin),
            loaded: loaded.clone(),
            snapshot: if former { Arc::new(snapshot.as_before(plugin)) } else { Arc::clone(&snapshot) },
            former,
            public,
            route: known.route.clone(),
            params: known.params.clone(),
        }))
    }
}

/// What holds at this moment.
struct Now {
    caller: Option<Arc<Caller>>,
    matching: Arc<Matching>,
}

fn unknown(error: StorageError) -> Ended {
    tracing::error!(%error, "whether somebody may go on could not be looked up");
    Ended::Unknown
}

impl From<CallError> for NoAnswer {
    fn from(error: CallError) -> Self {
        Self::Broken(error)
    }
}

impl From<Problem> for NoAnswer {
    fn from(problem: Problem) -> Self {
        Self::Internal(problem)
    }
}

/// On whose behalf a visit's calls are made.
#[must_use]
pub fn actor(visit: &Visit) -> Actor {
    match visit.caller() {
        None => Actor::Visitor,
        Some(caller) => match caller.kind {
            CallerKind::Person => Actor::Person(Arc::clone(caller)),
            CallerKind::Token => Actor::Token(Arc::clone(caller)),
            CallerKind::Job => Actor::Job(Arc::clone(caller)),
        },
    }
}
