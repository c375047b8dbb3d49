//! What a page that is followed gives to its browser, and gets back: where in its plugin's story it stands.
//!
//! The server keeps nothing of a page that is open but its connection. What it needs to go on - topics, cursor, jobs -
//! stands in a token that the page is sent with and every event of its stream anew, so a browser that lost its connection
//! goes on exactly behind the last event that it has. The token is sealed, not secret: it holds what the plugin said in
//! this page, and is of use only to the account or browser that it was made for, on the same page of the same plugin,
//! and for an hour: a stream that is open sends it anew. Whether that page may still be opened is never read from it.

use std::time::Duration;

use sha2::{Digest, Sha256};
use vestry_contract::ui::{Content, Page};
use vestry_storage::JobRow;

use crate::web::asking::Asking;
use crate::web::live::job;

/// Name of the query's field that the token is sent in; no name of a plugin begins so.
pub const FIELD: &str = "_follow";
/// Topics of one page.
const MOST_TOPICS: usize = 32;
/// Bytes of a topic.
const LONGEST_TOPIC: usize = 128;
/// Bytes of a cursor.
pub const LONGEST_CURSOR: usize = 1 << 10;
/// Seconds between two questions.
const LONGEST_PAUSE: u32 = 3_600;
/// Jobs of one page that are kept up to date; more are shown as they were.
pub const MOST_JOBS: usize = 32;
/// Bytes of a job's id, and of the name of the block that shows it, where it is kept up to date: a token is sent with
/// every event.
const LONGEST_JOB: usize = 64;
const LONGEST_BLOCK: usize = 128;
/// How long a token is of use without a stream, in milliseconds.
const LASTS: u64 = 60 * 60 * 1000;
/// A token says when it was made to the last ten minutes, so that a page that is asked for again within them, and has not
/// changed, goes on with the stream that it has; an open stream sends it anew as often.
pub const STEP: Duration = Duration::from_secs(10 * 60);
/// Characters of a digest: enough to tell builds of a plugin apart.
const DIGEST: usize = 16;

/// Where a followed page stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follow {
    /// Of the build that answered with the page.
    digest: String,
    /// Of the plugin.
    pub topics: Vec<String>,
    pub cursor: String,
    /// 0 for topics alone.
    pub every_seconds: u32,
    pub jobs: Vec<ShownJob>,
    /// The plugin said that the page is followed; else only its jobs are.
    pub asks: bool,
}

/// A job that the page shows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ShownJob {
    pub block: String,
    pub job: String,
    /// What it was at when it was drawn.
    pub seen: u32,
}

/// Why a token is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It was made for somebody else, or for another page, or not here.
    Foreign,
    /// The plugin was updated since.
    Replaced,
    /// Its page was left over an hour ago.
    Old,
}

impl Follow {
    /// Where a page stands as it is sent; none where nothing on it changes by itself.
    ///
    /// # Errors
    ///
    /// A sentence part that names the limit that the page does not keep to.
    pub fn of(asking: &Asking, page: &Page) -> Result<Option<Self>, String> {
        let blocks = page.sections.iter().flat_map(|section| &section.blocks);
        let jobs: Vec<ShownJob> = blocks
            .filter_map(|block| match &block.content {
                Content::Job(job) => ShownJob::seen_now(asking, &block.name, job),
                _ => None,
            })
            .take(MOST_JOBS)
            .collect();
        let mut follow = Self {
            digest: digest(asking).to_owned(),
            topics: Vec::new(),
            cursor: String::new(),
            every_seconds: 0,
            jobs,
            asks: false,
        };
        match &page.follow {
            None if follow.jobs.is_empty() => return Ok(None),
            None => {}
            Some(said) => {
                check(&said.topics, &said.cursor, said.every_seconds)?;
                follow.topics.clone_from(&said.topics);
                follow.cursor.clone_from(&said.cursor);
                follow.every_seconds = said.every_seconds;
                follow.asks = true;
            }
        }
        Ok(Some(follow))
    }

