//! Why a file is not taken: what is wrong, with which entry, and what to do about it.

/// Characters of a name that are shown.
const SHOWN: usize = 120;
/// Names that are shown of many.
const SHOWN_NAMES: usize = 5;

/// A file that is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file} is not taken: {problem}")]
pub struct ArchiveError {
    /// What it is called, made safe to show.
    pub file: String,
    pub problem: Problem,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error(
        "it is neither a WebAssembly component nor a ZIP with one in it. Bring the .wasm file that a build has made, or a \
         ZIP of it and its README"
    )]
    Neither,
    #[error(
        "it is a core module of WebAssembly, and a package is a component. Build it for the target wasm32-wasip2, or make \
         a component of it with `wasm-tools component new`"
    )]
    Core,
    #[error("a component has at most {} MiB", .most >> 20)]
    TooLarge { most: u64 },
    #[error("the ZIP is damaged ({0}). Pack it again")]
    Damaged(String),
    #[error("the ZIP has more than {most} entries. Pack the .wasm file and its README alone")]
    TooManyEntries { most: usize },
    #[error("the ZIP says that it has {said} entries, and has {found}. Pack it again")]
    EntriesSaid { said: u64, found: usize },
    #[error("in the ZIP, before {before}, lies what belongs to no entry. Pack it again")]
    Gap { before: String },
    #[error("something lies behind the end of the ZIP. Pack it again")]
    BehindEnd,
    #[error("its entry `{entry}` {fault}")]
    Entry { entry: String, fault: Fault },
    #[error("there is no .wasm file in the ZIP. Pack the .wasm file that a build has made")]
    NoComponent,
    #[error("the ZIP holds {} .wasm files ({}), and a package is one. Pack one alone", .0.len(), listed(.0))]
    SeveralComponents(Vec<String>),
}

/// What is wrong with one entry of a ZIP.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("has no name. Pack it again")]
    NoName,
    #[error("has a name that is not UTF-8. Rename it in plain letters and pack it again")]
    NotUtf8,
    #[error("has a name of more than {most} bytes. Rename it and pack it again")]
    LongName { most: usize },
    #[error("has a control character in its name. Rename it and pack it again")]
    Control,
    #[error("has a backslash in its name. Pack it again with a tool that parts folders by `/`")]
    Backslash,
    #[error("names a place on a disk, not in the archive. Pack it again with relative names")]
    Absolute,
    #[error("leads out of the archive by `..`. Pack it again without that entry")]
    Traversal,
    #[error("has an empty folder name or `.` in its path. Pack it again with plain paths")]
    OddPath,
    #[error("has two names, and readers would differ about which holds. Pack it again")]
    TwoNames,
    #[error("stands in it twice: also as `{other}`. Take one of them out and pack it again")]
    Twice { other: String },
    #[error("is {0}, not a file. Pack the file itself")]
    Special(&'static str),
    #[error("is a folder and has a content. Pack it again")]
    FolderWithContent,
    #[error("is encrypted. Pack it without a password")]
    Encrypted,
    #[error("is packed by {0}, which is not read here. Pack it again with the usual method, deflate")]
    Method(String),
    #[error("says of its {0} one thing in the list of the ZIP and another at its place. Pack it again")]
    SaysTwoThings(&'static str),
    #[error("lies over `{other}`. Pack it again")]
    Overlaps { other: String },
    #[error("would have more than {} MiB. Take it out and pack it again", .most >> 20)]
    TooLarge { most: u64 },
    #[error("would grow to more than {most} times its size, as a bomb does. Pack it without compression")]
    Ratio { most: u64 },
    #[error("is a README of more than {} KiB. Shorten it and pack it again", .most >> 10)]
    ReadmeTooLarge { most: u64 },
    #[error("is damaged: {0}. Pack it again")]
    Damaged(&'static str),
    #[error("is called .wasm and is none. Pack the .wasm file that a build has made")]
    NoWasm,
}

/// A name as it is shown: in one line, and not without end.
pub(super) fn shown(name: &str) -> String {
    let mut shown: String = name.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if name.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

fn listed(names: &[String]) -> String {
    let mut listed: Vec<String> = names.iter().take(SHOWN_NAMES).map(|name| shown(name)).collect();
    if names.len() > SHOWN_NAMES {
        listed.push("…".into());
    }
    listed.join(", ")
}
