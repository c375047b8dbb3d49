//! What stays of a file when it is renamed.
//!
//! Inode and time of birth: an inode alone is given to another file once the first is gone. The device is left out on
//! purpose. A file is looked for in its own folder only, so it says nothing more, and its number can be another after
//! each start of the machine.

use cap_std::fs::{Metadata, MetadataExt};

/// The identity of a file. A file system that knows no times of birth leaves the inode.
pub(super) fn identity(metadata: &Metadata) -> String {
    let born = metadata.created().ok().and_then(|time| {
        let since = time.into_std().duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(since.as_nanos())
    });
    format!("{:x}-{:x}", metadata.ino(), born.unwrap_or(0))
}

/// The inode that an identity names.
pub(super) fn inode(identity: &str) -> Option<u64> {
    let (inode, _) = identity.split_once('-')?;
    u64::from_str_radix(inode, 16).ok()
}
