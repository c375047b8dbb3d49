//! Looking at languages, and at what there is to translate.

use data_encoding::BASE64URL_NOPAD;
use vestry_catalog::Known;
use vestry_contract::phrases::{self as contract, Covered, Entry, Found, Query};
use vestry_contract::types::Failure;
use vestry_phrases::{LONGEST, Language};
use vestry_storage::{PhraseQuery, PhraseRow, Reader, Result as Stored};

use super::{DONE, MACHINE, MISSING, SHIPPED, from_json, invalid, is_added, not_added, parse};
use crate::call::{Call, unavailable};
use crate::gate::Pass;
use crate::words;

/// Phrases of one answer.
const MOST: u32 = 500;
/// What the server itself is called among plugins.
const SERVER_TITLE: &str = "Vestry";
/// Between the parts of a cursor; no phrase has it.
const BETWEEN: char = '\u{1f}';

pub(crate) fn languages(call: &Call, _pass: Pass) -> Result<Vec<contract::Language>, Failure> {
    let rows = read(call, |reader| reader.languages())?;
    let known = rows.iter().filter_map(|row| Some((Language::parse(&row.tag).ok()?, row.offered)));
    Ok(known.map(|(language, offered)| described(&language, true, offered)).collect())
}

pub(crate) fn describe(call: &Call, _pass: Pass, tag: &str) -> Result<contract::Language, Failure> {
    let language = parse(tag)?;
    let rows = read(call, |reader| reader.languages())?;
    let row = rows.iter().find(|row| row.tag == language.tag());
    Ok(described(&language, row.is_some(), row.is_some_and(|row| row.offered) || language == Language::english()))
}

fn described(language: &Language, added: bool, offered: bool) -> contract::Language {
    contract::Language {
        tag: language.tag().to_owned(),
        name: language.name().to_owned(),
        right_to_left: language.is_right_to_left(),
        plurals: language.plurals().iter().map(|plural| plural.name().to_owned()).collect(),
        added,
        offered,
        extra: Vec::new(),
    }
}

pub(crate) fn coverage(call: &Call, _pass: Pass, tag: &str) -> Result<Vec<Covered>, Failure> {
    let language = parse(tag)?;
    let found = read(call, |reader| {
        if !is_added(reader, &language)? {
            return Ok(None);
        }
        let rows = reader.coverage(language.tag())?.into_iter();
        let counted = rows.map(|row| {
            Ok(Covered {
                title: title(reader, &row.plugin)?,
                plugin: row.plugin,
                phrases: small(row.phrases),
                translated: small(row.translated),
                machine: small(row.machine),
            })
        });
        counted.collect::<Stored<Vec<_>>>().map(Some)
    })?;
    found.ok_or_else(|| not_added(&language))
}

/// What people call a plugin; its id where it is not there any more.
fn title(reader: &Reader<'_>, plugin: &str) -> Stored<String> {
    if plugin.is_empty() {
        return Ok(SERVER_TITLE.to_owned());
    }
    let running = reader.plugin(plugin)?.map(|row| Known::named(reader, &row.digest)).transpose()?.flatten();
    Ok(running.map_or_else(|| plugin.to_owned(), |known| words::fill(&known.info.title, &[])))
}

pub(crate) fn find(call: &Call, _pass: Pass, query: Query) -> Result<Found, Failure> {
    let language = parse(&query.language)?;
    let known = [MISSING, SHIPPED, MACHINE, DONE];
    if let Some(state) = query.state.as_deref().filter(|state| !known.contains(state)) {
        return Err(invalid("state", format!("There is no state `{state}`; there are {}.", known.join(", "))));
    }
    if query.text.len() > LONGEST {
        return Err(invalid("text", format!("No phrase is longer than {LONGEST} bytes; look for less.")));
    }
    let after = match query.cursor.as_deref() {
        None => None,
        Some(cursor) => Some(
            parse_cursor(cursor).ok_or_else(|| invalid("cursor", "The cursor is not one that was answered.".into()))?,
        ),
    };
    let limit = query.limit.clamp(1, MOST);
    let stored = PhraseQuery {
        language: language.tag().to_owned(),
        plugin: query.plugin,
        state: query.state,
        text: query.text,
        after,
        limit,
    };
    let found = read(call, |reader| {
        if !is_added(reader, &language)? {
            return Ok(None);
        }
        let (rows, total) = (reader.phrases(&stored)?, small(reader.count_phrases(&stored)?));
        let next = rows.last().filter(|_| rows.len() >= limit as usize).map(cursor);
        let entries = rows.into_iter().map(|row| entry(reader, row)).collect::<Stored<Vec<_>>>()?;
        Ok(Some(Found { entries, total, next }))
    })?;
    found.ok_or_else(|| not_added(&language))
}

fn entry(reader: &Reader<'_>, row: PhraseRow) -> Stored<Entry> {
    let changer = if row.changed_by.is_empty() { None } else { reader.account(&row.changed_by)? };
    Ok(Entry {
        plugin: row.plugin,
        phrase: row.phrase,
        place: row.place,
        forms: row.forms.as_deref().map(from_json).unwrap_or_default(),
        state: row.state,
        changed: row.changed,
        changed_by: changer.map(|account| account.name).unwrap_or_default(),
        extra: Vec::new(),
    })
}

fn cursor(row: &PhraseRow) -> String {
    let parts = [row.plugin.as_str(), &row.place, &row.phrase];
    BASE64URL_NOPAD.encode(parts.join(BETWEEN.encode_utf8(&mut [0; 4])).as_bytes())
}

fn parse_cursor(cursor: &str) -> Option<(String, String, String)> {
    let plain = String::from_utf8(BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?).ok()?;
    let mut parts = plain.splitn(3, BETWEEN).map(str::to_owned);
    Some((parts.next()?, parts.next()?, parts.next()?))
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn read<T>(call: &Call, body: impl FnOnce(&Reader<'_>) -> Stored<T>) -> Result<T, Failure> {
    call.settings()?.services.database.read(body).map_err(unavailable)
}
