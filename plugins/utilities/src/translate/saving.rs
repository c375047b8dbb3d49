//! Saving a page of the editor: what was changed and no more, with each refusal at its field.

use std::collections::{BTreeMap, BTreeSet};

use vestry_sdk::phrases::{self, Change, Entry, Found, Language, Query};
use vestry_sdk::prelude::*;

use super::editor::{self, Asked, PAGE};
use super::language_of;
use super::protect::names;
use super::row::Row;

/// Phrases in which another one stands, of one look for it.
const AT_ONCE: u32 = 500;

pub fn save(request: &Request) -> Result<Response> {
    let language = language_of(request)?;
    let asked = Asked::of(&request.form);
    let sent = (0..PAGE as usize).map_while(|number| Row::sent(request, number, &language));
    let (mut rows, mut changes, mut refused) = (vec![], vec![], vec![]);
    for row in sent {
        match row.change() {
            None => {}
            Some(Change::Clear(_)) if look_up(&language, &row)?.is_some_and(|now| now.changed != row.expected) => {
                refused.push((row, String::new()));
            }
            Some(change) => {
                rows.push(row);
                changes.push(change);
            }
        }
    }
    let outcome = phrases::apply(&language.tag, &changes)?;
    let reasons: BTreeMap<u32, String> =
        outcome.refusals.into_iter().map(|refusal| (refusal.index, refusal.reason)).collect();
    let with_reasons = (0..).zip(rows).filter_map(|(index, row)| Some((row, reasons.get(&index)?.clone())));
    refused.extend(with_reasons);
    if !refused.is_empty() {
        let rows =
            refused.into_iter().map(|(row, reason)| told(&language, row, &reason)).collect::<Result<Vec<Row>>>()?;
        return Ok(Response::Invalid(editor::refused(&language, &asked, &rows, outcome.changed)));
    }
    let back = Redirect::to(asked.route(&language));
    Ok(match outcome.changed {
        0 => back.notice(Level::Neutral, "Nothing was changed."),
        count => back.done(text!("{count} phrases are saved.", count)),
    }
    .into())
}

/// A row that was refused, with why.
fn told(language: &Language, row: Row, reason: &str) -> Result<Row> {
    let mut row = row;
    let now = look_up(language, &row)?;
    let phrase = row.phrase.clone();
    row.refuse(reason, now.as_ref(), |form, words| has_other_names(&phrase, form, words));
    Ok(row)
}

/// The phrase of a row as it is by now.
fn look_up(language: &Language, row: &Row) -> Result<Option<Entry>> {
    let mut query = Query {
        language: language.tag.clone(),
        plugin: Some(row.plugin.clone()),
        state: None,
        text: row.phrase.clone(),
        cursor: None,
        limit: AT_ONCE,
    };
    loop {
        let Found { entries, next, .. } = phrases::find(&query)?;
        let found = entries.into_iter().find(|entry| entry.phrase == row.phrase);
        if found.is_some() || next.is_none() {
            return Ok(found);
        }
        query.cursor = next;
    }
}

/// Whether a form has other names in braces than it may have: forms beside `other` may leave out the number.
fn has_other_names(phrase: &str, form: &str, words: &str) -> bool {
    let (wanted, found): (BTreeSet<_>, BTreeSet<_>) = (names(phrase).collect(), names(words).collect());
    let is_needed = |name: &&&str| form == "other" || **name != "count";
    !words.is_empty() && (!found.is_subset(&wanted) || wanted.difference(&found).any(|name| is_needed(&name)))
}
