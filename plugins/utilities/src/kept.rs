//! What was found, kept for who asked: in the plugin's store, for a week. Of each person the newest few stay, so that nobody
//! fills it.
//!
//! Keys: `result/PERSON/ID` is a result, packed, and `head/PERSON/ID` what is said of it in a list. The person is part of the
//! key, so nobody reaches what another one keeps; and each result has keys of its own, so that programs that send many files
//! at a time are not in each other's way.

use std::io::{Read, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};
use vestry_docx_fields as docx;
use vestry_pdf_fields as pdf;
use vestry_sdk::kv::{self, Change, Range};
use vestry_sdk::prelude::*;

use crate::file::FIELD;
use crate::service::Service;

/// Results of one person, and bytes of them together.
pub const OF_EACH: usize = 20;
const BYTES_OF_EACH: usize = 2 << 20;
/// Bytes of one: beside the largest file, a request moves no more.
const LARGEST: usize = 900 << 10;
/// Bytes of one when it is unpacked: far more than any that was packed here.
const LARGEST_UNPACKED: u64 = 32 << 20;
/// How long they are kept: days, and milliseconds of a day.
pub const DAYS: u64 = 7;
const DAY: u64 = 86_400_000;

/// What is said of a result in a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Head {
    pub id: String,
    /// The file's name.
    pub name: String,
    pub service: Service,
    /// Bytes of the file.
    pub size: u64,
    pub when: Timestamp,
    pub until: Timestamp,
    /// Bytes that it takes in the store.
    stored: usize,
}

/// What a file holds.
#[derive(Serialize, Deserialize)]
pub enum Found {
    Pdf {
        template: pdf::Template,
        /// It does not open without a password.
        locked: bool,
    },
    Docx(docx::Template),
}

#[derive(Serialize, Deserialize)]
pub struct Kept {
    pub head: Head,
    pub found: Found,
}

/// Keeps what was found for who asks, and lets go of what is too much. Answers its id.
pub fn keep(request: &Request, name: String, size: u64, found: Found) -> Result<String> {
    let (person, now) = (person(request), now());
    let service = match &found {
        Found::Pdf { .. } => Service::Pdf,
        Found::Docx(_) => Service::Docx,
    };
    let id = request.id.clone();
    let mut kept = Kept {
        head: Head { id: id.clone(), name, service, size, when: now, until: now + DAYS * DAY, stored: 0 },
        found,
    };
    let packed = pack(&kept)?;
    if packed.len() > LARGEST {
        return Err(invalid(FIELD, "So much was found in this file that it cannot be kept. Try a part of it."));
    }
    kept.head.stored = packed.len();
    let (head, mut heads) = (json(&kept.head)?, heads(&person)?);
    heads.insert(0, kept.head);
    let mut changes: Vec<Change> = too_much(&mut heads).iter().flat_map(|old| deleted(&person, &old.id)).collect();
    changes.push(Change::SetUntil((key("result", &person, &id), packed, now + DAYS * DAY)));
    changes.push(Change::SetUntil((key("head", &person, &id), head, now + DAYS * DAY)));
    kv::commit(&[], &changes).map_err(full)?;
    Ok(id)
}

/// Takes the oldest off the list, as far as it has too many. The newest stays in any case.
fn too_much(heads: &mut Vec<Head>) -> Vec<Head> {
    let mut bytes = 0;
    let fits = |head: &&Head| {
        bytes += head.stored;
        bytes <= BYTES_OF_EACH
    };
    let fitting = heads.iter().take(OF_EACH).take_while(fits).count();
    heads.split_off(fitting.max(1).min(heads.len()))
}

/// This person's results, the newest first.
fn heads(person: &str) -> Result<Vec<Head>> {
    // What stands behind a slash in the order of bytes.
    let range = Range { start: key("head", person, ""), end: format!("head/{person}0"), limit: 1_000, reverse: false };
    let entries = kv::scan(&range)?;
    let mut heads: Vec<Head> = entries.iter().filter_map(|entry| serde_json::from_slice(&entry.value).ok()).collect();
    heads.sort_by(|one, other| (other.when, &other.id).cmp(&(one.when, &one.id)));
    Ok(heads)
}

/// What is kept for who asks, the newest first.
pub fn recent(request: &Request) -> Result<Vec<Head>> {
    heads(&person(request))
}

fn gone() -> Failure {
    Failure::not_found("This result is not kept any more, or is not yours. Read the file again.")
}

/// A result of who asks; those of others are not there.
pub fn of(request: &Request) -> Result<Kept> {
    let key = key("result", &person(request), request.param("key"));
    let entry = kv::read(&key)?.ok_or_else(gone)?;
    unpack(&entry.value).ok_or_else(gone)
}

/// Lets go of a result of who asks. Answers what it was called.
pub fn forget(request: &Request) -> Result<String> {
    let (person, id) = (person(request), request.param("key"));
    let entry = kv::read(&key("head", &person, id))?.ok_or_else(gone)?;
    let head: Head = serde_json::from_slice(&entry.value).map_err(|_| gone())?;
    kv::commit(&[], &deleted(&person, id))?;
    Ok(head.name)
}

fn deleted(person: &str, id: &str) -> [Change; 2] {
    ["head", "result"].map(|kind| Change::Delete(key(kind, person, id)))
}

/// Whose results they are: the account, whether in a browser or by a token.
fn person(request: &Request) -> String {
    request.actor.as_ref().map_or_else(|| request.visitor.clone(), |actor| actor.id.clone())
}

fn key(kind: &str, person: &str, id: &str) -> String {
    format!("{kind}/{person}/{id}")
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| Failure::internal(error.to_string()))
}

/// JSON of names says the same again and again: packed, it is a tenth and less.
fn pack(kept: &Kept) -> Result<Vec<u8>> {
    let mut packer = DeflateEncoder::new(vec![], Compression::fast());
    let packed = packer.write_all(&json(kept)?).and_then(|()| packer.finish());
    packed.map_err(|error| Failure::internal(error.to_string()))
}

/// None for what an older version of this plugin has kept in another way.
fn unpack(packed: &[u8]) -> Option<Kept> {
    let mut json = vec![];
    DeflateDecoder::new(packed).take(LARGEST_UNPACKED).read_to_end(&mut json).ok()?;
    serde_json::from_slice(&json).ok()
}

/// In words that say what can be done.
fn full(failure: Failure) -> Failure {
    match failure {
        Failure::Exhausted(_) => Failure::Exhausted(format!(
            "The results of everybody together fill the room that there is for them. Delete what you do not need any \
             more, or wait: all of them go after {DAYS} days."
        )),
        other => other,
    }
}
