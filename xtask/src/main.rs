//! What can be done with the repository, by one name each: `cargo xtask NAME`.
//!
//! Each command first brings about what it needs and then says in a line what it does. Nothing here runs on a
//! server: the program that people install is `vestry`, one file with everything inside.

use std::process::ExitCode;

mod assets;
mod commands;
mod phrases;
mod plugins;
mod programs;
mod setup;
mod shell;

use shell::{Outcome, Workspace};

/// A command: its name, the arguments it takes, what it does, and the function that does it.
struct Command {
    name: &'static str,
    arguments: &'static str,
    summary: &'static str,
    run: fn(&Workspace, &[String]) -> Outcome,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "setup",
        arguments: "",
        summary: "fetch the front-end assets and build the plugins",
        run: commands::setup,
    },
    Command {
        name: "serve",
        arguments: "[ARGS]",
        summary: "set up, then build and start the server on 127.0.0.1:8080 with its data in ./data",
        run: commands::serve,
    },
    Command { name: "build", arguments: "[--release]", summary: "set up, then build the server", run: commands::build },
    Command {
        name: "test",
        arguments: "[FILTER]",
        summary: "set up, then run every test, those in a browser too, and look for their secrets in what was written",
        run: commands::test,
    },
    Command {
        name: "phrases",
        arguments: "[--check]",
        summary: "gather what the server says, for who translates it",
        run: phrases::phrases,
    },
    Command {
        name: "check",
        arguments: "",
        summary: "formatting, lints, and the licences and sources of dependencies",
        run: commands::check,
    },
    Command {
        name: "bench",
        arguments: "[ARGS]",
        summary: "set up, then measure the released server",
        run: commands::bench,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        eprint!("{}", usage());
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        eprint!("{}", usage());
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprint!("xtask: there is no command `{name}`.\n\n{}", usage());
        return ExitCode::from(2);
    };
    match Workspace::find().and_then(|workspace| (command.run)(&workspace, rest)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask {name}: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> String {
    let lines = COMMANDS.iter().map(|command| {
        let call = format!("{} {}", command.name, command.arguments);
        format!("  cargo xtask {call:<20} {}\n", command.summary)
    });
    format!("Usage:\n{}", lines.collect::<String>())
}
