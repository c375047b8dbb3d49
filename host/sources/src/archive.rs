//! What people bring: a component, or a ZIP that holds one with its README.
//!
//! An archive is read as if it were made to harm. The whole of its structure is looked at before a byte is unpacked
//! ([`entries`]): names that lead elsewhere, links, what is encrypted or packed in an unusual way, entries that lie over
//! each other or say two things of themselves. One such entry refuses the archive, whatever it is for: two readers would
//! find different things in it. Then two entries at most are unpacked, each to no more than what it announced.
//!
//! Nothing is ever written to a disk, so names are for choosing and for messages alone.

use std::ops::Range;

mod entries;
mod error;
mod inflate;
mod names;

use crate::{LARGEST_COMPONENT, LARGEST_README};
use entries::Entry;
pub use error::{ArchiveError, Fault, Problem};
pub(crate) use names::READMES;

/// Entries of an archive.
pub const MOST_ENTRIES: usize = 1_000;

/// What every WebAssembly binary begins with.
const WASM: &[u8] = b"\0asm";
/// Where a WebAssembly binary says which of its layers it is of, and what a module of the core says there.
const LAYER: Range<usize> = 4..8;
const CORE: &[u8] = &[1, 0, 0, 0];
/// What a ZIP begins with: its first entry, or where it has none, its end.
const ZIP: &[&[u8]] = &[b"PK\x03\x04", b"PK\x05\x06"];

/// What was in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    pub component: Vec<u8>,
    /// Empty where there is none. What is no UTF-8 in it is replaced (U+FFFD).
    pub readme: String,
}

/// Takes the component out. `name`: what the file is called, for messages. It takes as long as unpacking 64 MiB does: not
/// for threads that others wait for.
///
/// # Errors
///
/// Where it is neither a component nor a ZIP that holds just one, or is made to harm.
pub fn unpack(content: Vec<u8>, name: &str) -> Result<Unpacked, ArchiveError> {
    let refuse = |problem| ArchiveError { file: error::shown(name), problem };
    if ZIP.iter().any(|begin| content.starts_with(begin)) {
        return unzip(&content).map_err(refuse);
    }
    check_component(&content, name)?;
    Ok(Unpacked { component: content, readme: String::new() })
}

/// Whether this can be a component, by its size and by how it begins. `name`: what it is called, for messages.
///
/// # Errors
///
/// Where it is too large, a module of WebAssembly's core, or none of WebAssembly at all.
pub fn check_component(content: &[u8], name: &str) -> Result<(), ArchiveError> {
    problem_of(content).map_or(Ok(()), |problem| Err(ArchiveError { file: error::shown(name), problem }))
}

fn problem_of(content: &[u8]) -> Option<Problem> {
    if content.len() as u64 > LARGEST_COMPONENT {
        return Some(Problem::TooLarge { most: LARGEST_COMPONENT });
    }
    if !content.starts_with(WASM) {
        return Some(Problem::Neither);
    }
    (content.get(LAYER) == Some(CORE)).then_some(Problem::Core)
}

fn unzip(content: &[u8]) -> Result<Unpacked, Problem> {
    let entries = entries::read(content)?;
    let found = component(&entries)?;
    let readme = readme(&entries, found);
    if let Some(readme) = readme.filter(|readme| readme.size > LARGEST_README) {
        return Err(readme.problem(Fault::ReadmeTooLarge { most: LARGEST_README }));
    }
    let component = inflate::unpack(found)?;
    match problem_of(&component) {
        Some(Problem::Neither) => return Err(found.problem(Fault::NoWasm)),
        Some(problem) => return Err(problem),
        None => {}
    }
    let readme = readme.map(inflate::unpack).transpose()?.unwrap_or_default();
    Ok(Unpacked { component, readme: String::from_utf8_lossy(&readme).into_owned() })
}

/// The one entry that is a component.
fn component<'a, 'b>(entries: &'b [Entry<'a>]) -> Result<&'b Entry<'a>, Problem> {
    let found: Vec<&Entry<'_>> = entries.iter().filter(|entry| entry.is_wasm()).collect();
    match found[..] {
        [] => Err(Problem::NoComponent),
        [found] => Ok(found),
        _ => Err(Problem::SeveralComponents(found.iter().map(|entry| entry.name.clone()).collect())),
    }
}

/// The README beside the component, else the one at the root. Where several lie there, the first of the list.
fn readme<'a, 'b>(entries: &'b [Entry<'a>], component: &Entry<'_>) -> Option<&'b Entry<'a>> {
    let within = |folder: &str| {
        READMES.iter().find_map(|wanted| {
            entries.iter().find(|entry| {
                let (lies_in, file) = names::split(&entry.name);
                lies_in == folder && file.eq_ignore_ascii_case(wanted)
            })
        })
    };
    within(names::split(&component.name).0).or_else(|| within(""))
}
