//! Stopping a plugin that fails again and again, so that nobody goes on waiting for it.
//!
//! What counts is what a person or a job got no answer from: a call that broke off or went over a limit, a page that
//! cannot be drawn. What visitors meet does not count, nor does a version that was replaced: otherwise anybody on the
//! network could switch a feature off, or bring back the version that was updated for a reason. Each process counts for
//! itself; what it does then stands in the database and holds for all.
//!
//! A plugin that was updated shortly before goes back to the version before by itself; any other one is stopped, its entry
//! stays with the reason, and who looks after the server tries it again.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use vestry_capabilities::{Holder, Subject};
use vestry_sandbox::CallError;
use vestry_storage::{Entry, PackageEventKind, PackageEventRow, PluginRow, Reader, StorageError, Transaction};

use crate::installer::placing;
use crate::installer::serving::Serving;
use crate::settings::Quarantine;

/// How long after an update a plugin that fails goes back by itself, in milliseconds.
const UPDATED_LATELY: u64 = 10 * 60 * 1000;
/// Events of a plugin among which its latest update is looked for.
const EVENTS: u32 = 20;
/// Characters of the last failure that are told.
const LONGEST_REASON: usize = 300;

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
    times: VecDeque<Instant>,
}

impl Failures {
    #[must_use]
    pub fn new(threshold: Quarantine) -> Self {
        Self { threshold, counted: Mutex::default() }
    }

