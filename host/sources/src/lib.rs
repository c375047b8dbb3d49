//! Where packages come from: files and the archives that people bring, Git repositories, registries.
//!
//! What is fetched comes from whoever wrote a plugin, and its address from whoever is to install it. So everything is read
//! within limits of size and time; where calls go is checked by `vestry-outbound`, for each connection; and what is
//! decompressed or put together on the way (an archive, a Git pack) is bounded before it is held. Git's objects are put
//! together in a child process with limits of its own ([`git::child`]), because a pack can be made to grow without end.
//!
//! This crate knows nothing of WebAssembly, plugins or grants: what it answers is bytes, and words about where they are from.

mod access;
pub mod archive;
mod error;
pub mod git;
pub mod registry;
mod source;
mod sources;
mod versions;
mod words;

pub use access::Access;
pub use error::SourceError;
pub use source::{GitSource, RegistrySource, Source};
pub use sources::{Fetched, Newest, Progress, Reference, ReferenceKind, Sources, SourcesSettings, USUAL_SILENCE};

/// The largest component, in bytes: 64 MiB.
pub const LARGEST_COMPONENT: u64 = 64 << 20;
/// The largest README that is kept of it, in bytes: 256 KiB.
pub const LARGEST_README: u64 = 256 << 10;