    /// Blocks that came onto the page, each with the job that it shows from now on. Answers whether other jobs are shown
    /// than before.
    pub fn show(&mut self, found: Vec<(String, Option<ShownJob>)>) -> bool {
        let before = self.jobs.clone();
        for (block, shown) in found {
            self.jobs.retain(|known| known.block != block);
            self.jobs.extend(shown.filter(|_| self.jobs.len() < MOST_JOBS));
        }
        self.jobs != before
    }

    /// The address of the stream: the page's own, with this in it.
    #[must_use]
    pub fn address(&self, asking: &Asking) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&asking.request.query).append_pair(FIELD, &self.seal(asking));
        format!("{}?{}", asking.visit.path(), query.finish())
    }

    /// The token.
    #[must_use]
    pub fn seal(&self, asking: &Asking) -> String {
        asking.app.keys().seal_follow(&bound_to(asking), &self.write(now(asking)))
    }

    /// Opens a token that came with a request for the same page.
    ///
    /// # Errors
    ///
    /// Where it is of no use to who sent it.
    pub fn open(token: &str, asking: &Asking) -> Result<Self, Refused> {
        let body = asking.app.keys().open_follow(&bound_to(asking), token).ok_or(Refused::Foreign)?;
        Self::read(&body, digest(asking), now(asking))
    }

    fn write(&self, now: u64) -> Vec<u8> {
        let Self { digest, topics, cursor, every_seconds, jobs, asks } = self;
        let said = (now / step(), digest, topics, cursor, every_seconds, jobs, asks);
        serde_json::to_vec(&said).unwrap_or_default()
    }

    fn read(body: &[u8], now_serves: &str, now: u64) -> Result<Self, Refused> {
        let (made, digest, topics, cursor, every_seconds, jobs, asks): (u64, String, _, _, _, _, _) =
            serde_json::from_slice(body).map_err(|_| Refused::Foreign)?;
        if digest != now_serves {
            return Err(Refused::Replaced);
        }
        // A clock that was set back makes no token old.
        if (now / step()).saturating_sub(made) > LASTS / step() {
            return Err(Refused::Old);
        }
        Ok(Self { digest, topics, cursor, every_seconds, jobs, asks })
    }
}

/// In milliseconds.
fn step() -> u64 {
    STEP.as_secs() * 1000
}

fn now(asking: &Asking) -> u64 {
    asking.app.identity().clock().now()
}

impl ShownJob {
    /// A job that is about to be drawn. Looked at before it is: what changes in between is sent once more, not lost.
    /// None where its id, which then is none that was ever given, or the block's name is too long: such a block stays as
    /// it is drawn.
    pub fn seen_now(asking: &Asking, block: &str, id: &str) -> Option<Self> {
        fits(block, id).then(|| {
            let row = job::found(&asking.visit, &asking.matching.plugin, id).ok().flatten();
            Self { block: block.to_owned(), job: id.to_owned(), seen: seen(row.as_ref()) }
        })
    }
}

fn fits(block: &str, job: &str) -> bool {
    block.len() <= LONGEST_BLOCK && job.len() <= LONGEST_JOB
}

/// What of a job can be seen, in a number.
#[must_use]
pub fn seen(job: Option<&JobRow>) -> u32 {
    let Some(job) = job else { return 0 };
    let shown =
        (job.state.name(), job.percent, &job.message, &job.failure, job.attempt, job.due, job.ended, job.cancel);
    let hash = Sha256::digest(format!("{shown:?}"));
    u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]])
}

/// What a token cannot be taken away from: whose it is, of which plugin, and of which page.
fn bound_to(asking: &Asking) -> [String; 3] {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&asking.request.query).finish();
    let page = format!("{}?{query}", asking.visit.path());
    [asking.request.visitor.clone(), asking.matching.plugin.subject.id.clone(), page]
}

fn digest(asking: &Asking) -> &str {
    let digest = &asking.matching.plugin.subject.digest;
    digest.get(..DIGEST).unwrap_or(digest)
}

