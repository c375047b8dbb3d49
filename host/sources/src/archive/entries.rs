//! The structure of a ZIP, looked at as a whole before anything of it is unpacked.
//!
//! A ZIP says most things twice, in a list at its end and at the place of each entry. Here both must agree, and the
//! entries must lie side by side from the first byte to the list: then there is one way to read it, and no room to hide.
//! That refuses archives with a program before them, and those that some tool has edited without packing them anew.

use std::collections::HashMap;

use rawzip::extra_fields::ExtraFieldId;
use rawzip::{CompressionMethod, ZipFileHeaderRecord, ZipLocator, ZipSliceArchive};

use super::error::{Fault, Problem, shown};
use super::{MOST_ENTRIES, names};
use crate::LARGEST_COMPONENT;

/// How far from the end of the file its list is looked for: the record of the end, with the longest comment.
const END_WITH_COMMENT: u64 = 22 + 65_535;

/// How many times its size an entry may grow to, once it is larger than [`ALWAYS`]. Components come to less than 20.
const MOST_RATIO: u64 = 200;
const ALWAYS: u64 = 1 << 20;

/// Bits of an entry's flags (APPNOTE 4.4.4): encrypted, patched, strongly encrypted, masked.
const CLOSED: u16 = 1 | 1 << 5 | 1 << 6 | 1 << 13;
/// What the list and the place must agree on: encryption, a descriptor behind the content.
const AGREED: u16 = 1 | 1 << 3;
/// What a descriptor behind the content may begin with.
const DESCRIPTOR: u32 = 0x0807_4b50;

/// The kind of a file, in its mode on Unix.
const KIND: u32 = 0o170_000;
const FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;
/// Kinds that are no files, and what they are called.
const SPECIAL: &[(u32, &str)] = &[
    (0o120_000, "a symbolic link"),
    (0o140_000, "a socket"),
    (0o060_000, "a device"),
    (0o020_000, "a device"),
    (0o010_000, "a pipe"),
];

/// An entry that can be unpacked.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) name: String,
    /// As it lies in the archive.
    pub(super) data: &'a [u8],
    pub(super) is_deflated: bool,
    /// What it announces for its content; at most [`LARGEST_COMPONENT`].
    pub(super) size: u64,
    pub(super) crc: u32,
    has_descriptor: bool,
    /// From its own head up to the end of its data.
    from: u64,
    to: u64,
}

impl Entry<'_> {
    pub(super) fn is_wasm(&self) -> bool {
        names::is_wasm(&self.name)
    }

    pub(super) fn problem(&self, fault: Fault) -> Problem {
        problem(&self.name, fault)
    }
}

fn problem(name: &str, fault: Fault) -> Problem {
    Problem::Entry { entry: shown(name), fault }
}

fn damaged(error: &rawzip::Error) -> Problem {
    Problem::Damaged(error.to_string())
}

/// Every entry, each looked at for itself and beside the others.
pub(super) fn read(content: &[u8]) -> Result<Vec<Entry<'_>>, Problem> {
    let locator = ZipLocator::new().max_search_space(END_WITH_COMMENT);
    let archive = locator.locate_in_slice(content).map_err(|(_, error)| damaged(&error))?;
    if archive.end_offset() != content.len() as u64 {
        return Err(Problem::BehindEnd);
    }
    let mut entries = Vec::new();
    for record in archive.entries() {
        if entries.len() == MOST_ENTRIES {
            return Err(Problem::TooManyEntries { most: MOST_ENTRIES });
        }
        entries.push(entry(&archive, content, &record.map_err(|error| damaged(&error))?)?);
    }
    if archive.entries_hint() != entries.len() as u64 {
        return Err(Problem::EntriesSaid { said: archive.entries_hint(), found: entries.len() });
    }
    check_names(&entries)?;
    check_places(&mut entries, content, archive.directory_offset())?;
    Ok(entries)
}

fn entry<'a>(
    archive: &ZipSliceArchive<&'a [u8]>,
    content: &'a [u8],
    record: &ZipFileHeaderRecord<'_>,
) -> Result<Entry<'a>, Problem> {
    let raw = record.file_path().as_bytes();
    let refuse = |fault| problem(&String::from_utf8_lossy(raw), fault);
    let name = names::check(raw).map_err(refuse)?;
    check_record(record, name).map_err(refuse)?;
    let found = archive.get_entry(record.wayfinder()).map_err(|error| damaged(&error))?;
    check_local(record, &found.local_header()).map_err(refuse)?;
    let (begins, to) = found.compressed_data_range();
    // Borrowed of the content, not of the archive that was read of it.
    let place = usize::try_from(begins).ok().zip(usize::try_from(to).ok());
    let data = place.and_then(|(begins, to)| content.get(begins..to));
    Ok(Entry {
        name: name.to_owned(),
        data: data.ok_or_else(|| refuse(Fault::Damaged("it ends behind the end of the file")))?,
        is_deflated: record.compression_method() == CompressionMethod::DEFLATE,
        size: record.uncompressed_size_hint(),
        crc: record.crc32(),
        has_descriptor: record.flags().has_data_descriptor(),
        from: record.local_header_offset(),
        to,
    })
}

