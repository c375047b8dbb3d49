//! What the logs are read through: a directory's entries, and pieces of its files.
//!
//! It says what the host's interface `files` says, so that the plugin hands its calls on and tests need no host.

/// Bytes that one read answers at most.
pub const LARGEST_READ: u32 = 1 << 20;

/// One entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// From the directory on, with `/` between its parts.
    pub path: String,
    /// Stays when the file is renamed, and is another when a new file takes its name.
    pub identity: String,
    /// In bytes.
    pub size: u64,
    /// Milliseconds since 1970.
    pub modified: i64,
    pub directory: bool,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub content: Vec<u8>,
    /// Of the whole file, in bytes, as it is now.
    pub size: u64,
}

/// Why a file or a directory cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("it is not there")]
    Gone,
    #[error("it may not be read")]
    Denied,
    #[error("{0}")]
    Other(String),
}

/// The directories that may be read, by the names they were granted under.
pub trait Files {
    /// All that is in a directory; `path` empty for its top.
    ///
    /// # Errors
    ///
    /// Where it is not there, or may not be read.
    fn entries(&self, directory: &str, path: &str) -> Result<Vec<File>, Trouble>;

    /// At most `length` bytes, and at most [`LARGEST_READ`], from `offset` on; none behind the end. With an identity
    /// the file is found by it, also after it was renamed where it lies.
    ///
    /// # Errors
    ///
    /// [`Trouble::Gone`] where no such file is there any more.
    fn read(
        &self,
        directory: &str,
        path: &str,
        identity: Option<&str>,
        offset: u64,
        length: u32,
    ) -> Result<Piece, Trouble>;
}
