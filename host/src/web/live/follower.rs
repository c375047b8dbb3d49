//! One who follows a page: waits for word, asks what is new, and passes it on.
//!
//! Most of the time it waits, in the connection's own task and without an instance of the plugin. What wakes it says
//! what to look at: word of a topic, or time, that the plugin is to be asked; word of a job, or two seconds, that the
//! job's row is read; word of authority that access is looked at again. Nothing is sent that access was not looked at
//! for since it was known to have changed.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep, sleep_until};
use vestry_capabilities::Holder;
use vestry_contract::live::{Batch, Update};
use vestry_contract::types::Failure;
use vestry_contract::ui::{Block, Content};
use vestry_events::{Event, Subscription};
use vestry_sandbox::CallError;
use vestry_screen::{Change, Frame, ScreenError, changes_data};

use crate::web::asking::{Asking, Ended, NoAnswer};
use crate::web::follow::{self, Follow, LONGEST_CURSOR, MOST_JOBS, ShownJob};
use crate::web::live::followers::Seat;
use crate::web::live::job;
use crate::web::live::word::{self, Gone};
use crate::web::panels::Panels;
use crate::web::place::PluginPlace;

/// The plugin is asked no more often about one page.
const ASK: Duration = Duration::from_millis(100);
/// A page that is asked for anew is so no more often.
const RELOAD: Duration = Duration::from_secs(1);
/// Jobs that have not ended are looked at so often: another process may work on them.
const LOOK: Duration = Duration::from_secs(2);
/// So often something is sent, whatever happens.
const BEAT: Duration = Duration::from_secs(20);
/// The longest wait after failures; the first is a second.
const LONGEST_PATIENCE: Duration = Duration::from_secs(60);
/// Everybody looks at their access when authority changes: at different times, for each follower so much later, at the
/// most so late.
const SPREAD_OF_EACH: Duration = Duration::from_micros(50);
const LONGEST_SPREAD: Duration = Duration::from_millis(400);

/// One page that is followed over one connection.
pub struct Follower {
    asking: Asking,
    follow: Follow,
    /// For a program: the blocks' JSON twins.
    data: bool,
    authority: Subscription,
    topics: Option<Subscription>,
    jobs: Option<Subscription>,
    /// The generation that access was looked at in.
    generation: u64,
    /// When the plugin is to be asked.
    ask: Option<Instant>,
    /// When it may be asked again at the earliest.
    rest: Instant,
    patience: Duration,
    /// When the jobs are to be looked at.
    look: Option<Instant>,
    beat: Instant,
    /// When the token is sent anew though nothing happened, so that it grows no older than its page.
    anew: Instant,
    greeted: bool,
    over: bool,
    _seat: Seat,
}

/// What there is to be done.
enum Due {
    Authority,
    Topic,
    Jobs,
    Ask,
    Beat,
}

/// How one round ended.
enum Round {
    /// Something is to be sent.
    Say(Bytes),
    Quiet,
    /// Nothing more comes; the reason is to be said where one is known.
    End(Option<Gone>),
}

impl From<Ended> for Round {
    fn from(ended: Ended) -> Self {
        Self::End(Gone::of(ended))
    }
}

impl Follower {
    pub fn new(asking: Asking, follow: Follow, seat: Seat, data: bool) -> Self {
        let events = &asking.app.services().events;
        let plugin = &asking.matching.plugin.subject.id;
        let topics = follow.topics.iter().map(|topic| Event::Topic(plugin.clone(), topic.clone()));
        let topics = (!follow.topics.is_empty()).then(|| events.subscribe(topics));
        let jobs = word_of_jobs(&asking, &follow);
        let (authority, now) = (events.subscribe([Event::Authority]), Instant::now());
        let mut follower = Self {
            // Access was found before there was word of it: the first look is now.
            generation: 0,
            ask: None,
            rest: now,
            patience: Duration::ZERO,
            look: jobs.is_some().then_some(now),
            beat: now + BEAT,
            // It may have been old when it came.
            anew: now,
            greeted: false,
            over: false,
            _seat: seat,
            asking,
            follow,
            data,
            authority,
            topics,
            jobs,
        };
        // What happened between the page and now is asked for at once; a page that is only reloaded is as of now.
        follower.ask = if follower.can_ask() { Some(now) } else { follower.next_time() };
        follower
    }

