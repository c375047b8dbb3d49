//! Why a file is not read.

use crate::bounds::{DEEPEST_XML, LARGEST_FILE, LONGEST_TEXT, MOST_ENTRIES, MOST_PARTS, MOST_PIECES, MOST_UNPACKED};

const MIB: usize = 1 << 20;

/// What is wrong with a file as a whole, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("the file is empty")]
    Empty,
    #[error("the file has more than {} MiB", LARGEST_FILE / MIB)]
    TooLarge,
    /// What it is instead, and what can be done.
    #[error("this is {0}")]
    Other(&'static str),
    #[error("this is no DOCX: it does not begin as a ZIP does")]
    NoZip,
    #[error("the ZIP is damaged: {0}")]
    Damaged(String),
    #[error("the ZIP has more than {MOST_ENTRIES} entries")]
    TooManyEntries,
    #[error("the ZIP is encrypted")]
    Encrypted,
    #[error("`{0}` stands in the ZIP twice, so that two programs would read two documents")]
    Twice(String),
    #[error("`{0}` is packed in a way that a DOCX does not know")]
    Method(String),
    #[error("the ZIP holds no document of Word: `{0}` is missing")]
    Missing(String),
    #[error("what is unpacked has more than {} MiB of XML", MOST_UNPACKED / MIB)]
    TooMuch,
    #[error("`{0}` holds something else than it announces")]
    Checksum(String),
    #[error("`{part}` is no XML that can be read: {words}")]
    Xml { part: String, words: String },
    #[error("`{0}` declares a document type or entities, which a DOCX must not")]
    Entities(String),
    #[error("`{0}` has elements more than {DEEPEST_XML} deep in each other")]
    TooDeep(String),
    #[error("`{0}` has more than {mib} MiB of text", mib = LONGEST_TEXT / MIB)]
    TooMuchText(String),
    #[error("`{0}` has more than {MOST_PIECES} paragraphs, rows and cells")]
    TooManyPieces(String),
    #[error("it has more than {MOST_PARTS} headers, footers and notes")]
    TooManyParts,
}
