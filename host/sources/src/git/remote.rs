//! Repositories of other servers.

use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;

use gix::bstr::{BStr, ByteSlice};
use gix::error::{Class, ResourceExhaustionKind};
use gix::progress::Discard;
use gix::protocol::handshake::Ref;
use gix::remote::fetch::{Prepare, RefMap, Shallow, Tags};
use gix::remote::{Direction, ref_map};
use gix::{ObjectId, Repository};
use gix_transport::Protocol;
use gix_transport::client::blocking_io::http::Transport;

use crate::error::SourceError;
use crate::git::calls::Calls;
use crate::git::child::Came;
use crate::git::contents::Found;
use crate::git::exchange::Task;
use crate::git::limits::{LARGEST_OBJECT, MORE_MEMORY};
use crate::git::names::{self, Wanted};
use crate::git::web::Web;
use crate::sources::Reference;
use crate::words::shown;

/// All branches and tags, and which one is the default.
const ALL: &[&str] = &["HEAD", "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*"];

/// A commit without its history.
const TIP: Shallow = Shallow::DepthAtRemote(NonZeroU32::MIN);

/// How Git's client complains of words where it expects a pack.
const NO_WORDS: &str = "non-side channel line";

/// The most characters that are passed on of what Git's client says, which may be what a server said.
const SHOWN: usize = 300;

/// A task and what it is carried out with.
struct Remote<'task> {
    task: &'task Task,
    calls: Rc<Calls>,
    /// Empty at first, it takes what is fetched.
    repository: Repository,
}

pub(super) fn references(task: &Task, came: Came) -> Result<Vec<Reference>, SourceError> {
    Remote::new(task, came)?.references()
}

/// Fetches one commit with its files, and nothing of its history.
pub(super) fn fetch(task: &Task, came: Came) -> Result<Found, SourceError> {
    let remote = Remote::new(task, came)?;
    let (target, words) = match Wanted::parse(task.source.reference.as_deref())? {
        Wanted::Default => remote.default()?,
        Wanted::Commit(commit) => remote.commit(commit)?,
        Wanted::Named { name, full } => remote.named(&name, &full)?,
    };
    let at = remote.calls.origin().to_string();
    Ok(Found { repository: remote.repository, target, words, at })
}

impl<'task> Remote<'task> {
    fn new(task: &'task Task, came: Came) -> Result<Self, SourceError> {
        let calls = Calls::new(task, came)?;
        let create = gix::create::Options::default();
        let repository = gix::ThreadSafeRepository::init_opts(
            task.scratch.join("repository"),
            gix::create::Kind::Bare,
            create,
            options(),
        );
        let repository = repository.map_err(|error| SourceError::Io(std::io::Error::other(cause(&error))))?;
        Ok(Self { task, calls, repository: repository.to_thread_local() })
    }

    fn references(&self) -> Result<Vec<Reference>, SourceError> {
        let map = self.prepare(ALL, |prepared| Ok(prepared.ref_map().clone()))?;
        let default = map.remote_refs.iter().find_map(default_branch);
        let all = map.remote_refs.iter().filter_map(|reference| {
            let (name, target, peeled) = reference.unpack();
            let commit = peeled_or(target, peeled)?;
            Some((name.to_str().ok()?.to_owned(), commit))
        });
        Ok(names::listed(all, default.as_deref()))
    }

    fn default(&self) -> Result<(ObjectId, String), SourceError> {
        let map = self.receive(&["HEAD"], TIP, |map| !map.mappings.is_empty())?;
        let map = map.ok_or_else(|| {
            let at = self.calls.origin();
            SourceError::NotFound(format!("the repository at {at} has no default branch: name a branch or a tag"))
        })?;
        let branch = map.remote_refs.iter().find_map(default_branch);
        let target = self.target(&map)?;
        Ok((target, names::words(branch.as_deref().unwrap_or("HEAD"))))
    }

    /// A commit that a branch or a tag stands for, or else one of their history. A server gives out others as well: what
    /// somebody pushed to a copy of the repository, or asks to have taken in, lies with what is its own.
    fn commit(&self, commit: ObjectId) -> Result<(ObjectId, String), SourceError> {
        let map = self.prepare(ALL, |prepared| Ok(prepared.ref_map().clone()))?;
        let stands_for = |reference: &Ref| {
            let (name, target, peeled) = reference.unpack();
            is_listed(name) && [target, peeled].into_iter().flatten().any(|id| id == commit)
        };
        if !map.remote_refs.iter().any(stands_for) {
            self.history_has(commit)?;
            return Ok((commit, "commit".to_owned()));
        }
        let fetched = self.receive(&[&commit.to_string()], TIP, |_| true);
        // A server that says no names the commit, and one of the first protocol does so where Git's client reads no words.
        let says_no = |text: &str| text.contains(&commit.to_string()) || text.contains(NO_WORDS);
        let refused = |error| match error {
            SourceError::Content(text) if says_no(&text) => SourceError::NotFound(format!(
                "{} lists the commit {commit}, and does not give it out: name the branch or the tag that stands for it",
                self.calls.origin()
            )),
            other => other,
        };
        fetched.map_err(refused)?;
        Ok((commit, "commit".to_owned()))
    }

