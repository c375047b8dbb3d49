//! The program. Everything it does is in the library.

use std::process::ExitCode;

/// A request allocates on one thread and often frees on another: an eighth of its time with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    vestry::commands::run()
}