    /// The next piece of the stream.
    pub async fn next(mut self: Box<Self>) -> Option<(Result<Bytes, Infallible>, Box<Self>)> {
        if self.over || self.asking.app.followers().are_stopping() {
            return None;
        }
        if !self.greeted {
            self.greeted = true;
            return Some((Ok(word::hello()), self));
        }
        loop {
            let due = self.due().await;
            if self.asking.app.followers().are_stopping() {
                return None;
            }
            // On the heap, and only as long as it lasts: a call is large, and most followers wait.
            let round = match due {
                Due::Authority => self.look_at_authority().await,
                Due::Topic => self.note_topic(),
                Due::Jobs => self.look_at_jobs(),
                Due::Ask => Box::pin(self.ask()).await,
                Due::Beat => self.beat(),
            };
            match round {
                Round::Quiet => {}
                Round::Say(bytes) => {
                    self.beat = Instant::now() + BEAT;
                    return Some((Ok(bytes), self));
                }
                Round::End(None) => return None,
                Round::End(Some(gone)) => {
                    self.over = true;
                    return Some((Ok(word::gone(gone)), self));
                }
            }
        }
    }

    async fn due(&self) -> Due {
        let (time, at) = [(Due::Ask, self.ask), (Due::Jobs, self.look)]
            .into_iter()
            .filter_map(|(due, at)| Some((due, at?)))
            .chain([(Due::Beat, self.beat)])
            .min_by_key(|(_, at)| *at)
            .unwrap_or((Due::Beat, self.beat));
        tokio::select! {
            biased;
            () = self.authority.woken() => Due::Authority,
            () = woken(self.topics.as_ref()) => Due::Topic,
            () = woken(self.jobs.as_ref()) => Due::Jobs,
            () = sleep_until(at) => time,
        }
    }

    /// Everybody is woken at once, so each waits a moment of its own first.
    async fn look_at_authority(&mut self) -> Round {
        let followers = self.asking.app.followers();
        let count = u32::try_from(followers.count()).unwrap_or(u32::MAX);
        let spread = SPREAD_OF_EACH.saturating_mul(count).min(LONGEST_SPREAD);
        if !followers.are_stopping() && count > 1 {
            sleep(Duration::from_micros(word::random_up_to(spread.as_micros() as u64))).await;
        }
        self.renewed().map_or_else(Round::from, |()| Round::Quiet)
    }

    /// Looks whether access still holds; from then on it is held with the rights of now.
    fn renewed(&mut self) -> Result<(), Ended> {
        // Before the look: what changes meanwhile is looked at once more.
        self.generation = self.asking.app.database().generation();
        self.asking.renew()?;
        // A page that is followed is asked for anew, of what is mounted now.
        if self.asking.matching.former { Err(Ended::Replaced) } else { Ok(()) }
    }

    /// The same where authority has changed since the last look.
    fn still_holds(&mut self) -> Result<(), Ended> {
        if self.asking.app.database().generation() == self.generation { Ok(()) } else { self.renewed() }
    }

    fn beat(&mut self) -> Round {
        self.beat = Instant::now() + BEAT;
        // Sessions also end by time alone.
        if let Err(ended) = self.renewed() {
            return ended.into();
        }
        if Instant::now() < self.anew {
            return Round::Say(word::beat());
        }
        self.anew = Instant::now() + follow::STEP;
        self.say(&[])
    }

    fn note_topic(&mut self) -> Round {
        let soon = self.rest.max(Instant::now());
        self.ask = Some(self.ask.map_or(soon, |at| at.min(soon)));
        Round::Quiet
    }