    /// That a branch or a tag leads back to a commit: fetches their whole history, and walks it.
    fn history_has(&self, commit: ObjectId) -> Result<(), SourceError> {
        let at = self.calls.origin().to_string();
        let map = self.receive(ALL, Shallow::NoChange, |map| !map.mappings.is_empty());
        let map = map.map_err(|error| match error {
            SourceError::Content(text) => SourceError::Content(format!(
                "{text} (its whole history was asked for, since no branch and no tag stands for the commit {commit}: give \
                 it a tag)"
            )),
            other => other,
        })?;
        let tips = map.iter().flat_map(|map| &map.remote_refs).filter_map(|reference| {
            let (name, target, peeled) = reference.unpack();
            peeled_or(target, peeled).filter(|_| is_listed(name))
        });
        match names::reaches(&self.repository, tips.collect(), commit) {
            true => Ok(()),
            false => Err(names::stray(&at, commit)),
        }
    }

    fn named(&self, name: &str, full: &[String]) -> Result<(ObjectId, String), SourceError> {
        let specs: Vec<_> = full.iter().map(String::as_str).collect();
        let mut there = Vec::new();
        let received = self.receive(&specs, TIP, |map| {
            there = full.iter().filter(|full| has(map, full)).collect();
            there.len() == 1
        })?;
        let missing = |listed: Vec<Reference>| names::missing(name, &self.calls.origin().to_string(), &listed);
        let Some(full) = there.first() else { return Err(missing(self.references()?)) };
        let map = match received {
            Some(map) => map,
            // There is a tag and a branch of this name.
            None => self.receive(&[full], TIP, |_| true)?.ok_or_else(|| missing(Vec::new()))?,
        };
        Ok((self.target(&map)?, names::words(full)))
    }

    /// What the first reference that was asked for stands for.
    fn target(&self, map: &RefMap) -> Result<ObjectId, SourceError> {
        let target = map.mappings.iter().find_map(|mapping| mapping.remote.as_id());
        target.map(ToOwned::to_owned).ok_or_else(|| {
            let at = self.calls.origin();
            SourceError::NotFound(format!("the repository at {at} is empty: push something to it first"))
        })
    }

    /// Asks what there is of these references, and fetches it where that is wanted.
    fn receive(
        &self,
        specs: &[&str],
        depth: Shallow,
        wanted: impl FnOnce(&RefMap) -> bool,
    ) -> Result<Option<RefMap>, SourceError> {
        self.prepare(specs, |prepared| {
            if !wanted(prepared.ref_map()) {
                return Ok(None);
            }
            let outcome = prepared.with_shallow(depth).receive(Discard, &AtomicBool::new(false))?;
            Ok(Some(outcome.ref_map))
        })
    }

    fn prepare<T>(
        &self,
        specs: &[&str],
        then: impl FnOnce(Prepare<'_, '_, Transport<Web>>) -> gix::Result<T>,
    ) -> Result<T, SourceError> {
        let prepared = || {
            let url = gix::url::parse(BStr::new(self.task.source.url.as_str()))?;
            let transport = Transport::new_http(Web::new(&self.calls), url.clone(), Protocol::V2, false);
            let remote = self
                .repository
                .remote_at_without_url_rewrite(url)?
                .with_fetch_tags(Tags::None)
                .with_refspecs(specs.iter().map(|spec| BStr::new(*spec)), Direction::Fetch)?;
            // Access is sent with the calls; there are no helpers to be asked for any.
            let connection = remote.to_connection_with_transport(transport).with_credentials(|_| Ok(None));
            then(connection.prepare_fetch(Discard, ref_map::Options::default())?)
        };
        prepared()
            .map_err(|error| self.calls.failure().unwrap_or_else(|| broken(&error, &self.calls.origin().to_string())))
    }
}

/// How repositories are opened: by what lies in them and by this, not by what this machine says of others.
pub(super) fn options() -> gix::open::Options {
    gix::open::Options::isolated().config_overrides([
        format!("gitoxide.objects.allocLimit={LARGEST_OBJECT}"),
        "gitoxide.objects.noReplace=true".to_owned(),
        "pack.threads=1".to_owned(),
    ])
}

/// What Git's client makes of something that it cannot read.
pub(super) fn broken(error: &gix::Error, at: &str) -> SourceError {
    let exhausted = error.classify().find_map(|classified| match classified.class() {
        Class::ResourceExhaustion(kind) => Some(kind),
        _ => None,
    });
    match exhausted {
        Some(ResourceExhaustionKind::AllocationLimit) => SourceError::Content(format!(
            "the repository at {at} holds a file of more than {} MiB, or more files than are read: keep the package where \
             there is only what it needs",
            LARGEST_OBJECT >> 20
        )),
        Some(_) => SourceError::Content(format!(
            "what the repository at {at} sends stands for {MORE_MEMORY}: keep the package where there is only what it needs"
        )),
        None => SourceError::Content(format!("what the repository at {at} sends cannot be read: {}", cause(error))),
    }
}

/// What an error came of, in one line.
fn cause(error: &gix::Error) -> String {
    let cause = error.probable_cause().to_string();
    shown(cause.lines().next().unwrap_or_default(), SHOWN)
}

/// The branch that a repository calls its default.
fn default_branch(reference: &Ref) -> Option<String> {
    match reference {
        Ref::Symbolic { full_ref_name, target, .. } if full_ref_name == "HEAD" => Some(target.to_string()),
        _ => None,
    }
}

/// Whether there is a reference of this full name.
fn has(map: &RefMap, full: &str) -> bool {
    map.remote_refs.iter().any(|reference| reference.unpack().0 == full.as_bytes())
}

/// Whether it is a branch or a tag, and not what a forge keeps beside them.
fn is_listed(full: &BStr) -> bool {
    full.to_str().is_ok_and(|full| names::short(full).is_some())
}

fn peeled_or(target: Option<&gix::oid>, peeled: Option<&gix::oid>) -> Option<ObjectId> {
    peeled.or(target).map(ToOwned::to_owned)
}
