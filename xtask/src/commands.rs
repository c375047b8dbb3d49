//! The commands, each as the steps it takes.
//!
//! `test` builds and runs the whole workspace in one selection of packages: cargo unites the features of what it is
//! asked to build together, and another selection would compile the sandbox a second time. After the tests, also where
//! some have failed, everything that servers have written is searched for every secret that the tests have used.

use std::env;
use std::num::NonZeroUsize;

use crate::phrases::phrases;
use crate::shell::{Outcome, Workspace, become_program, run, say};
use crate::{programs, setup as preparation};

/// What the server is started with where nothing else is said.
const SERVE: &[(&str, &str)] = &[("--data", "./data"), ("--listen", "127.0.0.1:8080")];

pub fn setup(workspace: &Workspace, arguments: &[String]) -> Outcome {
    takes_no(arguments)?;
    preparation::everything(workspace)
}

pub fn serve(workspace: &Workspace, arguments: &[String]) -> Outcome {
    preparation::everything(workspace)?;
    say("building the server");
    run(workspace.cargo(["build", "--package", "vestry"]))?;
    say("starting the server; Ctrl-C ends it");
    let mut server = workspace.program(workspace.target().join("debug").join("vestry"));
    server.arg("serve");
    for (option, value) in SERVE {
        let given = arguments.iter().any(|argument| argument == option || argument.starts_with(&format!("{option}=")));
        if !given {
            server.args([option, value]);
        }
    }
    server.args(arguments);
    become_program(server)
}

pub fn build(workspace: &Workspace, arguments: &[String]) -> Outcome {
    let release = match arguments {
        [] => false,
        [flag] if flag == "--release" => true,
        _ => return Err("build takes `--release` or nothing".to_owned()),
    };
    preparation::everything(workspace)?;
    let folder = if release { "release" } else { "debug" };
    say(&format!("building the server -> target/{folder}/vestry"));
    let mut cargo = workspace.cargo(["build", "--package", "vestry"]);
    cargo.args(release.then_some("--release"));
    run(cargo)
}

pub fn test(workspace: &Workspace, arguments: &[String]) -> Outcome {
    preparation::everything(workspace)?;
    programs::ensure(workspace)?;
    say("building the server and the tests");
    run(workspace.cargo(["build", "--workspace", "--bins", "--tests"]))?;
    let everything_written = || workspace.program(workspace.target().join("debug").join("everything-written"));
    let mut forget = everything_written();
    forget.arg("forget");
    run(forget)?;
    say("running the tests");
    let mut cargo = workspace.cargo(["test", "--workspace", "--no-fail-fast"]);
    cargo.args(arguments);
    // They wait for servers, browsers and clocks more than they compute.
    let threads = 2 * std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    cargo.env("RUST_TEST_THREADS", env::var("RUST_TEST_THREADS").unwrap_or_else(|_| threads.to_string()));
    let tests = run(cargo);
    say("searching everything that servers have written for every secret of the tests");
    let searched = run(everything_written());
    tests.and(searched)
}

pub fn check(workspace: &Workspace, arguments: &[String]) -> Outcome {
    takes_no(arguments)?;
    say("formatting");
    run(workspace.cargo(["fmt", "--all", "--check"]))?;
    say("phrases");
    phrases(workspace, &["--check".to_owned()])?;
    preparation::everything(workspace)?;
    say("lints");
    run(workspace.cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    dependencies(workspace)
}

/// What cargo-deny says about the dependencies. Known vulnerabilities are looked up only where the database of them
/// can be fetched.
fn dependencies(workspace: &Workspace) -> Outcome {
    if !preparation::has_cargo_command(workspace, "deny") {
        say("dependencies: skipped, cargo-deny is not installed (`cargo install cargo-deny --locked`)");
        return Ok(());
    }
    say("dependencies: bans, licences, sources");
    run(workspace.cargo(["deny", "check", "bans", "licenses", "sources"]))?;
    say("dependencies: advisories");
    if preparation::has_advisories(workspace) {
        return run(workspace.cargo(["deny", "check", "--disable-fetch", "advisories"]));
    }
    say("dependencies: advisories skipped, the database of them cannot be reached from here");
    Ok(())
}

pub fn bench(workspace: &Workspace, arguments: &[String]) -> Outcome {
    preparation::everything(workspace)?;
    say("building the server and the bench for release");
    run(workspace.cargo(["build", "--release", "--package", "vestry", "--package", "vestry-bench", "--bins"]))?;
    say("measuring");
    let mut bench = workspace.program(workspace.target().join("release").join("vestry-bench"));
    bench.args(arguments);
    become_program(bench)
}

fn takes_no(arguments: &[String]) -> Outcome {
    match arguments.first() {
        None => Ok(()),
        Some(argument) => Err(format!("`{argument}` is not understood: this command takes no arguments")),
    }
}
