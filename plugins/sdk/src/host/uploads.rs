//! Files that came with the request, by their place in `request.uploads`: read, or put away whole.

pub use crate::bindings::vestry::plugin::uploads::{keep, read};
use crate::exchange::Upload;
use crate::failure::Result;

/// What one call of [`read`] answers at most, in bytes.
const PIECE: u32 = 1 << 20;

/// All of one file; [`Request::upload`](crate::exchange::Request::upload) answers its index.
///
/// # Errors
/// Those of the host: `not-found` for an index that did not come with this request, `exhausted` for over 8 MiB.
pub fn read_all(index: u32, upload: &Upload) -> Result<Vec<u8>> {
    let mut content = Vec::with_capacity(usize::try_from(upload.size).unwrap_or_default());
    while (content.len() as u64) < upload.size {
        let piece = read(index, content.len() as u64, PIECE)?;
        if piece.is_empty() {
            break;
        }
        content.extend(piece);
    }
    Ok(content)
}