    fn can_ask(&self) -> bool {
        self.follow.asks && self.asking.matching.loaded.has_live()
    }

    /// When it is asked though nothing was heard.
    fn next_time(&self) -> Option<Instant> {
        let every = Duration::from_secs(self.follow.every_seconds.into());
        (self.follow.every_seconds > 0).then(|| Instant::now() + every)
    }

    async fn ask(&mut self) -> Round {
        if let Err(ended) = self.renewed() {
            return ended.into();
        }
        self.ask = self.next_time();
        if !self.can_ask() {
            self.rest = Instant::now() + RELOAD;
            return self.say(&[Change::reload()]);
        }
        self.rest = Instant::now() + ASK;
        let answer = tokio::select! {
            biased;
            // The instance is dropped where it is.
            round = self.lost() => return round,
            answer = self.asking.follow(&self.follow.cursor) => answer,
        };
        if let Err(ended) = self.still_holds() {
            return ended.into();
        }
        match answer {
            Ok(batch) => self.take(batch),
            Err(NoAnswer::Failure(Failure::Denied(_))) => Round::End(Some(Gone::Denied)),
            Err(NoAnswer::Failure(Failure::NotFound(_))) => Round::End(Some(Gone::NotFound)),
            Err(NoAnswer::Failure(failure)) => self.note_failure(&failure),
            // Many follow it, or what it was is in the log already.
            Err(NoAnswer::Broken(CallError::Busy) | NoAnswer::Internal(_)) => self.wait_longer(),
            Err(NoAnswer::Broken(error)) => {
                self.asking.count_broken(&error);
                self.note_failure(&error)
            }
        }
    }

    /// Waits, while the plugin is at work, until nobody may see any more what it will answer.
    async fn lost(&self) -> Round {
        loop {
            self.authority.woken().await;
            if self.asking.app.followers().are_stopping() {
                return Round::End(None);
            }
            if let Err(ended) = self.asking.access_still_holds() {
                return ended.into();
            }
        }
    }

    /// Passes on what the plugin answered.
    fn take(&mut self, batch: Batch) -> Round {
        let Batch { mut updates, cursor, more } = batch;
        if cursor.len() > LONGEST_CURSOR {
            return self.note_failure(&"its cursor is longer than 1 KiB");
        }
        // A panel is drawn with its page, for who opened it: an update could have another plugin asked ten times a second,
        // and use up what is shown once. What stands in its place stays.
        if !self.data {
            updates.retain(|update| !block_of(update).is_some_and(is_panel));
        }
        if updates.iter().any(|update| matches!(update, Update::Reload)) {
            self.rest = Instant::now() + RELOAD;
        }
        let (found, moved) = (self.jobs_in(&updates), cursor != self.follow.cursor);
        let changes = match self.draw(updates) {
            Ok(changes) => changes,
            Err(error) => {
                if matches!(error, ScreenError::Invalid { .. }) {
                    self.asking.count_failure(&error);
                }
                return self.note_failure(&error);
            }
        };
        self.patience = Duration::ZERO;
        self.follow.cursor = cursor;
        if more && moved {
            self.ask = Some(self.rest);
        }
        self.take_jobs(found);
        if changes.is_empty() && !moved { Round::Quiet } else { self.say(&changes) }
    }

    fn say(&self, changes: &[Change]) -> Round {
        Round::Say(word::changes(&self.follow.seal(&self.asking), changes))
    }

    fn note_failure(&mut self, reason: &impl std::fmt::Debug) -> Round {
        let app = &self.asking.app;
        let subject = &self.asking.matching.plugin.subject;
        tracing::warn!(
            plugin = subject.id,
            version = subject.version,
            request = self.asking.request.id,
            reason = app.services().secrets.words_of(Holder::Plugin(&subject.id)).redact_debug(reason),
            "a page that is followed got no answer"
        );
        self.wait_longer()
    }

