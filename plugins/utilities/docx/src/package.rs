//! The ZIP that a DOCX is: found out whether it is one, and its entries unpacked one at a time.
//!
//! Nothing is written to a disk and names are only looked up, so a name that leads elsewhere leads nowhere. What is refused:
//! a name that stands there twice (two programs would read two documents), encryption, and packing of other kinds. No more
//! is unpacked than an entry announces, and no more than [`MOST_UNPACKED`] bytes of all entries together: a bomb costs no
//! more than that.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;
use std::io::Read;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipFileHeaderRecord, ZipLocator, ZipSliceArchive};

use crate::bounds::{LARGEST_FILE, LONGEST_NAME, MOST_ENTRIES, MOST_UNPACKED};
use crate::wrong::Wrong;

/// How far from the end of the file its list is looked for: the record of the end, with the longest comment.
const END_WITH_COMMENT: u64 = 22 + 65_535;
/// What a ZIP begins with.
const ZIP: &[u8] = b"PK\x03\x04";
/// What the container of old Office begins with.
const OLE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
/// A stream of that container when it holds an encrypted file of new Office, as it is written there.
const ENCRYPTED: &str = "EncryptedPackage";

/// What else is brought, by how it begins.
const OTHERS: &[(&[u8], &str)] = &[
    (b"{\\rtf", "an RTF file: open it in Word and save it as .docx"),
    (b"%PDF-", "a PDF file, not a DOCX"),
    (b"<?xml", "an XML file, not a DOCX: open it in Word and save it as .docx"),
    (b"<!DOCTYPE html", "a web page, not a DOCX"),
    (b"<html", "a web page, not a DOCX"),
];
/// What else is a ZIP, by an entry that it has.
const OTHER_ZIPS: &[(&str, &str)] = &[
    ("xl/workbook.xml", "a workbook of Excel, not a DOCX"),
    ("ppt/presentation.xml", "a presentation of PowerPoint, not a DOCX"),
    ("mimetype", "an OpenDocument file (.odt) or an e-book: open it and save it as .docx"),
    ("Index/Document.iwa", "a document of Pages: export it as Word"),
];
/// What every package of Office has.
pub(crate) const CONTENT_TYPES: &str = "[Content_Types].xml";

/// Bits of an entry's flags that say encrypted.
const CLOSED: u16 = 1 | 1 << 6 | 1 << 13;

#[derive(Debug)]
struct Entry<'a> {
    data: &'a [u8],
    is_deflated: bool,
    /// What it announces for its content, in bytes.
    size: u64,
    crc: u32,
}

/// A ZIP that has been looked at.
#[derive(Debug)]
pub(crate) struct Package<'a> {
    entries: HashMap<String, Result<Entry<'a>, Wrong>>,
    /// What may still be unpacked, in bytes.
    left: usize,
}

fn damaged(error: &rawzip::Error) -> Wrong {
    Wrong::Damaged(error.to_string())
}

/// What the bytes are, if no ZIP.
fn check_kind(bytes: &[u8]) -> Result<(), Wrong> {
    if bytes.is_empty() {
        return Err(Wrong::Empty);
    }
    if bytes.len() > LARGEST_FILE {
        return Err(Wrong::TooLarge);
    }
    if bytes.starts_with(ZIP) {
        return Ok(());
    }
    if bytes.starts_with(OLE) {
        let name: Vec<u8> = ENCRYPTED.encode_utf16().flat_map(u16::to_le_bytes).collect();
        return Err(Wrong::Other(match memchr::memmem::find(bytes, &name) {
            Some(_) => "a DOCX encrypted with a password: take the password off in Word first",
            None => "a file of old Office (.doc): open it in Word and save it as .docx",
        }));
    }
    let begins = |begin: &[u8]| bytes.get(..begin.len()).is_some_and(|found| found.eq_ignore_ascii_case(begin));
    let other = OTHERS.iter().find(|(begin, _)| begins(begin));
    Err(other.map_or(Wrong::NoZip, |(_, what)| Wrong::Other(what)))
}

