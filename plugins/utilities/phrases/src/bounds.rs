//! How much of a file is taken. What lies beyond is refused with a sentence.

/// Bytes of a file.
pub const LARGEST_FILE: usize = 8 << 20;
/// Bytes that are unpacked of a workbook, of all its parts together.
pub const MOST_UNPACKED: usize = 16 << 20;
/// Entries of a workbook's ZIP. One with a sheet has about ten.
pub const MOST_PARTS: usize = 1_000;
/// Bytes of the name of an entry in the ZIP.
pub const LONGEST_NAME: usize = 255;
/// Phrases of a catalogue. All of Vestry has some thousand.
pub const MOST_ENTRIES: usize = 20_000;
/// Translations of a file, each form counted, also those that stand there twice.
pub const MOST_PIECES: usize = 8 * MOST_ENTRIES;
/// Bytes of a phrase, and of each form of its translation.
pub const LONGEST: usize = 4096;
/// Bytes of a note; what is longer is cut off.
pub const LONGEST_NOTE: usize = 1024;
/// Bytes of a plugin's id.
pub const LONGEST_PLUGIN: usize = 100;
/// Bytes of the tag of a language (RFC 5646, section 4.4.1).
pub const LONGEST_TAG: usize = 35;
/// Bytes of phrases, translations and notes together, each as often as it stands there: cells of a workbook may name one
/// long text many times. A phrase counts twice where it is found first.
pub const MOST_TEXT: usize = 16 << 20;
/// How deep elements of XML lie in each other.
pub const DEEPEST_XML: usize = 64;
/// How deep mappings and lists of YAML lie in each other. A catalogue needs four.
pub const DEEPEST_YAML: usize = 16;
/// Texts that the cells of a workbook share.
pub const MOST_SHARED: usize = 250_000;
/// Sheets that are looked at for the one with the phrases.
pub const MOST_SHEETS: usize = 20;
/// Rows at the top of a sheet in which the names of the columns are looked for.
pub const HIGHEST_HEADER: usize = 20;
/// Columns that are looked at.
pub const MOST_COLUMNS: usize = 100;
/// Problems that are told; the others are counted.
pub const MOST_PROBLEMS: usize = 500;
/// Characters of a phrase where a problem names it.
pub const LONGEST_SHOWN: usize = 80;
