//! `cargo xtask bench`: what things cost, as ratios between things run in turn in one go.
//!
//! A server with 10,000 accounts is started as a process of its own, so that its CPU time is its alone, and asked over
//! HTTP by this one. The machine is shared with others: what they used is measured all the while, and where it is over
//! 0.2 of a core the figures are printed and not judged.

#![allow(clippy::print_stdout)]

mod cycle;
mod fixture;
mod followers;
mod foreign;
mod install;
mod load;
mod logs;
mod native;
mod neighbour;
mod pages;
mod server;
mod start;
mod stream;
mod utilities;

use std::process::ExitCode;

/// The one that the server has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.first().map(String::as_str) {
        // The server that is measured: this program again.
        Some("serve") => server::run(&arguments[1..]),
        // How the server compiles components.
        Some("compile") => vestry_sandbox::compile_file(arguments[1].as_ref(), arguments[2].as_ref())
            .map_err(|error| format!("{error:#}").into()),
        // By itself: it takes a minute, the others some.
        Some("followers") => follow(),
        Some("install") => install(),
        Some("logs") => logs(),
        Some("utilities") => utilities(),
        Some(other) => Err(format!(
            "there is no bench called `{other}`, but `followers`, `install`, `logs`, `utilities` and, with no name, all"
        )
        .into()),
        None => bench(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn follow() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async { followers::measure(&fixture::Fixture::make().await?).await })
}

fn install() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async { install::measure(&fixture::Fixture::make().await?).await })
}

fn logs() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async { logs::measure(&fixture::Fixture::make().await?).await })
}

fn utilities() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async { utilities::measure(&fixture::Fixture::make().await?).await })
}

fn bench() -> Result<(), Failure> {
    println!("Each figure is the median of three rounds, run in turn.\n");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let fixture = fixture::Fixture::make().await?;
        pages::measure(&fixture).await?;
        neighbour::measure(&fixture).await?;
        start::measure(&fixture).await?;
        install::measure(&fixture).await?;
        followers::measure(&fixture).await?;
        logs::measure(&fixture).await?;
        Ok::<_, Failure>(())
    })?;
    cycle::measure()
}