    /// Counts one; answers whether that was one too many. From then on it is counted anew.
    fn count(&self, plugin: &str, digest: &str, now: Instant) -> bool {
        let Quarantine { failures, minutes } = self.threshold;
        if failures == 0 {
            return false;
        }
        let window = Duration::from_secs(u64::from(minutes.max(1)) * 60);
        let mut counted = self.counted.lock();
        let known = counted
            .entry(plugin.to_owned())
            .or_insert_with(|| Counted { digest: digest.to_owned(), times: VecDeque::new() });
        if known.digest != digest {
            *known = Counted { digest: digest.to_owned(), times: VecDeque::new() };
        }
        while known.times.front().is_some_and(|time| now.saturating_duration_since(*time) >= window) {
            known.times.pop_front();
        }
        known.times.push_back(now);
        let too_many = known.times.len() >= failures as usize;
        if too_many {
            counted.remove(plugin);
        }
        too_many
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

/// Whether a call that ended so counts: that others are before it, or that the host had nothing to call, is no failure.
#[must_use]
pub fn counts(error: &CallError) -> bool {
    match error {
        CallError::Busy | CallError::NotExported | CallError::OtherContract(_) => false,
        CallError::TooMuchCpu(_)
        | CallError::TooLong(_)
        | CallError::TooMuchMemory { .. }
        | CallError::TooMuchData(_)
        | CallError::Trapped { .. } => true,
    }
}

impl Serving {
    /// Counts a call that ended badly, and stops the plugin where that was one too many. `reason`: a part of a sentence.
    /// Who calls this says by that that it counts; see the module.
    pub fn failed(&self, subject: &Subject, reason: &str) {
        let Subject { id, digest, .. } = subject;
        if !self.failures().count(id, digest, Instant::now()) {
            return;
        }
        let words = self.services().secrets.words_of(Holder::Plugin(id));
        let failing = Failing {
            id: id.clone(),
            digest: digest.clone(),
            reason: self.failures().sentences(&words.redact(reason)),
        };
        let serving = self.clone();
        tokio::spawn(async move { failing.stop(&serving).await });
    }
}

/// A version that failed too often.
struct Failing {
    id: String,
    digest: String,
    /// In sentences.
    reason: String,
}

impl Failing {
    async fn stop(self, serving: &Serving) {
        let Self { id, digest, reason } = &self;
        tracing::error!(plugin = id, digest, reason, "a plugin failed too often");
        let now = serving.services().identity.clock().now();
        let back = match serving.services().database.read(|reader| self.was_updated_lately(reader, now)) {
            Ok(true) => placing::come_back(&serving.installer(), id, digest, reason).await,
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
        let Self { id, digest, reason } = self;
        let (id, digest, reason) = (id.clone(), digest.clone(), reason.clone());
        let failing = Self { id, digest, reason };
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
mod tests {
    use vestry_storage::{Database, PackageRow};

    use super::*;

    const ID: &str = "org.example.a";

    fn failures(failures: u32, minutes: u32) -> Failures {
        Failures::new(Quarantine { failures, minutes })
    }

    fn failing(digest: &str) -> Failing {
        Failing { id: ID.into(), digest: digest.into(), reason: "It failed.".into() }
    }

    #[test]
    fn what_fails_often_in_a_short_time_is_stopped() {
        let (failures, now) = (failures(3, 5), Instant::now());
        let at = |seconds: u64| failures.count(ID, "d1", now + Duration::from_secs(seconds));
        assert!(!at(0) && !at(10));
        assert!(!at(301), "the first is forgotten");
        assert!(at(302));
        assert!(!at(303) && !at(304), "it is counted anew");
        assert!(!failures.count(ID, "d2", now + Duration::from_secs(305)), "another version");
        assert!(!failures.count("org.example.b", "d1", now + Duration::from_secs(305)), "another plugin");
    }

    #[test]
    fn nothing_is_stopped_where_that_is_not_wanted() {
        let never = failures(0, 5);
        assert!((0..100).all(|_| !never.count(ID, "d1", Instant::now())));
        assert!(never.counted.lock().is_empty());
        assert!(failures(1, 0).count(ID, "d1", Instant::now()));
    }

    #[test]
    fn people_are_told_what_happened() {
        assert_eq!(
            failures(5, 5).sentences("it used more than 1000 ms of CPU time"),
            "It failed 5 times within 5 minutes. The last time: it used more than 1000 ms of CPU time."
        );
        assert!(failures(1, 1).sentences(&"x".repeat(10_000)).len() < 450);
    }

    #[test]
    fn who_waits_or_asks_for_what_is_not_there_stops_nobody() {
        assert!(!counts(&CallError::Busy) && !counts(&CallError::NotExported));
        assert!(counts(&CallError::TooLong(Duration::from_secs(1))));
        assert!(counts(&CallError::Trapped { reason: String::new(), said: String::new() }));
    }

    fn database() -> Database {
        let database = Database::temporary().unwrap();
        let package = |digest: &str, id: &str| PackageRow {
            digest: digest.into(),
            id: id.into(),
            version: "1.0.0".into(),
            registration: "{}".into(),
            ..PackageRow::default()
        };
        database
            .write(|tx| {
                for (digest, id) in [("d1", ID), ("d2", ID), ("other", "org.example.b")] {
                    tx.insert_package(&package(digest, id))?;
                }
                mount(tx, "d2")
            })
            .unwrap();
        database
    }

    fn mount(tx: &Transaction<'_>, digest: &str) -> Result<(), StorageError> {
        tx.put_plugin(&PluginRow {
            id: ID.into(),
            digest: digest.into(),
            mount: "a".into(),
            enabled: true,
            quarantined: None,
            updated: 1,
        })
    }

    #[test]
    fn only_an_update_of_late_goes_back() {
        let database = database();
        let lately =
            |digest: &str, now| database.read(|reader| failing(digest).was_updated_lately(reader, now)).unwrap();
        let after = |kind, former: &str, plugin: &str, now| {
            let event = PackageEventRow {
                plugin: ID.into(),
                time: 1_000,
                kind,
                digest: "d2".into(),
                version: "1.0.0".into(),
                mount: "a".into(),
                former: former.into(),
                former_plugin: plugin.into(),
                account: None,
                reason: String::new(),
            };
            database.write(|tx| tx.add_package_event(&event)).unwrap();
            lately("d2", now)
        };
        let mounted = PackageEventKind::Mounted;
        assert!(!lately("d2", 1_000), "nothing is known");
        assert!(after(mounted, "d1", ID, 1_000 + UPDATED_LATELY - 1));
        assert!(after(PackageEventKind::Refused, "d2", ID, 1_001), "another was refused since");
        assert!(!lately("d1", 1_001), "another runs");
        assert!(!after(mounted, "d1", ID, 1_000 + UPDATED_LATELY), "long ago");
        assert!(!after(mounted, "", "", 1_001), "the first");
        assert!(!after(mounted, "other", "org.example.b", 1_001), "a swap");
        assert!(!after(PackageEventKind::CameBack, "d1", ID, 1_001));
        assert!(!after(PackageEventKind::RolledBack, "d1", ID, 1_001));
        assert!(!after(PackageEventKind::Quarantined, "", "", 1_001));
    }

    #[test]
    fn a_quarantine_is_written_once_and_for_what_runs() {
        let database = database();
        let stop = |digest: &str| database.write(|tx| failing(digest).write(tx, 7)).unwrap();
        let generation = database.generation();
        assert!(!stop("d1"), "another version runs by now");
        assert_eq!(database.generation(), generation);
        assert!(stop("d2"));
        assert!(database.generation() > generation);
        assert!(!stop("d2"), "it is stopped already");
        let (plugin, events) =
            database.read(|reader| Ok::<_, StorageError>((reader.plugin(ID)?, reader.package_events(ID, 9)?))).unwrap();
        assert_eq!(plugin.and_then(|plugin| plugin.quarantined), Some(format!("It failed. It was stopped. {AGAIN}")));
        assert_eq!(events.len(), 1);
        assert_eq!((events[0].kind, events[0].reason.as_str()), (PackageEventKind::Quarantined, "It failed."));
    }
}
