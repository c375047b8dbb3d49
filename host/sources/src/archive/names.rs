//! Names of entries: which are refused, and which mean the same.

use unicode_normalization::UnicodeNormalization;

use super::error::Fault;

/// The longest name, in bytes.
const LONGEST: usize = 1_024;

/// What a README may be called, in any case; the first counts most.
pub(crate) const READMES: &[&str] = &["README.md", "README", "README.txt"];

/// What some systems put beside each file of an archive: no files of anybody's.
const SYSTEM_FOLDER: &str = "__MACOSX/";
const SYSTEM_FILE: &str = "._";

/// A name that can be shown and compared.
pub(super) fn check(bytes: &[u8]) -> Result<&str, Fault> {
    let name = std::str::from_utf8(bytes).map_err(|_| Fault::NotUtf8)?;
    let is_drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    // What must be said first comes first.
    let faults = [
        (name.is_empty(), Fault::NoName),
        (name.len() > LONGEST, Fault::LongName { most: LONGEST }),
        (name.contains(char::is_control), Fault::Control),
        (name.contains('\\'), Fault::Backslash),
        (name.starts_with('/') || is_drive, Fault::Absolute),
        (name.split('/').any(|part| part == ".."), Fault::Traversal),
        (path(name).split('/').any(|part| part.is_empty() || part == "."), Fault::OddPath),
    ];
    faults.into_iter().find(|(is_so, _)| *is_so).map_or(Ok(name), |(_, fault)| Err(fault))
}

/// What two names have in common that would be one file on some system: in lower case, in one form of Unicode, with or
/// without the slash that makes a folder of it.
pub(super) fn key(name: &str) -> String {
    path(name).nfkc().collect::<String>().to_lowercase().nfkc().collect()
}

/// Folder (empty for the root) and file.
pub(super) fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('/').unwrap_or(("", name))
}

pub(super) fn is_wasm(name: &str) -> bool {
    let is_called_so = name.len() > 5 && name.to_ascii_lowercase().ends_with(".wasm");
    is_called_so && !name.starts_with(SYSTEM_FOLDER) && !split(name).1.starts_with(SYSTEM_FILE)
}

/// Without the slash at the end of a folder's name.
fn path(name: &str) -> &str {
    name.strip_suffix('/').unwrap_or(name)
}
