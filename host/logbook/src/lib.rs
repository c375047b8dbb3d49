//! The server's log as files: what is written where, how files are changed for new ones, and how long they stay.
//!
//! A line is JSON ([`line`]), and goes by its target into one of four files ([`file`]) below the node's own name. A
//! [`Layer`] of `tracing` makes lines and puts them into buffers of a few MiB; a thread of its own writes them. Whoever
//! logs never waits for a disk: where the buffers are full, lines are left out, counted, and said to be missing.
//!
//! Deliberately not done: a file that several processes write. Each has a directory of its own, held by a lock, and
//! whoever reads merges by time.

mod age;
mod buffers;
mod directory;
mod file;
mod gzip;
mod layer;
mod left;
mod line;
mod open_file;
mod private;
mod rotation;
mod waiting;
mod writer;

pub use directory::{Directory, OpenError, is_name, machine};
pub use gzip::{Member, compress};
pub use layer::Layer;
pub use rotation::Keeping;
pub use writer::Logbook;
