//! Searches everything that servers have written in tests for every secret that the tests have used.
//!
//! Without a word: searches, says what it did, and fails where it found one. With `forget`: takes away what earlier runs
//! have left, so that the search after the next one is of that run alone. `cargo xtask test` does both.

#![allow(clippy::print_stdout)]

use std::env;
use std::process::ExitCode;

use vestry_tests::written::{self, Report};
use vestry_tests::{target, used};

fn main() -> ExitCode {
    let system = target().join("system");
    match env::args().nth(1).as_deref() {
        None => said(&written::search(&system, &used::folder())),
        Some("forget") => {
            written::forget(&[system, used::folder()]);
            ExitCode::SUCCESS
        }
        Some(other) => {
            eprintln!("`{other}` is not understood: say `forget`, or nothing");
            ExitCode::from(2)
        }
    }
}

fn said(report: &Report) -> ExitCode {
    let (mebibytes, seconds) = (report.bytes >> 20, report.took.as_secs_f32());
    println!("{} values were looked for in {} files, {mebibytes} MiB, in {seconds:.1} s", report.values, report.files);
    for (place, because, count) in &report.excepted {
        println!("  {count} times in {place}: {because}");
    }
    for find in &report.finds {
        eprintln!("  {find}");
    }
    match report.finds.len() {
        0 => ExitCode::SUCCESS,
        count => {
            eprintln!("secrets stand in clear in {count} places");
            ExitCode::FAILURE
        }
    }
}
