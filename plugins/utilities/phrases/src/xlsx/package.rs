//! The ZIP that a workbook is: found out whether it is one, and its parts unpacked one at a time.
//!
//! Nothing is written to a disk. What is refused: a name that leads out of the ZIP or stands there twice (two programs
//! would read two workbooks), encryption, and packing of other kinds. No more is unpacked than a part announces, and no
//! more than [`MOST_UNPACKED`] bytes of all parts together: a bomb costs no more than that.

use std::collections::HashMap;
use std::io::Read;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipFileHeaderRecord, ZipLocator, ZipSliceArchive};

use crate::bounds::{LONGEST_NAME, MOST_PARTS, MOST_UNPACKED};
use crate::format::OLE;
use crate::problem::shown;
use crate::wrong::Wrong;

/// How far from the end of the file its list is looked for: the record of the end, with the longest comment.
const END_WITH_COMMENT: u64 = 22 + 65_535;
/// What else is a ZIP, by an entry that it has.
const OTHERS: &[(&str, &str)] = &[
    ("xl/workbook.bin", "a binary workbook (.xlsb): save it as .xlsx"),
    ("mimetype", "an OpenDocument file (.ods): save it as .xlsx"),
    ("Index/Document.iwa", "a document of Numbers: export it as Excel"),
    ("word/document.xml", "a document of Word, not a workbook"),
];
/// What every package of Office has.
const CONTENT_TYPES: &str = "[Content_Types].xml";
/// Bits of an entry's flags that say encrypted.
const CLOSED: u16 = 1 | 1 << 6 | 1 << 13;

#[derive(Debug)]
struct Part<'a> {
    data: &'a [u8],
    is_deflated: bool,
    /// What it announces for its content, in bytes.
    size: u64,
    crc: u32,
}

/// A ZIP that has been looked at.
#[derive(Debug)]
pub(super) struct Package<'a> {
    parts: HashMap<String, Part<'a>>,
    /// What may still be unpacked, in bytes.
    left: usize,
}

fn damaged(error: &rawzip::Error) -> Wrong {
    Wrong::Damaged(shown(&error.to_string()))
}

impl<'a> Package<'a> {
    /// # Errors
    ///
    /// Where it is something else, damaged or made to harm.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Wrong> {
        if bytes.starts_with(OLE) {
            return Err(Wrong::Other(
                "a file of old Office (.xls), or one with a password: save it as .xlsx without a password",
            ));
        }
        if !bytes.starts_with(b"PK") {
            return Err(Wrong::NoZip);
        }
        let locator = ZipLocator::new().max_search_space(END_WITH_COMMENT);
        let archive = locator.locate_in_slice(bytes).map_err(|(_, error)| damaged(&error))?;
        let mut parts = HashMap::new();
        for (count, record) in archive.entries().enumerate() {
            let record = record.map_err(|error| damaged(&error))?;
            if count >= MOST_PARTS {
                return Err(Wrong::TooManyParts);
            }
            let name = name(&record)?;
            let part = part(&archive, bytes, &record, &name)?;
            if parts.insert(key(&name), part).is_some() {
                return Err(Wrong::Twice(shown(&name)));
            }
        }
        let package = Self { parts, left: MOST_UNPACKED };
        match OTHERS.iter().find(|(name, _)| package.parts.contains_key(&key(name))) {
            Some((_, what)) => Err(Wrong::Other(what)),
            None if package.has(CONTENT_TYPES) => Ok(package),
            None => Err(Wrong::Missing(CONTENT_TYPES.to_owned())),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.parts.contains_key(&key(name))
    }

    /// A part's content, no more of it than it announces.
    ///
    /// # Errors
    ///
    /// Where there is none of this name, it cannot be unpacked, or it is more than may still be unpacked.
    pub(super) fn content(&mut self, name: &str) -> Result<Vec<u8>, Wrong> {
        let part = self.parts.get(&key(name)).ok_or_else(|| Wrong::Missing(shown(name)))?;
        let size = usize::try_from(part.size).unwrap_or(usize::MAX);
        self.left = self.left.checked_sub(size).ok_or(Wrong::TooMuch)?;
        let mut content = Vec::with_capacity(size);
        if part.is_deflated {
            // One byte more would show that there is more.
            let read = DeflateDecoder::new(part.data).take(part.size + 1).read_to_end(&mut content);
            read.map_err(|_| Wrong::Damaged(format!("what `{}` was packed by cannot be undone", shown(name))))?;
        } else {
            content.extend_from_slice(part.data.get(..size).unwrap_or(part.data));
        }
        let mut crc = Crc::new();
        crc.update(&content);
        if content.len() == size && crc.sum() == part.crc { Ok(content) } else { Err(Wrong::Checksum(shown(name))) }
    }
}

/// Names of a package are the same in any case (ECMA-376 part 2, 6.2.2.3).
fn key(name: &str) -> String {
    name.trim_start_matches('/').to_ascii_lowercase()
}

/// A name that stays within the package. Some programs write `\` for `/`, and an entry for a folder.
fn name(record: &ZipFileHeaderRecord<'_>) -> Result<String, Wrong> {
    let raw = String::from_utf8_lossy(record.file_path().as_bytes()).replace('\\', "/");
    let leads_out = raw.starts_with('/') || raw.contains(':') || raw.split('/').any(|step| step == "..");
    if leads_out || raw.len() > LONGEST_NAME || raw.contains('\0') { Err(Wrong::Name(shown(&raw))) } else { Ok(raw) }
}

fn part<'a>(
    archive: &ZipSliceArchive<&'a [u8]>,
    bytes: &'a [u8],
    record: &ZipFileHeaderRecord<'_>,
    name: &str,
) -> Result<Part<'a>, Wrong> {
    if record.flags().bits() & CLOSED != 0 {
        return Err(Wrong::Encrypted);
    }
    let method = record.compression_method();
    if ![CompressionMethod::STORE, CompressionMethod::DEFLATE].contains(&method) {
        return Err(Wrong::Method(shown(name)));
    }
    let found = archive.get_entry(record.wayfinder()).map_err(|error| damaged(&error))?;
    let (from, to) = found.compressed_data_range();
    // Borrowed of the bytes, not of the archive that was read of them.
    let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
    let data = range.and_then(|(from, to)| bytes.get(from..to));
    let data = data.ok_or_else(|| Wrong::Damaged(format!("`{}` ends behind the end of the file", shown(name))))?;
    Ok(Part {
        data,
        is_deflated: method == CompressionMethod::DEFLATE,
        size: record.uncompressed_size_hint(),
        crc: record.crc32(),
    })
}
