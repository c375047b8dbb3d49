//! The postman: takes mails out of the queue and delivers them.
//!
//! A mail is claimed for a minute before it is handed over, and a delivery takes half of that at most: two processes on
//! one database do not send it twice. What cannot be delivered for the moment is tried again with growing patience, for
//! some eleven hours; what is refused for good has failed, and an administrator sees why. A server that stops lets
//! deliveries under way finish. One that is killed between the mail server's word and its own note sends that mail again
//! after the minute, under the same message id: nothing can be done about that but recognise it.
//!
//! Rows are kept for 30 days after a mail has left or failed. What it says is removed as soon as a mail server has it;
//! in the directory that stands in for one, the files go when the rows do.

mod delivery;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use vestry_capabilities::Services;
use vestry_events::Event;
use vestry_mail::Directory;
use vestry_storage::{MailRow, StorageError};

use crate::languages::Languages;
pub use crate::postman::delivery::DrawError;
use crate::settings::MailSettings;

/// How often the queue is looked at where nothing is heard of it: other processes put mails there too.
const LOOK: Duration = Duration::from_secs(5);
/// How long a mail is one process's own, in milliseconds. More than twice [`vestry_mail::DEADLINE`] less a while.
const CLAIM: u64 = 60_000;
/// Mails that are handed over at the same time.
const AT_ONCE: u32 = 4;
/// How long a mail waits after its first, second, ... failed attempt, in milliseconds; after the last it has failed.
const PATIENCE: &[u64] = &[60_000, 5 * 60_000, 30 * 60_000, 2 * 3_600_000, 8 * 3_600_000];
/// How long rows are kept after the end, in milliseconds.
const KEPT: u64 = 30 * 24 * 3_600_000;
/// How often what is too old is removed.
const TIDY: Duration = Duration::from_secs(3_600);
/// How long deliveries under way may take when the server stops.
const FINISH: Duration = Duration::from_secs(10);

/// What mails are drawn and delivered with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Post {
    pub services: Services,
    pub languages: Arc<Languages>,
    pub settings: MailSettings,
    /// The server's name, as mails say it.
    pub product: String,
    /// What stands in for a mail server where none is configured.
    pub outbox: Directory,
}

/// The postman at work.
#[derive(Debug)]
pub struct Postman {
    stopping: Arc<Notify>,
    working: JoinHandle<()>,
}

impl Postman {
    /// Begins to deliver.
    #[must_use]
    pub fn start(post: Post) -> Self {
        let stopping = Arc::new(Notify::new());
        let working = tokio::spawn(work(post, Arc::clone(&stopping)));
        Self { stopping, working }
    }

    /// Takes up no more mails, and waits for those under way, for ten seconds.
    pub async fn stop(mut self) {
        self.stopping.notify_one();
        if tokio::time::timeout(FINISH, &mut self.working).await.is_err() {
            self.working.abort();
        }
    }
}

async fn work(post: Post, stopping: Arc<Notify>) {
    let word = post.services.events.subscribe([Event::Work]);
    let (mut look, mut tidy) = (tokio::time::interval(LOOK), tokio::time::interval(TIDY));
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopping.notified() => return,
            () = word.woken() => {}
            _ = look.tick() => {}
            _ = tidy.tick() => keep_tidy(&post).await,
        }
        // A whole round is made before it is asked again whether to stop; a round takes no longer than a delivery.
        while round(&post).await {
            if tokio::time::timeout(Duration::ZERO, stopping.notified()).await.is_ok() {
                return;
            }
        }
    }
}

/// Delivers some of what is due; answers whether there may be more.
async fn round(post: &Post) -> bool {
    let claimed = match claim(post).await {
        Ok(claimed) => claimed,
        Err(error) => {
            tracing::error!(%error, "the queue of mails cannot be read");
            return false;
        }
    };
    let mut deliveries = JoinSet::new();
    for mail in claimed {
        let post = post.clone();
        deliveries.spawn(async move { post.deliver(mail).await });
    }
    let any = !deliveries.is_empty();
    while deliveries.join_next().await.is_some() {}
    any
}

async fn claim(post: &Post) -> Result<Vec<MailRow>, StorageError> {
    let (database, now) = (post.services.database.clone(), post.now());
    // Reading costs microseconds, claiming a turn of the one writer: most of the time nothing waits.
    if database.read(|reader| reader.next_mail_due())?.is_none_or(|due| due > now) {
        return Ok(Vec::new());
    }
    let claimed = tokio::task::spawn_blocking(move || database.write(|tx| tx.claim_mails(now, now + CLAIM, AT_ONCE)));
    claimed.await.unwrap_or_else(|_| Ok(Vec::new()))
}

/// When a mail is tried again that failed for the moment; none: never.
fn again(attempts: u32, now: u64) -> Option<u64> {
    let failed = usize::try_from(attempts).unwrap_or(usize::MAX).max(1);
    PATIENCE.get(failed - 1).map(|wait| now + wait)
}

async fn keep_tidy(post: &Post) {
    let (post, now) = (post.clone(), post.now());
    let tidied = tokio::task::spawn_blocking(move || {
        let gone = post.services.database.write(|tx| tx.purge_mails(now.saturating_sub(KEPT)))?;
        for (id, queued) in gone {
            if let Err(error) = post.outbox.remove(&id, queued) {
                tracing::error!(%error, mail = id, "the file of an old mail cannot be removed");
            }
        }
        Ok::<_, StorageError>(())
    });
    if let Ok(Err(error)) = tidied.await {
        tracing::error!(%error, "old mails could not be removed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_grows_and_ends() {
        let waits: Vec<_> = (0..8).map(|attempts| again(attempts, 1_000).map(|due| (due - 1_000) / 60_000)).collect();
        assert_eq!(waits, [Some(1), Some(1), Some(5), Some(30), Some(120), Some(480), None, None]);
    }

    #[test]
    fn a_delivery_is_over_before_its_claim() {
        let longest = vestry_mail::DEADLINE + Duration::from_secs(20);
        assert!(longest < Duration::from_millis(CLAIM));
    }
}
