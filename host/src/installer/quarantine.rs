//! Stopping a plugin that fails again and again, so that nobody goes on waiting for it.
//!
//! What counts is what an account got no answer from: a call that broke off or went over a limit, a page that cannot be
//! drawn; and a job that somebody's account started, once, when it has failed for good. What visitors meet does not count,
//! nor jobs that nobody started, nor a version that was replaced: otherwise anybody on the network could switch a feature
//! off, or bring back the version that was updated for a reason. Each process counts for itself; what it does then stands
//! in the database and holds for all.
//!
//! A plugin that was updated shortly before goes [back](coming_back) to the version before by itself, where more than one
//! account met its failures, or one that may decide about packages anyway: that an old hole is open again is nothing that
//! one account out of many brings about. Any other one is stopped, its entry stays with the reason, and who looks after
//! the server tries it again.

mod coming_back;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use vestry_capabilities::{Holder, Subject};
use vestry_identity::Identity;
use vestry_sandbox::CallError;
use vestry_storage::{Entry, PackageEventKind, PackageEventRow, PluginRow, Reader, StorageError, Transaction};

use crate::installer::commission::MANAGE;
use crate::installer::serving::Serving;
use crate::settings::Quarantine;

pub use self::coming_back::{come_back, failed_versions};

/// How long after an update a plugin that fails goes back by itself, in milliseconds.
const UPDATED_LATELY: u64 = 10 * 60 * 1000;
/// Events of a plugin among which its latest update is looked for.
const EVENTS: u32 = 20;
/// Characters of the last failure that are told.
const LONGEST_REASON: usize = 300;
/// Accounts that have to meet failures before the version before comes back by itself, where none of them may decide that.
const WITNESSES: usize = 2;

/// What is told beside the reason.
const AGAIN: &str = "Whoever looks after this server can try it again.";

/// Failures of plugins in this process. Forgotten as soon as they are too old to count.
#[derive(Debug)]
pub struct Failures {
    threshold: Quarantine,
    counted: Mutex<HashMap<String, Counted>>,
}

/// Of one version.
#[derive(Debug)]
struct Counted {
    digest: String,
    /// When, and which account met it.
    times: VecDeque<(Instant, String)>,
}

impl Failures {
    #[must_use]
    pub fn new(threshold: Quarantine) -> Self {
        Self { threshold, counted: Mutex::default() }
    }

    /// Counts one that an account met; answers who met them all where that was one too many. From then on it is counted
    /// anew.
    fn count(&self, plugin: &str, digest: &str, account: &str, now: Instant) -> Option<BTreeSet<String>> {
        let Quarantine { failures, minutes } = self.threshold;
        if failures == 0 {
            return None;
        }
        let window = Duration::from_secs(u64::from(minutes.max(1)) * 60);
        let mut counted = self.counted.lock();
        let known = counted
            .entry(plugin.to_owned())
            .or_insert_with(|| Counted { digest: digest.to_owned(), times: VecDeque::new() });
        if known.digest != digest {
            *known = Counted { digest: digest.to_owned(), times: VecDeque::new() };
        }
        while known.times.front().is_some_and(|(time, _)| now.saturating_duration_since(*time) >= window) {
            known.times.pop_front();
        }
        known.times.push_back((now, account.to_owned()));
        if known.times.len() < failures as usize {
            return None;
        }
        counted.remove(plugin).map(|counted| counted.times.into_iter().map(|(_, account)| account).collect())
    }

    /// What people are told, in sentences.
    fn sentences(&self, reason: &str) -> String {
        let Quarantine { failures, minutes } = self.threshold;
        let reason: String = reason.chars().take(LONGEST_REASON).collect();
        let reason = reason.trim_end_matches('.');
        let minutes = match minutes.max(1) {
            1 => "a minute".to_owned(),
            minutes => format!("{minutes} minutes"),
        };
        let times =
            if failures == 1 { "It failed".to_owned() } else { format!("It failed {failures} times within {minutes}") };
        format!("{times}. The last time: {reason}.")
    }
}

/// Whether a call that ended so counts: that others are before it, that a server somewhere else is slow, or that the host
/// had nothing to call, is no failure of its own.
#[must_use]
pub fn counts(error: &CallError) -> bool {
    match error {
        CallError::Busy | CallError::Waited(_) | CallError::NotExported | CallError::OtherContract(_) => false,
        CallError::TooMuchCpu(_)
        | CallError::TooLong(_)
        | CallError::TooMuchMemory { .. }
        | CallError::TooMuchData(_)
        | CallError::Trapped { .. } => true,
    }
}

