//! What something about packages is carried out under: for whom, who is told how far it is, whether it is still wanted.
//!
//! An order is the same whether a job carries it out in the server or the command line does in its own process. A job can be
//! cancelled, and its lease can be another's by now: so steps that change nothing are left as soon as nobody wants them,
//! and the transaction that changes something looks once more itself.

use std::sync::Arc;

use tokio::sync::watch;
use vestry_identity::{Actor, Caller, PermissionSet};
use vestry_storage::{Lease, Reader};

use crate::installer::package_error::PackageError;
use crate::installer::serving::Serving;

/// What deciding about packages needs.
pub const MANAGE: &str = "packages.manage";

/// How far something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<'a> {
    /// 0 to 100.
    pub percent: u8,
    pub words: &'a str,
    /// It is at something else than before, and not only further with it.
    pub begins: bool,
}

/// Who is told of it.
pub type Tell = dyn Fn(Step<'_>) + Send + Sync;

/// For whom, and with whom watching.
#[derive(Clone)]
pub struct Commission {
    /// Who ordered it.
    pub actor: Actor,
    /// The same as plugins are called for; none for the command line and the host itself.
    pub caller: Option<Arc<Caller>>,
    /// When it was ordered.
    pub ordered: u64,
    /// The job that it is; none for the command line and the host itself.
    pub lease: Option<Lease>,
    /// Where something is wanted no longer, `false`.
    wanted: watch::Receiver<bool>,
    tell: Arc<Tell>,
    /// What this process serves; none where it serves nothing.
    serving: Option<Serving>,
}

impl Commission {
    /// The command line's, or the server's own as it starts: nobody is told, and nothing is served here.
    #[must_use]
    pub fn of_console(now: u64) -> Self {
        let wanted = watch::channel(true).1;
        let (actor, tell) = (Actor::console(), Arc::new(|_: Step<'_>| {}));
        Self { actor, caller: None, ordered: now, lease: None, wanted, tell, serving: None }
    }

    /// The server's own, where it does something by itself.
    #[must_use]
    pub fn of_host(now: u64) -> Self {
        Self { actor: Actor::service("vestry", PermissionSet::all()), ..Self::of_console(now) }
    }

    /// A job's. `wanted` turns `false` when it is to be left.
    #[must_use]
    pub fn of_job(actor: Actor, caller: Option<Arc<Caller>>, lease: Lease, wanted: watch::Receiver<bool>) -> Self {
        Self { actor, caller, lease: Some(lease), wanted, ..Self::of_console(0) }
    }

    #[must_use]
    pub fn ordered_at(self, ordered: u64) -> Self {
        Self { ordered, ..self }
    }

    #[must_use]
    pub fn telling(self, tell: impl Fn(Step<'_>) + Send + Sync + 'static) -> Self {
        Self { tell: Arc::new(tell), ..self }
    }

    #[must_use]
    pub fn serving(self, serving: &Serving) -> Self {
        Self { serving: Some(serving.clone()), ..self }
    }

    /// Says what it is at now.
    pub(super) fn begin(&self, percent: u8, words: &str) {
        (self.tell)(Step { percent, words, begins: true });
    }

    /// Says how far it is with that.
    pub(super) fn go_on(&self, percent: u8, words: &str) {
        (self.tell)(Step { percent, words, begins: false });
    }

    /// The same, for a part of it that goes from one percentage to another.
    pub(super) fn part(&self, from: u8, to: u8) -> Self {
        let whole = Arc::clone(&self.tell);
        let scaled = move |step: Step<'_>| {
            let share = u32::from(to - from) * u32::from(step.percent.min(100)) / 100;
            whole(Step { percent: from + u8::try_from(share).unwrap_or(0), ..step });
        };
        self.clone().telling(scaled)
    }

    /// Takes a step that changes nothing, and leaves it when nobody wants it any more.
    pub(super) async fn unless_unwanted<T, E: Into<PackageError>>(
        &self,
        step: impl Future<Output = Result<T, E>>,
    ) -> Result<T, PackageError> {
        let mut wanted = self.wanted.clone();
        tokio::select! {
            biased;
            () = unwanted(&mut wanted) => Err(PackageError::Unwanted),
            done = step => done.map_err(Into::into),
        }
    }

    /// Whether it may be done now: asked in the transaction that does it.
    pub(super) fn check(&self, reader: &Reader<'_>) -> Result<(), PackageError> {
        if let Some(lease) = &self.lease
            && reader.is_unwanted(lease)?
        {
            return Err(PackageError::Unwanted);
        }
        match self.actor.holds_now(reader)?.holds_name(MANAGE) {
            true => Ok(()),
            false => Err(PackageError::Forbidden(MANAGE)),
        }
    }

    /// Who ordered it, as events keep it.
    pub(super) fn account(&self) -> Option<String> {
        self.actor.account.as_ref().map(|account| account.as_str().to_owned())
    }

    /// Makes this process serve what the database says now.
    pub(super) async fn serve(&self) {
        if let Some(serving) = &self.serving {
            serving.reload().await;
        }
    }
}

/// Waits until nobody wants it; for ever where nobody is left who could say so.
async fn unwanted(wanted: &mut watch::Receiver<bool>) {
    if wanted.wait_for(|wanted| !wanted).await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl std::fmt::Debug for Commission {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { actor, ordered, lease, .. } = self;
        formatter
            .debug_struct("Commission")
            .field("actor", actor)
            .field("ordered", ordered)
            .field("lease", lease)
            .finish_non_exhaustive()
    }
}
