//! Adding languages, and saying things in them.

use std::collections::BTreeMap;

use vestry_contract::phrases::{Change, Outcome, Refusal, Translation};
use vestry_contract::types::Failure;
use vestry_phrases::{Forms, Language, Plural, check, shipped};
use vestry_storage::{Reader, Result as Stored, Transaction, TranslationRow};

use super::{DONE, MACHINE, bring_in_shipped, invalid, is_added, not_added, parse, to_json};
use crate::call::{Actor, Call, unavailable};
use crate::gate::{Pass, Question};
use crate::table::PHRASES_REMOVE_LANGUAGE;
use crate::transaction::{CommitError, Write};
use crate::users::fill;

/// Changes of one call.
const MOST: usize = 1_000;
/// Languages of one server: more than any is translated into, and a bound for what it holds in memory.
const MOST_LANGUAGES: usize = 50;

/// What one has to hold to word what stands beside the server's own questions.
const MANAGE: &str = "server.manage";

/// What is to be done with languages and translations.
#[derive(Debug)]
pub(crate) enum PhraseWrite {
    PutLanguage { language: Language, offered: bool },
    RemoveLanguage { language: Language },
    Apply { language: Language, steps: Vec<Step> },
}

/// One change that makes a difference.
#[derive(Debug)]
pub(crate) struct Step {
    plugin: String,
    phrase: String,
    /// What was there, when this was looked at.
    before: Option<u64>,
    /// None takes it away.
    after: Option<(String, &'static str)>,
}

pub(crate) async fn put_language(call: &mut Call, _pass: Pass, tag: &str, offered: bool) -> Result<(), Failure> {
    let language = parse(tag)?;
    if language == Language::english() && !offered {
        return Err(invalid("offered", "English is always offered: what nobody has translated is in it.".into()));
    }
    if !read(call, |reader| has_room(reader, &language))? {
        return Err(Failure::Exhausted(no_room()));
    }
    call.transaction.push(Write::Phrases(PhraseWrite::PutLanguage { language, offered }));
    call.settle().await
}

/// Whether a language is there, or there is room for it.
fn has_room(reader: &Reader<'_>, language: &Language) -> Stored<bool> {
    let rows = reader.languages()?;
    Ok(rows.len() < MOST_LANGUAGES || rows.iter().any(|row| row.tag == language.tag()))
}

fn no_room() -> String {
    format!("a server has at most {MOST_LANGUAGES} languages")
}

pub(crate) async fn remove_language(call: &mut Call, pass: Pass, tag: &str) -> Result<(), Failure> {
    let language = parse(tag)?;
    let count = read(call, |reader| {
        let added = is_added(reader, &language)?;
        Ok(added.then_some(reader.translations(language.tag())?.len()))
    })?;
    let count = count.ok_or_else(|| not_added(&language))?;
    call.confirmed(&pass, &[PHRASES_REMOVE_LANGUAGE], || {
        let values = [
            ("language", language.name().to_owned()),
            ("tag", language.tag().to_owned()),
            ("count", count.to_string()),
        ];
        Ok(Question { sentences: vec![fill(PHRASES_REMOVE_LANGUAGE, &values)], arguments: language.tag().to_owned() })
    })?;
    call.transaction.push(Write::Phrases(PhraseWrite::RemoveLanguage { language }));
    call.settle().await
}

pub(crate) async fn apply(call: &mut Call, _pass: Pass, tag: &str, changes: Vec<Change>) -> Result<Outcome, Failure> {
    let language = parse(tag)?;
    if changes.len() > MOST {
        return Err(Failure::Exhausted(format!("at most {MOST} changes at a time")));
    }
    if !read(call, |reader| is_added(reader, &language))? {
        return Err(not_added(&language));
    }
    let mut outcome = Outcome { changed: 0, unchanged: 0, refusals: Vec::new() };
    let mut steps = Vec::new();
    // What comes twice: the later one counts, and sees what the earlier one has left.
    let mut noted: BTreeMap<(String, String), Option<(String, &'static str)>> = BTreeMap::new();
    for (index, change) in (0..).zip(changes) {
        let known = |plugin: &str, phrase: &str| -> Result<_, Failure> {
            read(call, |reader| {
                Ok((reader.has_phrase(plugin, phrase)?, reader.translation(language.tag(), plugin, phrase)?))
            })
        };
        let step = match change {
            Change::Clear((plugin, phrase)) => {
                let (_, row) = known(&plugin, &phrase)?;
                may_word(call, &plugin, &phrase).map(|()| Step {
                    plugin,
                    phrase,
                    before: row.map(|row| row.changed),
                    after: None,
                })
            }
            Change::Set(translation) => {
                let (exists, row) = known(&translation.plugin, &translation.phrase)?;
                let before = row.as_ref().map(|row| row.changed);
                may_word(call, &translation.plugin, &translation.phrase)
                    .and_then(|()| checked(&language, translation, exists, before))
            }
        };
        match step {
            Err(reason) => outcome.refusals.push(Refusal { index, reason }),
            Ok(step) => {
                let key = (step.plugin.clone(), step.phrase.clone());
                let there = match noted.get(&key) {
                    Some(noted) => noted.clone().map(|(forms, state)| (forms, state.to_owned())),
                    None => known(&key.0, &key.1)?.1.map(|row| (row.forms, row.state)),
                };
                let after = step.after.clone().map(|(forms, state)| (forms, state.to_owned()));
                if there == after {
                    outcome.unchanged += 1;
                    continue;
                }
                noted.insert(key, step.after.clone());
                outcome.changed += 1;
                steps.push(step);
            }
        }
    }
    if !steps.is_empty() {
        call.transaction.push(Write::Phrases(PhraseWrite::Apply { language, steps }));
        call.settle().await?;
    }
    Ok(outcome)
}

/// Where the server asks for a yes, and on its page for recovery, its words are for those who look after it: a label that
/// says the opposite would let whoever words it do what they may not.
fn may_word(call: &Call, plugin: &str, phrase: &str) -> Result<(), String> {
    let caller = match call.actor() {
        Actor::Person(caller) | Actor::Token(caller) | Actor::Job(caller) => Some(caller),
        Actor::Visitor | Actor::Nobody | Actor::Gone => None,
    };
    let may = caller.is_some_and(|caller| caller.permissions.holds_name(MANAGE));
    if may || !plugin.is_empty() || !shipped::is_asked(phrase) {
        return Ok(());
    }
    Err(format!("it stands where the server asks for a yes, or on `/safe`, so who words it has to hold {MANAGE}"))
}

/// A translation that can be said.
fn checked(language: &Language, new: Translation, exists: bool, before: Option<u64>) -> Result<Step, String> {
    if !exists {
        return Err("there is no such phrase on this server; phrases are known once they were shown".into());
    }
    if new.expected.is_some_and(|expected| expected != before.unwrap_or(0)) {
        return Err("somebody else has changed it meanwhile; look at it again".into());
    }
    let mut forms: Vec<(Plural, String)> = Vec::with_capacity(new.forms.len());
    for (name, words) in new.forms {
        let plural = Plural::named(&name).ok_or_else(|| format!("there is no form `{name}`"))?;
        if forms.iter().any(|(known, _)| *known == plural) {
            return Err(format!("the form `{name}` comes twice"));
        }
        forms.push((plural, words));
    }
    let forms: Forms = forms.into_iter().collect();
    check(&new.phrase, &forms, language).map_err(|wrong| wrong.to_string())?;
    let state = if new.machine { MACHINE } else { DONE };
    Ok(Step { plugin: new.plugin, phrase: new.phrase, before, after: Some((to_json(&forms), state)) })
}

/// Does it, with an audit entry.
pub(crate) fn make(call: &Call, tx: &Transaction<'_>, write: &PhraseWrite, now: u64) -> Result<(), CommitError> {
    match write {
        PhraseWrite::PutLanguage { language, offered } => {
            // Once more: one request can add several, and so can several people at the same time.
            if !has_room(tx, language)? {
                return Err(CommitError::Exhausted(no_room()));
            }
            tx.put_language(language.tag(), *offered, now)?;
            bring_in_shipped(tx, language, now)?;
            Ok(call.audit(tx, "phrases.put-language", &format!("{language} offered={offered}"), now)?)
        }
        PhraseWrite::RemoveLanguage { language } => {
            tx.delete_language(language.tag())?;
            Ok(call.audit(tx, "phrases.remove-language", language.tag(), now)?)
        }
        PhraseWrite::Apply { language, steps } => {
            if !is_added(tx, language)? {
                return Err(CommitError::Conflict(format!("{language} was removed in the meantime")));
            }
            let actor = call.actor_for_audit().0.to_owned();
            for (number, step) in steps.iter().enumerate() {
                step.make(tx, language, &steps[..number], &actor, now)?;
            }
            tx.raise_wording()?;
            Ok(call.audit(tx, "phrases.apply", &format!("{language} {} phrases", steps.len()), now)?)
        }
    }
}

impl Step {
    fn make(
        &self,
        tx: &Transaction<'_>,
        language: &Language,
        done: &[Self],
        actor: &str,
        now: u64,
    ) -> Result<(), CommitError> {
        let Self { plugin, phrase, before, after } = self;
        let twice = done.iter().any(|other| other.plugin == *plugin && other.phrase == *phrase);
        let there = tx.translation(language.tag(), plugin, phrase)?.map(|row| row.changed);
        if !twice && there != *before {
            return Err(CommitError::Conflict("translations were changed in the meantime".into()));
        }
        match after {
            None => drop(tx.delete_translation(language.tag(), plugin, phrase)?),
            Some((forms, state)) => tx.put_translation(
                language.tag(),
                &TranslationRow {
                    plugin: plugin.clone(),
                    phrase: phrase.clone(),
                    forms: forms.clone(),
                    state: (*state).to_owned(),
                    changed: now,
                    changed_by: actor.to_owned(),
                },
            )?,
        }
        Ok(())
    }
}

fn read<T>(call: &Call, body: impl FnOnce(&Reader<'_>) -> Stored<T>) -> Result<T, Failure> {
    call.settings()?.services.database.read(body).map_err(unavailable)
}