fn check(topics: &[String], cursor: &str, every_seconds: u32) -> Result<(), String> {
    if topics.len() > MOST_TOPICS {
        return Err(format!("it follows {} topics; a page follows at most {MOST_TOPICS}", topics.len()));
    }
    if let Some(topic) = topics.iter().find(|topic| topic.is_empty() || topic.len() > LONGEST_TOPIC) {
        return Err(format!("it follows a topic of {} bytes; a topic has 1 to {LONGEST_TOPIC}", topic.len()));
    }
    if cursor.len() > LONGEST_CURSOR {
        return Err(format!("its cursor has {} bytes; a cursor has at most {LONGEST_CURSOR}", cursor.len()));
    }
    if every_seconds > LONGEST_PAUSE {
        return Err(format!("it asks every {every_seconds} seconds; a page asks at least every {LONGEST_PAUSE}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_over_a_limit_is_told_which() {
        let topics = |count: usize, length: usize| vec!["t".repeat(length); count];
        assert_eq!(check(&topics(MOST_TOPICS, LONGEST_TOPIC), &"c".repeat(LONGEST_CURSOR), LONGEST_PAUSE), Ok(()));
        for (topics, cursor, seconds, limit) in [
            (topics(33, 1), 0, 0, "32"),
            (topics(1, 129), 0, 0, "128"),
            (topics(1, 0), 0, 0, "128"),
            (topics(1, 1), 1_025, 0, "1024"),
            (topics(1, 1), 0, 3_601, "3600"),
        ] {
            let error = check(&topics, &"c".repeat(cursor), seconds).unwrap_err();
            assert!(error.contains(limit), "{error}");
        }
    }

    fn follow() -> Follow {
        let jobs = vec![ShownJob { block: "work".into(), job: "j1".into(), seen: 7 }];
        let (topics, cursor) = (vec!["notes".into()], "12".into());
        Follow { digest: "d1".into(), topics, cursor, every_seconds: 5, jobs, asks: true }
    }

    #[test]
    fn a_token_that_was_left_for_an_hour_says_so() {
        const NOW: u64 = 1_795_300_000_000;
        let token = follow().write(NOW);
        let read = |now| Follow::read(&token, "d1", now);
        for now in [NOW, NOW + LASTS, NOW - 30 * LASTS] {
            assert_eq!(read(now), Ok(follow()));
        }
        assert_eq!(read(NOW + LASTS + step()), Err(Refused::Old));
        assert_eq!(Follow::read(&token, "d2", NOW), Err(Refused::Replaced));
        assert_eq!(Follow::read(&token[1..], "d1", NOW), Err(Refused::Foreign));
        // An open stream sends it anew before that.
        assert!(step() <= LASTS / 2);
    }

    #[test]
    fn a_page_that_is_asked_for_again_soon_has_the_same_token() {
        let at = |now| follow().write(now);
        assert_eq!(at(step()), at(2 * step() - 1));
        assert_ne!(at(step()), at(2 * step()));
    }

    #[test]
    fn a_page_shows_the_jobs_of_its_last_updates_and_few_of_them() {
        let block = |block: &str, job: &str| {
            (block.to_owned(), Some(ShownJob { block: block.into(), job: job.into(), seen: 0 }))
        };
        let mut page = Follow { jobs: Vec::new(), ..follow() };
        for round in 0..1_000 {
            let found = (0..2 * MOST_JOBS).map(|number| block(&format!("b{number}"), &format!("{round}-{number}")));
            assert!(page.show(found.collect()));
            assert_eq!(page.jobs.len(), MOST_JOBS);
            assert!(page.jobs.iter().all(|shown| shown.job.starts_with(&format!("{round}-"))));
        }
        assert!(!page.show(vec![("prose".into(), None)]), "a block that shows no job, and showed none");
        assert!(page.show(vec![("b0".into(), None)]));
        assert!(page.show(vec![block("b1", "another")]));
        assert_eq!(page.jobs.last().map(|shown| shown.job.as_str()), Some("another"));
        assert!(!page.show(vec![block("b1", "another")]), "the same again");
    }

    #[test]
    fn a_token_holds_no_id_and_no_name_without_a_bound() {
        let fit = |block: usize, job: usize| fits(&"b".repeat(block), &"j".repeat(job));
        assert!(fit(LONGEST_BLOCK, LONGEST_JOB));
        assert!(!fit(LONGEST_BLOCK + 1, 1) && !fit(1, LONGEST_JOB + 1));
    }
}
