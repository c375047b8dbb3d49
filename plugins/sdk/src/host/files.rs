//! Directories of the server, by the names that the plugin wishes for. Paths are relative, with `/` between names.
//!
//! What is written is written at once, and stays even if the request fails.

use crate::bindings::vestry::plugin::files;
pub use crate::bindings::vestry::plugin::files::{File, Listing, Piece, append, entries, read, remove, rename};
use crate::failure::Result;

/// What one call of [`read`] answers at most, in bytes.
const PIECE: u32 = 1 << 20;

/// All that is in a directory, by rising name; an empty path is the top. For directories of thousands of files, ask
/// [`entries`] a part at a time.
///
/// # Errors
/// Those of the host: `denied` for a directory that was not granted, `not-found` for a path that is not there.
pub fn list(directory: &str, path: &str) -> Result<Vec<File>> {
    let mut listing = entries(directory, path, None)?;
    let mut all = listing.files;
    while let Some(cursor) = listing.next {
        listing = entries(directory, path, Some(&cursor))?;
        all.append(&mut listing.files);
    }
    Ok(all)
}

/// All of one file.
///
/// # Errors
/// Those of the host: `not-found` where it is not there, `exhausted` where it moves more than the call may: 8 MiB in a
/// request.
pub fn read_all(directory: &str, path: &str) -> Result<Vec<u8>> {
    let mut content = vec![];
    loop {
        let piece = read(directory, path, None, content.len() as u64, PIECE)?;
        let ends = piece.content.is_empty();
        content.extend(piece.content);
        if ends || content.len() as u64 >= piece.size {
            return Ok(content);
        }
    }
}

/// Writes a file, whole or not at all. Directories on the way are made.
///
/// # Errors
/// Those of the host: `denied` in a GET, and where the directory was not granted with `read-write`.
pub fn write(directory: &str, path: &str, content: impl AsRef<[u8]>) -> Result<()> {
    files::write(directory, path, content.as_ref())
}
