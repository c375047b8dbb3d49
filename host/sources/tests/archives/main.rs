//! What people bring, and what they should not.

#![allow(clippy::unwrap_used)]

mod hostile;
mod taken;
mod zip;

use vestry_sources::archive::{ArchiveError, Unpacked, unpack};

/// What a component begins with, and something behind it.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0component";

fn take(content: Vec<u8>) -> Result<Unpacked, ArchiveError> {
    unpack(content, "hello.zip")
}
