//! The calls of one task, made as all calls of the server are: each address is checked at each hop.
//!
//! Access is sent to the origin that was named and to no other. What goes wrong is remembered here in a sentence of our
//! own, since on its way through Git's client it becomes a chain of theirs.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use tokio::runtime::{Builder, Runtime};
use vestry_outbound::{Header, Incoming, Limits, Origin, Outbound, OutboundError, Policy, Request, Secret, Verb};

use crate::access::Access;
use crate::error::SourceError;
use crate::git::child::Came;
use crate::git::exchange::{Task, Work};
use crate::git::limits;
use crate::source::is_private_to_us;

/// The most that is read in all, in bytes: of a list of branches and tags, of a commit.
const MOST_LISTED: u64 = 32 << 20;
const MOST_FETCHED: u64 = 256 << 20;

/// How long a server may say nothing.
const SILENCE: Duration = Duration::from_secs(20);

/// The user that is named where there is a token alone. GitLab wants this one for some kinds of token; GitHub, Gitea and
/// GitLab take any for the others.
const TOKEN_ALONE: &str = "oauth2";

/// Headers of Git's client that are not passed on: who asks is said by the server alone.
const NOT_PASSED: &str = "user-agent";

/// The calls of one task.
pub(super) struct Calls {
    runtime: Runtime,
    outbound: Outbound,
    /// Where the repository is said to be.
    origin: Origin,
    access: Option<Access>,
    ends: Instant,
    most: u64,
    came: Cell<u64>,
    tell: Came,
    failure: RefCell<Option<SourceError>>,
}

impl Calls {
    pub(super) fn new(task: &Task, tell: Came) -> Result<Rc<Self>, SourceError> {
        let origin =
            Origin::of_address(task.source.url.as_str()).map_err(|error| SourceError::Address(error.to_string()))?;
        let unusable = |text: String| SourceError::Unavailable(text);
        let networks = task.networks.iter().map(|network| network.parse()).collect::<Result<_, _>>();
        let networks = networks.map_err(|_| unusable("a network of the configuration is not one".into()))?;
        let outbound = Outbound::new(Policy::allowing(networks), task.certificates.as_deref());
        let outbound = outbound.map_err(|error| unusable(error.to_string()))?;
        let calls = Self {
            runtime: runtime()?,
            outbound,
            origin,
            access: task.access.clone(),
            ends: Instant::now() + Duration::from_millis(task.milliseconds),
            most: if task.work == Work::Fetch { MOST_FETCHED } else { MOST_LISTED },
            came: Cell::new(0),
            tell,
            failure: RefCell::new(None),
        };
        Ok(Rc::new(calls))
    }

    /// Who is asked.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What went wrong on the way, if that did.
    pub(super) fn failure(&self) -> Option<SourceError> {
        self.failure.borrow_mut().take()
    }

    /// Remembers what went wrong, and gives Git's client something to pass on.
    pub(super) fn fail(&self, error: SourceError) -> io::Error {
        let text = error.to_string();
        self.failure.borrow_mut().get_or_insert(error);
        io::Error::other(text)
    }

    fn headers(&self, lines: &[String], url: &str) -> Vec<Header> {
        let text = lines.iter().filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            let is_passed = !name.eq_ignore_ascii_case(NOT_PASSED);
            is_passed.then(|| Header::Text { name: name.to_owned(), value: value.trim().to_owned() })
        });
        let is_first = Origin::of_address(url).is_ok_and(|origin| origin == self.origin);
        let access = self.access.as_ref().filter(|_| is_first).map(|access| {
            let user = if access.user.is_empty() { TOKEN_ALONE } else { &access.user };
            Header::Secret {
                name: "authorization".into(),
                prefix: "Basic ".into(),
                value: Secret::new(BASE64.encode(format!("{user}:{}", access.token).as_bytes())),
                bound_to: self.origin.clone(),
            }
        });
        text.chain(access).collect()
    }

    /// Sends, and waits for the head of the answer; one that says no is an error.
    pub(super) fn send(&self, verb: Verb, url: &str, lines: &[String], body: Vec<u8>) -> io::Result<Incoming> {
        let outbound = |error: OutboundError| self.fail(error.into());
        let request = Request::new(verb, url, self.headers(lines, url), body.into()).map_err(outbound)?;
        let limits = Limits {
            bytes: usize::try_from(self.most.saturating_sub(self.came.get())).unwrap_or(usize::MAX),
            time: self.ends.saturating_duration_since(Instant::now()),
            silence: SILENCE,
        };
        let open = self.outbound.open(request, limits, &is_private_to_us);
        let incoming = self.runtime.block_on(open).map_err(outbound)?;
        match self.refusal(&incoming) {
            None => Ok(incoming),
            Some(error) => Err(self.fail(error)),
        }
    }

    /// The next piece of an answer; empty at its end.
    pub(super) fn piece(&self, incoming: &mut Incoming) -> io::Result<Vec<u8>> {
        let piece = self.runtime.block_on(incoming.chunk()).map_err(|error| self.fail(error.into()))?;
        let piece = piece.map(Vec::from).unwrap_or_default();
        self.came.set(self.came.get() + piece.len() as u64);
        (self.tell)(self.came.get());
        Ok(piece)
    }

    fn refusal(&self, incoming: &Incoming) -> Option<SourceError> {
        let origin = &incoming.origin;
        let status = incoming.status;
        match (status, &self.access) {
            (200, _) => None,
            (401, None) => Some(SourceError::Access(format!(
                "{origin} wants to know who asks before it shows this repository, or has none at this address: give a \
                 user and a token that may read it"
            ))),
            (401 | 403, Some(_)) => Some(SourceError::Access(format!(
                "{origin} does not let this user and token read the repository: give others, or have them allowed there"
            ))),
            (403, None) => Some(SourceError::Access(format!(
                "{origin} does not show this repository to everybody: give a user and a token that may read it"
            ))),
            (404 | 410, _) => Some(SourceError::NotFound(format!(
                "{origin} has no repository at this address, or none that it shows: check the address, and give a user \
                 and a token where it is private"
            ))),
            (429 | 500.., _) => {
                Some(SourceError::Unavailable(format!("{origin} answers with the status {status}: try again later")))
            }
            (300..=399, _) => Some(SourceError::Refused(format!(
                "{origin} redirects where Git does not follow: give the address that it redirects to"
            ))),
            _ => Some(not_git(origin)),
        }
    }
}

/// It answers, and in no way that Git's client understands.
pub(super) fn not_git(origin: &Origin) -> SourceError {
    SourceError::Content(format!(
        "{origin} answers at this address, and not as a Git server does: check the address; it is the one to clone from, \
         which mostly ends with .git"
    ))
}

/// Calls are waited for one after the other. The one thread beside is for looking up names; it is there from the start,
/// since after this there are no more to be had.
fn runtime() -> io::Result<Runtime> {
    let runtime =
        Builder::new_current_thread().enable_all().max_blocking_threads(1).thread_keep_alive(Duration::MAX).build()?;
    runtime.block_on(runtime.spawn_blocking(|| ())).map_err(io::Error::other)?;
    limits::alone()?;
    Ok(runtime)
}
