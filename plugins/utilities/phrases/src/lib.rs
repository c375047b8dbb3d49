//! What translators exchange: phrases of a system in one language, as YAML, XLSX and XLIFF 1.2.
//!
//! [`write()`] makes a file of a [`Catalogue`], [`read`] one of a file. A phrase is its own key, together with the
//! plugin that shows it; one with `{count}` in it has a form for each category that the language counts by ([`forms`]).
//!
//! Files are read as people's tools give them back: columns moved, texts shared by cells, tags around placeholders,
//! other states. What is wrong with an entry is a [`Problem`] with its line or row, and the others are read; what is
//! wrong with the file is a [`Wrong`]. Each translation that is read can stand in place of its phrase: it has the same
//! placeholders, and nothing in it hides.
//!
//! A file is taken to be hostile: see [`bounds`].
//!
//! Deliberately not done: which phrases there are, which forms a language has and whether its tag exists is for the
//! caller to know. YAML holds where a phrase is shown in comments, which are not read again.

pub mod bounds;
mod catalogue;
mod check;
mod format;
mod gather;
mod placeholders;
mod plural;
mod problem;
mod wrong;
mod xliff;
mod xlsx;
mod xml;
mod yaml;

pub use catalogue::{Catalogue, Entry, State, forms};
pub use format::{Direction, Format};
pub use gather::Read;
pub use placeholders::is_counted;
pub use plural::Plural;
pub use problem::{Fault, Place, Problem};
pub use wrong::Wrong;

/// Makes a file. Entries are sorted by plugin, and stay in their order within each.
///
/// Left out are entries that no reader would take: whose phrase is blank, longer than [`bounds::LONGEST`] or holds
/// controls other than line breaks and tabs, and plugins whose id has spaces in it or is too long.
#[must_use]
pub fn write(catalogue: &Catalogue, format: Format, direction: Direction) -> Vec<u8> {
    let mut entries: Vec<&Entry> = catalogue.entries.iter().collect();
    entries.retain(|entry| check::key(&entry.plugin, &entry.phrase).is_ok());
    entries.sort_by(|one, other| one.plugin.cmp(&other.plugin));
    match format {
        Format::Yaml => yaml::write(catalogue, &entries),
        Format::Xlsx => xlsx::write(catalogue, &entries, direction),
        Format::Xliff => xliff::write(catalogue, &entries),
    }
}

/// Reads a file, in the format that it seems to have if none is given.
///
/// `plural`: the forms that the language of the translations has, in any order. Whether the file is of that language
/// ([`Catalogue::target`]) is for the caller to look at.
///
/// # Errors
///
/// Where the file as a whole cannot be read. What is wrong with entries is told in [`Read::problems`].
pub fn read(bytes: &[u8], format: Option<Format>, plural: &[Plural]) -> Result<Read, Wrong> {
    if bytes.trim_ascii().is_empty() {
        return Err(Wrong::Empty);
    }
    if bytes.len() > bounds::LARGEST_FILE {
        return Err(Wrong::TooLarge);
    }
    let gather = gather::Gather::new(plural);
    match format.unwrap_or_else(|| Format::of(bytes)) {
        Format::Yaml => yaml::read(bytes, gather),
        Format::Xlsx => xlsx::read(bytes, gather),
        Format::Xliff => xliff::read(bytes, gather),
    }
}
