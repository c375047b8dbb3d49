//! Imports as they go: what a file brings is held against what is there, and said to the host a part at a time. A job does
//! that for large files; after each part it writes down how far it is, and another attempt goes on from there.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use vestry_sdk::jobs;
use vestry_sdk::phrases::{self, Change, Entry, Language, Translation};
use vestry_sdk::prelude::*;

use super::catalogue;
use super::kept::{self, Brought, Wrong};

/// What the job is called, where jobs are listed.
pub const JOB: &str = "import of translations";
/// Changes of one part.
const AT_ONCE: usize = 500;

/// How far an import is.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Import {
    pub tag: String,
    /// Of the file.
    pub name: String,
    /// What is there is replaced; else what is missing is filled.
    pub replace: bool,
    /// Done by a job.
    pub job: bool,
    /// Parts of the file that could not be read.
    pub unread: usize,
    /// Translations that the file brings, and how many of them were looked at.
    pub brought: usize,
    pub position: usize,
    pub changed: usize,
    pub unchanged: usize,
    pub kept: usize,
    /// Refusals that are kept, and problems of the file that are not.
    pub refused: usize,
    pub untold: usize,
    pub done: bool,
    /// Parts of refusals, and values that wait for the job.
    pub parts: usize,
    pub values: usize,
}

pub fn work(task: &Task) -> Result<u64> {
    // Not kept any more: nobody waits for it.
    let Some(mut import): Option<Import> = kept::state(&task.id)? else { return Ok(0) };
    let brought = if import.done { None } else { kept::fetch(&task.id, import.values)? };
    let Some(brought) = brought else { return Ok(import.changed as u64) };
    let language = phrases::describe(&import.tag)?;
    run(&task.id, &language, &mut import, &brought, vec![], |import| {
        let percent = (import.position * 100).checked_div(import.brought).unwrap_or(100);
        let told = text!("{position} of {all}", position = import.position, all = import.brought);
        jobs::progress(u8::try_from(percent).unwrap_or(100), told)
    })?;
    kept::clear(&task.id, import.values)?;
    Ok(import.changed as u64)
}

/// Goes on with an import to its end. `wrong`: what is refused already and not written down yet.
pub fn run(
    id: &str,
    language: &Language,
    import: &mut Import,
    brought: &[Brought],
    wrong: Vec<Wrong>,
    tell: impl Fn(&Import) -> Result<()>,
) -> Result<()> {
    let there = catalogue::all(language, None)?;
    let there: HashMap<(&str, &str), &Entry> =
        there.iter().map(|entry| ((entry.plugin.as_str(), entry.phrase.as_str()), entry)).collect();
    let mut wrong = wrong;
    while !import.done {
        let from = import.position;
        let part = brought.get(from..brought.len().min(from + AT_ONCE)).unwrap_or_default();
        let refused = apply(import, part, &there)?;
        import.position += part.len();
        import.refused += refused.len();
        wrong.extend(refused);
        import.done = import.position >= brought.len();
        // The state names the parts that are written with it.
        let parts = import.parts;
        import.parts += wrong.len().div_ceil(kept::OF_A_PART);
        kept::write(id, import, &wrong, parts)?;
        wrong.clear();
        tell(import)?;
    }
    Ok(())
}

/// Says a part to the host; answers what it has refused.
fn apply(import: &mut Import, part: &[Brought], there: &HashMap<(&str, &str), &Entry>) -> Result<Vec<Wrong>> {
    let (mut said, mut changes) = (vec![], vec![]);
    for one in part {
        match fate(import.replace, one, there.get(&(one.plugin.as_str(), one.phrase.as_str())).copied()) {
            Fate::Unchanged => import.unchanged += 1,
            Fate::Kept => import.kept += 1,
            Fate::Change(change) => {
                said.push(one);
                changes.push(change);
            }
        }
    }
    if changes.is_empty() {
        return Ok(vec![]);
    }
    let outcome = phrases::apply(&import.tag, &changes)?;
    import.changed += outcome.changed as usize;
    import.unchanged += outcome.unchanged as usize;
    let wrong = outcome.refusals.into_iter().filter_map(|refusal| {
        let one = said.get(refusal.index as usize)?;
        Some(Wrong {
            place: String::new(),
            plugin: one.plugin.clone(),
            phrase: one.phrase.clone(),
            why: refusal.reason,
        })
    });
    Ok(wrong.collect())
}

enum Fate {
    Unchanged,
    Kept,
    Change(Change),
}

/// What becomes of one translation, where this is there.
fn fate(replace: bool, one: &Brought, there: Option<&Entry>) -> Fate {
    let translated = there.filter(|entry| entry.state != "missing");
    // Whoever has looked at a machine's words and left them as they are has said something all the same.
    let is_same = |entry: &Entry| entry.forms == one.forms && (one.machine || entry.state != "machine");
    match translated {
        Some(entry) if is_same(entry) => return Fate::Unchanged,
        Some(entry) if !replace && entry.forms != one.forms => return Fate::Kept,
        _ => {}
    }
    Fate::Change(Change::Set(Translation {
        plugin: one.plugin.clone(),
        phrase: one.phrase.clone(),
        forms: one.forms.clone(),
        machine: one.machine,
        expected: there.map(|entry| entry.changed),
    }))
}