impl<'a> Package<'a> {
    /// # Errors
    ///
    /// Where it is something else, too large, or damaged.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Wrong> {
        check_kind(bytes)?;
        let locator = ZipLocator::new().max_search_space(END_WITH_COMMENT);
        let archive = locator.locate_in_slice(bytes).map_err(|(_, error)| damaged(&error))?;
        let mut entries: HashMap<String, Result<Entry<'a>, Wrong>> = HashMap::new();
        let mut seen = 0;
        for record in archive.entries() {
            let record = record.map_err(|error| damaged(&error))?;
            seen += 1;
            if seen > MOST_ENTRIES {
                return Err(Wrong::TooManyEntries);
            }
            let raw = record.file_path().as_bytes();
            let Some(name) = std::str::from_utf8(raw).ok().filter(|name| name.len() <= LONGEST_NAME) else { continue };
            match entries.entry(key(name)) {
                Place::Vacant(place) => drop(place.insert(entry(&archive, bytes, &record, name))),
                Place::Occupied(mut place) => drop(place.insert(Err(Wrong::Twice(name.to_owned())))),
            }
        }
        let package = Self { entries, left: MOST_UNPACKED };
        package.check_office()?;
        Ok(package)
    }

    fn check_office(&self) -> Result<(), Wrong> {
        if self.has(CONTENT_TYPES) && !OTHER_ZIPS[..2].iter().any(|(name, _)| self.has(name)) {
            return Ok(());
        }
        let other = OTHER_ZIPS.iter().find(|(name, _)| self.has(name));
        Err(other.map_or_else(|| Wrong::Missing(CONTENT_TYPES.to_owned()), |(_, what)| Wrong::Other(what)))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.entries.contains_key(&key(name))
    }

    /// An entry's content, no more of it than it announces.
    ///
    /// # Errors
    ///
    /// Where there is none of this name, it cannot be unpacked, or it is more than may still be unpacked.
    pub(crate) fn content(&mut self, name: &str) -> Result<Vec<u8>, Wrong> {
        let entry = self.entries.get(&key(name)).ok_or_else(|| Wrong::Missing(name.to_owned()))?;
        let entry = entry.as_ref().map_err(Clone::clone)?;
        let size = usize::try_from(entry.size).unwrap_or(usize::MAX);
        self.left = self.left.checked_sub(size).ok_or(Wrong::TooMuch)?;
        let mut content = Vec::with_capacity(size);
        if entry.is_deflated {
            // One byte more would show that there is more.
            let read = DeflateDecoder::new(entry.data).take(entry.size + 1).read_to_end(&mut content);
            read.map_err(|_| Wrong::Damaged(format!("what `{name}` was packed by cannot be undone")))?;
        } else {
            content.extend_from_slice(entry.data.get(..size).unwrap_or(entry.data));
        }
        let mut crc = Crc::new();
        crc.update(&content);
        if content.len() == size && crc.sum() == entry.crc {
            Ok(content)
        } else {
            Err(Wrong::Checksum(name.to_owned()))
        }
    }
}

/// Names of a package are the same in any case (ECMA-376 part 2, 6.2.2.3).
fn key(name: &str) -> String {
    name.trim_start_matches('/').to_ascii_lowercase()
}

fn entry<'a>(
    archive: &ZipSliceArchive<&'a [u8]>,
    bytes: &'a [u8],
    record: &ZipFileHeaderRecord<'_>,
    name: &str,
) -> Result<Entry<'a>, Wrong> {
    if record.flags().bits() & CLOSED != 0 {
        return Err(Wrong::Encrypted);
    }
    let method = record.compression_method();
    if ![CompressionMethod::STORE, CompressionMethod::DEFLATE].contains(&method) {
        return Err(Wrong::Method(name.to_owned()));
    }
    let found = archive.get_entry(record.wayfinder()).map_err(|error| damaged(&error))?;
    let (from, to) = found.compressed_data_range();
    // Borrowed of the bytes, not of the archive that was read of them.
    let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
    let data = range.and_then(|(from, to)| bytes.get(from..to));
    let data = data.ok_or_else(|| Wrong::Damaged(format!("`{name}` ends behind the end of the file")))?;
    Ok(Entry {
        data,
        is_deflated: method == CompressionMethod::DEFLATE,
        size: record.uncompressed_size_hint(),
        crc: record.crc32(),
    })
}