/// What the list says of an entry.
fn check_record(record: &ZipFileHeaderRecord<'_>, name: &str) -> Result<(), Fault> {
    let (packed, size) = (record.compressed_size_hint(), record.uncompressed_size_hint());
    let kind = (record.external_attributes() >> 16) & KIND;
    if let Some((_, called)) = SPECIAL.iter().find(|(special, _)| *special == kind) {
        return Err(Fault::Special(called));
    }
    match kind {
        0 | FILE => {}
        FOLDER if name.ends_with('/') => {}
        FOLDER => return Err(Fault::Special("a folder by its mode")),
        _ => return Err(Fault::Special("of an unknown kind")),
    }
    if name.ends_with('/') && size != 0 {
        return Err(Fault::FolderWithContent);
    }
    if record.flags().bits() & CLOSED != 0 {
        return Err(Fault::Encrypted);
    }
    let method = record.compression_method();
    if ![CompressionMethod::STORE, CompressionMethod::DEFLATE].contains(&method) {
        return Err(Fault::Method(method.name().map_or_else(|| format!("method {}", method.as_u16()), str::to_owned)));
    }
    if size > LARGEST_COMPONENT {
        return Err(Fault::TooLarge { most: LARGEST_COMPONENT });
    }
    if method == CompressionMethod::STORE && packed != size {
        return Err(Fault::SaysTwoThings("size"));
    }
    if size > ALWAYS && size / MOST_RATIO > packed {
        return Err(Fault::Ratio { most: MOST_RATIO });
    }
    // The other name that a tool may have written, in Unicode (APPNOTE 4.6.9): a version, a checksum, the name.
    let other = record.extra_fields().find(|(id, _)| *id == ExtraFieldId::INFO_ZIP_UNICODE_PATH);
    match other {
        Some((_, body)) if body.get(5..) != Some(name.as_bytes()) => Err(Fault::TwoNames),
        _ => Ok(()),
    }
}

/// What an entry says of itself at its place, beside what the list says of it.
fn check_local(record: &ZipFileHeaderRecord<'_>, local: &rawzip::ZipLocalFileHeader<'_>) -> Result<(), Fault> {
    // With a descriptor, these stand behind the content.
    let is_told = !record.flags().has_data_descriptor();
    let sizes = (local.compressed_size_hint(), local.uncompressed_size_hint());
    let agrees = [
        ("name", local.file_path().as_bytes() == record.file_path().as_bytes()),
        ("method", local.compression_method() == record.compression_method()),
        ("flags", (local.flags().bits() ^ record.flags().bits()) & AGREED == 0),
        ("size", !is_told || sizes == (record.compressed_size_hint(), record.uncompressed_size_hint())),
        ("checksum", !is_told || local.crc32() == record.crc32()),
    ];
    agrees.iter().find(|(_, agrees)| !agrees).map_or(Ok(()), |(what, _)| Err(Fault::SaysTwoThings(what)))
}

fn check_names(entries: &[Entry<'_>]) -> Result<(), Problem> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for entry in entries {
        if let Some(other) = seen.insert(names::key(&entry.name), &entry.name) {
            return Err(entry.problem(Fault::Twice { other: shown(other) }));
        }
    }
    Ok(())
}

/// Sorts by place. Each entry begins where the one before it ends, the first at 0, and the list behind the last.
fn check_places(entries: &mut [Entry<'_>], content: &[u8], list: u64) -> Result<(), Problem> {
    entries.sort_by_key(|entry| (entry.from, entry.to));
    let mut at = 0;
    let mut before: Option<&Entry<'_>> = None;
    for entry in entries.iter() {
        if let Some(before) = before.filter(|_| entry.from < at) {
            return Err(entry.problem(Fault::Overlaps { other: shown(&before.name) }));
        }
        if !fills(before, content, at, entry.from) {
            return Err(Problem::Gap { before: format!("`{}`", shown(&entry.name)) });
        }
        at = entry.to;
        before = Some(entry);
    }
    match before.filter(|_| list < at) {
        Some(entry) => Err(entry.problem(Fault::Overlaps { other: "the list of entries".into() })),
        None if fills(before, content, at, list) => Ok(()),
        None => Err(Problem::Gap { before: "the list of entries".into() }),
    }
}

/// Whether what lies between an entry's data and what comes next is its descriptor, to the byte, or nothing where it has
/// none. Writers differ in whether it begins with a signature and how wide its sizes are (APPNOTE 4.3.9).
fn fills(entry: Option<&Entry<'_>>, content: &[u8], from: u64, to: u64) -> bool {
    let Some(entry) = entry.filter(|entry| entry.has_descriptor) else { return from == to };
    let place = usize::try_from(from).ok().zip(usize::try_from(to).ok());
    let Some(between) = place.and_then(|(from, to)| content.get(from..to)) else { return false };
    let (packed, size) = (entry.data.len() as u64, entry.size);
    let wide = [entry.crc.to_le_bytes().to_vec(), packed.to_le_bytes().to_vec(), size.to_le_bytes().to_vec()].concat();
    let narrow = [&wide[..8], &wide[12..16]].concat();
    let between = between.strip_prefix(&DESCRIPTOR.to_le_bytes()).filter(|_| between.len() % 8 == 0).unwrap_or(between);
    between == wide || between == narrow
}
