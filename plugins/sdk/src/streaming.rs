//! Downloads that are made piece by piece, of any size: see [`Download::chunks`](crate::exchange::Download::chunks).

pub use crate::bindings::vestry::plugin::streaming::Chunk;

impl Chunk {
    /// The last piece. At most 8 MiB; it may be empty.
    pub const fn last(content: Vec<u8>) -> Self {
        Chunk { content, next: None }
    }

    /// A piece with more behind it, to be asked for with that cursor. At most 8 MiB; 1 MiB is a good size.
    pub fn more(content: Vec<u8>, next: impl Into<String>) -> Self {
        Chunk { content, next: Some(next.into()) }
    }
}
