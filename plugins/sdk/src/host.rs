//! What a plugin may ask the host for. A component imports an interface only where something in it is called, and the
//! administrator is asked for those that it imports.

pub use crate::bindings::vestry::plugin::{contributions, links, menu, settings};

#[cfg(feature = "admin")]
pub use crate::bindings::vestry::admin::users;

/// Values of the plugin's own, by key, in order of their keys.
///
/// A request is one transaction: what is committed counts when `handle` answers without failure.
pub mod kv {
    pub use crate::bindings::vestry::plugin::kv::{Change, Check, Entry, Range, commit, get, scan};
    use crate::failure::Result;

    /// The entry of one key.
    ///
    /// # Errors
    /// Those of the host.
    pub fn read(key: &str) -> Result<Option<Entry>> {
        Ok(get(&[key.to_owned()])?.pop().flatten())
    }

    /// Sets one key, whatever it held.
    ///
    /// # Errors
    /// Those of the host: `exhausted` for a key over 512 bytes, a value over 1 MiB, or 50 MiB of all together.
    pub fn write(key: &str, value: impl Into<Vec<u8>>) -> Result<u64> {
        commit(&[], &[Change::Set((key.to_owned(), value.into()))])
    }

    /// Sets one key if it is still as `seen`; none: if it is still absent.
    ///
    /// # Errors
    /// `conflict` where somebody else was quicker; the host then runs the request again, twice at most.
    pub fn replace(key: &str, seen: Option<&Entry>, value: impl Into<Vec<u8>>) -> Result<u64> {
        let check = Check { key: key.to_owned(), version: seen.map(|entry| entry.version) };
        commit(&[check], &[Change::Set((key.to_owned(), value.into()))])
    }
}

/// The server's log, with the plugin's name on each line.
pub mod log {
    pub use crate::bindings::vestry::plugin::log::write;
    use crate::ui::Level;

    /// Detail that servers usually do not keep.
    pub fn debug(message: &str) {
        write(Level::Neutral, message, &[]);
    }

    /// Something worth knowing.
    pub fn info(message: &str) {
        write(Level::Primary, message, &[]);
    }

    /// Something that someone should look at.
    pub fn warn(message: &str) {
        write(Level::Warning, message, &[]);
    }

    /// Something that went wrong.
    pub fn error(message: &str) {
        write(Level::Danger, message, &[]);
    }
}

/// Files that came with the request, by their place in `request.uploads`.
pub mod uploads {
    pub use crate::bindings::vestry::plugin::uploads::read;
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
}
