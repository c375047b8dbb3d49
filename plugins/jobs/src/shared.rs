//! What both pages need: how a state is called, who started a job, and whether anything changed.

use std::hash::{DefaultHasher, Hash, Hasher};

use vestry_sdk::prelude::*;
use vestry_sdk::queue::Job;
use vestry_sdk::ui::Badge;

/// How often an open page asks what is new, in seconds.
pub const EVERY: u32 = 2;

/// States by their names in the contract.
pub const STATES: [(&str, &str, Level); 5] = [
    ("queued", "Queued", Level::Neutral),
    ("running", "Running", Level::Primary),
    ("done", "Done", Level::Success),
    ("failed", "Failed", Level::Danger),
    ("cancelled", "Cancelled", Level::Warning),
];

/// A state as people read it; one of a later version as it is called.
pub fn state(name: &str) -> Badge {
    match STATES.iter().find(|(known, ..)| *known == name) {
        Some((_, label, level)) => badge(*label, *level),
        None => badge(name.to_owned(), Level::Neutral),
    }
}

/// Who started it.
pub fn starter(job: &Job) -> Cell {
    match (&job.starter, job.starter_name.as_str()) {
        (_, name) if !name.is_empty() => name.into(),
        (Some(id), _) => code(id),
        (None, _) if job.scheduled => badge("Schedule", Level::Neutral).into(),
        (None, _) => badge("Visitor", Level::Neutral).into(),
    }
}

/// The same for jobs that are shown the same.
pub fn print<'a>(jobs: impl IntoIterator<Item = &'a Job>) -> String {
    let mut hasher = DefaultHasher::new();
    for job in jobs {
        (&job.id, &job.state, job.percent, job.message.plain(), job.attempt).hash(&mut hasher);
        (job.started, job.ended, job.due).hash(&mut hasher);
    }
    hasher.finish().to_string()
}