    /// After a failure the plugin is left alone: a second, then twice as long each time, a minute at the most.
    fn wait_longer(&mut self) -> Round {
        self.patience = (self.patience * 2).clamp(Duration::from_secs(1), LONGEST_PATIENCE);
        self.rest = Instant::now() + self.patience;
        self.ask = Some(self.rest);
        Round::Quiet
    }

    /// Blocks that the updates put on the page or take from it, each with the job that it shows from now on. No more jobs
    /// are looked at than are kept up to date.
    fn jobs_in(&self, updates: &[Update]) -> Vec<(String, Option<ShownJob>)> {
        let mut left = MOST_JOBS;
        let mut shown = |block: &Block| match &block.content {
            Content::Job(job) if left > 0 => {
                left -= 1;
                ShownJob::seen_now(&self.asking, &block.name, job)
            }
            _ => None,
        };
        updates.iter().filter_map(block_of).map(|block| (block.name.clone(), shown(block))).collect()
    }

    /// Word is waited for of the jobs that are shown from now on, and of no other.
    fn take_jobs(&mut self, found: Vec<(String, Option<ShownJob>)>) {
        if self.follow.show(found) {
            self.jobs = word_of_jobs(&self.asking, &self.follow);
            // What came to the subscription before is looked for.
            self.look = self.jobs.is_some().then(Instant::now);
        }
    }

    /// Draws the jobs that changed. Nothing of this asks the plugin.
    fn look_at_jobs(&mut self) -> Round {
        if let Err(ended) = self.still_holds() {
            return ended.into();
        }
        let (mut changed, mut under_way) = (Vec::new(), false);
        let Asking { visit, matching, .. } = &self.asking;
        for shown in &mut self.follow.jobs {
            let Ok(row) = job::found(visit, &matching.plugin, &shown.job) else {
                under_way = true;
                continue;
            };
            under_way |= row.as_ref().is_some_and(|row| !row.state.has_ended());
            let seen = follow::seen(row.as_ref());
            if seen != shown.seen {
                shown.seen = seen;
                changed.push(Block { name: shown.block.clone(), content: Content::Job(shown.job.clone()) });
            }
        }
        self.look = under_way.then(|| Instant::now() + LOOK);
        if changed.is_empty() {
            return Round::Quiet;
        }
        match self.draw(changed.into_iter().map(Update::Block).collect()) {
            Ok(changes) => self.say(&changes),
            Err(error) => {
                tracing::error!(%error, "a job could not be drawn");
                Round::Quiet
            }
        }
    }

    fn draw(&self, updates: Vec<Update>) -> Result<Vec<Change>, ScreenError> {
        let Asking { visit, matching, request, .. } = &self.asking;
        let place = PluginPlace {
            visit,
            snapshot: &matching.snapshot,
            plugin: &matching.plugin,
            asked: &matching.route,
            query: &request.query,
            public: matching.public,
            stream: Some(String::new()),
            panels: Panels::default(),
            data: self.data,
        };
        if self.data {
            return changes_data(updates, &place);
        }
        let frame = Frame {
            language: visit.language().to_owned(),
            nonce: visit.nonce().as_str().to_owned(),
            ..Frame::default()
        };
        visit.screens().changes(&frame, updates, &place)
    }
}

fn block_of(update: &Update) -> Option<&Block> {
    match update {
        Update::Block(block) => Some(block),
        _ => None,
    }
}

fn is_panel(block: &Block) -> bool {
    matches!(block.content, Content::Panel(_))
}

/// Word of the jobs that a page shows; none where it shows none.
fn word_of_jobs(asking: &Asking, follow: &Follow) -> Option<Subscription> {
    let jobs = follow.jobs.iter().map(|shown| Event::Job(shown.job.clone()));
    (!follow.jobs.is_empty()).then(|| asking.app.services().events.subscribe(jobs))
}

async fn woken(subscription: Option<&Subscription>) {
    match subscription {
        Some(subscription) => subscription.woken().await,
        None => pending().await,
    }
}