impl Serving {
    /// Counts a call or a job of this account that ended badly, and stops the plugin where that was one too many. `reason`:
    /// a part of a sentence. Who calls this says by that that it counts; see the module.
    pub fn failed(&self, subject: &Subject, account: &str, reason: &str) {
        let Subject { id, digest, .. } = subject;
        let Some(witnesses) = self.failures().count(id, digest, account, Instant::now()) else { return };
        let words = self.services().secrets.words_of(Holder::Plugin(id));
        let failing = Failing {
            id: id.clone(),
            digest: digest.clone(),
            reason: self.failures().sentences(&words.redact(reason)),
            witnesses,
        };
        let serving = self.clone();
        tokio::spawn(async move { failing.stop(&serving).await });
    }
}

/// A version that failed too often.
#[derive(Debug, Clone)]
struct Failing {
    id: String,
    digest: String,
    /// In sentences.
    reason: String,
    /// The accounts that met it.
    witnesses: BTreeSet<String>,
}

impl Failing {
    async fn stop(self, serving: &Serving) {
        let Self { id, digest, reason, .. } = &self;
        tracing::error!(plugin = id, digest, reason, "a plugin failed too often");
        let back = match self.may_go_back(serving) {
            Ok(true) => come_back(&serving.installer(), id, digest, reason).await,
            Ok(false) => Ok(false),
            Err(error) => Err(error.into()),
        };
        let back = back.unwrap_or_else(|error| {
            tracing::error!(%error, plugin = id, "the version before cannot take its place again; it is stopped");
            false
        });
        let done = back || self.quarantine(serving).await;
        if done {
            serving.reload().await;
        }
    }

    fn may_go_back(&self, serving: &Serving) -> Result<bool, StorageError> {
        let (database, identity) = (&serving.services().database, &serving.services().identity);
        let now = identity.clock().now();
        Ok(database.read(|reader| self.was_updated_lately(reader, now))? && self.is_witnessed(identity)?)
    }

    /// Whether enough accounts met it, or one that could bring the version before back itself.
    fn is_witnessed(&self, identity: &Identity) -> Result<bool, StorageError> {
        if self.witnesses.len() >= WITNESSES {
            return Ok(true);
        }
        for account in &self.witnesses {
            if identity.on_behalf(account, None)?.is_some_and(|caller| caller.permissions.holds_name(MANAGE)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether it took the place of another version of the same plugin a short time ago. One that came back, or was chosen
    /// to go back to, did not: two versions that fail would take turns.
    fn was_updated_lately(&self, reader: &Reader<'_>, now: u64) -> Result<bool, StorageError> {
        let events = reader.package_events(&self.id, EVENTS)?;
        let latest = events.into_iter().find(|event| event.kind != PackageEventKind::Refused);
        Ok(latest.is_some_and(|latest| {
            latest.kind == PackageEventKind::Mounted
                && latest.digest == self.digest
                && latest.former_plugin == self.id
                && now.saturating_sub(latest.time) < UPDATED_LATELY
        }))
    }

    async fn quarantine(&self, serving: &Serving) -> bool {
        let (database, now) = (serving.services().database.clone(), serving.services().identity.clock().now());
        let failing = self.clone();
        let written = tokio::task::spawn_blocking(move || database.write(|tx| failing.write(tx, now))).await;
        match written {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => {
                tracing::error!(%error, plugin = self.id, "a plugin that fails could not be stopped");
                false
            }
            Err(_) => false,
        }
    }

    /// Answers whether anything was done: where another version runs by now, or none, there is nothing to be stopped.
    fn write(&self, tx: &Transaction<'_>, now: u64) -> Result<bool, StorageError> {
        let Some(plugin) = tx.plugin(&self.id)?.filter(|plugin| self.runs(plugin)) else { return Ok(false) };
        let told = format!("{} It was stopped. {AGAIN}", self.reason);
        tx.set_plugin_quarantine(&self.id, Some(&told), now)?;
        let version = tx.package(&self.digest)?.map(|package| package.version).unwrap_or_default();
        tx.add_package_event(&PackageEventRow {
            plugin: self.id.clone(),
            time: now,
            kind: PackageEventKind::Quarantined,
            digest: self.digest.clone(),
            version,
            mount: plugin.mount.clone(),
            former: String::new(),
            former_plugin: String::new(),
            account: None,
            reason: self.reason.clone(),
        })?;
        tx.raise_generation()?;
        tx.audit(&Entry {
            time: now,
            actor: "",
            actor_kind: "service",
            plugin: &self.id,
            digest: &self.digest,
            action: "plugin.quarantine",
            subject: &self.id,
            outcome: "done",
            detail: &self.reason,
            request: "",
        })?;
        Ok(true)
    }

    fn runs(&self, plugin: &PluginRow) -> bool {
        plugin.digest == self.digest && plugin.enabled && plugin.quarantined.is_none()
    }
}

#[cfg(test)]
mod tests;
