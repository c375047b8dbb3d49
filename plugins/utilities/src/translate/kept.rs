//! What is kept of imports and of what machines fill in, for a day: how far they are, what they still have to do, and what
//! was refused.
//!
//! Keys: `translate/ID` is the state, `translate/ID/todo/PART` what an import brings, packed, until it is done, and
//! `translate/ID/wrong/PART` what was refused, a part for each page that shows it.

use std::io::{Read, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use vestry_sdk::kv::{self, Change};
use vestry_sdk::prelude::*;

/// Bytes of one value.
const PART: usize = 900 << 10;
/// Bytes that a catalogue unpacks to: far more than any that was packed here.
const MOST_UNPACKED: u64 = 64 << 20;
/// How long it is kept, in milliseconds.
const KEPT: u64 = 86_400_000;
/// Refusals of one part.
pub const OF_A_PART: usize = 100;

/// A translation that a file brings.
#[derive(Serialize, Deserialize)]
pub struct Brought {
    pub plugin: String,
    pub phrase: String,
    pub forms: Vec<(String, String)>,
    pub machine: bool,
}

/// Something that was refused.
#[derive(Serialize, Deserialize)]
pub struct Wrong {
    /// In the file; empty for what is as it should be there.
    pub place: String,
    pub plugin: String,
    pub phrase: String,
    pub why: String,
}

/// Reads a state.
pub fn state<S: DeserializeOwned>(id: &str) -> Result<Option<S>> {
    Ok(kv::read(&key(id))?.and_then(|entry| serde_json::from_slice(&entry.value).ok()))
}

/// Writes down a state, and what was refused since the last time, from this part on.
pub fn write(id: &str, state: &impl Serialize, wrong: &[Wrong], part: usize) -> Result<()> {
    let mut changes = vec![set(key(id), json(state)?)];
    for (part, wrong) in (part..).zip(wrong.chunks(OF_A_PART)) {
        changes.push(set(format!("{}/wrong/{part:04}", key(id)), json(&wrong)?));
    }
    kv::commit(&[], &changes).map(drop).map_err(full)
}

/// One part of what was refused.
pub fn wrong(id: &str, part: usize) -> Result<Vec<Wrong>> {
    let entry = kv::read(&format!("{}/wrong/{part:04}", key(id)))?;
    Ok(entry.and_then(|entry| serde_json::from_slice(&entry.value).ok()).unwrap_or_default())
}

/// Keeps what an import brings, for its job. Answers in how many values.
pub fn put_away(id: &str, brought: &[Brought]) -> Result<usize> {
    let mut packer = DeflateEncoder::new(vec![], Compression::fast());
    let packed = packer.write_all(&json(&brought)?).and_then(|()| packer.finish());
    let packed = packed.map_err(|error| Failure::internal(error.to_string()))?;
    let parts = packed.chunks(PART).enumerate();
    let changes: Vec<_> = parts.map(|(part, bytes)| set(todo(id, part), bytes.to_vec())).collect();
    kv::commit(&[], &changes).map_err(full)?;
    Ok(changes.len())
}

/// What was put away; none where it is not kept any more.
pub fn fetch(id: &str, parts: usize) -> Result<Option<Vec<Brought>>> {
    let mut packed = vec![];
    for part in 0..parts {
        let Some(entry) = kv::read(&todo(id, part))? else { return Ok(None) };
        packed.extend(entry.value);
    }
    let mut json = vec![];
    let unpacked = DeflateDecoder::new(&*packed).take(MOST_UNPACKED).read_to_end(&mut json);
    Ok(unpacked.ok().and_then(|_| serde_json::from_slice(&json).ok()))
}

/// Lets go of what was put away.
pub fn clear(id: &str, parts: usize) -> Result<()> {
    let changes: Vec<_> = (0..parts).map(|part| Change::Delete(todo(id, part))).collect();
    kv::commit(&[], &changes).map(drop)
}

fn key(id: &str) -> String {
    format!("translate/{id}")
}

fn todo(id: &str, part: usize) -> String {
    format!("translate/{id}/todo/{part:03}")
}

fn set(key: String, value: Vec<u8>) -> Change {
    Change::SetUntil((key, value, now() + KEPT))
}

fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| Failure::internal(error.to_string()))
}

/// Milliseconds since 1970.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// In words that say what can be done.
fn full(failure: Failure) -> Failure {
    match failure {
        Failure::Exhausted(_) => Failure::Exhausted(
            "There is no room to keep all of this: the file holds too much for one import, or results of everybody together \
             fill what Utilities has. Import a part of the file, or wait a day."
                .to_owned(),
        ),
        other => other,
    }
}
