//! Whole searches and follows, over files that change between their steps.

mod clocks;
mod files;
mod find;
mod follow;
mod random;
mod search;
mod whole;

use crate::memory::Memory;
use crate::reader::{Budget, Whole};
use crate::search::{Asked, Start, Step, step};
use crate::series::{Layout, Series, gather};
use crate::time::{self, SECOND};
use crate::{Filter, Hit, Matcher, Way};

/// The beginning of all times in these tests, in seconds.
pub(crate) const START: i64 = 1_795_335_313;

/// A line as the server writes it.
pub(crate) fn ours(micros: i64, level: &str, message: &str) -> String {
    let time = time::written(micros);
    format!(
        "{{\"time\":\"{time}\",\"level\":\"{level}\",\"node\":\"one\",\"request\":\"r{}\",\"message\":\"{message}\"}}\n",
        micros % 97
    )
}

/// A line of the second so many after the beginning.
pub(crate) fn at(second: i64, message: &str) -> String {
    ours((START + second) * SECOND, "info", message)
}

pub(crate) fn matcher(pairs: &[(&str, &str)]) -> Matcher {
    Matcher::new(&Filter::from_pairs(pairs.iter().copied()).unwrap(), START * SECOND).unwrap()
}

pub(crate) fn series(files: &Memory) -> Vec<Series> {
    gather(files, "logs", Layout::NODES).unwrap()
}

pub(crate) const PLENTY: Budget<'static> =
    Budget { read: u64::MAX, text: u64::MAX, hits: 1_000_000, longest: crate::LONGEST, whole: ANY, over: &|| false };
const ANY: Whole = Whole { packed: u64::MAX, text: u64::MAX };
/// One piece of work a step.
pub(crate) const LITTLE: Budget<'static> =
    Budget { read: 1, text: 1, hits: 3, longest: crate::LONGEST, whole: NONE, over: &|| false };
const NONE: Whole = Whole { packed: 1, text: 1 };

pub(crate) fn one_step(files: &Memory, matcher: &Matcher, from: &Start, budget: Budget<'_>) -> Step {
    let series = series(files);
    let step = step(Asked { files, series: &series, matcher, now: files.now.get() }, from, budget).unwrap();
    if let Some(cursor) = &step.cursor {
        let text = cursor.to_text();
        assert!(text.len() <= 900);
        assert_eq!(&crate::Cursor::parse(&text).unwrap(), cursor);
    }
    step
}

/// All steps until there are no more; what the last one says comes with all hits.
pub(crate) fn all_steps(files: &Memory, matcher: &Matcher, way: Way, budget: Budget<'_>) -> (Vec<Hit>, Vec<Step>) {
    let (mut hits, mut steps, mut from) = (Vec::new(), Vec::new(), Start::Begin(way));
    loop {
        let mut step = one_step(files, matcher, &from, budget);
        hits.append(&mut step.hits);
        let cursor = step.cursor.clone();
        steps.push(step);
        match cursor {
            Some(cursor) => from = Start::Cursor(cursor),
            None => return (hits, steps),
        }
        assert!(steps.len() < 100_000);
    }
}

pub(crate) fn messages(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.record.message.as_str()).collect()
}
