//! What is missing, filled in by a machine: a job that goes through it once, a batch at a time. Each batch counts as soon
//! as it is there, and another attempt goes on behind it. What somebody has translated meanwhile stays.

use serde::{Deserialize, Serialize};
use vestry_phrase_files::is_counted;
use vestry_sdk::block::job;
use vestry_sdk::jobs;
use vestry_sdk::phrases::{self, Change, Entry, Language, Query, Translation};
use vestry_sdk::prelude::*;

use super::examples;
use super::kept;
use super::provider::{self, Provider};
use super::{back_to, language_of, named, sentence};

/// What the job is called, where jobs are listed.
pub const JOB: &str = "translation of phrases";
/// How long one attempt goes on, in milliseconds: the host ends it soon after that.
const LONGEST: u64 = 12 * 60_000;
/// How often an open page looks whether the job has ended, in seconds.
const EVERY: u32 = 1;

/// How far it is.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Filling {
    tag: String,
    /// Behind which phrase it goes on.
    cursor: Option<String>,
    /// Phrases that were missing as it began, those that were sent, and what became of them.
    all: u32,
    sent: u32,
    changed: u32,
    refused: u32,
    done: bool,
    /// Why the last attempt broke off; empty where it did not.
    trouble: String,
}

pub fn begin(request: &Request) -> Result<Redirect> {
    let language = language_of(request)?;
    let back = RouteRef::to("language").param("key", &language.tag);
    if !matches!(provider::configured(), Ok(Some(_))) {
        return Ok(Redirect::to(back).notice(Level::Warning, "The configuration does not say who translates."));
    }
    let all = phrases::find(&missing(&language, None, 1))?.total;
    if all == 0 {
        return Ok(Redirect::to(back).notice(Level::Neutral, "Nothing is missing."));
    }
    let id = jobs::start(JOB, "{}")?;
    kept::write(&id, &Filling { tag: language.tag.clone(), all, ..Filling::default() }, &[], 0)?;
    Ok(Redirect::to(RouteRef::to("filled").param("key", &language.tag).param("id", id)))
}

fn missing(language: &Language, cursor: Option<String>, limit: u32) -> Query {
    let (plugin, text) = (None, String::new());
    Query { language: language.tag.clone(), plugin, state: Some("missing".to_owned()), text, cursor, limit }
}

pub fn work(task: &Task) -> Result<u32> {
    // Not kept any more: nobody waits for it.
    let Some(mut filling): Option<Filling> = kept::state(&task.id)? else { return Ok(0) };
    let went = go_on(&task.id, &mut filling);
    if let Err(failure) = &went {
        // Of this attempt nothing else is left to be written down: the cursor is behind what has been done.
        filling.trouble = why(failure);
        kept::write(&task.id, &filling, &[], 0)?;
    }
    went.map(|()| filling.changed)
}

fn go_on(id: &str, filling: &mut Filling) -> Result<()> {
    let denied = || Failure::Denied("The configuration does not say who translates any more.".to_owned());
    let provider = provider::configured().ok().flatten().ok_or_else(denied)?;
    let language = phrases::describe(&filling.tag)?;
    let begun = kept::now();
    while !filling.done {
        if kept::now().saturating_sub(begun) > LONGEST {
            return Err(Failure::Exhausted("There is much to translate: it goes on in a moment.".to_owned()));
        }
        let found = phrases::find(&missing(&language, filling.cursor.clone(), provider.batch() as u32))?;
        fill(filling, &found.entries, &provider, &language)?;
        filling.done = found.next.is_none();
        filling.cursor = found.next;
        filling.trouble.clear();
        kept::write(id, filling, &[], 0)?;
        tell(filling)?;
    }
    Ok(())
}

fn why(failure: &Failure) -> String {
    match failure {
        Failure::Denied(why)
        | Failure::NotFound(why)
        | Failure::Conflict(why)
        | Failure::Exhausted(why)
        | Failure::Unavailable(why)
        | Failure::Internal(why) => why.clone(),
        _ => "It broke off.".to_owned(),
    }
}

fn tell(filling: &Filling) -> Result<()> {
    let percent = (u64::from(filling.sent) * 100).checked_div(filling.all.into()).unwrap_or(100);
    let told = text!("{sent} of {all} phrases", sent = filling.sent, all = filling.all);
    jobs::progress(u8::try_from(percent).unwrap_or(100), told)
}

