//! Why a file is not read at all.

use crate::bounds::{
    DEEPEST_XML, DEEPEST_YAML, HIGHEST_HEADER, LARGEST_FILE, MOST_ENTRIES, MOST_PARTS, MOST_PIECES, MOST_SHARED,
    MOST_TEXT, MOST_UNPACKED,
};

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
    #[error("the file is not written in UTF-8: save it with this encoding")]
    NotUtf8,
    #[error("the file has more than {MOST_ENTRIES} phrases")]
    TooManyEntries,
    #[error("the file has more than {MOST_PIECES} translations")]
    TooManyPieces,
    #[error("phrases and translations have more than {} MiB together", MOST_TEXT / MIB)]
    TooMuchText,
    #[error("`{0}` is not the tag of a language (BCP 47); write it like `es`, `pt-BR` or `zh-Hant`")]
    Language(String),
    #[error("the file names two languages, `{0}` and `{1}`, where it can have one: make two files of it")]
    Languages(String, String),

    #[error("line {line}: this is no YAML: {words}")]
    Yaml { line: usize, words: String },
    #[error("line {line}: {words}")]
    Layout { line: usize, words: &'static str },
    #[error("line {0}: anchors and aliases (`&a`, `*a`) are not read: write the text out")]
    Alias(usize),
    #[error("line {0}: lists and mappings lie more than {DEEPEST_YAML} deep in each other")]
    DeepYaml(usize),

    /// `part`: which file of the ZIP, or what the file is.
    #[error("{part}, line {line}: this is no XML that can be read: {words}")]
    Xml { part: String, line: usize, words: String },
    #[error("{0} declares a document type or entities, which it must not")]
    Entities(String),
    #[error("{0} has elements more than {DEEPEST_XML} deep in each other")]
    DeepXml(String),

    #[error("this is no workbook (.xlsx): it does not begin as a ZIP does")]
    NoZip,
    #[error("the ZIP is damaged: {0}")]
    Damaged(String),
    #[error("the ZIP has more than {MOST_PARTS} entries")]
    TooManyParts,
    #[error("the ZIP is encrypted")]
    Encrypted,
    #[error("`{0}` stands in the ZIP twice, so that two programs would read two workbooks")]
    Twice(String),
    #[error("an entry of the ZIP has the name `{0}`, which leads out of it")]
    Name(String),
    #[error("`{0}` is packed in a way that a workbook does not know")]
    Method(String),
    #[error("the ZIP holds no workbook: `{0}` is missing")]
    Missing(String),
    #[error("what is unpacked has more than {} MiB", MOST_UNPACKED / MIB)]
    TooMuch,
    #[error("`{0}` holds something else than it announces")]
    Checksum(String),
    #[error("the cells share more than {MOST_SHARED} texts")]
    TooManyShared,
    #[error(
        "no sheet has the columns `Plugin`, `Phrase` and `Translation` in its first {HIGHEST_HEADER} rows: put their \
         names back above them"
    )]
    NoHeader,
}
