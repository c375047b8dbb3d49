//! The child alone, for tests.

use std::process::ExitCode;

fn main() -> ExitCode {
    match vestry_sources::git::child::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
