//! What every other command needs before it can start: the compiler's target for plugins, the front-end assets, and
//! the plugins themselves. The server embeds the last two when it is compiled.

use crate::shell::{Outcome, Workspace, run, say, succeeds, which};
use crate::{assets, plugins};

/// What plugins are compiled for.
pub const PLUGIN_TARGET: &str = "wasm32-wasip2";

/// Does all of it; what is up to date already costs a look.
pub fn everything(workspace: &Workspace) -> Outcome {
    compiler_target(workspace)?;
    plugins::build(workspace)?;
    say("front-end assets -> target/assets");
    assets::build(workspace.root())
}

fn compiler_target(workspace: &Workspace) -> Outcome {
    if has_target(workspace) {
        return Ok(());
    }
    if which("rustup").is_none() {
        return Err(format!(
            "Rust's standard library for {PLUGIN_TARGET} is missing, and rustup is not there to add it. Install \
             rustup from https://rustup.rs, or your system's package of that target."
        ));
    }
    say(&format!("adding the Rust target {PLUGIN_TARGET}"));
    let mut rustup = workspace.program("rustup");
    rustup.args(["target", "add", PLUGIN_TARGET]);
    run(rustup)
}

/// rustc answers where the target's libraries would be, whether they are there or not.
fn has_target(workspace: &Workspace) -> bool {
    let mut rustc = workspace.program(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--print", "target-libdir", "--target", PLUGIN_TARGET]);
    let Ok(answer) = rustc.output() else { return false };
    let folder = String::from_utf8_lossy(&answer.stdout);
    answer.status.success() && std::path::Path::new(folder.trim()).is_dir()
}

/// Whether a subcommand of cargo is installed.
pub fn has_cargo_command(workspace: &Workspace, name: &str) -> bool {
    succeeds(workspace.cargo([name, "--version"]))
}

/// Fetches the database of known vulnerabilities, and answers whether it is there.
pub fn has_advisories(workspace: &Workspace) -> bool {
    let mut deny = workspace.cargo(["deny", "fetch", "db"]);
    deny.env("GIT_TERMINAL_PROMPT", "0");
    succeeds(deny)
}