/// Has some phrases translated, and says to the host what came of it.
fn fill(filling: &mut Filling, entries: &[Entry], provider: &Provider, language: &Language) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let asked: Vec<Vec<Asked>> = entries.iter().map(|entry| asked(entry, language)).collect();
    let texts: Vec<String> = asked.iter().flatten().map(|asked| asked.text.clone()).collect();
    let mut answers = provider.translate(&texts, &language.tag)?.into_iter();
    let mut changes = vec![];
    for (entry, asked) in entries.iter().zip(&asked) {
        let forms = asked
            .iter()
            .zip(answers.by_ref())
            .filter_map(|(asked, answer)| Some((asked.form.clone(), asked.answered(answer?)?)));
        let forms: Vec<(String, String)> = forms.collect();
        // It was asked for first. The others are only there beside it.
        if forms.first().is_some_and(|(form, _)| form == OTHER) {
            let (plugin, phrase) = (entry.plugin.clone(), entry.phrase.clone());
            changes.push(Change::Set(Translation {
                plugin,
                phrase,
                forms,
                machine: true,
                expected: Some(entry.changed),
            }));
        }
    }
    let outcome = phrases::apply(&language.tag, &changes)?;
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    filling.sent += count(entries.len());
    // While it runs more phrases are shown, and so known.
    filling.all = filling.all.max(filling.sent);
    filling.changed += outcome.changed;
    filling.refused += count(entries.len() - changes.len() + outcome.refusals.len());
    Ok(())
}

const OTHER: &str = "other";

/// A text that is sent, for a form of a phrase.
struct Asked {
    form: String,
    text: String,
    /// What stands in it for `{count}`.
    number: Option<u32>,
}

impl Asked {
    /// As it can stand in place of the phrase.
    fn answered(&self, answer: String) -> Option<String> {
        match self.number {
            None => Some(answer),
            Some(number) => examples::uncounted(&answer, number),
        }
    }
}

/// The phrase itself, and where it counts something, an example of each other form.
fn asked(entry: &Entry, language: &Language) -> Vec<Asked> {
    let phrase = &entry.phrase;
    let mut all = vec![Asked { form: OTHER.to_owned(), text: phrase.clone(), number: None }];
    if is_counted(phrase) {
        all.extend(language.plurals.iter().filter(|form| *form != OTHER).filter_map(|form| {
            let number = examples::number(&language.tag, form)?;
            Some(Asked { form: form.clone(), text: examples::counting(phrase, number), number: Some(number) })
        }));
    }
    all
}

pub fn show(request: &Request) -> Result<Page> {
    let language = language_of(request)?;
    let id = request.param("id");
    let gone = || Failure::not_found("What became of this is not kept any more.");
    let filling: Filling = kept::state(id)?.filter(|filling: &Filling| filling.tag == language.tag).ok_or_else(gone)?;
    let look = Action::new("Look at what the machine made", "phrases");
    let look = look.param("key", &language.tag).value("state", "machine");
    let page = Page::new("Translation by a machine")
        .lead(data(named(&language)))
        .action(back_to(&language))
        .action(if filling.done { look.primary() } else { look })
        .block("job", job(id));
    let page = match filling.trouble.as_str() {
        "" => page,
        trouble => page.block("trouble", notice(Level::Warning, sentence(trouble))),
    };
    let page = page.block("counts", counts(&filling));
    Ok(match filling.done {
        true => page,
        false => page.follow(Vec::<String>::new(), cursor_of(&filling), EVERY),
    })
}

/// Whether there is trouble, and how far it is.
fn cursor_of(filling: &Filling) -> String {
    format!("{} {}", u8::from(!filling.trouble.is_empty()), filling.sent)
}

pub fn next(request: &Request, cursor: &str) -> Result<Batch> {
    let Some(filling): Option<Filling> = kept::state(request.param("id"))? else { return Ok(Batch::at(cursor)) };
    let now = cursor_of(&filling);
    let update = match filling.done || now.split(' ').next() != cursor.split(' ').next() {
        true => Update::reload(),
        false => Update::block("counts", counts(&filling)),
    };
    Ok(Batch::at(now).with(update))
}

fn counts(filling: &Filling) -> Content {
    facts([
        fact("Were missing", filling.all),
        fact("Sent", filling.sent),
        fact("Translated", filling.changed),
        fact("Came back unusable", filling.refused),
    ])
}
